//! Help made from the key table: what is shown is what works.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

use crate::{
    app::{
        desk::Desk,
        keys::{Intent, Place, TABLE},
        theme::Role,
        view::{Outcome, View},
        wants::Wants,
    },
    views::{
        board::page::scrolled,
        kit::{popup::popup, table, text},
    },
};

/// The help on screen.
#[derive(Default)]
pub struct Help {
    offset: usize,
    height: usize,
    count: usize,
}

/// Columns that keys take.
const KEYS: usize = 16;

impl Help {
    fn lines(desk: &Desk) -> Vec<Line<'static>> {
        let theme = &desk.theme;
        let mut lines = Vec::new();
        for place in [Place::List, Place::Everywhere, Place::Text] {
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            lines.push(Line::styled(place.title(), theme.style(Role::Title)));
            for entry in TABLE.iter().filter(|e| e.place == place) {
                let keys = desk.keys.labels(entry.intent);
                if keys.is_empty() {
                    continue;
                }
                let keys = theme.glyphs().plain(&keys);
                lines.push(Line::from(vec![
                    Span::styled(text::pad(&keys, KEYS, false, theme.glyphs()), theme.style(Role::Key)),
                    Span::styled(format!(" {}", entry.help), theme.style(Role::Text)),
                ]));
            }
        }
        lines
    }
}

impl View for Help {
    fn wants(&self, _desk: &Desk, _wants: &mut Wants) {}

    fn key(&mut self, key: KeyEvent, desk: &Desk) -> Outcome {
        let intent = desk.keys.meaning(&[Place::Everywhere], key);
        if let Some(to) = intent.and_then(|i| scrolled(i, self.offset, self.count, self.height)) {
            self.offset = to;
            return Outcome::Handled;
        }
        match intent {
            Some(Intent::Back | Intent::Help) => Outcome::Close,
            _ if key.code == KeyCode::Enter => Outcome::Close,
            _ => Outcome::Handled,
        }
    }

    fn draw(&mut self, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        let lines = Self::lines(desk);
        let title = format!("Help {} keys of `{}`", desk.theme.glyphs().border[4], desk.keys.preset());
        let title = Line::styled(title, desk.theme.style(Role::Title));
        let height = (lines.len() as u16).min(area.height.saturating_sub(4));
        let inner = popup(title, 92, height, area, buffer, &desk.theme);
        self.count = lines.len();
        self.height = inner.height as usize;
        self.offset = self.offset.min(self.count.saturating_sub(self.height));
        for (line, y) in lines.into_iter().skip(self.offset).zip(inner.y..inner.bottom()) {
            text::put_line(buffer, inner.x, y, line, inner.width.saturating_sub(1), desk.theme.glyphs());
        }
        table::scroll_bar(self.offset, self.count, inner, buffer, &desk.theme);
        None
    }
}
