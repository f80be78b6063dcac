//! A list to pick one from, narrowed by typing.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

use crate::{
    app::{
        desk::Desk,
        theme::Role,
        view::{Outcome, View},
        wants::Wants,
    },
    views::{
        board::Filter,
        kit::{input::LineInput, popup::popup, table, text},
    },
};

/// One thing to pick.
pub struct Choice {
    /// Its name.
    pub name: String,
    /// What it is or does.
    pub remark: String,
    /// A key that does the same, for the palette.
    pub key: String,
}

impl Choice {
    /// A choice.
    pub fn new(name: impl Into<String>, remark: impl Into<String>) -> Self {
        Self { name: name.into(), remark: remark.into(), key: String::new() }
    }
}

/// What becomes of the picked index.
type Taken = Box<dyn Fn(usize) -> Outcome>;

/// A list to pick from.
pub struct Picker {
    title: String,
    choices: Vec<Choice>,
    shown: Vec<usize>,
    cursor: usize,
    offset: usize,
    input: LineInput,
    take: Taken,
}

/// Lines of the list shown at once.
const HEIGHT: u16 = 14;

impl Picker {
    /// A list that gives the index of the picked one to `take`.
    pub fn new(title: impl Into<String>, choices: Vec<Choice>, take: impl Fn(usize) -> Outcome + 'static) -> Self {
        let shown = (0..choices.len()).collect();
        let input = LineInput::default();
        Self { title: title.into(), choices, shown, cursor: 0, offset: 0, input, take: Box::new(take) }
    }

    /// With this one selected.
    pub fn at(mut self, index: usize) -> Self {
        self.cursor = index.min(self.choices.len().saturating_sub(1));
        self
    }

    fn narrow(&mut self) {
        let mut filter = Filter::new(self.input.text());
        let lets = |i: &usize| {
            let choice = &self.choices[*i];
            filter.lets(&format!("{} {}", choice.name, choice.remark))
        };
        self.shown = (0..self.choices.len()).filter(lets).collect();
        self.cursor = 0;
    }

    fn step(&mut self, by: isize) {
        let last = self.shown.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
    }

    fn draw_choice(&self, index: usize, selected: bool, area: Rect, buffer: &mut Buffer, desk: &Desk) {
        let theme = &desk.theme;
        let choice = &self.choices[index];
        let wide = self.choices.iter().map(|c| text::width(&c.name)).max().unwrap_or(0).min(area.width as usize / 2);
        let label = theme.glyphs().plain(&choice.key);
        let key = text::width(&label) as u16;
        let line = Line::from(vec![
            Span::styled(text::pad(&choice.name, wide, false, theme.glyphs()), theme.style(Role::Text)),
            Span::raw("  "),
            Span::styled(theme.glyphs().plain(&choice.remark).into_owned(), theme.style(Role::Muted)),
        ]);
        let room = area.width.saturating_sub(2 + if key > 0 { key + 2 } else { 0 });
        text::put_line(buffer, area.x + 1, area.y, line, room, theme.glyphs());
        text::put(buffer, area.right().saturating_sub(key + 2), area.y, &label, key, theme.style(Role::Key));
        if selected {
            buffer.set_style(Rect { width: area.width.saturating_sub(1), ..area }, theme.style(Role::Selected));
            text::put(buffer, area.x, area.y, theme.glyphs().bar, 1, theme.style(Role::Accent));
        }
    }
}

impl View for Picker {
    fn wants(&self, _desk: &Desk, _wants: &mut Wants) {}

    fn key(&mut self, key: KeyEvent, _desk: &Desk) -> Outcome {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return Outcome::Close,
            KeyCode::Enter => {
                let Some(index) = self.shown.get(self.cursor) else { return Outcome::Handled };
                return Outcome::CloseThen(Box::new((self.take)(*index)));
            }
            KeyCode::Up | KeyCode::BackTab => self.step(-1),
            KeyCode::Down | KeyCode::Tab => self.step(1),
            KeyCode::Char('p') if control => self.step(-1),
            KeyCode::Char('n') if control => self.step(1),
            KeyCode::PageUp => self.step(-(HEIGHT as isize)),
            KeyCode::PageDown => self.step(HEIGHT as isize),
            _ => {
                if self.input.key(key) {
                    self.narrow();
                }
            }
        }
        Outcome::Handled
    }

    fn paste(&mut self, text: &str, _desk: &Desk) -> Outcome {
        self.input.paste(text);
        self.narrow();
        Outcome::Handled
    }

    fn draw(&mut self, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        let theme = &desk.theme;
        let height = HEIGHT.min(self.choices.len().max(1) as u16);
        let title = Line::styled(self.title.clone(), theme.style(Role::Title));
        let inner = popup(title, 70, height + 1, area, buffer, theme);
        let list = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
        let rows = (list.height as usize).max(1);
        self.offset = self.offset.clamp((self.cursor + 1).saturating_sub(rows), self.cursor);
        for ((at, index), y) in self.shown.iter().enumerate().skip(self.offset).zip(list.y..list.bottom()) {
            self.draw_choice(*index, at == self.cursor, Rect { y, height: 1, ..list }, buffer, desk);
        }
        if self.shown.is_empty() {
            text::put(buffer, list.x + 1, list.y, "nothing matches", list.width, theme.style(Role::Muted));
        }
        table::scroll_bar(self.offset, self.shown.len(), list, buffer, theme);
        self.input.draw(Rect { height: 1.min(inner.height), ..inner }, buffer, theme.style(Role::FieldActive))
    }
}
