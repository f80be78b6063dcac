//! The question before something risky: what will happen, switches that change it, the count to type.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

use crate::{
    app::{
        cmd::{self, Cmd, Question, Risk},
        desk::Desk,
        theme::Role,
        view::{Outcome, View},
        wants::Wants,
    },
    views::kit::{input::LineInput, popup::popup, text, wrap::wrap},
};

/// Something a question leaves open: "also its volumes".
pub struct Switch {
    /// The key that turns it.
    pub key: char,
    /// What it adds.
    pub label: &'static str,
    /// Whether it is on.
    pub on: bool,
    /// What turning it does to a wish.
    pub apply: fn(&mut Cmd, bool),
}

/// A question on screen.
pub struct Confirm {
    wishes: Vec<Cmd>,
    question: Question,
    switches: Vec<Switch>,
    typed: LineInput,
    wrong: bool,
}

impl Confirm {
    /// The question before these wishes; `None` when nothing needs asking.
    pub fn of(wishes: Vec<Cmd>) -> Option<Self> {
        let question = cmd::question(&wishes)?;
        Some(Self { wishes, question, switches: Vec::new(), typed: LineInput::default(), wrong: false })
    }

    /// With switches; each is applied as it stands.
    pub fn with(mut self, switches: Vec<Switch>) -> Self {
        self.switches = switches;
        self.apply();
        self
    }

    /// With the switches that belong to the wishes, which stay as they are until one is turned: a switch that says no
    /// for all must not take away what one of them needs.
    pub fn switched(self) -> Self {
        Self { switches: switches(&self.wishes), ..self }
    }

    fn apply(&mut self) {
        for switch in &self.switches {
            for wish in &mut self.wishes {
                (switch.apply)(wish, switch.on);
            }
        }
        if let Some(question) = cmd::question(&self.wishes) {
            self.question = question;
        }
    }

    fn grant(&mut self) -> Outcome {
        if self.question.typed.is_some_and(|count| self.typed.text().trim() != count.to_string()) {
            self.wrong = true;
            return Outcome::Handled;
        }
        Outcome::CloseThen(Box::new(Outcome::Confirmed(std::mem::take(&mut self.wishes))))
    }

    fn lines(&self, desk: &Desk, columns: usize) -> Vec<Line<'static>> {
        let theme = &desk.theme;
        let mut lines = Vec::new();
        for line in &self.question.lines {
            let item = line.strip_prefix("· ").map(|name| format!("{} {name}", theme.glyphs().dot));
            let wrapped = wrap(item.as_ref().unwrap_or(line), columns);
            lines.extend(wrapped.into_iter().map(|l| Line::styled(l, theme.style(Role::Text))));
        }
        if !self.switches.is_empty() {
            lines.push(Line::default());
        }
        for switch in &self.switches {
            let glyphs = theme.glyphs();
            let tick = if switch.on { glyphs.ticked } else { glyphs.unticked };
            lines.push(Line::from(vec![
                Span::styled(format!("{tick} "), theme.style(Role::Accent)),
                Span::styled(switch.key.to_string(), theme.style(Role::Key)),
                Span::styled(format!(" {}", switch.label), theme.style(Role::Text)),
            ]));
        }
        lines.push(Line::default());
        lines
    }
}

impl View for Confirm {
    fn wants(&self, _desk: &Desk, _wants: &mut Wants) {}

    fn key(&mut self, key: KeyEvent, _desk: &Desk) -> Outcome {
        let counted = self.question.typed.is_some();
        if let KeyCode::Char(c) = key.code
            && let Some(switch) = self.switches.iter_mut().find(|s| s.key == c)
        {
            switch.on = !switch.on;
            self.apply();
            return Outcome::Handled;
        }
        match key.code {
            KeyCode::Esc => Outcome::Close,
            KeyCode::Enter if counted => self.grant(),
            _ if counted => {
                self.wrong = false;
                self.typed.key(key);
                Outcome::Handled
            }
            KeyCode::Char('y' | 'Y') => self.grant(),
            // Enter is no answer: hands press it before eyes have read.
            KeyCode::Char('n' | 'N' | 'q') => Outcome::Close,
            _ => Outcome::Handled,
        }
    }

    fn draw(&mut self, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        let theme = &desk.theme;
        let columns = 64.min(area.width.saturating_sub(6)).max(10);
        let lines = self.lines(desk, columns as usize);
        let danger = if self.question.risk == Risk::Loses { Role::Danger } else { Role::Warn };
        let title = Line::styled(self.question.title.clone(), theme.style(danger));
        let wide = columns.max(title.width() as u16).min(area.width.saturating_sub(4));
        let inner = popup(title, wide, lines.len() as u16 + 1, area, buffer, theme);
        for (line, y) in lines.into_iter().zip(inner.y..inner.bottom().saturating_sub(1)) {
            text::put_line(buffer, inner.x, y, line, inner.width, theme.glyphs());
        }
        let y = inner.bottom().checked_sub(1)?;
        let Some(count) = self.question.typed else {
            let answer = Line::from(vec![
                Span::styled("y", theme.style(Role::Key)),
                Span::styled(" yes   ", theme.style(Role::KeyLabel)),
                Span::styled("n", theme.style(Role::Key)),
                Span::styled(" no", theme.style(Role::KeyLabel)),
            ]);
            text::put_line(buffer, inner.x, y, answer, inner.width, theme.glyphs());
            return None;
        };
        let role = if self.wrong { Role::Bad } else { Role::Text };
        let ask = format!("type {count} and press Enter: ");
        let used = text::put(buffer, inner.x, y, &ask, inner.width, theme.style(role));
        let field = Rect { x: inner.x + used, y, width: 8.min(inner.width.saturating_sub(used)), height: 1 };
        self.typed.draw(field, buffer, theme.style(Role::FieldActive))
    }
}

/// What a question about these wishes leaves open.
fn switches(wishes: &[Cmd]) -> Vec<Switch> {
    match wishes.first() {
        Some(Cmd::Remove(_, how)) => vec![Switch {
            key: 'v',
            label: "also its anonymous volumes",
            on: how.volumes,
            apply: |wish, on| {
                if let Cmd::Remove(_, how) = wish {
                    how.volumes = on;
                }
            },
        }],
        Some(Cmd::RemoveImage { .. }) => vec![Switch {
            key: 'f',
            label: "by force: also where stopped containers or other tags need it",
            on: wishes.iter().all(|wish| matches!(wish, Cmd::RemoveImage { force: true, .. })),
            apply: |wish, on| {
                if let Cmd::RemoveImage { force, .. } = wish {
                    *force = on;
                }
            },
        }],
        _ => Vec::new(),
    }
}
