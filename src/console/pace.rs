//! When the next frame may be drawn. Knows not what is on it.

use tokio::time::Instant;

use crate::app::due::Due;

/// When the last frames were drawn.
#[derive(Debug, Default)]
pub(super) struct Pace {
    last: Option<Instant>,
    before: Option<Instant>,
}

impl Pace {
    /// Notes a frame.
    pub(super) fn drawn(&mut self, at: Instant) {
        self.before = self.last.replace(at);
    }

    /// When the next frame may be drawn; `None` when nothing calls for one. What has happened keeps the pace of every
    /// second frame, so that the echo of a key need not wait for the frame that the key itself brought about.
    pub(super) fn next(&self, due: Due, now: Instant) -> Option<Instant> {
        let since = if due == Due::Calmly { self.last } else { self.before };
        due.after().map(|after| since.map_or(now, |at| at + after))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_echo_follows_its_key_at_once_and_a_flood_does_not() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut pace = Pace::default();
        assert_eq!(pace.next(Due::Soon, at(0)), Some(at(0)), "the first frame waits for nothing");
        pace.drawn(at(0));
        pace.drawn(at(1_000));
        assert!(pace.next(Due::Soon, at(1_001)) <= Some(at(1_001)), "an echo waits for its key's frame");
        pace.drawn(at(1_001));
        assert_eq!(pace.next(Due::Soon, at(1_002)), Some(at(1_033)), "a flood is drawn without pace");
    }

    #[test]
    fn a_key_never_waits_and_figures_wait_a_second_after_any_frame() {
        let start = Instant::now();
        let mut pace = Pace::default();
        pace.drawn(start);
        pace.drawn(start);
        assert_eq!(pace.next(Due::Now, start), Some(start));
        assert_eq!(pace.next(Due::Calmly, start), Some(start + Duration::from_secs(1)));
        assert_eq!(pace.next(Due::Never, start), None);
    }
}
