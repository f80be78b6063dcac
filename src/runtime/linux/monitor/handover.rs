//! What one phase of a monitor leaves to the next when it re-executes itself: values on the command line, open
//! descriptors by their numbers. Knows no phase's work.

use std::{
    io,
    os::{
        fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd},
        unix::process::CommandExt,
    },
    path::PathBuf,
    process::Command,
    time::Duration,
};

use rustix::io::{FdFlags, fcntl_setfd};
use serde::{Deserialize, Serialize};

use crate::runtime::monitor::wish::Wish;

/// This program, whatever has become of its file.
pub(crate) const SELF: &str = "/proc/self/exe";

/// An open descriptor by its number.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Left(RawFd);

impl Left {
    /// Leaves it open over the next `execve`.
    pub(super) fn leave(fd: OwnedFd) -> io::Result<Self> {
        fcntl_setfd(&fd, FdFlags::empty())?;
        let number = fd.as_raw_fd();
        std::mem::forget(fd);
        Ok(Self(number))
    }

    /// Takes it; children of this phase do not get it.
    #[allow(unsafe_code, reason = "over an execve a descriptor is nothing but a number")]
    pub(super) fn take(self) -> io::Result<OwnedFd> {
        // SAFETY: the phase before has left it open for nobody but this one, and says each number once.
        let fd = unsafe { OwnedFd::from_raw_fd(self.0) };
        if self.0 < 0 {
            std::mem::forget(fd);
            return Err(io::ErrorKind::InvalidInput.into());
        }
        fcntl_setfd(fd.as_fd(), FdFlags::CLOEXEC)?;
        Ok(fd)
    }
}

/// The streams of a process, on our side.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Streams {
    /// A terminal's master.
    Terminal(Left),
    /// Pipes; no input where it is closed.
    Pipes {
        /// To write to.
        input: Option<Left>,
        /// To read from.
        out: Left,
        /// To read from.
        err: Left,
    },
}

/// Where and how much is logged.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct LogPlan {
    /// The folder.
    pub(super) folder: PathBuf,
    /// Bytes of one file at most.
    pub(super) size: u64,
    /// Files at most.
    pub(super) files: u32,
}

/// Whose process is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Whose {
    /// A container's main process: its end is the container's.
    Main,
    /// An exec's.
    Exec,
}

/// From starting to waiting.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Watch {
    /// The running folder, or the exec's.
    pub(super) folder: PathBuf,
    /// Whose process.
    pub(super) whose: Whose,
    /// The process.
    pub(super) pid: u32,
    /// The same, as a descriptor.
    pub(super) pidfd: Left,
    /// Held as long as the monitor lives.
    pub(super) lock: Left,
    /// Where consoles attach.
    pub(super) listener: Left,
    /// Its streams.
    pub(super) streams: Streams,
    /// The line that was there before the process.
    pub(super) first: Option<Left>,
    /// Where its output is written, where it is.
    pub(super) log: Option<LogPlan>,
    /// Time between two health checks, where there are any.
    pub(super) check_every: Option<Duration>,
}

/// From waiting to ending.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ended {
    /// The running folder.
    pub(super) folder: PathBuf,
    /// The exit code, as shells have it.
    pub(super) code: i32,
    /// Held as long as the monitor lives.
    pub(super) lock: Left,
    /// Where consoles attach.
    pub(super) listener: Left,
    /// Lines to those who wait for the end.
    pub(super) lines: Vec<Left>,
    /// What people want of it.
    pub(super) wish: Wish,
    /// Whether it was killed since it did not obey in time.
    pub(super) killed: bool,
}

/// From ending to starting again.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Again {
    /// The running folder.
    pub(super) folder: PathBuf,
    /// Held as long as the monitor lives.
    pub(super) lock: Left,
    /// Where consoles attach.
    pub(super) listener: Left,
    /// Whether a person wants it, and not its restart policy.
    pub(super) by_hand: bool,
}

/// Becomes the next phase; comes back only when that fails.
pub(super) fn become_phase(phase: &str, with: &impl Serialize) -> io::Error {
    match serde_json::to_string(with) {
        Ok(text) => Command::new(SELF).arg0("longshore").args(["monitor", phase, &text]).env_clear().exec(),
        Err(error) => error.into(),
    }
}
