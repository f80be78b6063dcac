//! When a monitor lets go of memory that it does not need while nothing happens. Knows not how that is done.

use std::time::{Duration, Instant};

/// How long nothing has to happen before.
const QUIET: Duration = Duration::from_secs(2);
/// Letting go costs a millisecond: what is busy now and then does it no more often.
const PAUSE: Duration = Duration::from_secs(60);

/// When memory is let go of.
pub(super) struct Rest {
    let_go: fn(),
    due: Option<Instant>,
    /// Not before.
    earliest: Instant,
}

impl Rest {
    /// At once, and again when something has happened and is over.
    pub(super) fn new(let_go: fn()) -> Self {
        let now = Instant::now();
        Self { let_go, due: Some(now), earliest: now }
    }

    /// When to wake up for it; `None` while there is nothing to let go of, and where it is done before the next wait.
    pub(super) fn wakes(&self, now: Instant) -> Option<Instant> {
        self.due.filter(|due| *due > now)
    }

    /// Lets go, if it is time.
    pub(super) fn when_due(&mut self) {
        let now = Instant::now();
        if self.due.is_some_and(|due| due <= now) {
            (self.due, self.earliest) = (None, now + PAUSE);
            (self.let_go)();
        }
    }

    /// Something has happened.
    pub(super) fn later(&mut self) {
        self.due = Some((Instant::now() + QUIET).max(self.earliest));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        static TIMES: Cell<u32> = const { Cell::new(0) };
    }

    #[test]
    fn memory_is_let_go_of_at_once_and_again_only_when_something_has_happened() {
        let mut rest = Rest::new(|| TIMES.set(TIMES.get() + 1));
        rest.when_due();
        rest.when_due();
        assert_eq!((TIMES.get(), rest.due), (1, None));
        rest.later();
        rest.when_due();
        assert_eq!(TIMES.get(), 1, "it has just been done");
        let now = Instant::now();
        assert!(rest.wakes(now).unwrap() > now + PAUSE - QUIET);
        rest.due = Some(now);
        assert_eq!(rest.wakes(now), None, "it is done before the wait");
        rest.when_due();
        assert_eq!((TIMES.get(), rest.due), (2, None));
    }
}
