//! One line to type, checked before it is taken.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::Line,
};

use crate::{
    app::{
        desk::Desk,
        theme::Role,
        view::{Outcome, View},
        wants::Wants,
    },
    views::{
        board::draw_wrap,
        kit::{input::LineInput, popup::popup, text},
    },
};

/// What becomes of a typed line: an outcome, or what is wrong with it.
type Taken = Box<dyn Fn(&str) -> Result<Outcome, String>>;

/// One line to type.
pub struct Prompt {
    title: String,
    explained: String,
    input: LineInput,
    take: Taken,
    problem: Option<String>,
}

impl Prompt {
    /// A prompt that gives the line to `take`.
    pub fn new(title: impl Into<String>, take: impl Fn(&str) -> Result<Outcome, String> + 'static) -> Self {
        let take = Box::new(take);
        Self { title: title.into(), explained: String::new(), input: LineInput::default(), take, problem: None }
    }

    /// With a text to begin with.
    pub fn with(mut self, text: impl Into<String>) -> Self {
        self.input = LineInput::new(text);
        self
    }

    /// With a line that explains.
    pub fn explained(mut self, line: impl Into<String>) -> Self {
        self.explained = line.into();
        self
    }
}

impl View for Prompt {
    fn wants(&self, _desk: &Desk, _wants: &mut Wants) {}

    fn key(&mut self, key: KeyEvent, _desk: &Desk) -> Outcome {
        match key.code {
            KeyCode::Esc => Outcome::Close,
            KeyCode::Enter => match (self.take)(self.input.text()) {
                Ok(outcome) => Outcome::CloseThen(Box::new(outcome)),
                Err(problem) => {
                    self.problem = Some(problem);
                    Outcome::Handled
                }
            },
            _ => {
                self.problem = None;
                self.input.key(key);
                Outcome::Handled
            }
        }
    }

    fn paste(&mut self, text: &str, _desk: &Desk) -> Outcome {
        self.input.paste(text);
        Outcome::Handled
    }

    fn draw(&mut self, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        let theme = &desk.theme;
        let columns = 64.min(area.width.saturating_sub(6)).max(10);
        let mut lines: Vec<(Role, String)> = Vec::new();
        let (role, said) = match &self.problem {
            Some(problem) => (Role::Bad, problem),
            None => (Role::Muted, &self.explained),
        };
        if !said.is_empty() {
            lines.extend(draw_wrap(said, columns as usize).into_iter().map(|l| (role, l)));
        }
        let title = Line::styled(self.title.clone(), theme.style(Role::Title));
        let inner = popup(title, columns, lines.len() as u16 + 1, area, buffer, theme);
        for ((role, line), y) in lines.into_iter().zip(inner.y + 1..inner.bottom()) {
            text::put(buffer, inner.x, y, &line, inner.width, theme.style(role));
        }
        self.input.draw(Rect { height: 1.min(inner.height), ..inner }, buffer, theme.style(Role::FieldActive))
    }
}
