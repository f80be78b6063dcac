//! What is undone and written down when a run of a container is over, and whether it starts again. Knows no platform:
//! what that has made it takes away by itself, through [`Traces`].

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::Utc;

use super::{
    folder::{aside, forget_end, note_end, noted_end, put_aside, read_order, remove},
    wish::Wish,
};
use crate::{
    model::ContainerId,
    runtime::{
        Result, RuntimeError,
        db::Db,
        document::{NetworkPlan, Order},
        files,
        layout::Layout,
        records::{container, life, volume},
        restart::{self, Attempts, Ending},
    },
};

/// Where the wait before the last restart is kept, in milliseconds.
const LAST_WAIT: &str = "last-wait";
/// The signal's number, as events tell it (signal(7)).
const SIGKILL: &str = "9";
/// Exit code of a container whose end nobody has seen when it is buried: what is left is killed (128 + SIGKILL).
const KILLED: i64 = 137;

/// What a platform has made for a container that runs.
pub trait Traces {
    /// Takes it away, and ends what still runs; says whether the kernel has killed in it for want of memory.
    ///
    /// # Errors
    /// The first that failed for another reason than that there is nothing left; all is tried.
    fn clean(&self, order: &Order, folder: &Path) -> Result<bool>;
    /// Closes its ports, under the lock under which consoles put back what those that are up should have.
    ///
    /// # Errors
    /// What the system says.
    fn close_ports(&self, id: &ContainerId) -> Result<()>;
    /// Removes what of a container outlives its run, with its writable layer; no error where there is nothing.
    ///
    /// # Errors
    /// What the system says.
    fn remove(&self, folder: &Path) -> Result<()>;
}

/// How a run ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// The exit code, as the database has it.
    pub code: i64,
    /// What people want of it.
    pub wish: Wish,
    /// Whether it was killed since it did not obey in time.
    pub killed: bool,
}

/// What has become of a container.
pub struct Over {
    db: Db,
    order: Order,
    layout: Layout,
    /// The wait before it starts again; `None` when it stays ended.
    pub again: Option<Duration>,
    /// Whether that is a person's wish.
    pub by_hand: bool,
}

/// Undoes, writes down and decides.
///
/// # Errors
/// What could not be undone or written down; then its monitor ends, and it is buried as any whose monitor was killed.
pub fn finish(traces: &dyn Traces, folder: &Path, ended: Ended) -> Result<Over> {
    let Ended { code, wish, killed } = ended;
    note_end(folder, code);
    let order = read_order(folder)?;
    let layout = Layout::at(&order.data);
    let oom = traces.clean(&order, folder)?;
    let db = Db::open(&layout)?;
    let tried = format!("write down the end of container `{}`", order.name);
    let record = db.look(|c| container::get(c, &order.id))?;
    let ran = record.started.and_then(|started| (Utc::now() - started).to_std().ok()).unwrap_or_default();
    let attempts = Attempts { count: record.restarts, last_wait: last_wait(folder) };
    let ending = Ending { code, by_hand: record.stopped || wish.is_to_stay(), ran };
    let by_hand = wish == Wish::Restart;
    let by_policy = || restart::again(record.spec.limits.restart, ending, attempts);
    let again = if by_hand { Some(Duration::ZERO) } else { by_policy() };
    // From here on it may be started by another: what is left of this run is out of its way before that is told.
    let aside = again.is_none().then(|| put_aside(folder));
    db.change(&tried, |t| {
        if again.is_none() {
            traces.close_ports(&order.id)?;
        }
        if killed {
            record.tell(t, "kill", &[("signal", SIGKILL)])?;
        }
        life::ended(t, &order.id, life::End { code, oom, again: again.is_some() })?;
        if wish.is_to_stay() {
            life::stopped_by_hand(t, &record)?;
        }
        if wish.is_order() { record.tell(t, "stop", &[]) } else { Ok(()) }
    })?;
    if let Some(aside) = aside {
        tell_peers(&db, &layout, &order);
        leave(traces, &db, &order, &layout)?;
        // The folder itself may be the next run's by now.
        if aside != folder {
            clear(&aside);
        }
    }
    forget_end(folder);
    if let Some(wait) = again {
        // Without it the next wait is the first one again.
        let _ = fs::write(folder.join(LAST_WAIT), wait.as_millis().to_string());
    }
    Ok(Over { db, order, layout, again, by_hand })
}

/// Accounts for a container whose monitor was killed; see [`crate::runtime::host::Compute::bury`]. Its lock is held.
///
/// # Errors
/// What could not be undone or written down.
pub fn bury(traces: &dyn Traces, folder: &Path) -> Result<()> {
    let tried = || format!("account for what is left in `{}`", folder.display());
    let order = read_order(folder)?;
    let layout = Layout::at(&order.data);
    let oom = traces.clean(&order, folder)?;
    let db = Db::open(&layout)?;
    let end = life::End { code: noted_end(folder).unwrap_or(KILLED), oom, again: false };
    let written = db.change(&tried(), |t| {
        traces.close_ports(&order.id)?;
        life::ended(t, &order.id, end)
    });
    match written {
        // It was not up by the database, or is gone from it: there is nothing to write down.
        Ok(()) | Err(RuntimeError::Conflict { .. } | RuntimeError::NotFound { .. }) => {}
        Err(error) => return Err(error),
    }
    leave(traces, &db, &order, &layout)?;
    clear(folder);
    Ok(())
}

/// What is to be buried of a running folder: a monitor may have been killed between putting it aside and writing the
/// end down.
pub fn what_is_left(folder: &Path) -> PathBuf {
    let aside = aside(folder);
    if !folder.exists() && aside.exists() { aside } else { folder.to_owned() }
}

impl Over {
    /// Its wait for a new start is called off: it stays ended.
    ///
    /// # Errors
    /// What of it could not be removed.
    pub fn call_off(&self, traces: &dyn Traces, folder: &Path, wish: Wish) -> Result<()> {
        let tried = format!("stop container `{}`", self.order.name);
        let aside = put_aside(folder);
        // It may have been removed meanwhile: then there is nothing to write down.
        let _ = self.db.change(&tried, |t| {
            life::called_off(t, &self.order.id)?;
            let record = container::get(t, &self.order.id)?;
            life::stopped_by_hand(t, &record)?;
            if wish.is_order() { record.tell(t, "stop", &[]) } else { Ok(()) }
        });
        leave(traces, &self.db, &self.order, &self.layout)?;
        if aside != folder {
            clear(&aside);
        }
        Ok(())
    }
}

/// Removes what nobody needs any more. What stays, since somebody reads it, is swept later.
fn clear(folder: &Path) {
    if let Err(error) = remove(folder) {
        tracing::warn!(folder = %folder.display(), %error, "what is left of a run is not removed");
    }
}

/// Those who have found it by its names find it no more.
fn tell_peers(db: &Db, layout: &Layout, order: &Order) {
    let NetworkPlan::Own { links, .. } = &order.network else { return };
    let networks: Vec<_> = links.iter().map(|link| link.network.clone()).collect();
    // Whoever cannot be told finds an address where nobody answers.
    let _ = files::tell_peers(db, layout, &networks);
}

/// Nothing of it runs any more: with auto-remove the container itself goes.
fn leave(traces: &dyn Traces, db: &Db, order: &Order, layout: &Layout) -> Result<()> {
    let tried = || format!("remove container `{}`", order.name);
    if order.spec.auto_remove {
        let record = db.look(|c| container::get(c, &order.id))?;
        let volumes = db.look(|c| volume::of(c, &order.id))?;
        db.change(&tried(), |t| container::delete(t, &record))?;
        for (name, _) in volumes {
            let is_anonymous = db.look(volume::all)?.iter().any(|v| v.name == name && v.anonymous);
            // Another container may have it too; then it stays.
            if is_anonymous && db.change(&tried(), |t| volume::delete(t, &name)).is_ok() {
                let _ = fs::remove_dir_all(layout.volumes().join(name.as_str()));
            }
        }
        traces.remove(&layout.container(&order.id))?;
    }
    Ok(())
}

fn last_wait(folder: &Path) -> Option<Duration> {
    fs::read_to_string(folder.join(LAST_WAIT)).ok()?.parse().ok().map(Duration::from_millis)
}

/// A container that runs, as far as a monitor's folder and the database know.
#[cfg(test)]
pub(super) mod fixtures {
    use super::*;
    use crate::{
        model::HealthCheck,
        runtime::records::{
            container::{Alive, Record},
            fixtures,
        },
    };

    pub(in crate::runtime::monitor) struct Stage {
        pub(in crate::runtime::monitor) folder: PathBuf,
        db: Db,
        id: ContainerId,
        _above: tempfile::TempDir,
    }

    pub(in crate::runtime::monitor) fn running(health: Option<HealthCheck>) -> Stage {
        let (above, db) = fixtures::db();
        let (layout, mut record) = (Layout::at(above.path()), fixtures::container("web"));
        record.settled.health.clone_from(&health);
        fixtures::insert(&db, &[&record]);
        let folder = layout.running(&record.id);
        fs::create_dir_all(&folder).unwrap();
        let order = Order {
            id: record.id.clone(),
            name: record.name.clone(),
            spec: record.spec.clone(),
            process: record.settled.process.clone(),
            health,
            stop_signal: 15,
            mounts: Vec::new(),
            layers: Vec::new(),
            network: NetworkPlan::None,
            data: layout.data,
            log: (1, 1),
        };
        fs::write(folder.join("order.json"), serde_json::to_vec(&order).unwrap()).unwrap();
        let stage = Stage { folder, db, id: record.id, _above: above };
        stage.start();
        stage
    }

    impl Stage {
        fn start(&self) {
            let alive = Alive { pid: 7, ticks: 1, boot: String::new() };
            self.db.change("start it", |t| life::started(t, &self.id, &alive, false)).unwrap();
        }

        pub(in crate::runtime::monitor) fn ended(&self) {
            let end = life::End { code: 0, oom: false, again: false };
            self.db.change("end it", |t| life::ended(t, &self.id, end)).unwrap();
        }

        /// At another time than before.
        pub(in crate::runtime::monitor) fn started_again(&self) {
            let before = self.record().started;
            while self.record().started == before {
                self.ended();
                self.start();
            }
        }

        pub(in crate::runtime::monitor) fn record(&self) -> Record {
            fixtures::read(&self.db, |c| container::get(c, &self.id))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{fixtures::running, *};
    use crate::model::State;

    /// Nothing to take away, or something that cannot be.
    struct Nothing(bool);

    impl Traces for Nothing {
        fn clean(&self, _: &Order, _: &Path) -> Result<bool> {
            if self.0 {
                return Ok(false);
            }
            Err(RuntimeError::Platform { tried: "unmount it".into(), why: "it is in use".into() })
        }

        fn close_ports(&self, _: &ContainerId) -> Result<()> {
            Ok(())
        }

        fn remove(&self, _: &Path) -> Result<()> {
            Ok(())
        }
    }

    const ENDED: Ended = Ended { code: 3, wish: Wish::Nothing, killed: false };

    #[test]
    fn an_end_is_written_down_though_its_folder_cannot_be_put_aside() {
        let stage = running(None);
        // No folder, so that it is not removed as one.
        fs::write(aside(&stage.folder), b"").unwrap();
        finish(&Nothing(true), &stage.folder, ENDED).unwrap();
        assert_eq!(stage.record().state, State::Exited(3));
        assert_eq!(noted_end(&stage.folder), None, "the next run has an end of its own");
    }

    #[test]
    fn what_could_not_be_taken_away_at_its_end_is_buried_with_its_code() {
        let stage = running(None);
        assert!(finish(&Nothing(false), &stage.folder, ENDED).is_err());
        bury(&Nothing(true), &stage.folder).unwrap();
        assert_eq!(stage.record().state, State::Exited(3));
        assert!(!stage.folder.exists());
    }

    #[test]
    fn what_was_killed_with_its_monitor_is_buried_as_killed() {
        let stage = running(None);
        note_end(&stage.folder, 3);
        forget_end(&stage.folder);
        bury(&Nothing(true), &stage.folder).unwrap();
        assert_eq!(stage.record().state, State::Exited(KILLED));
    }
}
