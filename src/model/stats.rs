//! What a container uses, moment by moment. The formulas over an engine's counters are its door's business.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Bytes, Rate};

/// Use at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Sample {
    /// When, by the engine's clock.
    pub at: DateTime<Utc>,
    /// Percent of one processor: two busy processors are 200.
    pub cpu_percent: f64,
    /// Memory without what the kernel can drop at once.
    pub memory: Bytes,
    /// The limit, or all of the host's.
    pub memory_limit: Bytes,
    /// Received, per second.
    pub net_in: Rate,
    /// Sent, per second.
    pub net_out: Rate,
    /// Read from disks, per second.
    pub disk_read: Rate,
    /// Written to disks, per second.
    pub disk_write: Rate,
    /// Processes or threads, as the engine counts.
    pub pids: u64,
    /// Received since the start.
    pub net_in_total: Bytes,
    /// Sent since the start.
    pub net_out_total: Bytes,
    /// Read since the start.
    pub disk_read_total: Bytes,
    /// Written since the start.
    pub disk_write_total: Bytes,
}

impl Sample {
    /// Percent of the limit that memory takes; 0 without a limit.
    pub fn memory_percent(&self) -> f64 {
        if self.memory_limit.0 == 0 {
            return 0.0;
        }
        self.memory.0 as f64 * 100.0 / self.memory_limit.0 as f64
    }
}

/// The last samples, oldest first, never more than [`Series::LENGTH`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series(VecDeque<Sample>);

impl Series {
    /// Samples kept: two minutes at one a second.
    pub const LENGTH: usize = 120;

    /// Takes one more and forgets the oldest.
    pub fn push(&mut self, sample: Sample) {
        if self.0.len() == Self::LENGTH {
            self.0.pop_front();
        }
        self.0.push_back(sample);
    }

    /// The newest.
    pub fn last(&self) -> Option<&Sample> {
        self.0.back()
    }

    /// All, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Sample> + ExactSizeIterator {
        self.0.iter()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_forgets_its_oldest() {
        let mut series = Series::default();
        for n in 0..Series::LENGTH + 3 {
            series.push(Sample { pids: n as u64, ..Sample::default() });
        }
        assert_eq!(series.len(), Series::LENGTH);
        assert_eq!(series.iter().next().map(|s| s.pids), Some(3));
    }
}
