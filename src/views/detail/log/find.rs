//! Which lines of a log match what is searched for, counted as lines come. Draws nothing.

use std::{borrow::Cow, collections::VecDeque, ops::Range};

use ratatui::style::Style;
use regex::{Regex, RegexBuilder};

use crate::{model::LogBook, views::kit::ansi};

/// Memory that a regular expression may take, so that a pasted one cannot harm.
const REGEX_SIZE: usize = 1 << 20;

/// A search through a log. Lines are named by how many were ever before them.
pub(super) struct Finder {
    typed: String,
    /// `None` while what is typed is no whole expression.
    pattern: Option<Regex>,
    hits: VecDeque<u64>,
    scanned: u64,
}

impl Finder {
    /// A search for words without regard to case, or for a regular expression behind a `/`.
    pub(super) fn new(typed: &str) -> Self {
        let expression = match typed.strip_prefix('/') {
            Some(expression) => expression.trim_end_matches('/').to_owned(),
            None => regex::escape(typed),
        };
        let pattern = RegexBuilder::new(&expression).case_insensitive(true).size_limit(REGEX_SIZE).build().ok();
        let pattern = pattern.filter(|_| !expression.is_empty());
        Self { typed: typed.to_owned(), pattern, hits: VecDeque::new(), scanned: 0 }
    }

    /// What was typed.
    pub(super) fn typed(&self) -> &str {
        &self.typed
    }

    /// Whether what was typed can be searched for.
    pub(super) fn is_whole(&self) -> bool {
        self.pattern.is_some()
    }

    /// Begins anew: the book is another one.
    pub(super) fn restart(&mut self) {
        self.hits.clear();
        self.scanned = 0;
    }

    /// Looks at the lines that came since the last time, and forgets those that the book forgot.
    pub(super) fn catch_up(&mut self, book: &LogBook) {
        let total = book.forgotten() + book.len() as u64;
        if total < self.scanned {
            self.restart();
        }
        while self.hits.front().is_some_and(|hit| *hit < book.forgotten()) {
            self.hits.pop_front();
        }
        let Some(pattern) = &self.pattern else { return };
        let from = self.scanned.max(book.forgotten());
        // The difference is no more than the book holds.
        let skip = (from - book.forgotten()) as usize;
        for (number, line) in (from..).zip(book.iter().skip(skip)) {
            if pattern.is_match(&plain(&line.text)) {
                self.hits.push_back(number);
            }
        }
        self.scanned = total;
    }

    /// Where a text matches.
    pub(super) fn ranges(&self, text: &str) -> Vec<Range<usize>> {
        let pattern = self.pattern.as_ref();
        pattern.map(|p| p.find_iter(text).map(|m| m.range()).filter(|r| !r.is_empty()).collect()).unwrap_or_default()
    }

    /// How many lines match.
    pub(super) fn count(&self) -> usize {
        self.hits.len()
    }

    /// Which match a line is, counted from 1.
    pub(super) fn place(&self, line: u64) -> Option<usize> {
        self.hits.binary_search(&line).ok().map(|at| at + 1)
    }

    /// The first match after a line, after the last one the first.
    pub(super) fn next(&self, line: u64) -> Option<u64> {
        let at = self.hits.partition_point(|hit| *hit <= line);
        self.hits.get(at).or(self.hits.front()).copied()
    }

    /// The last match before a line, before the first one the last.
    pub(super) fn previous(&self, line: u64) -> Option<u64> {
        let at = self.hits.partition_point(|hit| *hit < line);
        at.checked_sub(1).and_then(|at| self.hits.get(at)).or(self.hits.back()).copied()
    }
}

/// A line's text without the colours its program wrote.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if text.contains('\u{1b}') { ansi::parse(text, Style::new()).0.into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LogLine, Stream};

    fn push(book: &mut LogBook, text: &str) {
        book.push(LogLine { at: None, stream: Stream::Out, text: text.into() });
    }

    #[test]
    fn matches_are_counted_as_lines_come_and_forgotten_with_them() {
        let mut book = LogBook::new(4);
        let mut finder = Finder::new("web");
        for text in ["Web 1", "db", "\u{1b}[31mw\u{1b}[0meb 2"] {
            push(&mut book, text);
        }
        finder.catch_up(&book);
        assert_eq!(
            (finder.count(), finder.next(0), finder.next(2), finder.previous(0)),
            (2, Some(2), Some(0), Some(2))
        );
        for text in ["web 3", "db"] {
            push(&mut book, text);
        }
        finder.catch_up(&book);
        assert_eq!((finder.count(), finder.place(3)), (2, Some(2)), "the first line is forgotten");
        finder.catch_up(&LogBook::new(4));
        assert_eq!(finder.count(), 0, "a new book has no matches");
    }

    #[test]
    fn a_slash_begins_an_expression_and_half_of_one_finds_nothing() {
        let mut book = LogBook::new(4);
        push(&mut book, "GET /a.b 500");
        let count = |typed: &str| {
            let mut finder = Finder::new(typed);
            finder.catch_up(&book);
            (finder.is_whole(), finder.count())
        };
        assert_eq!(count("/5\\d\\d/"), (true, 1));
        assert_eq!(count("/5(\\d"), (false, 0));
        assert_eq!(count("a.b"), (true, 1));
        assert_eq!(count("a+b"), (true, 0), "without a slash, signs are only themselves");
        assert!(Finder::new("/x*").ranges("aaa").is_empty());
    }
}
