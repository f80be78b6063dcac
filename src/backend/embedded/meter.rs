//! From counters to use: rates and percents are differences of two readings. Pure.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::{
    model::{Bytes, Rate, Sample},
    runtime::host::Counters,
};

/// Keeps the last reading.
#[derive(Default)]
pub(super) struct Meter(Option<(DateTime<Utc>, Counters)>);

impl Meter {
    /// Takes a reading; `None` for the first, where there is nothing to compare with. `memory` is what the host has.
    pub(super) fn read(&mut self, at: DateTime<Utc>, now: &Counters, memory: Bytes) -> Option<Sample> {
        let (before_at, before) = self.0.replace((at, *now))?;
        let seconds = (at - before_at).as_seconds_f64();
        if seconds <= 0.0 {
            return None;
        }
        let rate = |now: u64, before: u64| Rate(now.saturating_sub(before) as f64 / seconds);
        let cpu = Duration::from_nanos(now.cpu_nanos.saturating_sub(before.cpu_nanos));
        Some(Sample {
            at,
            cpu_percent: cpu.as_secs_f64() / seconds * 100.0,
            memory: Bytes(now.memory),
            memory_limit: now.memory_limit.map_or(memory, |limit| Bytes(limit).min(memory)),
            net_in: rate(now.net_in, before.net_in),
            net_out: rate(now.net_out, before.net_out),
            disk_read: rate(now.disk_read, before.disk_read),
            disk_write: rate(now.disk_write, before.disk_write),
            pids: now.pids,
            net_in_total: Bytes(now.net_in),
            net_out_total: Bytes(now.net_out),
            disk_read_total: Bytes(now.disk_read),
            disk_write_total: Bytes(now.disk_write),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn use_is_what_came_between_two_readings() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let mut meter = Meter::default();
        let first = Counters { cpu_nanos: 1_000_000_000, net_in: 100, ..Counters::default() };
        assert_eq!(meter.read(at(10), &first, Bytes(8)), None);
        let second = Counters { cpu_nanos: 4_000_000_000, net_in: 300, memory: 5, ..first };
        let sample = meter.read(at(12), &second, Bytes(8)).unwrap();
        assert_eq!((sample.cpu_percent, sample.net_in, sample.memory_limit), (150.0, Rate(100.0), Bytes(8)));
        // Started anew in between: counters begin at nothing.
        let again = Counters { memory_limit: Some(4), ..Counters::default() };
        let sample = meter.read(at(13), &again, Bytes(8)).unwrap();
        assert_eq!((sample.cpu_percent, sample.net_in, sample.memory_limit), (0.0, Rate(0.0), Bytes(4)));
    }
}
