//! What a process has printed: the log, and the last of it for consoles that attach late. Knows no console.

use std::collections::VecDeque;

use super::log::Writer;
use crate::model::Stream;

/// Bytes that are kept for consoles that attach late.
const KEPT: usize = 32 * 1024;

/// What was printed.
#[derive(Debug)]
pub struct Printed {
    log: Option<Writer>,
    chunks: VecDeque<(Stream, Vec<u8>)>,
    kept: usize,
    total: u64,
}

impl Printed {
    /// Nothing so far; what comes is written to this log.
    pub fn new(log: Option<Writer>) -> Self {
        Self { log, chunks: VecDeque::new(), kept: 0, total: 0 }
    }

    /// Bytes printed so far.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Takes more.
    pub fn take(&mut self, stream: Stream, bytes: &[u8]) {
        if let Some(log) = &mut self.log {
            // A full disk must not stop the process; its lines are missing in the log until there is room again.
            let _ = log.push(stream, bytes);
        }
        self.total += bytes.len() as u64;
        self.kept += bytes.len();
        self.chunks.push_back((stream, bytes.to_vec()));
        while self.kept > KEPT && self.chunks.len() > 1 {
            self.kept -= self.chunks.pop_front().map_or(0, |(_, old)| old.len());
        }
    }

    /// What is kept from this byte on.
    pub fn since(&self, from: u64) -> Vec<(Stream, Vec<u8>)> {
        let mut at = self.total - self.kept as u64;
        let mut parts = Vec::new();
        for (stream, bytes) in &self.chunks {
            let skip = usize::try_from(from.saturating_sub(at)).unwrap_or(usize::MAX).min(bytes.len());
            if skip < bytes.len() {
                parts.push((*stream, bytes[skip..].to_vec()));
            }
            at += bytes.len() as u64;
        }
        parts
    }

    /// Nothing more will come.
    pub fn end(&mut self) {
        if let Some(log) = self.log.take() {
            // As above.
            let _ = log.end();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::NOW;
    use super::*;

    #[test]
    fn who_attaches_late_gets_what_is_kept_from_any_byte_on() {
        let mut printed = Printed::new(None);
        printed.take(Stream::Out, b"hello ");
        printed.take(Stream::Err, b"world");
        assert_eq!(printed.since(0), [(Stream::Out, b"hello ".to_vec()), (Stream::Err, b"world".to_vec())]);
        assert_eq!(printed.since(8), [(Stream::Err, b"rld".to_vec())]);
        assert!(printed.since(NOW).is_empty());
        printed.take(Stream::Out, &vec![b'x'; KEPT]);
        let kept: usize = printed.since(0).iter().map(|(_, bytes)| bytes.len()).sum();
        assert_eq!((kept, printed.total()), (KEPT, KEPT as u64 + 11));
    }
}
