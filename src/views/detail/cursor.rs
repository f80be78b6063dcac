//! Which of some lines is selected, and which of them are seen. Draws nothing.

use std::ops::Range;

use crate::app::keys::Intent;

/// A selection among lines that is always on screen.
#[derive(Default)]
pub(crate) struct Cursor {
    at: usize,
    offset: usize,
    height: usize,
}

impl Cursor {
    /// The selected line.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Selects a line.
    pub(crate) fn put(&mut self, at: usize) {
        self.at = at;
    }

    /// Moves by an intent, among `count` lines; says whether it was one that moves.
    pub(crate) fn step(&mut self, intent: Intent, count: usize) -> bool {
        let Some(by) = intent.lines(self.height) else { return false };
        self.at = self.at.saturating_add_signed(by).min(count.saturating_sub(1));
        true
    }

    /// The lines that are seen on a page of this height.
    pub(crate) fn seen(&mut self, count: usize, height: usize) -> Range<usize> {
        self.height = height;
        self.at = self.at.min(count.saturating_sub(1));
        let lowest = (self.at + 1).saturating_sub(height);
        self.offset = self.offset.clamp(lowest, self.at.max(lowest)).min(count.saturating_sub(height));
        self.offset..(self.offset + height).min(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selection_is_always_seen() {
        let mut cursor = Cursor::default();
        assert_eq!(cursor.seen(10, 4), 0..4);
        assert!(cursor.step(Intent::Bottom, 10));
        assert_eq!((cursor.at(), cursor.seen(10, 4)), (9, 6..10));
        assert!(cursor.step(Intent::PageUp, 10));
        assert_eq!((cursor.at(), cursor.seen(10, 4)), (6, 6..10));
        assert_eq!((cursor.seen(2, 4), cursor.at()), (0..2, 1));
        assert_eq!((cursor.seen(0, 0), cursor.at()), (0..0, 0));
        assert!(!cursor.step(Intent::Open, 2));
    }
}
