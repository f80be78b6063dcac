//! What is written beside a running process so that others find it. Knows no monitor.

use std::{io, path::Path};

use chrono::Utc;
use serde::{Deserialize, Serialize};

use crate::runtime::monitor::folder::{read_json, write_json};

/// The file in a running folder or an exec's.
const FILE: &str = "state.json";

/// A process that was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Live {
    /// Its number, as the host compute service knows it.
    pub(crate) pid: u32,
    /// When, in nanoseconds of the Unix era.
    pub(crate) since: i64,
}

impl Live {
    /// The process that has just got this number.
    pub(crate) fn now(pid: u32) -> Self {
        Self { pid, since: Utc::now().timestamp_nanos_opt().unwrap_or_default() }
    }

    /// What was written in `folder`.
    pub(crate) fn read(folder: &Path) -> io::Result<Self> {
        read_json(&folder.join(FILE))
    }

    /// Writes it, as a whole or not at all.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        write_json(&folder.join(FILE), self)
    }
}
