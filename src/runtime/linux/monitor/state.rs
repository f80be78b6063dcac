//! What is written beside a running process so that others find it: its id, and what makes sure that it is still the
//! same. Knows no monitor.

use std::{fs, io, os::fd::OwnedFd, path::Path};

use rustix::process::{Pid, PidfdFlags, pidfd_open};
use serde::{Deserialize, Serialize};

use crate::runtime::monitor::folder::{read_json, write_json};

/// The file in a running folder or an exec's.
const FILE: &str = "state.json";

/// A process that was started. Ids are used again; with its start time and the boot it is the only one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Live {
    /// Its id on the host.
    pub(crate) pid: u32,
    /// When it started, in clock ticks since boot.
    pub(crate) ticks: u64,
    /// Which boot.
    pub(crate) boot: String,
}

impl Live {
    /// The process that has this id now.
    pub(crate) fn now(pid: u32) -> io::Result<Self> {
        Ok(Self { pid, ticks: ticks(pid)?, boot: boot()? })
    }

    /// What was written in `folder`.
    pub(crate) fn read(folder: &Path) -> io::Result<Self> {
        read_json(&folder.join(FILE))
    }

    /// Writes it, as a whole or not at all.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        write_json(&folder.join(FILE), self)
    }

    /// A handle to the process, if it is still this one: signals through it cannot meet another.
    pub(crate) fn open(&self) -> Option<OwnedFd> {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw)?;
        let handle = pidfd_open(pid, PidfdFlags::empty()).ok()?;
        // Looked at after opening: what the handle means cannot change any more.
        let same = boot().is_ok_and(|boot| boot == self.boot) && ticks(self.pid).is_ok_and(|t| t == self.ticks);
        same.then_some(handle)
    }
}

/// Which boot this is.
fn boot() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

/// When a process started, in clock ticks since boot (proc_pid_stat(5), field 22).
fn ticks(pid: u32) -> io::Result<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in brackets may hold anything; 20 fields come between it and the start time.
    let after = stat.rsplit_once(')').map(|(_, after)| after);
    let field = after.and_then(|after| after.split_whitespace().nth(19)).and_then(|field| field.parse().ok());
    field.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the kernel tells no start time"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_process_with_the_same_id_is_not_met() {
        let folder = tempfile::tempdir().unwrap();
        let own = Live::now(std::process::id()).unwrap();
        own.write(folder.path()).unwrap();
        let read = Live::read(folder.path()).unwrap();
        assert_eq!(read, own);
        assert!(read.open().is_some());
        assert!(Live { ticks: own.ticks + 1, ..own.clone() }.open().is_none());
        assert!(Live { boot: "another".into(), ..own }.open().is_none());
    }
}
