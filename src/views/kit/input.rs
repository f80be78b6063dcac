//! One line that is typed into, over `tui-input`, scrolled so that the cursor is always seen.

use crossterm::event::{Event, KeyEvent};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::Style,
};
use tui_input::{Input, InputRequest, backend::crossterm::EventHandler};

use super::text;

/// One line that is typed into.
#[derive(Clone, Debug, Default)]
pub struct LineInput(Input);

impl LineInput {
    /// A line with this text, the cursor after it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Input::new(text.into()))
    }

    /// What stands in it.
    pub fn text(&self) -> &str {
        self.0.value()
    }

    /// Takes a key; says whether it was one for typing.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        self.0.handle_event(&Event::Key(key)).is_some()
    }

    /// Takes pasted text; control characters are left out.
    pub fn paste(&mut self, pasted: &str) {
        for c in pasted.chars().filter(|c| !c.is_control()) {
            self.0.handle(InputRequest::InsertChar(c));
        }
    }

    /// Draws it in one row; gives where the cursor shall be.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, style: Style) -> Option<Position> {
        let area = area.intersection(buffer.area);
        if area.is_empty() {
            return None;
        }
        let room = area.width as usize;
        let scroll = self.0.visual_scroll(room.saturating_sub(1));
        let shown: String = skip(self.0.value(), scroll);
        buffer.set_style(Rect { height: 1, ..area }, style);
        text::put(buffer, area.x, area.y, &shown, area.width, style);
        let cursor = self.0.visual_cursor().saturating_sub(scroll).min(room - 1);
        Some(Position::new(area.x + cursor as u16, area.y))
    }
}

/// A text without its first `columns`.
fn skip(value: &str, columns: usize) -> String {
    let mut gone = 0;
    value
        .chars()
        .skip_while(|c| {
            let skips = gone < columns;
            gone += if skips { unicode_width::UnicodeWidthChar::width(*c).unwrap_or(0) } else { 0 };
            skips
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::kit::probe;

    #[test]
    fn a_long_line_scrolls_so_that_the_cursor_is_seen() {
        let mut input = LineInput::new("nginx:1.27-alpine");
        input.paste("\u{1b}x\n容");
        assert_eq!(input.text(), "nginx:1.27-alpinex容");
        for width in 0..12 {
            let (buffer, cursor) = probe::draw(width, 1, |area, buffer, _| input.draw(area, buffer, Style::new()));
            assert_eq!(cursor.is_some(), width > 0);
            assert!(cursor.is_none_or(|at| at.x <= width), "{cursor:?} in {width}");
            assert!(width < 4 || probe::text(&buffer).ends_with('容'), "{width}");
        }
    }
}
