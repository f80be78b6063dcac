//! The phase of one health check: runs it inside. Knows neither what its result makes of the container nor when the
//! next one is.

use std::{
    fs,
    io::{self, Read},
    os::fd::AsFd,
    path::Path,
    process::ExitCode,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Signal, pidfd_send_signal},
};

use super::{create::Ours, exec};
use crate::runtime::{
    Result, RuntimeError,
    document::{Order, Process},
    health::Check,
    monitor::check::{self, OUTPUT, too_slow},
};

pub(super) fn run(folder: &Path) -> ExitCode {
    let checked = check::run(folder, |order, check| probe(order, folder, check).map(Some));
    if checked.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs it; gives its code and what it printed.
fn probe(order: &Order, folder: &Path, check: &Check) -> Result<(i32, String)> {
    let tried = format!("check the health of container `{}`", order.name);
    let process = Process { args: check.command.clone(), ..Process::default() };
    let mut inner = exec::spawn(order, folder, process, &tried)?;
    let handle = exec::handle(&inner.child).map_err(RuntimeError::system(tried.clone()))?;
    let wait = || -> io::Result<bool> {
        let timeout = Timespec::try_from(check.timeout).ok();
        Ok(poll(&mut [PollFd::new(&handle, PollFlags::IN)], timeout.as_ref())? > 0)
    };
    let in_time = wait().unwrap_or(false);
    if !in_time {
        // It may have ended just now.
        let _ = pidfd_send_signal(handle.as_fd(), Signal::KILL);
    }
    let status = inner.child.wait().map_err(RuntimeError::system(tried))?;
    if !in_time {
        return Ok((-1, too_slow(check)));
    }
    Ok((status.code().unwrap_or(-1), output(inner.streams)))
}

/// What is in its pipes; its children may still hold them open.
fn output(streams: Ours) -> String {
    let Ours::Pipes(_, out, err) = streams else { return String::new() };
    let mut text = Vec::new();
    for pipe in [out, err] {
        if rustix::io::ioctl_fionbio(&pipe, true).is_ok() {
            // Up to what is there now.
            let _ = fs::File::from(pipe).take(OUTPUT).read_to_end(&mut text);
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}
