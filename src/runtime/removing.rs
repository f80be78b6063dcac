//! Removes containers with what is theirs alone. Free functions where a monitor removes its own container too. Knows
//! no cgroup.

use std::sync::Arc;

use super::{
    Result, Runtime, RuntimeError, blocking,
    db::Db,
    document::RuleScope,
    host::{Files, Storage},
    layout::Layout,
    monitor::folder::is_locked,
    records::{
        container::{self, Record},
        life, rule, volume,
    },
};
use crate::model::{Bytes, ContainerId, RemoveContainer, State, Verb, VolumeName};

/// What a platform does with disks.
#[derive(Clone, Copy)]
pub struct Disk<'a> {
    /// Roots.
    pub storage: &'a dyn Storage,
    /// Files in folders.
    pub files: &'a dyn Files,
}

impl Disk<'_> {
    fn size(&self, folder: &std::path::Path) -> Bytes {
        Bytes(self.files.usage(folder).unwrap_or_default())
    }
}

/// Removes a container that is not up: its files, its row and, if asked for, its anonymous volumes. Says what it
/// freed. Whoever calls this is its monitor or knows that there is none.
///
/// # Errors
/// `Conflict` when it is up or another hand removes it. When its files cannot go it stays, as dead.
pub fn discard(db: &Db, layout: &Layout, disk: Disk<'_>, id: &ContainerId, volumes: bool) -> Result<Bytes> {
    let record = db.look(|c| container::get(c, id))?;
    db.change(&format!("remove `{}`", record.name), |t| life::removal_begun(t, id))?;
    let freed = disk.size(&layout.container(id));
    if let Err(error) = clear(layout, disk, id) {
        db.change("write down a failed removal", |t| life::removal_failed(t, id, &error.to_string()))?;
        return Err(error);
    }
    let own = db.look(|c| volume::of(c, id))?;
    db.change(&format!("remove `{}`", record.name), |t| {
        rule::forget(t, &RuleScope::Container(id.clone()))?;
        container::delete(t, &record)
    })?;
    let anonymous = if volumes { anonymous(db, own)? } else { Vec::new() };
    Ok(anonymous.iter().map(|name| remove_volume(db, layout, disk, name).unwrap_or_default()).fold(freed, |a, b| a + b))
}

/// Removes a container's files; no error for what is not there.
fn clear(layout: &Layout, disk: Disk<'_>, id: &ContainerId) -> Result<()> {
    let running = layout.running(id);
    disk.storage.unmount(&running.join("root"))?;
    disk.files.remove(&layout.container(id))?;
    disk.files.remove(&running)
}

fn anonymous(db: &Db, own: Vec<(VolumeName, String)>) -> Result<Vec<VolumeName>> {
    let known = db.look(volume::all)?;
    let alone = |name: &VolumeName| known.iter().any(|v| v.name == *name && v.anonymous && v.used_by.is_empty());
    Ok(own.into_iter().map(|(name, _)| name).filter(alone).collect())
}

/// Removes a volume that nobody has mounted; gives the bytes freed.
///
/// # Errors
/// `Conflict` when somebody has.
pub(super) fn remove_volume(db: &Db, layout: &Layout, disk: Disk<'_>, name: &VolumeName) -> Result<Bytes> {
    let tried = format!("remove the volume `{name}`");
    // The row first: after a crash between the two, files without a row are found and swept.
    db.change(&tried, |t| {
        if is_locked(&layout.restoring(name)) {
            return Err(RuntimeError::Conflict { tried: tried.clone(), why: "it is being restored".into() });
        }
        volume::delete(t, name)
    })?;
    let folder = layout.volume(name);
    let freed = disk.size(&folder);
    disk.files.remove(&folder)?;
    Ok(freed)
}

impl Runtime {
    pub(super) fn disk(&self) -> Disk<'_> {
        Disk { storage: self.platform.storage.as_ref(), files: self.platform.files.as_ref() }
    }

    /// Removes a container; gives the bytes freed.
    ///
    /// # Errors
    /// `Conflict` when it runs and `how` does not force it.
    pub async fn remove(self: &Arc<Self>, id: &ContainerId, how: RemoveContainer) -> Result<Bytes> {
        let record = self.record(id, "remove")?;
        if record.state.is_up() && !self.bury_if_lost(&record) {
            if !how.force {
                return Err(in_the_way(&record));
            }
            self.end_now(id).await?;
        }
        let (runtime, which) = (Arc::clone(self), id.clone());
        blocking("remove a container", move || runtime.remove_ended(&which, how.volumes)).await
    }

    /// Removes one that is not up.
    fn remove_ended(&self, id: &ContainerId, volumes: bool) -> Result<Bytes> {
        let record = match self.record(id, "remove") {
            // It was to vanish when it ended.
            Err(RuntimeError::NotFound { .. }) => return Ok(Bytes(0)),
            record => record?,
        };
        self.allowed(Verb::Remove, &record)?;
        self.wait_for_monitor(id);
        let had_rules = self.has_rules(id)?;
        match discard(&self.db, &self.layout, self.disk(), id, volumes) {
            Err(RuntimeError::NotFound { .. }) => Ok(Bytes(0)),
            freed => {
                if had_rules {
                    self.apply_rules()?;
                }
                // Its layers may have stayed for its sake alone.
                Ok(freed? + self.images.collect()?)
            }
        }
    }

    /// A monitor writes the end before it has cleared its own things away: waits a moment for it to be gone.
    fn wait_for_monitor(&self, id: &ContainerId) {
        /// Longer than clearing away takes on a busy host.
        const LOOKS: u32 = 500;
        const BETWEEN: std::time::Duration = std::time::Duration::from_millis(10);
        let folder = self.layout.running(id);
        for _ in 0..LOOKS {
            if !self.platform.compute.is_watched(&folder) {
                return;
            }
            std::thread::sleep(BETWEEN);
        }
    }

    /// Removes all that are not up; gives how many went and the bytes freed.
    ///
    /// # Errors
    /// What the database says. One that cannot be removed stays and is logged.
    pub fn prune_containers(&self) -> Result<(usize, Bytes)> {
        let all = self.db.look(container::all)?;
        let ended = all.iter().filter(|record| matches!(record.state, State::Created | State::Exited(_) | State::Dead));
        let mut pruned = (0, Bytes(0));
        for record in ended {
            match self.remove_ended(&record.id, false) {
                Ok(freed) => pruned = (pruned.0 + 1, pruned.1 + freed),
                Err(error) => tracing::warn!(%error, "a container is not pruned"),
            }
        }
        Ok(pruned)
    }
}

fn in_the_way(record: &Record) -> RuntimeError {
    RuntimeError::Conflict {
        tried: format!("remove `{}`", record.name),
        why: format!("it is {}: stop it first, or force its removal", record.state),
    }
}
