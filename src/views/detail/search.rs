//! The line at the foot of a page in which a search is typed. Knows neither the page nor what is searched.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use crate::{
    app::theme::{Role, Theme},
    views::kit::{input::LineInput, text},
};

/// The line, while it is typed in.
#[derive(Default)]
pub(super) struct SearchLine(Option<LineInput>);

/// What a key did to the line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// This stands in it now.
    Changed(String),
    /// It is closed, and the search stays.
    Kept,
    /// It is closed, and the search is over.
    Dropped,
    /// Nothing.
    Nothing,
}

impl SearchLine {
    /// Begins to type, with this text.
    pub(super) fn open(&mut self, text: &str) {
        self.0 = Some(LineInput::new(text));
    }

    /// Stops typing.
    pub(super) fn close(&mut self) {
        self.0 = None;
    }

    /// Whether keys are text.
    pub(super) fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// Takes a key while it is open.
    pub(super) fn key(&mut self, key: KeyEvent) -> Typed {
        let Some(input) = &mut self.0 else { return Typed::Nothing };
        match key.code {
            KeyCode::Enter | KeyCode::Up | KeyCode::Down => {
                self.0 = None;
                Typed::Kept
            }
            KeyCode::Esc => {
                self.0 = None;
                Typed::Dropped
            }
            KeyCode::Backspace if input.text().is_empty() => {
                self.0 = None;
                Typed::Dropped
            }
            _ if input.key(key) => Typed::Changed(input.text().to_owned()),
            _ => Typed::Nothing,
        }
    }

    /// Takes pasted text while it is open; gives what stands in it then.
    pub(super) fn paste(&mut self, pasted: &str) -> Option<String> {
        let input = self.0.as_mut()?;
        input.paste(pasted);
        Some(input.text().to_owned())
    }

    /// The room of the page without the line, and the line's.
    pub(super) fn split(&self, area: Rect) -> (Rect, Rect) {
        let rows = u16::from(self.is_open() && area.height > 1);
        let page = Rect { height: area.height - rows, ..area };
        (page, Rect { y: page.bottom(), height: rows, ..area })
    }

    /// Draws the line; gives where the cursor shall be.
    pub(super) fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
        let input = self.0.as_ref().filter(|_| !area.is_empty())?;
        text::put(buffer, area.x, area.y, " /", 2, theme.style(Role::Accent));
        let place = Rect { x: area.x + 2, width: area.width.saturating_sub(3), ..area };
        input.draw(place, buffer, theme.style(Role::FieldActive))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_typed_kept_and_dropped() {
        let mut line = SearchLine::default();
        line.open("we");
        assert_eq!(line.key(KeyCode::Char('b').into()), Typed::Changed("web".into()));
        assert_eq!(line.paste("\u{1b}1"), Some("web1".into()));
        assert_eq!(line.key(KeyCode::Enter.into()), Typed::Kept);
        assert!(!line.is_open());
        line.open("");
        assert_eq!(line.key(KeyCode::Backspace.into()), Typed::Dropped);
        assert_eq!(line.key(KeyCode::Char('b').into()), Typed::Nothing);
    }
}
