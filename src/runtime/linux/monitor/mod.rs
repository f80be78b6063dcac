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
mod report;
mod start;
mod state;
mod wait;

use std::{
    fs::File,
    io,
    os::{fd::OwnedFd, unix::net::UnixListener},
    path::Path,
    process::ExitCode,
    thread,
    time::Duration,
};

use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use serde::de::DeserializeOwned;

pub(crate) use handover::SELF;
pub(crate) use report::Report;
pub(crate) use state::Live;

use super::{confine::close_all_but, inside::path_of, network::KernelNetwork};
use crate::{
    model::ContainerId,
    runtime::{Result, RuntimeError, db::Db, document::Order, layout::Layout, records::life},
};

/// Where consoles attach, in a running folder or an exec's.
pub(crate) const SOCKET: &str = "monitor.sock";
/// Locked as long as the monitor lives.
const LOCK: &str = "lock";
/// Exit code of what is left of a container when it is buried: it is killed (128 + SIGKILL).
const KILLED: i64 = 137;
/// Where an exec's process is said, in its folder.
const PROCESS: &str = "process.json";

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

/// The id that a running folder is named after.
pub(crate) fn id_of(folder: &Path) -> ContainerId {
    ContainerId::new(folder.file_name().unwrap_or_default().to_string_lossy())
}

pub(crate) fn read_order(folder: &Path) -> Result<Order> {
    let path = folder.join("order.json");
    let tried = || format!("read the order `{}`", path.display());
    let text = std::fs::read(&path).map_err(RuntimeError::system(tried()))?;
    serde_json::from_slice(&text).map_err(|error| RuntimeError::Corrupt { tried: tried(), why: error.to_string() })
}

/// Accounts for a container whose monitor was killed; see [`crate::runtime::host::Compute::bury`].
pub(crate) fn bury(folder: &Path) -> Result<()> {
    // A monitor that was killed between putting its folder aside and writing the end down.
    let aside = end::aside(folder);
    let folder = if !folder.exists() && aside.exists() { &aside } else { folder };
    let tried = || format!("account for what is left in `{}`", folder.display());
    // Held until the end, so that it is neither buried twice nor started meanwhile.
    let held = lock(folder).map_err(RuntimeError::system(tried()))?;
    let Some(_held) = held else {
        return Err(RuntimeError::Conflict { tried: tried(), why: "its monitor lives".into() });
    };
    let order = read_order(folder)?;
    let layout = Layout::at(&order.data);
    let oom = end::clean(&order, folder)?;
    let db = Db::open(&layout)?;
    let end = life::End { code: KILLED, oom, again: false };
    let network = KernelNetwork::new(&order.data);
    let written = db.change(&tried(), |t| {
        network.close_ports(&order.id)?;
        life::ended(t, &order.id, end)
    });
    match written {
        // It was not up by the database, or is gone from it: there is nothing to write down.
        Ok(()) | Err(RuntimeError::Conflict { .. } | RuntimeError::NotFound { .. }) => {}
        Err(error) => return Err(error),
    }
    end::leave(&db, &order, &layout, folder)
}

/// Takes the lock of a monitor; `None` when another has it.
pub(crate) fn lock(folder: &Path) -> io::Result<Option<OwnedFd>> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
    let file = open(folder.join(LOCK), flags, Mode::from_raw_mode(0o600))?;
    // Who only looks whether it is taken has it for a moment.
    for _ in 0..20 {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(Some(file)),
            Err(rustix::io::Errno::WOULDBLOCK) => thread::sleep(Duration::from_millis(5)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

/// Whether a monitor has the lock of this folder.
pub(crate) fn is_locked(folder: &Path) -> bool {
    let Ok(file) = File::open(folder.join(LOCK)) else { return false };
    flock(&file, FlockOperation::NonBlockingLockShared) == Err(rustix::io::Errno::WOULDBLOCK)
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
