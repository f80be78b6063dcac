//! What tests of dashboards share: dashboards in their shell, keys in, screen and wishes out. No app behind it, so
//! nothing is ever performed. Not part of the program.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::{Dashboard, Hint, Shell, kit::probe};
use crate::app::{
    cmd::Cmd,
    desk::Desk,
    keys::Intent,
    view::{Outcome, View, Wish},
    wants::Wants,
};

/// Dashboards on a stage.
pub(crate) struct Stage {
    /// What they read.
    pub(crate) desk: Desk,
    shell: Shell,
    size: (u16, u16),
    said: Outcome,
}

impl Stage {
    /// The first of these dashboards, on a screen of 80×24.
    pub(crate) fn new(desk: Desk, boards: Vec<Box<dyn Dashboard>>) -> Self {
        let shell = Shell::new(boards, |_| unreachable!("a test opens no terminal"));
        Self { desk, shell, size: (80, 24), said: Outcome::Ignored }
    }

    /// On a screen of another size.
    pub(crate) fn sized(self, columns: u16, rows: u16) -> Self {
        Self { size: (columns, rows), ..self }
    }

    /// Presses keys, one after the other, as on a screen that is drawn in between. What is longer than one
    /// character and no name of a key is typed.
    pub(crate) fn press(&mut self, keys: &[&str]) -> &mut Self {
        for key in keys {
            match event(key) {
                Some(event) => self.key(event),
                None => key.chars().for_each(|c| self.key(KeyEvent::from(KeyCode::Char(c)))),
            }
        }
        self
    }

    fn key(&mut self, key: KeyEvent) {
        self.buffer();
        self.said = self.shell.key(key, &self.desk);
    }

    fn buffer(&mut self) -> Buffer {
        let area = Rect::new(0, 0, self.size.0, self.size.1);
        let mut buffer = Buffer::empty(area);
        self.rest();
        self.shell.draw(area, &mut buffer, &self.desk);
        buffer
    }

    /// Lets the eye rest: details follow a selection that rests.
    fn rest(&mut self) {
        let area = Rect::new(0, 0, self.size.0, self.size.1);
        self.shell.draw(area, &mut Buffer::empty(area), &self.desk);
        let mut wants = Wants::default();
        self.shell.wants(&self.desk, &mut wants);
        if let Some(rested) = wants.wake {
            let now = std::mem::replace(&mut self.desk.now, rested);
            self.shell.draw(area, &mut Buffer::empty(area), &self.desk);
            self.desk.now = now;
        }
    }

    /// What is between the row of tabs and the hints.
    pub(crate) fn screen(&mut self) -> String {
        let text = probe::text(&self.buffer());
        let rows: Vec<&str> = text.lines().skip(2).collect();
        rows[..rows.len() - 1].join("\n")
    }

    /// What it wants to know.
    pub(crate) fn wants(&mut self) -> Wants {
        self.buffer();
        let mut wants = Wants::default();
        self.shell.wants(&self.desk, &mut wants);
        wants
    }

    /// The wishes that the last key granted, without or after a question.
    #[track_caller]
    pub(crate) fn granted(&self) -> &[Cmd] {
        match &self.said {
            Outcome::Confirmed(wishes) => wishes,
            Outcome::Refuse(refusal) => panic!("refused: {refusal}"),
            _ => panic!("the last key granted nothing"),
        }
    }

    /// Why the last key did nothing.
    #[track_caller]
    pub(crate) fn refused(&self) -> &str {
        match &self.said {
            Outcome::Refuse(refusal) => &refusal.0,
            _ => panic!("the last key was not refused"),
        }
    }

    /// What the last key wanted of the app.
    #[track_caller]
    pub(crate) fn wished(&self) -> &Wish {
        match &self.said {
            Outcome::Wish(wish) => wish,
            Outcome::Refuse(refusal) => panic!("refused: {refusal}"),
            _ => panic!("the last key wished nothing"),
        }
    }

    /// The hint bar.
    pub(crate) fn hints(&mut self) -> String {
        let text = probe::text(&self.buffer());
        text.lines().last().unwrap_or_default().trim().to_owned()
    }

    /// What the last key put on the clipboard.
    #[track_caller]
    pub(crate) fn copied(&self) -> &str {
        match &self.said {
            Outcome::Wish(Wish::Copy(text)) => text,
            _ => panic!("the last key copied nothing"),
        }
    }
}

/// A dashboard that only says what it was asked to show: where a jump leads.
pub(crate) struct Landing(Intent, String);

impl Landing {
    /// In the place of the dashboard with this intent.
    pub(crate) fn of(intent: Intent) -> Box<dyn Dashboard> {
        Box::new(Self(intent, String::new()))
    }
}

impl View for Landing {
    fn wants(&self, _desk: &Desk, _wants: &mut Wants) {}

    fn key(&mut self, _key: KeyEvent, _desk: &Desk) -> Outcome {
        Outcome::Ignored
    }

    fn draw(&mut self, area: Rect, buffer: &mut Buffer, _desk: &Desk) -> Option<Position> {
        let said = format!("landed on {}", self.1);
        buffer.set_string(area.x, area.y, said, ratatui::style::Style::new());
        None
    }
}

impl Dashboard for Landing {
    fn title(&self) -> &'static str {
        "Landing"
    }

    fn intent(&self) -> Intent {
        self.0
    }

    fn reveal(&mut self, id: &str) {
        self.1 = id.to_owned();
    }

    fn act(&mut self, _intent: Intent, _desk: &Desk) -> Outcome {
        Outcome::Ignored
    }

    fn hints(&self, _desk: &Desk) -> Vec<Hint> {
        Vec::new()
    }
}

fn event(key: &str) -> Option<KeyEvent> {
    let mut chars = key.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return Some(KeyEvent::from(KeyCode::Char(c)));
    }
    if let Some(c) = key.strip_prefix("ctrl-").and_then(|rest| rest.chars().next()) {
        return Some(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL));
    }
    let code = match key {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "shift-tab" => KeyCode::BackTab,
        "space" => KeyCode::Char(' '),
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "backspace" => KeyCode::Backspace,
        _ => return None,
    };
    Some(KeyEvent::from(code))
}
