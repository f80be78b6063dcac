//! Lines of a container's log and the bounded book that keeps them. Knows no framing.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When the engine took it, where it says.
    pub at: Option<DateTime<Utc>>,
    /// Where it was written.
    pub stream: Stream,
    /// The text without line end. Colour sequences (SGR) are kept for the log view, which draws them as
    /// styles; everything else a terminal could obey is made visible at the door.
    pub text: String,
}

/// Where a line was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// Standard output, or a terminal's output.
    Out,
    /// Standard error.
    Err,
}

/// What of a log to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LogOptions {
    /// How many lines from the end; `None`: all there are.
    pub tail: Option<u32>,
    /// Only what was written since, in seconds of Unix time.
    pub since: Option<i64>,
    /// Whether to wait for more.
    pub follow: bool,
}

/// The last lines of one log, bounded in number and bytes; the oldest are forgotten first.
#[derive(Clone, Debug)]
pub struct LogBook {
    lines: VecDeque<LogLine>,
    bytes: usize,
    forgotten: u64,
    most: usize,
}

impl LogBook {
    /// Bytes of text that a book keeps at most, besides the bound on lines.
    pub const BYTES: usize = 32 << 20;

    /// A book of at most `most` lines (at least one).
    pub fn new(most: usize) -> Self {
        Self { lines: VecDeque::new(), bytes: 0, forgotten: 0, most: most.max(1) }
    }

    /// Takes one more line.
    pub fn push(&mut self, line: LogLine) {
        self.bytes += line.text.len();
        self.lines.push_back(line);
        while self.lines.len() > self.most || (self.bytes > Self::BYTES && self.lines.len() > 1) {
            if let Some(old) = self.lines.pop_front() {
                self.bytes -= old.text.len();
                self.forgotten += 1;
            }
        }
    }

    /// The line at `index` from the oldest kept.
    pub fn get(&self, index: usize) -> Option<&LogLine> {
        self.lines.get(index)
    }

    /// All, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &LogLine> + ExactSizeIterator {
        self.lines.iter()
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// How many were forgotten; with an index it names a line for good.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> LogLine {
        LogLine { at: None, stream: Stream::Out, text: text.to_owned() }
    }

    #[test]
    fn a_book_is_bounded_in_lines() {
        let mut book = LogBook::new(2);
        for text in ["a", "b", "c"] {
            book.push(line(text));
        }
        assert_eq!(book.iter().map(|l| l.text.as_str()).collect::<Vec<_>>(), ["b", "c"]);
        assert_eq!(book.forgotten(), 1);
    }

    #[test]
    fn a_book_is_bounded_in_bytes() {
        let mut book = LogBook::new(usize::MAX);
        let big = "x".repeat(LogBook::BYTES / 2 + 1);
        book.push(line(&big));
        book.push(line(&big));
        assert_eq!(book.len(), 1);
    }
}
