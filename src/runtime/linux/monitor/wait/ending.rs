//! What people want of a process that is watched: orders to end it, and when they end it by force. Knows no console.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rustix::process::{Signal, pidfd_send_signal};

use crate::runtime::{
    document::StopOrder,
    linux::{cgroup::Cgroup, init::signal_of},
    monitor::{folder::id_of, wish::Wish},
};

/// A kill that the kernel did not take is tried again after this time.
const AGAIN: Duration = Duration::from_secs(1);

/// How a process is to end.
#[derive(Debug, Default)]
pub(super) struct Ending {
    /// What follows.
    pub(super) wish: Wish,
    /// Whether it did not obey in time.
    pub(super) killed: bool,
    /// When it is killed.
    pub(super) due: Option<Instant>,
}

impl Ending {
    /// Begins to carry out an order.
    pub(super) fn order(&mut self, order: &StopOrder, process: impl std::os::fd::AsFd, folder: &Path) {
        self.wish = Wish::of(order);
        let due = Instant::now() + order.grace;
        self.due = Some(self.due.map_or(due, |earlier| earlier.min(due)));
        if let Some(signal) = signal_of(order.signal) {
            // It may have ended in between.
            let _ = pidfd_send_signal(process, signal);
        }
        thaw(folder);
    }

    /// Kills when it is time.
    pub(super) fn go_on(&mut self, process: impl std::os::fd::AsFd, folder: &Path) {
        if self.due.is_none_or(|due| Instant::now() < due) {
            return;
        }
        self.due = match pidfd_send_signal(process, Signal::KILL) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => None,
            Err(_) => Some(Instant::now() + AGAIN),
        };
        self.killed = true;
        // Frozen processes do not even die.
        thaw(folder);
    }
}

fn thaw(folder: &Path) {
    let cgroup = Cgroup::of(&id_of(folder));
    if cgroup.is_frozen() {
        // What cannot be thawed is not: whoever asked sees that it does not end.
        let _ = cgroup.freeze(false);
    }
}
