//! What a terminal shows, cell by cell, so that only what differs need be written to it. Must not know how that is done.
//!
//! It takes a third of the memory of the buffer that it was drawn from, which need not be kept from frame to frame.

use std::collections::HashMap;

use ratatui::{
    buffer::Cell,
    layout::Size,
    style::{Color, Modifier},
};

use super::pen::Look;

/// The cells of a terminal.
#[derive(Debug, Default)]
pub(super) struct Shown {
    size: Size,
    /// Row by row.
    cells: Vec<Shape>,
    /// What stands in cells that hold more than one character: letters with accents of their own, joined pictures.
    clusters: HashMap<usize, Box<str>>,
}

/// What one cell shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape {
    text: Text,
    look: Look,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Text {
    /// A single character.
    One(char),
    /// Several; which ones is in [`Shown::clusters`].
    Cluster,
    /// The right half of what stands to the left.
    Covered,
}

/// What a cleared terminal shows.
const BLANK: Shape =
    Shape { text: Text::One(' '), look: Look { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() } };

impl Shown {
    /// A terminal of this size that has just been cleared.
    pub(super) fn cleared(size: Size) -> Self {
        let cells = usize::from(size.width) * usize::from(size.height);
        Self { size, cells: vec![BLANK; cells], clusters: HashMap::new() }
    }

    /// How large it is; nothing before the first clearing.
    pub(super) const fn size(&self) -> Size {
        self.size
    }

    /// Takes down that a cell now shows this; gives whether it showed anything else before.
    pub(super) fn put(&mut self, index: usize, cell: &Cell) -> bool {
        let mut characters = cell.symbol().chars();
        let text = match (characters.next(), characters.next()) {
            (first, None) => Text::One(first.unwrap_or(' ')),
            _ => Text::Cluster,
        };
        let other = text == Text::Cluster && self.clusters.get(&index).is_none_or(|old| **old != *cell.symbol());
        if other {
            self.clusters.insert(index, cell.symbol().into());
        }
        self.replace(index, Shape { text, look: Look::of(cell) }) || other
    }

    /// Takes down that a cell is now the right half of the one to its left.
    pub(super) fn cover(&mut self, index: usize) {
        self.replace(index, Shape { text: Text::Covered, ..BLANK });
    }

    fn replace(&mut self, index: usize, shape: Shape) -> bool {
        let Some(old) = self.cells.get_mut(index) else { return false };
        if old.text == Text::Cluster && shape.text != Text::Cluster {
            self.clusters.remove(&index);
        }
        std::mem::replace(old, shape) != shape
    }
}
