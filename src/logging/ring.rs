//! The last records of our own log, kept in memory for whoever looks.
//! Must not know where records come from.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tracing::Level;

/// How many records are kept.
const KEPT: usize = 2_000;

/// One record of our own log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// When.
    pub time: DateTime<Utc>,
    /// How grave.
    pub level: Level,
    /// The module that said it.
    pub target: String,
    /// What it said, with its fields; harmless to draw.
    pub text: String,
}

/// A handle to the last 2,000 records. Clones share them.
#[derive(Debug, Clone)]
pub struct LogRing {
    records: Arc<Mutex<VecDeque<Record>>>,
    /// How many records there have ever been.
    count: Arc<watch::Sender<u64>>,
}

impl Default for LogRing {
    fn default() -> Self {
        Self::new()
    }
}

impl LogRing {
    /// An empty ring.
    #[must_use]
    pub fn new() -> Self {
        Self { records: Arc::default(), count: Arc::new(watch::Sender::new(0)) }
    }

    /// The latest records, at most `most` of them, the oldest first.
    #[must_use]
    pub fn latest(&self, most: usize) -> Vec<Record> {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.range(records.len().saturating_sub(most)..).cloned().collect()
    }

    /// The records after the first `seen` ones, as far as they are kept, and how many there have ever been.
    #[must_use]
    pub fn since(&self, seen: u64) -> (Vec<Record>, u64) {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let count = *self.count.borrow();
        let new = usize::try_from(count.saturating_sub(seen)).unwrap_or(usize::MAX);
        (records.range(records.len().saturating_sub(new)..).cloned().collect(), count)
    }

    /// Tells when there are new records, and how many there have ever been.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.count.subscribe()
    }

    /// Adds a record; the oldest goes when there are too many.
    pub fn push(&self, record: Record) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if records.len() == KEPT {
            records.pop_front();
        }
        records.push_back(record);
        // Still under the lock, so that records and count always agree.
        self.count.send_modify(|count| *count += 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(text: impl ToString) -> Record {
        Record { time: DateTime::UNIX_EPOCH, level: Level::INFO, target: String::new(), text: text.to_string() }
    }

    #[test]
    fn only_the_last_records_are_kept_in_order() {
        let ring = LogRing::new();
        for number in 0..KEPT + 5 {
            ring.push(record(number));
        }
        let all = ring.latest(usize::MAX);
        assert_eq!(all.len(), KEPT);
        assert_eq!(all[0].text, "5");
        let two: Vec<String> = ring.latest(2).into_iter().map(|record| record.text).collect();
        assert_eq!(two, [(KEPT + 3).to_string(), (KEPT + 4).to_string()]);
    }

    #[tokio::test]
    async fn a_watcher_hears_of_news() {
        let ring = LogRing::new();
        let mut news = ring.watch();
        assert!(!news.has_changed().unwrap());
        ring.clone().push(record("x"));
        news.changed().await.unwrap();
        assert_eq!(*news.borrow_and_update(), 1);
    }
}
