//! When the next frame may be drawn. Knows not what is on it.

use std::time::Duration;

use tokio::time::Instant;

use crate::app::due::Due;

/// The first frame waits so long for the first list: most engines answer sooner, and one frame is half the bytes of two.
const FIRST: Duration = Duration::from_millis(30);

/// Frames that follow one another sooner than this are one movement, such as that of somebody who runs down a list.
const MOVEMENT: Duration = Duration::from_millis(500);

/// When the last frames were drawn.
#[derive(Debug)]
pub(super) struct Pace {
    begun: Instant,
    last: Option<Instant>,
    before: Option<Instant>,
}

impl Pace {
    /// Nothing is drawn yet.
    pub(super) fn new(begun: Instant) -> Self {
        Self { begun, last: None, before: None }
    }

    /// Notes a frame.
    pub(super) fn drawn(&mut self, at: Instant) {
        self.before = self.last.replace(at);
    }

    /// Until when frames of the same movement may follow; `None` after one that stands alone.
    pub(super) fn movement(&self) -> Option<Instant> {
        let (before, last) = (self.before?, self.last?);
        (last - before < MOVEMENT).then_some(last + MOVEMENT)
    }

    /// When the next frame may be drawn; `None` when nothing calls for one. What has happened keeps the pace of every
    /// second frame, so that the echo of a key need not wait for the frame that the key itself brought about.
    pub(super) fn next(&self, due: Due, now: Instant) -> Option<Instant> {
        if self.last.is_none() && due < Due::Now {
            return due.after().map(|_| self.begun + FIRST);
        }
        let since = if due == Due::Calmly { self.last } else { self.before };
        due.after().map(|after| since.map_or(now, |at| at + after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_follows_its_key_at_once_and_a_flood_does_not() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut pace = Pace::new(start);
        pace.drawn(at(0));
        pace.drawn(at(1_000));
        assert!(pace.next(Due::Soon, at(1_001)) <= Some(at(1_001)), "an echo waits for its key's frame");
        pace.drawn(at(1_001));
        assert_eq!(pace.next(Due::Soon, at(1_002)), Some(at(1_033)), "a flood is drawn without pace");
    }

    #[test]
    fn a_frame_each_second_is_no_movement() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut pace = Pace::new(start);
        pace.drawn(at(0));
        pace.drawn(at(1_000));
        assert_eq!(pace.movement(), None);
        pace.drawn(at(1_150));
        assert_eq!(pace.movement(), Some(at(1_650)));
    }

    #[test]
    fn the_first_frame_waits_a_little_for_the_first_list() {
        let start = Instant::now();
        let pace = Pace::new(start);
        assert_eq!(pace.next(Due::Soon, start), Some(start + FIRST));
        assert_eq!(pace.next(Due::Never, start), None);
        assert_eq!(pace.next(Due::Now, start), Some(start), "the list has come");
    }

    #[test]
    fn a_key_never_waits_and_figures_wait_a_second_after_any_frame() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        pace.drawn(start);
        pace.drawn(start);
        assert_eq!(pace.next(Due::Now, start), Some(start));
        assert_eq!(pace.next(Due::Calmly, start), Some(start + Duration::from_secs(1)));
        assert_eq!(pace.next(Due::Never, start), None);
    }
}
