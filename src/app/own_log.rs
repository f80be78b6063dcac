//! longshore's own log as rows on the desk, brought up to the ring's state by the app. Writes no log.

use std::collections::VecDeque;

use crate::logging::{LogRing, Record};

/// A record of our own log and its number since the start, which names it for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// The number, as a text.
    pub key: String,
    /// What was logged.
    pub record: Record,
}

/// Our own log, oldest first, at most [`OwnLog::KEPT`] records.
#[derive(Debug, Default)]
pub struct OwnLog {
    ring: LogRing,
    seen: u64,
    rows: VecDeque<Noted>,
}

impl OwnLog {
    /// Records that are kept.
    pub const KEPT: usize = 2_000;

    /// The log that this ring fills.
    pub fn new(ring: LogRing) -> Self {
        Self { ring, seen: 0, rows: VecDeque::new() }
    }

    /// Tells when there are new records.
    pub fn watch(&self) -> tokio::sync::watch::Receiver<u64> {
        self.ring.watch()
    }

    /// Takes what came into the ring; says whether anything did.
    pub fn catch_up(&mut self) -> bool {
        let (new, count) = self.ring.since(self.seen);
        let first = count - new.len() as u64;
        for (number, record) in (first + 1..).zip(new) {
            if self.rows.len() == Self::KEPT {
                self.rows.pop_front();
            }
            self.rows.push_back(Noted { key: number.to_string(), record });
        }
        let any = count != self.seen;
        self.seen = count;
        any
    }

    /// How many records there have ever been: grows with every one.
    pub const fn revision(&self) -> u64 {
        self.seen
    }

    /// The records, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Noted> + ExactSizeIterator {
        self.rows.iter()
    }
}
