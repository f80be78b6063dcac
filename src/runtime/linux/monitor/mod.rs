//! The phases of the process beside each container: start, wait, end; and those beside an exec or a health check.
//! Knows no console.
//!
//! Each phase is this program, executed again by itself, so that what one needs is not kept by the next: only waiting
//! takes long, and it needs next to nothing. The process id stays, so that it stays the parent of the container's
//! first process; descriptors stay open where they are handed over.

mod check;
mod create;
mod end;
mod exec;
mod facts;
mod handover;
mod start;
mod state;
mod wait;

use std::{
    fs::File,
    io,
    os::{fd::OwnedFd, unix::net::UnixListener},
    path::Path,
    process::ExitCode,
    time::Duration,
};

use rustix::fs::{Mode, OFlags, open};
use serde::de::DeserializeOwned;

pub(crate) use handover::SELF;
pub(crate) use state::Live;

use self::end::Host;
use super::{confine::close_all_but, inside::path_of};
use crate::runtime::{
    Result, RuntimeError,
    monitor::{
        end::{bury as account_for, what_is_left},
        folder::{self, lock, read_order},
    },
};

/// Where consoles attach, in a running folder or an exec's.
pub(crate) const SOCKET: &str = "monitor.sock";
/// Locked as long as the monitor lives.
const LOCK: &str = "lock";
/// Who only looks whether it is taken has it no longer.
const GLANCE: Duration = Duration::from_millis(100);

/// Runs the phase that the command line names, if it names one. To be asked before any thread exists. `rest` is called
/// when a wait begins.
pub fn phase(rest: fn()) -> Option<ExitCode> {
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() != Some("monitor") {
        return None;
    }
    let (phase, with) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    Some(match phase.as_str() {
        "start" => start::fresh(Path::new(&with)),
        "again" => handed(&with, start::again),
        "wait" => handed(&with, |watch| wait::run(watch, rest)),
        "end" => handed(&with, end::run),
        "exec" => exec::run(Path::new(&with)),
        "check" => check::run(Path::new(&with)),
        _ => ExitCode::FAILURE,
    })
}

fn handed<T: DeserializeOwned>(text: &str, phase: impl FnOnce(T) -> ExitCode) -> ExitCode {
    serde_json::from_str(text).map_or(ExitCode::FAILURE, phase)
}

/// Accounts for a container whose monitor was killed; see [`crate::runtime::host::Compute::bury`].
pub(crate) fn bury(folder: &Path) -> Result<()> {
    let folder = what_is_left(folder);
    let tried = || format!("account for what is left in `{}`", folder.display());
    // Held until the end, so that it is neither buried twice nor started meanwhile.
    let held = held(&folder).map_err(RuntimeError::system(tried()))?;
    let Some(_held) = held else {
        return Err(RuntimeError::Conflict { tried: tried(), why: "its monitor lives".into() });
    };
    account_for(&Host::of(&read_order(&folder)?), &folder)
}

/// Takes the lock of a monitor; `None` when another has it.
fn held(folder: &Path) -> io::Result<Option<OwnedFd>> {
    Ok(lock(&folder.join(LOCK), GLANCE)?.map(OwnedFd::from))
}

/// Whether a monitor has the lock of this folder.
pub(crate) fn is_locked(folder: &Path) -> bool {
    folder::is_locked(&folder.join(LOCK))
}

/// Listens in this folder, however long its path is: a socket's path has 107 bytes at most (unix(7)).
fn listen(folder: &Path, name: &str) -> io::Result<UnixListener> {
    let held = open(folder, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let path = path_of(&held).join(name);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    UnixListener::bind(path)
}

/// Takes the place of this process's standard streams, so that nothing of the console's stays open; gives the line
/// that was its input, if it was one, and the pipe that was its output.
fn take_standard_streams() -> io::Result<(Option<OwnedFd>, File)> {
    use rustix::{io::fcntl_dupfd_cloexec, stdio};
    // Whatever the console, or what started it, has left open over its execve.
    close_all_but(2);
    let is_line = rustix::fs::fstat(stdio::stdin())
        .is_ok_and(|stat| rustix::fs::FileType::from_raw_mode(stat.st_mode) == rustix::fs::FileType::Socket);
    let line = is_line.then(|| fcntl_dupfd_cloexec(stdio::stdin(), 3)).transpose()?;
    let report = fcntl_dupfd_cloexec(stdio::stdout(), 3)?;
    let null = open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    stdio::dup2_stdin(&null)?;
    stdio::dup2_stdout(&null)?;
    stdio::dup2_stderr(&null)?;
    Ok((line, File::from(report)))
}
