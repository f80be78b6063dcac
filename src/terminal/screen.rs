//! Writes what has changed on screen with as few bytes as a terminal needs: over SSH each one counts.
//! Must not know what is drawn.
//!
//! Unlike ratatui's own terminal it keeps the colours from frame to frame, stays silent when nothing has changed, and
//! holds no buffers between two frames.

use std::io::{self, Write};

use ratatui::{
    buffer::{Buffer, Cell},
    layout::{Position, Rect, Size},
};
use unicode_width::UnicodeWidthStr;

use super::{Frame, pen::Pen, shown::Shown};

/// The widest gap in a row that is jumped relative to the last cell; `CSI n C` then is the shorter sequence.
const NEAR: u16 = 99;

/// Asks for the coloured form of a picture; terminals disagree on whether that makes it two cells wide.
const AS_PICTURE: char = '\u{fe0f}';

/// A terminal that is drawn on in whole frames.
#[derive(Debug, Default)]
pub struct Screen {
    frame: Frame,
    shown: Shown,
    pen: Pen,
    /// Where the next character would go; `None` when that is not certain.
    at: Option<Position>,
    /// Where the cursor was wanted last, if anywhere; `None` when that is not certain.
    cursor: Option<Option<Position>>,
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

    /// Sends a sequence that draws nothing with the next frame, such as one of [`super::clipboard`].
    pub fn push(&mut self, sequence: &str) {
        self.frame.push(sequence);
    }

    fn compose(&mut self, size: Size, paint: impl FnOnce(Rect, &mut Buffer) -> Option<Position>) -> io::Result<()> {
        if size != self.shown.size() {
            self.clear(size)?;
        }
        let area = Rect::from((Position::ORIGIN, size));
        let mut buffer = Buffer::empty(area);
        let cursor = paint(area, &mut buffer);
        self.write(&buffer)?;
        self.set_cursor(cursor)
    }

    fn clear(&mut self, size: Size) -> io::Result<()> {
        *self = Self { frame: std::mem::take(&mut self.frame), shown: Shown::cleared(size), ..Self::default() };
        self.frame.write_all(b"\x1b[0m\x1b[2J")
    }

    fn write(&mut self, buffer: &Buffer) -> io::Result<()> {
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
                self.put(x, y, cell, width)?;
            }
        }
        // The next frame begins at a certain place: a resize may have moved the cursor.
        self.at = None;
        Ok(())
    }

    fn put(&mut self, x: u16, y: u16, cell: &Cell, width: u16) -> io::Result<()> {
        let symbol = cell.symbol();
        self.pen.take(cell, &mut self.frame)?;
        if width > 1 && symbol.contains(AS_PICTURE) {
            // Where it is narrow, what stood in its other half would stay.
            self.go_to(x, y)?;
            self.frame.write_all(b"  ")?;
            self.at = None;
        }
        self.go_to(x, y)?;
        self.frame.write_all(if symbol.is_empty() { b" " } else { symbol.as_bytes() })?;
        // Terminals disagree on how wide the rest is, and on where the cursor stands after the last column.
        self.at = (symbol.len() == 1).then_some(Position { x: x + 1, y });
        Ok(())
    }

    fn go_to(&mut self, x: u16, y: u16) -> io::Result<()> {
        match self.at {
            Some(at) if at == (Position { x, y }) => Ok(()),
            Some(at) if at.y == y && at.x < x && x - at.x <= NEAR => write!(self.frame, "\x1b[{}C", x - at.x),
            _ => write!(self.frame, "\x1b[{};{}H", y + 1, x + 1),
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

/// Columns that a cell's text takes, one at least.
fn width(cell: &Cell) -> u16 {
    match cell.symbol() {
        short if short.len() <= 1 => 1,
        text => u16::try_from(text.width()).unwrap_or(u16::MAX).max(1),
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::{Color, Modifier, Style};

    use super::*;

    const SIZE: Size = Size { width: 30, height: 3 };

    /// Draws texts on a screen; gives what was written.
    fn written(screen: &mut Screen, texts: &[(u16, u16, &str, Style)]) -> String {
        screen
            .compose(SIZE, |_, buffer| {
                for (x, y, text, style) in texts {
                    buffer.set_string(*x, *y, text, *style);
                }
                None
            })
            .unwrap();
        String::from_utf8(screen.frame.take()).unwrap()
    }

    fn terminal() -> vt100::Parser {
        vt100::Parser::new(SIZE.height.try_into().unwrap(), SIZE.width.try_into().unwrap(), 0)
    }

    #[test]
    fn a_frame_without_a_change_writes_nothing() {
        let mut screen = Screen::default();
        let texts = [(0, 0, "web 漢字 e\u{301}", Style::new().fg(Color::Red))];
        assert!(!written(&mut screen, &texts).is_empty());
        assert_eq!(written(&mut screen, &texts), "");
    }

    #[test]
    fn colours_last_from_frame_to_frame_and_near_cells_are_jumped_to() {
        let red = Style::new().fg(Color::Red);
        let mut screen = Screen::default();
        assert!(written(&mut screen, &[(0, 0, "1", red)]).contains("\x1b[0;31m"));
        assert_eq!(written(&mut screen, &[(0, 0, "2", red), (5, 0, "x", red)]), "\x1b[1;1H2\x1b[4Cx");
    }

    #[test]
    fn what_a_terminal_shows_is_what_was_drawn() {
        let loud = Style::new().fg(Color::Indexed(208)).bg(Color::Rgb(1, 2, 3)).add_modifier(Modifier::BOLD);
        let mut terminal = terminal();
        let texts = [(1, 0, "漢字 é", loud), (3, 1, "plain", Style::new()), (28, 2, "ab", loud)];
        terminal.process(written(&mut Screen::default(), &texts).as_bytes());
        assert_eq!(terminal.screen().contents(), " 漢字 é\n   plain\n                            ab");
        let cell = |row, column| terminal.screen().cell(row, column).unwrap().clone();
        assert_eq!((cell(0, 1).fgcolor(), cell(0, 1).bold()), (vt100::Color::Idx(208), true));
        assert_eq!(cell(2, 29).bgcolor(), vt100::Color::Rgb(1, 2, 3));
        assert_eq!((cell(1, 3).fgcolor(), cell(1, 3).bold()), (vt100::Color::Default, false));
    }

    #[test]
    fn wide_and_joined_text_comes_and_goes_without_a_rest() {
        let mut screen = Screen::default();
        let mut terminal = terminal();
        let frames = ["漢字漢", "a漢字", "ab", "字e\u{301}b", "字o\u{301}b", "", "❤\u{fe0f}|", "|漢", "漢漢"];
        for text in frames {
            terminal.process(written(&mut screen, &[(0, 0, text, Style::new())]).as_bytes());
            assert_eq!(terminal.screen().contents().trim_end(), text);
        }
    }

    #[test]
    fn another_size_or_a_stranger_s_writing_draws_all_anew() {
        let red = [(0, 0, "x", Style::new().fg(Color::Red))];
        let mut screen = Screen::default();
        let first = written(&mut screen, &red);
        screen.forget();
        assert_eq!(written(&mut screen, &red), first);
        assert!(first.starts_with("\x1b[0m\x1b[2J") && first.ends_with("\x1b[?25l"), "{first:?}");
        screen.compose(Size { width: 31, ..SIZE }, |_, _| None).unwrap();
        assert!(screen.frame.take().starts_with(b"\x1b[0m\x1b[2J"));
    }

    #[test]
    fn the_cursor_stands_where_it_is_wanted() {
        let mut screen = Screen::default();
        let mut seen = |cursor| {
            screen.compose(SIZE, |_, _| cursor).unwrap();
            String::from_utf8(screen.frame.take()).unwrap()
        };
        seen(None);
        assert_eq!(seen(Some(Position { x: 4, y: 1 })), "\x1b[2;5H\x1b[?25h");
        assert_eq!(seen(Some(Position { x: 5, y: 1 })), "\x1b[2;6H");
        assert_eq!(seen(Some(Position { x: 5, y: 1 })), "");
        assert_eq!(seen(None), "\x1b[?25l");
        assert_eq!(seen(None), "");
    }
}
