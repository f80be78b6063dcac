//! What people want of a process that is watched: orders to end it, and when they end it by force. Knows no console.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::runtime::{
    document::{StopOrder, hcs::process::ConsoleEvent},
    monitor::wish::Wish,
    windows::hcs::{FORCE, Hcs},
};

/// Ends at once; cannot be caught (signal(7)).
pub(crate) const SIGKILL: i32 = 9;
/// Force that was not taken is tried again after this time.
const AGAIN: Duration = Duration::from_secs(1);

/// How a process is to end.
#[derive(Debug)]
pub(super) struct Ending {
    hcs: Hcs,
    /// The container's id.
    id: String,
    pid: u32,
    /// What follows.
    pub(super) wish: Wish,
    /// Whether it did not obey in time.
    pub(super) killed: bool,
    /// When it is ended by force.
    pub(super) due: Option<Instant>,
}

impl Ending {
    pub(super) fn of(hcs: &Hcs, id: &str, pid: u32) -> Self {
        Self { hcs: hcs.clone(), id: id.to_owned(), pid, wish: Wish::default(), killed: false, due: None }
    }

    /// Begins to carry out an order.
    pub(super) fn order(&mut self, order: &StopOrder) {
        self.wish = Wish::of(order);
        let due = Instant::now() + order.grace;
        self.due = Some(self.due.map_or(due, |earlier| earlier.min(due)));
        if order.signal == SIGKILL {
            self.due = Some(Instant::now());
        } else {
            // Whatever signal it is: the order is to end, and that is how Windows says so.
            self.tell(ConsoleEvent::of_signal(order.signal).unwrap_or(ConsoleEvent::CtrlShutdown), order.grace);
        }
    }

    /// Sends it what stands for a signal; others are of no meaning on Windows.
    pub(super) fn signal(&mut self, signal: i32) {
        if signal == SIGKILL {
            self.force();
        } else if let Some(event) = ConsoleEvent::of_signal(signal) {
            self.tell(event, FORCE);
        }
    }

    /// Ends it by force when it is time.
    pub(super) fn go_on(&mut self) {
        if self.due.is_some_and(|due| Instant::now() >= due) {
            self.killed = true;
            // Until it has ended: what Windows did not take is tried again.
            self.due = Some(Instant::now() + AGAIN);
            self.force();
        }
    }

    fn tell(&self, event: ConsoleEvent, grace: Duration) {
        self.hcs.signal_aside(&self.id, self.pid, event, grace.max(FORCE));
    }

    /// On a thread and with handles of its own: a signal may be stuck on others.
    fn force(&self) {
        let (hcs, id, pid) = (self.hcs.clone(), self.id.clone(), self.pid);
        let end = move || {
            // Nobody is there to be told; who waits sees that it does not end.
            let _ = hcs.open(&id).and_then(|system| system.open_process(pid)).and_then(|process| process.terminate());
        };
        // Without a thread it is tried again.
        let _ = thread::Builder::new().name("force".to_owned()).spawn(end);
    }
}
