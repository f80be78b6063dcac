//! The first process of a container that asked for one (`--init`): reaps orphans and passes signals on. Knows nothing
//! of containers.

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    process::{self, Command},
};

use rustix::{
    process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, wait},
    thread::{CapabilitySet, CapabilitySets, set_capabilities},
};

use super::confine::Confinement;

/// `si_code` of signals that the kernel sends, as a terminal's line discipline does: to the whole foreground group,
/// so that the child has them already.
const FROM_KERNEL: i32 = 0x80;

/// Starts the command as a child and stays until it ends, then ends with its code. Comes back only when it cannot be
/// started.
pub(super) fn run(mut command: Command, failure: &OwnedFd, confinement: &Confinement) -> io::Error {
    let signals = match block_all() {
        Ok(signals) => signals,
        Err(error) => return error,
    };
    let child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return error,
    };
    tell_success(failure);
    // It goes without rights that its child does not have either. It has none of its child's failures to tell.
    let _ = confinement.take();
    let may_kill = CapabilitySet::KILL.intersection(CapabilitySet::from_bits_retain(confinement.capabilities));
    let sets = CapabilitySets { effective: may_kill, permitted: may_kill, inheritable: CapabilitySet::empty() };
    let _ = set_capabilities(None, sets);
    let Some(main) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
        return io::ErrorKind::InvalidData.into();
    };
    loop {
        match next(&signals) {
            Some((libc::SIGCHLD, _)) => {
                if let Some(code) = reap(main) {
                    process::exit(code);
                }
            }
            Some((signal, code)) if code != FROM_KERNEL => {
                if let Some(signal) = Signal::from_named_raw(signal) {
                    // It may have ended in between.
                    let _ = kill_process(main, signal);
                }
            }
            _ => {}
        }
    }
}

/// This process lives on: whoever waits for the pipe's end must be given it.
fn tell_success(failure: &OwnedFd) {
    if let Ok(null) = rustix::fs::open("/dev/null", rustix::fs::OFlags::RDWR, rustix::fs::Mode::empty()) {
        replace(&null, failure);
    }
}

#[allow(unsafe_code, reason = "rustix's dup2 wants to own the target, which is shared")]
fn replace(with: &OwnedFd, target: &OwnedFd) {
    use std::os::fd::AsRawFd;
    // SAFETY: both are open; the target stays open, as another file.
    unsafe { libc::dup2(with.as_fd().as_raw_fd(), target.as_fd().as_raw_fd()) };
}

/// Takes all that have ended; the code when the main one was among them.
fn reap(main: Pid) -> Option<i32> {
    let mut code = None;
    while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
        if pid == main {
            code = Some(code_of(status));
        }
    }
    code
}

/// A signal by its number; `None` for one there is not.
pub(super) fn signal_of(number: i32) -> Option<Signal> {
    Signal::from_named_raw(number)
}

/// As shells have it: the exit code, or 128 and the signal.
pub(super) fn code_of(status: WaitStatus) -> i32 {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => code,
        (None, Some(signal)) => 128 + signal,
        (None, None) => 255,
    }
}

#[allow(unsafe_code, reason = "rustix has no signal masks")]
fn block_all() -> io::Result<libc::sigset_t> {
    let mut all = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigfillset initialises the set; sigprocmask only reads it, in the process's only thread.
    unsafe {
        if libc::sigfillset(all.as_mut_ptr()) != 0
            || libc::sigprocmask(libc::SIG_SETMASK, all.as_ptr(), std::ptr::null_mut()) != 0
        {
            return Err(io::Error::last_os_error());
        }
        Ok(all.assume_init())
    }
}

/// The next signal and who sent it.
#[allow(unsafe_code, reason = "rustix has no sigwaitinfo")]
fn next(signals: &libc::sigset_t) -> Option<(i32, i32)> {
    let mut info = std::mem::MaybeUninit::<libc::siginfo_t>::uninit();
    // SAFETY: both point to values of the right type; the information is only read when the call says it is there.
    unsafe {
        let signal = libc::sigwaitinfo(signals, info.as_mut_ptr());
        (signal > 0).then(|| (signal, info.assume_init().si_code))
    }
}
