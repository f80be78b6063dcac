//! Makes, removes, shows and saves volumes. Knows no container's mounts but as rows.

use std::{fs, io::Write, path::PathBuf};

use rusqlite::Connection;

use super::{
    Result, Runtime, RuntimeError,
    creating::make_folder,
    host::Packing,
    made_up,
    records::{new_id, volume},
    removing,
};
use crate::model::{Bytes, FileEntry, VolumeName, VolumeSpec};

impl Runtime {
    /// Where a volume's files are.
    pub fn volume_folder(&self, name: &VolumeName) -> PathBuf {
        self.layout.volume(name).join("_data")
    }

    /// Makes a volume, or finds it made: as with Docker that is no error.
    ///
    /// # Errors
    /// When it is no name, or another driver than `local` is wanted.
    pub fn create_volume(&self, spec: &VolumeSpec) -> Result<VolumeName> {
        let name = spec.name.clone().filter(|name| !name.is_empty());
        let anonymous = name.is_none();
        let name = name.unwrap_or_else(new_id);
        let invalid = |why: String| RuntimeError::Invalid { tried: format!("create the volume `{name}`"), why };
        if !made_up::is_name(&name) {
            return Err(invalid("take letters, digits, `_`, `.` and `-`, at least two of them".into()));
        }
        if let Some(driver) = spec.driver.as_deref().filter(|driver| !matches!(*driver, "" | "local")) {
            return Err(invalid(format!("there is no volume driver `{driver}` aboard")));
        }
        if !spec.options.is_empty() {
            return Err(invalid("the engine aboard knows no options for volumes".into()));
        }
        let name = VolumeName::new(name);
        let tried = format!("create the volume `{name}`");
        self.db.change(&tried, |t| {
            volume::ensure(t, &name, anonymous, &spec.labels)?;
            make_folder(&self.volume_folder(&name))
        })?;
        Ok(name)
    }

    /// Removes a volume; gives the bytes freed.
    ///
    /// # Errors
    /// `Conflict` when a container has it mounted.
    pub fn remove_volume(&self, name: &VolumeName) -> Result<Bytes> {
        removing::remove_volume(&self.db, &self.layout, self.disk(), name)
    }

    /// Removes anonymous volumes that nobody has mounted, or with `all` named ones too; gives how many went and the
    /// bytes freed.
    ///
    /// # Errors
    /// What the database says. One that cannot be removed stays and is logged.
    pub fn prune_volumes(&self, all: bool) -> Result<(usize, Bytes)> {
        let idle = self.db.look(volume::all)?;
        let idle = idle.iter().filter(|volume| volume.used_by.is_empty() && (all || volume.anonymous));
        let mut pruned = (0, Bytes(0));
        for volume in idle {
            match self.remove_volume(&volume.name) {
                Ok(freed) => pruned = (pruned.0 + 1, pruned.1 + freed),
                Err(error) => tracing::warn!(%error, "a volume is not pruned"),
            }
        }
        Ok(pruned)
    }

    /// What is in a folder of a volume, sorted by name.
    ///
    /// # Errors
    /// `NotFound` for no volume and no folder.
    pub fn browse_volume(&self, name: &VolumeName, folder: &str) -> Result<Vec<FileEntry>> {
        let tried = format!("look into the volume `{name}`");
        self.known_volume(name, &tried)?;
        self.platform.files.browse(&self.volume_folder(name), folder).map_err(|error| error.in_trying(tried))
    }

    /// Writes all of a volume as a tar.
    ///
    /// # Errors
    /// `NotFound` for no volume; what the system says.
    pub fn back_up_volume(&self, name: &VolumeName, packing: Packing, to: &mut dyn Write) -> Result<()> {
        let tried = format!("back up the volume `{name}`");
        self.known_volume(name, &tried)?;
        self.platform.files.backup(&self.volume_folder(name), packing, to).map_err(|error| error.in_trying(tried))
    }

    fn known_volume(&self, name: &VolumeName, tried: &str) -> Result<volume::Record> {
        self.db.look(|c| known(c, name, tried))
    }

    /// Bytes in each volume; slow, for it walks through their files.
    ///
    /// # Errors
    /// What the database says.
    pub fn volume_sizes(&self) -> Result<Vec<(volume::Record, Bytes)>> {
        let size = |volume: volume::Record| {
            let size = self.usage(&self.volume_folder(&volume.name));
            (volume, size)
        };
        Ok(self.db.look(volume::all)?.into_iter().map(size).collect())
    }

    /// Removes folders of volumes that have no row: a crash left them. Under the database's lock, since a volume that
    /// is being made has its folder a moment before its row is seen.
    pub(super) fn sweep_volumes(&self) -> Result<()> {
        self.db.change("sweep the volumes", |t| {
            let known = volume::all(t)?;
            for entry in fs::read_dir(self.layout.volumes()).into_iter().flatten().flatten() {
                let name = entry.file_name();
                if !known.iter().any(|volume| name == volume.name.as_str()) {
                    tracing::info!(folder = %entry.path().display(), "a volume without a row is cleared away");
                    self.platform.files.remove(&entry.path())?;
                }
            }
            known.iter().try_for_each(|volume| self.sweep_restores(&volume.name))
        })
    }
}

/// A volume's row.
///
/// # Errors
/// `NotFound` when there is none.
pub(super) fn known(c: &Connection, name: &VolumeName, tried: &str) -> Result<volume::Record> {
    let known = volume::all(c)?.into_iter().find(|known| known.name == *name);
    known.ok_or_else(|| RuntimeError::NotFound { tried: tried.to_owned(), why: "there is no such volume".into() })
}
