//! The palette: every action by name, with its key.

use crossterm::event::KeyEvent;
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::{Choice, Picker};
use crate::app::{
    desk::Desk,
    keys::{Intent, Place, TABLE},
    view::{Outcome, View},
    wants::Wants,
};

/// The palette. Closes with the picked intent, for the view below to answer.
pub struct Palette(Picker);

impl Palette {
    /// Every action there is a name for; `pick` makes an outcome of the picked one.
    pub fn new(desk: &Desk, pick: impl Fn(Intent) -> Outcome + 'static) -> Self {
        let entries: Vec<_> = TABLE.iter().filter(|e| e.place != Place::Text && !is_movement(e.intent)).collect();
        let choices = entries
            .iter()
            .map(|e| Choice { name: e.name.to_owned(), remark: e.help.to_owned(), key: desk.keys.labels(e.intent) })
            .collect();
        let intents: Vec<Intent> = entries.iter().map(|e| e.intent).collect();
        Self(Picker::new("Command", choices, move |i| pick(intents[i])))
    }
}

const fn is_movement(intent: Intent) -> bool {
    matches!(
        intent,
        Intent::Up
            | Intent::Down
            | Intent::PageUp
            | Intent::PageDown
            | Intent::HalfUp
            | Intent::HalfDown
            | Intent::Top
            | Intent::Bottom
            | Intent::Left
            | Intent::Right
            | Intent::Palette
    )
}

impl View for Palette {
    fn wants(&self, desk: &Desk, wants: &mut Wants) {
        self.0.wants(desk, wants);
    }

    fn key(&mut self, key: KeyEvent, desk: &Desk) -> Outcome {
        self.0.key(key, desk)
    }

    fn paste(&mut self, text: &str, desk: &Desk) -> Outcome {
        self.0.paste(text, desk)
    }

    fn draw(&mut self, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        self.0.draw(area, buffer, desk)
    }
}
