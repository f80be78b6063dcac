//! Sends a signal to a process of a container, and to no other. Knows no engine.

use std::fs;

use rustix::{
    fd::{AsFd, OwnedFd},
    io::Errno,
    process::{self, Pid, PidfdFlags, Signal as Number},
};

use super::super::process::{Stat, container_of_cgroup};
use crate::{
    backend::{EngineError, Gate, Result},
    model::Signal,
};

/// Sends `signal` to `pid`, which must be in a container, and must be the process that started at `start_ticks`
/// where that is known.
///
/// The process is held by a pidfd before it is looked at, so its id cannot pass to another one in between.
pub(super) fn send(pid: u32, signal: Signal, start_ticks: Option<u64>) -> Result<()> {
    let tried = || format!("send {signal} to process {pid}");
    let number = number(signal)
        .ok_or_else(|| EngineError::Unsupported { tried: tried(), why: "this host has no such signal".into() })?;
    let process = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let process =
        process.ok_or_else(|| EngineError::NotFound { tried: tried(), why: "there is no such process".into() })?;
    let held = hold(process).map_err(|errno| refused(tried(), errno))?;
    check(pid, start_ticks).map_err(|why| EngineError::NotFound { tried: tried(), why: why.into() })?;
    let sent = match &held {
        Some(held) => process::pidfd_send_signal(held.as_fd(), number),
        None => process::kill_process(process, number),
    };
    sent.map_err(|errno| refused(tried(), errno))
}

/// A pidfd; `None` where the kernel is older than 5.3 and has none.
fn hold(process: Pid) -> rustix::io::Result<Option<OwnedFd>> {
    match process::pidfd_open(process, PidfdFlags::empty()) {
        Ok(held) => Ok(Some(held)),
        Err(Errno::NOSYS) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// Whether it is still the process that was shown, and one of a container.
fn check(pid: u32, start_ticks: Option<u64>) -> std::result::Result<(), &'static str> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok().and_then(|text| Stat::parse(&text));
    let stat = stat.ok_or("it has ended")?;
    if start_ticks.is_some_and(|start| start != stat.start_ticks) {
        return Err("it has ended, and another process has its id now");
    }
    if is_contained(pid) { Ok(()) } else { Err("it is not a process of a container") }
}

/// Whether its control group is a container's, or it lives in a pid namespace other than ours.
pub(super) fn is_contained(pid: u32) -> bool {
    let grouped =
        fs::read_to_string(format!("/proc/{pid}/cgroup")).is_ok_and(|text| container_of_cgroup(&text).is_some());
    let namespace = |who: &str| fs::read_link(format!("/proc/{who}/ns/pid")).ok();
    grouped || namespace(&pid.to_string()).is_some_and(|theirs| namespace("self").is_some_and(|ours| ours != theirs))
}

fn refused(tried: String, errno: Errno) -> EngineError {
    let why = match errno {
        Errno::SRCH => return EngineError::NotFound { tried, why: "it has ended".into() },
        Errno::PERM => {
            return EngineError::Denied { tried, by: Gate::Host, why: "it belongs to another user".into() };
        }
        other => other.to_string(),
    };
    EngineError::Refused { tried, code: errno.raw_os_error().unsigned_abs(), why }
}

/// The kernel's number for a name of signal(7).
fn number(signal: Signal) -> Option<Number> {
    Some(match signal.name() {
        "TERM" => Number::TERM,
        "KILL" => Number::KILL,
        "HUP" => Number::HUP,
        "INT" => Number::INT,
        "QUIT" => Number::QUIT,
        "USR1" => Number::USR1,
        "USR2" => Number::USR2,
        "STOP" => Number::STOP,
        "CONT" => Number::CONT,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn every_signal_on_offer_has_a_number() {
        assert!(Signal::OFFERED.iter().all(|(signal, _)| number(*signal).is_some()));
    }

    #[test]
    fn a_process_outside_of_containers_is_left_alone() {
        let mut child = Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        let error = send(child.id(), Signal::KILL, None).unwrap_err();
        assert!(error.to_string().ends_with("it is not a process of a container"), "{error}");
        let reused = send(child.id(), Signal::KILL, Some(1)).unwrap_err();
        assert!(reused.to_string().ends_with("another process has its id now"), "{reused}");
        assert_eq!(child.try_wait().unwrap(), None, "it was ended");
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
    }

    #[test]
    fn a_process_that_is_gone_is_not_found() {
        let error = send(i32::MAX.unsigned_abs(), Signal::TERM, None).unwrap_err();
        assert!(matches!(error, EngineError::NotFound { .. }), "{error}");
    }
}
