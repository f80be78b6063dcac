//! Who is just starting a container, before its monitor lives: a lock that ends with the process that has it. Its file
//! stays with the container: one that were removed could be locked by two. Knows no platform.

use std::{collections::BTreeSet, fs::File, time::Duration};

use rusqlite::Transaction;

use super::{
    Result, Runtime, RuntimeError,
    monitor::folder::{is_locked, lock},
    records::{attachment, container},
};
use crate::model::ContainerId;

/// Who only looks whether somebody is starting it has the lock for a moment, and is waited for so long.
const GLANCE: Duration = Duration::from_millis(100);

/// While it lives, what was given out for a start is somebody's.
#[derive(Debug)]
pub(super) struct Beginning {
    /// `None` where another process starts the same container, whose lock counts.
    _held: Option<File>,
}

impl Runtime {
    /// Says that this process is about to start a container.
    pub(super) fn begin(&self, id: &ContainerId) -> Result<Beginning> {
        let path = self.layout.starting(id);
        let tried = || format!("say in `{}` that a container is started", path.display());
        Ok(Beginning { _held: lock(&path, GLANCE).map_err(RuntimeError::system(tried()))? })
    }

    /// Frees addresses and ports that were given out for starts whose process was killed before there was a monitor.
    pub(super) fn free_broken_off(&self, t: &Transaction) -> Result<()> {
        let ports = attachment::claims(t)?.into_iter().map(|claim| claim.container);
        let addresses = attachment::all_places(t)?.into_iter().filter(|place| place.address.is_some());
        let all: BTreeSet<_> = ports.chain(addresses.map(|place| place.container)).collect();
        for id in all {
            let record = container::get(t, &id)?;
            if !record.state.is_up() && !self.is_watched(&record) && !is_locked(&self.layout.starting(&id)) {
                tracing::info!(container = record.name, "what a broken-off start had taken is free again");
                attachment::release(t, &id)?;
            }
        }
        Ok(())
    }
}
