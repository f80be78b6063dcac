//! How long to wait before an engine that was lost is tried again.
//! Must not know what is tried, nor what time it is.

use std::time::Duration;

/// The wait before the first new attempt.
const FIRST: Duration = Duration::from_millis(500);
/// The longest wait; an engine that comes back is found within this time.
const LONGEST: Duration = Duration::from_secs(30);
/// Attempts after which the wait no longer grows: 0.5 s doubled six times is past 30 s.
const DOUBLINGS: u32 = 6;

/// The waits between attempts: from half a second, doubling, to half a minute.
///
/// Each wait is shortened by up to a quarter, by a share that follows from the seed, so that many
/// consoles which lost the same engine do not all come back in the same instant.
#[derive(Debug, Clone)]
pub struct Backoff {
    failures: u32,
    seed: u64,
}

impl Backoff {
    /// Waits spread by `seed`; the same seed gives the same waits.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { failures: 0, seed }
    }

    /// How many attempts have failed since the last success.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Counts a failure and tells how long to wait before the next attempt.
    pub fn next_delay(&mut self) -> Duration {
        let full = FIRST * 2_u32.pow(self.failures.min(DOUBLINGS));
        self.failures = self.failures.saturating_add(1);
        let full = full.min(LONGEST);
        full - full / 4 * self.share() / SHARES
    }

    /// Forgets the failures: the engine answered.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// A number below [`SHARES`] that looks random and follows from the seed and the failures
    /// (the mixing step of SplitMix64, by Steele, Lea and Flood).
    fn share(&self) -> u32 {
        let mut bits = self.seed.wrapping_add(u64::from(self.failures).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        u32::try_from((bits ^ (bits >> 31)) % u64::from(SHARES)).unwrap_or(0)
    }
}

/// Into how many shares the quarter is divided.
const SHARES: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_from_half_a_second_to_half_a_minute_and_stays_there() {
        let mut backoff = Backoff::new(7);
        for full in [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000] {
            let wait = backoff.next_delay();
            let full = Duration::from_millis(full);
            assert!(wait <= full && wait > full * 3 / 4, "{wait:?} is not just below {full:?}");
        }
        backoff.failures = u32::MAX;
        assert!(backoff.next_delay() <= LONGEST);
    }

    #[test]
    fn a_success_starts_over() {
        let mut backoff = Backoff::new(7);
        let first = backoff.next_delay();
        backoff.next_delay();
        backoff.reset();
        assert_eq!(backoff.failures(), 0);
        assert_eq!(backoff.next_delay(), first);
    }

    #[test]
    fn consoles_with_other_seeds_come_back_at_other_times() {
        let waits: std::collections::HashSet<_> = (0..50).map(|seed| Backoff::new(seed).next_delay()).collect();
        assert!(waits.len() > 40, "only {} different waits among 50", waits.len());
    }
}
