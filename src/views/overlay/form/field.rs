//! One field of a form: a line, a choice or a tick.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use crate::{
    app::theme::{Role, Theme},
    views::kit::{input::LineInput, text},
};

/// One field of a form.
pub struct Field {
    /// Its name, for the check.
    pub name: &'static str,
    /// What stands before it.
    pub label: &'static str,
    /// What it takes, in a sentence.
    pub help: &'static str,
    content: Content,
    check: fn(&str) -> Result<(), String>,
}

enum Content {
    Line(LineInput),
    Choice { all: Vec<String>, at: usize },
    Tick(bool),
}

impl Field {
    /// A line to type.
    pub fn line(name: &'static str, label: &'static str, help: &'static str) -> Self {
        Self { name, label, help, content: Content::Line(LineInput::default()), check: |_| Ok(()) }
    }

    /// One of several; turned by blank, left and right.
    pub fn choice(name: &'static str, label: &'static str, help: &'static str, all: Vec<String>) -> Self {
        Self { name, label, help, content: Content::Choice { all, at: 0 }, check: |_| Ok(()) }
    }

    /// Yes or no.
    pub fn tick(name: &'static str, label: &'static str, help: &'static str, on: bool) -> Self {
        Self { name, label, help, content: Content::Tick(on), check: |_| Ok(()) }
    }

    /// With a value to begin with.
    pub fn with(mut self, value: impl Into<String>) -> Self {
        let value = value.into();
        match &mut self.content {
            Content::Line(input) => *input = LineInput::new(value),
            Content::Choice { all, at } => *at = all.iter().position(|c| *c == value).unwrap_or(*at),
            Content::Tick(on) => *on = value == "true",
        }
        self
    }

    /// Checked while it is typed.
    pub fn checked(mut self, check: fn(&str) -> Result<(), String>) -> Self {
        self.check = check;
        self
    }

    /// What stands in it; a tick is `true` or `false`.
    pub fn value(&self) -> &str {
        match &self.content {
            Content::Line(input) => input.text(),
            Content::Choice { all, at } => all.get(*at).map_or("", String::as_str),
            Content::Tick(true) => "true",
            Content::Tick(false) => "false",
        }
    }

    /// What is wrong with it; nothing typed is left to the form's own check.
    pub fn problem(&self) -> Option<String> {
        if self.value().is_empty() { None } else { (self.check)(self.value()).err() }
    }

    pub(super) fn key(&mut self, key: KeyEvent) {
        match &mut self.content {
            Content::Line(input) => drop(input.key(key)),
            Content::Choice { all, at } => {
                let count = all.len().max(1);
                match key.code {
                    KeyCode::Right | KeyCode::Char(' ') => *at = (*at + 1) % count,
                    KeyCode::Left => *at = (*at + count - 1) % count,
                    _ => {}
                }
            }
            Content::Tick(on) => {
                if matches!(key.code, KeyCode::Char(' ') | KeyCode::Left | KeyCode::Right) {
                    *on = !*on;
                }
            }
        }
    }

    pub(super) fn paste(&mut self, pasted: &str) {
        if let Content::Line(input) = &mut self.content {
            input.paste(pasted);
        }
    }

    pub(super) fn draw(&self, active: bool, area: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
        let style = theme.style(if active { Role::FieldActive } else { Role::Field });
        let glyphs = theme.glyphs();
        match &self.content {
            Content::Line(input) => return input.draw(area, buffer, style).filter(|_| active),
            Content::Choice { .. } => {
                let shown = format!(" {} {} ", self.value(), glyphs.open);
                text::put(buffer, area.x, area.y, &shown, area.width, style);
            }
            Content::Tick(on) => {
                let tick = if *on { glyphs.ticked } else { glyphs.unticked };
                text::put(buffer, area.x, area.y, tick, area.width, style);
            }
        }
        None
    }
}

/// What stands in a form's fields, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values(Vec<(&'static str, String)>);

impl Values {
    pub(super) fn of(fields: &[Field]) -> Self {
        Self(fields.iter().map(|f| (f.name, f.value().trim().to_owned())).collect())
    }

    /// What stands in a field, without blanks around it; nothing for a field there is not.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| value.as_str())
    }

    /// As [`get`](Self::get), `None` when it is empty.
    pub fn some(&self, name: &str) -> Option<String> {
        Some(self.get(name).to_owned()).filter(|v| !v.is_empty())
    }

    /// Whether a tick is set.
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name) == "true"
    }

    /// A field's words, separated by blanks.
    pub fn words(&self, name: &str) -> Vec<String> {
        self.get(name).split_whitespace().map(str::to_owned).collect()
    }
}
