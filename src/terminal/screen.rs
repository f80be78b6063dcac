//! Writes what has changed on screen with as few bytes as a terminal needs: over SSH each one counts.
//! Must not know what is drawn.
//!
//! Unlike ratatui's own writer it keeps the colours from frame to frame and stays silent when nothing has changed.

use std::io::{self, Write};

use ratatui::{
    backend::{Backend, ClearType, CrosstermBackend, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
};

use super::{Frame, pen::Pen};

/// The widest gap in a row that is jumped relative to the last cell; `CSI n C` then is the shorter sequence.
const NEAR: u16 = 99;

/// A terminal as ratatui draws on it.
#[derive(Debug)]
pub struct Screen {
    frame: Frame,
    /// For what is asked of the terminal and not written to it.
    system: CrosstermBackend<Frame>,
    pen: Pen,
    /// Where the next character would go; `None` when that is not certain.
    at: Option<Position>,
    /// Whether the cursor is shown; `None` when that is not certain.
    cursor: Option<bool>,
}

impl Screen {
    /// A screen that writes into `frame`.
    pub fn new(frame: Frame) -> Self {
        Self { system: CrosstermBackend::new(frame.clone()), frame, pen: Pen::default(), at: None, cursor: None }
    }

    fn go_to(&mut self, x: u16, y: u16) -> io::Result<()> {
        match self.at {
            Some(at) if at == (Position { x, y }) => Ok(()),
            Some(at) if at.y == y && at.x < x && x - at.x <= NEAR => write!(self.frame, "\x1b[{}C", x - at.x),
            _ => write!(self.frame, "\x1b[{};{}H", y + 1, x + 1),
        }
    }
}

impl Backend for Screen {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> io::Result<()> {
        for (x, y, cell) in content {
            self.go_to(x, y)?;
            self.pen.take(cell, &mut self.frame)?;
            let symbol = cell.symbol();
            self.frame.write_all(symbol.as_bytes())?;
            // Terminals disagree on how wide the rest is, and on where the cursor stands after the last column.
            self.at = (symbol.len() == 1).then_some(Position { x: x + 1, y });
        }
        // The next frame begins at a certain place: a resize may have moved the cursor.
        self.at = None;
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.cursor.replace(false) == Some(false) { Ok(()) } else { self.frame.write_all(b"\x1b[?25l") }
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if self.cursor.replace(true) == Some(true) { Ok(()) } else { self.frame.write_all(b"\x1b[?25h") }
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.system.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let Position { x, y } = position.into();
        write!(self.frame, "\x1b[{};{}H", y + 1, x + 1)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        // What stands on a cleared screen is not certain any more: someone else may have written to it.
        (self.pen, self.at, self.cursor) = (Pen::default(), None, None);
        self.frame.write_all(b"\x1b[0m")?;
        self.system.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        self.system.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.system.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ratatui::{
        buffer::Buffer,
        layout::Rect,
        style::{Color, Modifier, Style},
    };

    use super::*;

    /// Draws the difference of two screens; gives what was written.
    fn written(screen: &mut Screen, before: &Buffer, after: &Buffer) -> String {
        screen.draw(before.diff(after).into_iter()).unwrap();
        screen.hide_cursor().unwrap();
        String::from_utf8(screen.frame.take()).unwrap()
    }

    fn with(area: Rect, texts: &[(u16, u16, &str, Style)]) -> Buffer {
        let mut buffer = Buffer::empty(area);
        for (x, y, text, style) in texts {
            buffer.set_string(*x, *y, text, *style);
        }
        buffer
    }

    #[test]
    fn a_frame_without_a_change_writes_nothing() {
        let area = Rect::new(0, 0, 20, 2);
        let one = with(area, &[(0, 0, "web", Style::new().fg(Color::Red))]);
        let mut screen = Screen::new(Frame::default());
        assert!(!written(&mut screen, &Buffer::empty(area), &one).is_empty());
        assert_eq!(written(&mut screen, &one, &one), "");
    }

    #[test]
    fn colours_last_from_frame_to_frame_and_near_cells_are_jumped_to() {
        let area = Rect::new(0, 0, 20, 2);
        let red = Style::new().fg(Color::Red);
        let frames =
            [Buffer::empty(area), with(area, &[(0, 0, "1", red)]), with(area, &[(0, 0, "2", red), (5, 0, "x", red)])];
        let mut screen = Screen::new(Frame::default());
        assert!(written(&mut screen, &frames[0], &frames[1]).contains("\x1b[0;31m"));
        assert_eq!(written(&mut screen, &frames[1], &frames[2]), "\x1b[1;1H2\x1b[4Cx");
    }

    #[test]
    fn what_a_terminal_shows_is_what_was_drawn() {
        let area = Rect::new(0, 0, 30, 3);
        let loud = Style::new().fg(Color::Indexed(208)).bg(Color::Rgb(1, 2, 3)).add_modifier(Modifier::BOLD);
        let after = with(area, &[(1, 0, "漢字 é", loud), (3, 1, "plain", Style::new()), (28, 2, "ab", loud)]);
        let mut screen = Screen::new(Frame::default());
        let mut terminal = vt100::Parser::new(3.try_into().unwrap(), 30.try_into().unwrap(), 0);
        terminal.process(written(&mut screen, &Buffer::empty(area), &after).as_bytes());
        assert_eq!(terminal.screen().contents(), " 漢字 é\n   plain\n                            ab");
        let cell = |row, column| terminal.screen().cell(row, column).unwrap().clone();
        assert_eq!((cell(0, 1).fgcolor(), cell(0, 1).bold()), (vt100::Color::Idx(208), true));
        assert_eq!(cell(2, 29).bgcolor(), vt100::Color::Rgb(1, 2, 3));
        assert_eq!((cell(1, 3).fgcolor(), cell(1, 3).bold()), (vt100::Color::Default, false));
    }

    #[test]
    fn after_a_clearing_nothing_is_taken_for_granted() {
        let area = Rect::new(0, 0, 20, 1);
        let red = with(area, &[(0, 0, "x", Style::new().fg(Color::Red))]);
        let mut screen = Screen::new(Frame::default());
        written(&mut screen, &Buffer::empty(area), &red);
        screen.clear().unwrap();
        let again = written(&mut screen, &Buffer::empty(area), &red);
        assert!(again.contains("\x1b[0m") && again.contains("\x1b[0;31m") && again.ends_with("\x1b[?25l"), "{again:?}");
    }
}
