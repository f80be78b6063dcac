//! What containers use, asked for one reading at a time. Knows no JSON: `wire` reads it.
//!
//! An engine that streams samples collects each container once a second, however many there are; the load that
//! puts on it grows with the rows on screen. Asked for single readings it collects only what is asked, and all
//! that is measured at the same time shares one allowance.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::stream;
use tokio::{
    sync::{AcquireError, Semaphore, SemaphorePermit},
    time::{Instant, sleep_until},
};

use super::{
    QUICK,
    call::{Ask, Call},
};
use crate::{
    backend::{Flow, Result, wire::stats::Meter},
    model::Sample,
};

/// Readings of an engine's containers in a second, all together.
const ALLOWANCE: u32 = 10;
/// Between two readings of one container where few are measured.
const OFTEN: Duration = Duration::from_secs(1);

/// Readings on their way at the same time: each has a connection of its own, which stays open for the next. Docker
/// 20.10 answers only when it collects next, up to a second later, so fewer could not use the allowance.
const LANES: usize = ALLOWANCE as usize;

/// How many containers of one engine are measured at the moment.
#[derive(Clone)]
pub(super) struct Measured {
    count: Arc<AtomicU32>,
    lanes: Arc<Semaphore>,
}

impl Default for Measured {
    fn default() -> Self {
        Self { count: Arc::default(), lanes: Arc::new(Semaphore::new(LANES)) }
    }
}

impl Measured {
    /// One more, until it is dropped.
    fn one_more(&self) -> OneMore {
        OneMore { place: self.count.fetch_add(1, Ordering::Relaxed), all: self.clone() }
    }

    fn count(&self) -> u32 {
        self.count.load(Ordering::Relaxed)
    }

    /// A lane, as soon as one is free. There is no error: nobody closes them.
    async fn lane(&self) -> std::result::Result<SemaphorePermit<'_>, AcquireError> {
        self.lanes.acquire().await
    }
}

/// Between two readings of each container when `measured` of them are measured.
fn interval(measured: u32) -> Duration {
    OFTEN.max(Duration::from_secs(1) * measured / ALLOWANCE)
}

struct OneMore {
    /// How many there were before it.
    place: u32,
    all: Measured,
}

impl Drop for OneMore {
    fn drop(&mut self) {
        self.all.count.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Watch {
    call: Call,
    tried: String,
    ask: Ask,
    meter: Meter,
    counted: OneMore,
    /// When the next reading is due, and how many there were.
    next: Instant,
    readings: u32,
}

/// After so many readings of a container, until the next.
fn pause(readings: u32, counted: &OneMore) -> Duration {
    match readings {
        // Figures are differences: the second reading follows soon, however many are measured.
        0 => OFTEN,
        // Those that began together part here, so that the engine is asked evenly.
        1 => OFTEN + Duration::from_secs(1) * counted.place / ALLOWANCE,
        _ => interval(counted.all.count()),
    }
}

/// Samples of one container until it does not run any more.
pub(super) fn samples(call: Call, tried: String, path: String, measured: &Measured) -> Flow<Sample> {
    // Without `one-shot` the engine takes a second to compare two readings of its own; older ones do so anyway.
    let ask = Ask::get(path).with("stream", "0").with("one-shot", "1");
    let counted = measured.one_more();
    let watch = Watch { call, tried, ask, meter: Meter::default(), counted, next: Instant::now(), readings: 0 };
    Box::pin(stream::try_unfold(watch, next))
}

async fn next(mut watch: Watch) -> Result<Option<(Sample, Watch)>> {
    loop {
        sleep_until(watch.next).await;
        let lane = watch.counted.all.lane().await;
        let body = watch.call.bytes(&watch.tried, watch.ask.clone(), QUICK).await?;
        drop(lane);
        let first = watch.readings == 0;
        watch.next = Instant::now() + pause(watch.readings, &watch.counted);
        watch.readings += 1;
        match watch.meter.read(&body) {
            Some(sample) => return Ok(Some((sample, watch))),
            None if first => {}
            // An engine tells a container that does not run by empty readings.
            None => return Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_containers_share_what_few_have_for_themselves() {
        assert_eq!(interval(1), Duration::from_secs(1));
        assert_eq!(interval(10), Duration::from_secs(1));
        assert_eq!(interval(46), Duration::from_millis(4_600));
    }

    #[tokio::test]
    async fn a_reading_waits_for_a_lane() {
        let measured = Measured::default();
        let mut lanes = Vec::new();
        for _ in 0..LANES {
            lanes.push(measured.lane().await.unwrap());
        }
        let other = measured.clone();
        let mut next = std::pin::pin!(other.lane());
        assert!(futures_util::poll!(next.as_mut()).is_pending());
        lanes.pop();
        assert!(futures_util::poll!(next.as_mut()).is_ready());
    }

    #[test]
    fn who_is_not_measured_any_more_is_not_counted() {
        let measured = Measured::default();
        let (one, two) = (measured.one_more(), measured.one_more());
        assert_eq!((measured.count(), two.place), (2, 1));
        drop((one, two));
        assert_eq!(measured.count(), 0);
    }
}
