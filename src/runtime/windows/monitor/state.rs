//! What is written beside a running process so that others find it. Knows no monitor.

use std::{fs, io, path::Path};

use chrono::Utc;
use serde::{Deserialize, Serialize};

/// The file in a running folder or an exec's.
const FILE: &str = "state.json";

/// A process that was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Live {
    /// Its number, as the host compute service knows it.
    pub(crate) pid: u32,
    /// When, in nanoseconds of the Unix era: numbers are used again, and with this it is the only one.
    pub(crate) since: i64,
}

impl Live {
    /// The process that has just got this number.
    pub(crate) fn now(pid: u32) -> Self {
        Self { pid, since: Utc::now().timestamp_nanos_opt().unwrap_or_default() }
    }

    /// What was written in `folder`.
    pub(crate) fn read(folder: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&fs::read(folder.join(FILE))?)?)
    }

    /// Writes it, as a whole or not at all.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        let new = folder.join("state.new");
        fs::write(&new, serde_json::to_vec(self)?)?;
        fs::rename(new, folder.join(FILE))
    }
}
