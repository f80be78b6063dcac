//! Makes volumes what tars tell, so that a break-off at any point loses nothing: the new content is made in a folder of
//! its own beside the old, and both change places when it stands. Knows no tar.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::Connection;

use super::{
    Result, Runtime, RuntimeError,
    host::Files,
    monitor::folder::{is_locked, lock},
    records::{
        container::{self, Record},
        new_id,
    },
    volumes::known,
};
use crate::model::{MountKind, VolumeName};

/// Who only looks whether a volume is being restored has the lock for a moment, and is waited for so long.
const GLANCE: Duration = Duration::from_millis(100);
/// What the folders begin with in which new content is made.
const BESIDE: &str = "restore-";

impl Runtime {
    /// Makes a volume what a tar tells; it stays as it is where that is refused or breaks off.
    ///
    /// # Errors
    /// `NotFound` for no volume; `Conflict` while a container that runs has it mounted, or while it is being restored
    /// already; what is wrong with the tar.
    pub fn restore_volume(&self, name: &VolumeName, from: &mut dyn Read) -> Result<()> {
        let tried = format!("restore the volume `{name}`");
        self.db.look(|c| self.may_be_restored(c, name, &tried))?;
        let held = lock(&self.layout.restoring(name), GLANCE).map_err(RuntimeError::system(&tried))?;
        let Some(_held) = held else {
            return Err(RuntimeError::Conflict { tried, why: "it is being restored already".into() });
        };
        let (files, data) = (self.platform.files.as_ref(), self.volume_folder(name));
        let side = Side { files, path: self.layout.volume(name).join(format!("{BESIDE}{}", new_id())) };
        files.restore(&data, &side.path, from).map_err(|error| error.in_trying(&tried))?;
        // Unpacking takes its time, in which containers are started. Whoever starts one now waits for this change.
        self.db.change(&tried, |t| {
            self.may_be_restored(t, name, &tried)?;
            files.swap(&data, &side.path)
        })
    }

    /// A volume in use stays: its users would go on in the folder that goes.
    fn may_be_restored(&self, c: &Connection, name: &VolumeName, tried: &str) -> Result<()> {
        let users = known(c, name, tried)?.used_by;
        let folder = self.volume_folder(name);
        let mounts = |record: &Record| {
            let binds = record.spec.mounts.iter().filter(|mount| mount.kind == MountKind::Bind);
            users.contains(&record.id) || binds.into_iter().any(|bind| Path::new(&bind.source).starts_with(&folder))
        };
        let refused = |why| Err(RuntimeError::Conflict { tried: tried.to_owned(), why });
        for user in container::all(c)?.iter().filter(|record| mounts(record)) {
            if user.state.is_up() {
                return refused(format!("`{}` runs and has it mounted: stop it first", user.name));
            }
            if self.is_watched(user) || is_locked(&self.layout.starting(&user.id)) {
                return refused(format!("`{}` is just starting or ending and has it mounted", user.name));
            }
        }
        Ok(())
    }

    /// Waits until no volume is about to change its folder. Whoever is to mount one has said so before.
    pub(super) fn wait_for_swaps(&self, record: &Record) -> Result<()> {
        if record.spec.mounts.iter().any(|mount| matches!(mount.kind, MountKind::Volume | MountKind::Bind)) {
            self.db.await_changes(&format!("start `{}`", record.name))?;
        }
        Ok(())
    }

    /// Takes away what restores left that were killed. Where that was between the two steps of a swap, the old content
    /// comes back.
    pub(super) fn sweep_restores(&self, name: &VolumeName) -> Result<()> {
        let (tried, path) = (format!("clear away restores of `{name}`"), self.layout.restoring(name));
        if !path.exists() {
            return Ok(());
        }
        let Some(_held) = lock(&path, Duration::ZERO).map_err(RuntimeError::system(&tried))? else { return Ok(()) };
        let data = self.volume_folder(name);
        for entry in fs::read_dir(self.layout.volume(name)).into_iter().flatten().flatten() {
            if !entry.file_name().to_string_lossy().starts_with(BESIDE) {
                continue;
            }
            tracing::info!(volume = %name, "what an unfinished restore left is cleared away");
            if entry.path().extension().is_some_and(|end| end == OLD) && !data.exists() {
                fs::rename(entry.path(), &data).map_err(RuntimeError::system(&tried))?;
            } else {
                self.platform.files.remove(&entry.path())?;
            }
        }
        Ok(())
    }
}

/// The ending of an old folder where a platform swaps two in more than one step.
pub(super) const OLD: &str = "old";

/// The folder beside a volume's, and what is in it when it is no longer needed: the old content, or a new one that was
/// refused.
struct Side<'a> {
    files: &'a dyn Files,
    path: PathBuf,
}

impl Drop for Side<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.files.remove(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "content beside a volume is left behind");
        }
    }
}
