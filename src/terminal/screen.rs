//! Writes what has changed on screen with as few bytes as a terminal needs: over SSH each one counts.
//! Must not know what is drawn.
//!
//! Unlike ratatui's own terminal it keeps the colours from frame to frame, stays silent when nothing has changed, and
//! lets go of its buffer when no frame is about to follow.

use std::io::{self, Write};

use ratatui::{
    buffer::{Buffer, Cell},
    layout::{Position, Rect, Size},
};
use unicode_width::UnicodeWidthStr;

use super::{Frame, pen::Pen, runs::Runs, shown::Shown};

/// The widest gap in a row that is jumped relative to the last cell; `CSI n C` then is the shorter sequence.
const NEAR: u16 = 99;

/// Asks for the coloured form of a picture; terminals disagree on whether that makes it two cells wide.
const AS_PICTURE: char = '\u{fe0f}';

/// Lines, corners and bars: Unicode's blocks Box Drawing and Block Elements.
const LINES: std::ops::RangeInclusive<char> = '\u{2500}'..='\u{259f}';

/// Where the next character goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct At {
    x: u16,
    y: u16,
    /// Whether that is the column, and not only the row.
    is_certain: bool,
}

/// A terminal that is drawn on in whole frames.
#[derive(Debug, Default)]
pub struct Screen {
    frame: Frame,
    shown: Shown,
    pen: Pen,
    /// Where the next character would go; `None` when that is not certain.
    at: Option<At>,
    /// Where the cursor was wanted last, if anywhere; `None` when that is not certain.
    cursor: Option<Option<Position>>,
    /// What the last frame was drawn into.
    spare: Option<Buffer>,
}

impl Screen {
    /// Draws a frame of the terminal's present size and sends what differs from the last one. `paint` gives where
    /// the cursor is to stand, if anywhere.
    ///
    /// # Errors
    /// When the terminal cannot be written to: it may be gone.
    pub fn draw(&mut self, paint: impl FnOnce(Rect, &mut Buffer) -> Option<Position>) -> io::Result<()> {
        let (width, height) = crossterm::terminal::size()?;
        self.compose(Size { width, height }, paint)?;
        self.frame.present()
    }

    /// Takes nothing of what the terminal shows for granted any more: somebody else may have written to it.
    pub fn forget(&mut self) {
        self.shown = Shown::default();
    }

    /// Lets go of the memory that frames are drawn into, until the next one: half a megabyte on a large terminal.
    pub fn rest(&mut self) {
        self.spare = None;
    }

    /// Sends a sequence that draws nothing with the next frame, such as one of [`super::clipboard`].
    pub fn push(&mut self, sequence: &str) {
        self.frame.push(sequence);
    }

    fn compose(&mut self, size: Size, paint: impl FnOnce(Rect, &mut Buffer) -> Option<Position>) -> io::Result<()> {
        if size != self.shown.size() {
            self.clear(size)?;
        }
        let area = Rect::from((Position::ORIGIN, size));
        let mut buffer = self.blank(area);
        let cursor = paint(area, &mut buffer);
        self.write(&buffer)?;
        self.spare = Some(buffer);
        self.set_cursor(cursor)
    }

    fn blank(&mut self, area: Rect) -> Buffer {
        match self.spare.take() {
            Some(mut buffer) if buffer.area == area => {
                buffer.reset();
                buffer
            }
            _ => Buffer::empty(area),
        }
    }

    fn clear(&mut self, size: Size) -> io::Result<()> {
        *self = Self { frame: std::mem::take(&mut self.frame), shown: Shown::cleared(size), ..Self::default() };
        self.frame.write_all(b"\x1b[0m\x1b[2J")
    }

    fn write(&mut self, buffer: &Buffer) -> io::Result<()> {
        for run in self.changes(buffer).by_look(self.pen.look()) {
            self.pen.take(run.look, &mut self.frame)?;
            let start = buffer.index_of(run.x, run.y);
            let mut cells = &buffer.content[start..start + usize::from(run.end - run.x)];
            let mut x = run.x;
            while !cells.is_empty() {
                let (now, rest) = cells.split_at(at_once(cells).min(cells.len()));
                self.put(x, run.y, now)?;
                x += columns(now);
                cells = rest;
            }
        }
        // The next frame begins at a certain place: a resize may have moved the cursor.
        self.at = None;
        Ok(())
    }

    fn changes(&mut self, buffer: &Buffer) -> Runs {
        let mut runs = Runs::default();
        let mut covered = 0;
        for (index, cell) in buffer.content.iter().enumerate() {
            if covered > 0 {
                covered -= 1;
                self.shown.cover(index);
                continue;
            }
            let width = width(cell);
            covered = width - 1;
            if self.shown.put(index, cell) {
                let (x, y) = buffer.pos_of(index);
                runs.push(x, y, width, cell);
            }
        }
        runs
    }

    /// Writes what [`at_once`] allows: one cell and what it covers, or some lines.
    fn put(&mut self, x: u16, y: u16, cells: &[Cell]) -> io::Result<()> {
        let Some(first) = cells.first() else { return Ok(()) };
        self.go_to(x, y)?;
        if width(first) > 1 {
            if first.symbol().contains(AS_PICTURE) {
                // Where it is narrow, what stood in its other half would stay.
                write!(self.frame, "  \x1b[{}G", x + 1)?;
            }
            self.frame.write_all(first.symbol().as_bytes())?;
        } else {
            cells.iter().try_for_each(|cell| self.frame.write_all(text(cell).as_bytes()))?;
        }
        let x = x + columns(cells);
        // Terminals disagree on how wide what is not ASCII is, and on where the cursor stands after the last column.
        let is_certain = text(first).len() == 1;
        self.at = (x < self.shown.size().width).then_some(At { x, y, is_certain });
        Ok(())
    }

    fn go_to(&mut self, x: u16, y: u16) -> io::Result<()> {
        match self.at.filter(|at| at.y == y) {
            Some(at) if at.x == x && at.is_certain => Ok(()),
            Some(at) if at.x < x && at.is_certain && x - at.x <= NEAR => write!(self.frame, "\x1b[{}C", x - at.x),
            Some(_) => write!(self.frame, "\x1b[{}G", x + 1),
            None => write!(self.frame, "\x1b[{};{}H", y + 1, x + 1),
        }
    }

    fn set_cursor(&mut self, cursor: Option<Position>) -> io::Result<()> {
        let before = self.cursor.replace(cursor);
        let Some(Position { x, y }) = cursor else {
            return if before == Some(None) { Ok(()) } else { self.frame.write_all(b"\x1b[?25l") };
        };
        // Whatever is written takes the cursor along.
        if before != Some(cursor) || !self.frame.is_empty() {
            write!(self.frame, "\x1b[{};{}H", y + 1, x + 1)?;
        }
        let is_shown = before.flatten().is_some();
        if is_shown { Ok(()) } else { self.frame.write_all(b"\x1b[?25h") }
    }
}

/// How many of these cells to write before the column is put right again: of lines that follow one another, half, so
/// that they end where all of them do even where a terminal makes each two columns wide.
fn at_once(cells: &[Cell]) -> usize {
    let lines = cells.iter().take_while(|cell| cell.symbol().starts_with(|first| LINES.contains(&first))).count();
    match (lines, cells.first()) {
        (2.., _) => lines / 2,
        (_, first) => first.map_or(1, |first| usize::from(width(first))),
    }
}

/// What is written for a cell.
fn text(cell: &Cell) -> &str {
    if cell.symbol().is_empty() { " " } else { cell.symbol() }
}

/// Columns that cells take.
fn columns(cells: &[Cell]) -> u16 {
    u16::try_from(cells.len()).unwrap_or(u16::MAX)
}

/// Columns that a cell's text takes, one at least.
fn width(cell: &Cell) -> u16 {
    match cell.symbol() {
        short if short.len() <= 1 => 1,
        text => u16::try_from(text.width()).unwrap_or(u16::MAX).max(1),
    }
}

#[cfg(test)]
mod tests;
