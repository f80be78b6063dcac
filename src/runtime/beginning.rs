//! Who is just starting a container, before its monitor lives: a lock that ends with the process that has it. Knows no
//! platform.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    path::{Path, PathBuf},
};

use rusqlite::Transaction;

use super::{
    Result, Runtime,
    creating::make_folder,
    records::{attachment, container},
};
use crate::model::ContainerId;

/// While it lives, what was given out for a start is somebody's.
#[derive(Debug)]
pub(super) struct Beginning {
    path: PathBuf,
    /// `None` where another process starts the same container, whose lock counts.
    file: Option<File>,
}

impl Drop for Beginning {
    fn drop(&mut self) {
        if self.file.is_some() {
            // One that stays means nothing without its lock.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Runtime {
    /// Says that this process is about to start a container.
    pub(super) fn begin(&self, id: &ContainerId) -> Result<Beginning> {
        let path = self.layout.starting(id);
        path.parent().map_or(Ok(()), make_folder)?;
        let file = open(&path).ok().filter(|file| file.try_lock().is_ok());
        Ok(Beginning { path, file })
    }

    /// Frees addresses and ports that were given out for starts whose process was killed before there was a monitor.
    pub(super) fn free_broken_off(&self, t: &Transaction) -> Result<()> {
        let ports = attachment::claims(t)?.into_iter().map(|claim| claim.container);
        let addresses = attachment::all_places(t)?.into_iter().filter(|place| place.address.is_some());
        let all: BTreeSet<_> = ports.chain(addresses.map(|place| place.container)).collect();
        for id in all {
            let record = container::get(t, &id)?;
            let begun = self.layout.starting(&id);
            if !record.state.is_up() && !self.is_watched(&record) && !is_locked(&begun) {
                tracing::info!(container = record.name, "what a broken-off start had taken is free again");
                attachment::release(t, &id)?;
                // It may have none.
                let _ = fs::remove_file(begun);
            }
        }
        Ok(())
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).open(path)
}

fn is_locked(path: &Path) -> bool {
    OpenOptions::new().write(true).open(path).is_ok_and(|file| file.try_lock().is_err())
}
