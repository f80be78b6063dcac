//! One line to type, checked before it is taken. It stays until the engine has granted what was sent with it, so that a
//! refusal costs nothing of what was typed.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::Line,
};

use super::sent::{Answer, Sent};
use crate::{
    app::{
        desk::Desk,
        theme::Role,
        view::{Outcome, View},
        wants::Wants,
    },
    views::kit::{input::LineInput, popup::popup, text, wrap::wrap},
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
    sent: Option<Sent>,
}

impl Prompt {
    /// A prompt that gives the line to `take`.
    pub fn new(title: impl Into<String>, take: impl Fn(&str) -> Result<Outcome, String> + 'static) -> Self {
        let take = Box::new(take);
        let (explained, input) = (String::new(), LineInput::default());
        Self { title: title.into(), explained, input, take, problem: None, sent: None }
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

impl Prompt {
    fn answer(&self, desk: &Desk) -> Answer {
        self.sent.as_ref().map_or(Answer::None, |sent| sent.answer(desk))
    }

    fn edit(&mut self, edit: impl FnOnce(&mut LineInput)) {
        (self.problem, self.sent) = (None, None);
        edit(&mut self.input);
    }

    fn submit(&mut self, desk: &Desk) -> Outcome {
        match (self.take)(self.input.text()) {
            Ok(Outcome::Do(wishes)) => {
                self.sent = Some(Sent::now(wishes.clone(), desk));
                Outcome::Do(wishes)
            }
            Ok(outcome) => Outcome::CloseThen(Box::new(outcome)),
            Err(problem) => {
                self.problem = Some(problem);
                Outcome::Handled
            }
        }
    }

    /// What is said below the line: what is wrong with it, or what it is for.
    fn remark(&self, desk: &Desk) -> (Role, String) {
        match (&self.problem, self.answer(desk)) {
            (Some(problem), _) => (Role::Bad, problem.clone()),
            (None, Answer::Failed(why)) => (Role::Bad, why),
            (None, Answer::Awaited) => (Role::Muted, Sent::AWAITED.into()),
            (None, Answer::None | Answer::Done) => (Role::Muted, self.explained.clone()),
        }
    }
}

impl View for Prompt {
    fn wants(&self, _desk: &Desk, _wants: &mut Wants) {}

    fn key(&mut self, key: KeyEvent, desk: &Desk) -> Outcome {
        match key.code {
            KeyCode::Esc => Outcome::Close,
            _ if self.answer(desk) == Answer::Awaited => Outcome::Handled,
            KeyCode::Enter => self.submit(desk),
            _ => {
                self.edit(|input| {
                    input.key(key);
                });
                Outcome::Handled
            }
        }
    }

    fn paste(&mut self, text: &str, desk: &Desk) -> Outcome {
        if self.answer(desk) != Answer::Awaited {
            self.edit(|input| {
                input.paste(text);
            });
        }
        Outcome::Handled
    }

    fn is_over(&self, desk: &Desk) -> bool {
        match self.answer(desk) {
            Answer::Done => true,
            Answer::Awaited => self.sent.as_ref().is_some_and(|sent| sent.is_under_way(desk)),
            Answer::None | Answer::Failed(_) => false,
        }
    }

    fn draw(&mut self, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        let theme = &desk.theme;
        let columns = 64.min(area.width.saturating_sub(6)).max(10);
        let mut lines: Vec<(Role, String)> = Vec::new();
        let (role, said) = self.remark(desk);
        if !said.is_empty() {
            lines.extend(wrap(&said, columns as usize).into_iter().map(|l| (role, l)));
        }
        let title = Line::styled(self.title.clone(), theme.style(Role::Title));
        let inner = popup(title, columns, lines.len() as u16 + 1, area, buffer, theme);
        for ((role, line), y) in lines.into_iter().zip(inner.y + 1..inner.bottom()) {
            text::put(buffer, inner.x, y, &line, inner.width, theme.style(role));
        }
        self.input.draw(Rect { height: 1.min(inner.height), ..inner }, buffer, theme.style(Role::FieldActive))
    }
}
