//! A form: labelled fields, each checked while it is filled in, and a button at the end. It stays until the engine has
//! granted what was sent with it, so that a refusal costs nothing of what was typed.

mod field;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

pub use field::{Field, Values};

use super::sent::{Answer, Sent};
use crate::{
    app::{
        desk::Desk,
        theme::Role,
        view::{Outcome, View},
        wants::Wants,
    },
    views::kit::{popup::popup, table, text, wrap::wrap},
};

/// What becomes of the filled-in form: an outcome, or a field's name and what is wrong with it.
pub type FormCheck = Box<dyn Fn(&Values, &Desk) -> Result<Outcome, (&'static str, String)>>;
/// A text made of the values as they stand, such as the docker command.
type Shown = Box<dyn Fn(&Values, &Desk) -> String>;

/// A form on screen.
pub struct Form {
    title: String,
    button: &'static str,
    fields: Vec<Field>,
    at: usize,
    offset: usize,
    check: FormCheck,
    shown: Option<(&'static str, Shown, bool)>,
    problem: Option<(&'static str, String)>,
    sent: Option<Sent>,
    /// Whether something was typed that would be lost.
    changed: bool,
    /// Whether `Esc` was pressed although it would.
    leaving: bool,
}

/// Columns of a label.
const LABEL: u16 = 14;

impl Form {
    /// A form of these fields, whose button gives the values to `check`.
    pub fn new(
        title: impl Into<String>,
        button: &'static str,
        fields: Vec<Field>,
        check: impl Fn(&Values, &Desk) -> Result<Outcome, (&'static str, String)> + 'static,
    ) -> Self {
        let check = Box::new(check);
        Self {
            title: title.into(),
            button,
            fields,
            at: 0,
            offset: 0,
            check,
            shown: None,
            problem: None,
            sent: None,
            changed: false,
            leaving: false,
        }
    }

    /// With a text made of the values that `^o` shows and hides.
    pub fn showing(mut self, label: &'static str, text: impl Fn(&Values, &Desk) -> String + 'static) -> Self {
        self.shown = Some((label, Box::new(text), false));
        self
    }

    fn values(&self) -> Values {
        Values::of(&self.fields)
    }

    fn step(&mut self, by: isize) {
        // One place more than fields: the button.
        let places = self.fields.len() as isize + 1;
        self.at = (self.at as isize + by).rem_euclid(places) as usize;
    }

    fn answer(&self, desk: &Desk) -> Answer {
        self.sent.as_ref().map_or(Answer::None, |sent| sent.answer(desk))
    }

    /// Goes at once where nothing would be lost, else only when asked twice.
    fn leave(&mut self, desk: &Desk) -> Outcome {
        if !self.changed || self.leaving || self.answer(desk) == Answer::Awaited {
            return Outcome::Close;
        }
        self.leaving = true;
        Outcome::Handled
    }

    fn edit(&mut self, edit: impl FnOnce(&mut Field)) {
        self.problem = None;
        self.sent = None;
        if let Some(field) = self.fields.get_mut(self.at) {
            let before = field.value().to_owned();
            edit(field);
            self.changed |= field.value() != before;
        }
    }

    /// Takes the form if every field and the whole is right; else goes to what is wrong.
    fn submit(&mut self, desk: &Desk) -> Outcome {
        if let Some(wrong) = self.fields.iter().position(|f| f.problem().is_some()) {
            self.at = wrong;
            return Outcome::Handled;
        }
        match (self.check)(&self.values(), desk) {
            Ok(Outcome::Do(wishes)) => {
                self.sent = Some(Sent::now(wishes.clone(), desk));
                Outcome::Do(wishes)
            }
            Ok(outcome) => Outcome::CloseThen(Box::new(outcome)),
            Err((name, why)) => {
                self.at = self.fields.iter().position(|f| f.name == name).unwrap_or(self.at);
                self.problem = Some((name, why));
                Outcome::Handled
            }
        }
    }

    fn draw_field(&self, index: usize, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        let theme = &desk.theme;
        let field = &self.fields[index];
        let active = index == self.at;
        let wrong = self.problem_of(field).is_some();
        let role = match (active, wrong) {
            (_, true) => Role::Bad,
            (true, false) => Role::Accent,
            (false, false) => Role::Muted,
        };
        text::put(buffer, area.x, area.y, field.label, LABEL.min(area.width), theme.style(role));
        let place = Rect { x: area.x + LABEL + 1, width: area.width.saturating_sub(LABEL + 2), ..area };
        field.draw(active, place, buffer, theme)
    }

    fn problem_of(&self, field: &Field) -> Option<String> {
        let told = self.problem.as_ref().filter(|(name, _)| *name == field.name).map(|(_, why)| why.clone());
        told.or_else(|| field.problem())
    }

    /// What the lower lines say: what is wrong with the field, or what it takes.
    fn remark(&self, desk: &Desk) -> (Role, String) {
        if self.leaving {
            return (Role::Warn, "Esc again throws away what was typed; any other key goes on".into());
        }
        match self.answer(desk) {
            Answer::Awaited => return (Role::Muted, Sent::AWAITED.into()),
            Answer::Failed(why) => return (Role::Bad, why),
            Answer::None | Answer::Done => {}
        }
        match self.fields.get(self.at) {
            None => (Role::Muted, "Enter does it; Esc leaves everything as it is".into()),
            Some(field) => match self.problem_of(field) {
                Some(problem) => (Role::Bad, problem),
                None => (Role::Muted, field.help.into()),
            },
        }
    }

    fn draw_button(&self, area: Rect, buffer: &mut Buffer, desk: &Desk) {
        let theme = &desk.theme;
        let role = if self.at == self.fields.len() { Role::FieldActive } else { Role::Field };
        let mut line = vec![Span::styled(format!(" {} ", self.button), theme.style(role))];
        if let Some((label, _, _)) = &self.shown {
            line.push(Span::styled("   ^o", theme.style(Role::Key)));
            line.push(Span::styled(format!(" {label}"), theme.style(Role::KeyLabel)));
        }
        line.push(Span::styled("   ^s", theme.style(Role::Key)));
        line.push(Span::styled(format!(" {}", self.button.to_lowercase()), theme.style(Role::KeyLabel)));
        text::put_line(buffer, area.x, area.y, Line::from(line), area.width, theme.glyphs());
    }
}

impl View for Form {
    fn wants(&self, _desk: &Desk, _wants: &mut Wants) {}

    fn key(&mut self, key: KeyEvent, desk: &Desk) -> Outcome {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let button = self.at == self.fields.len();
        if key.code == KeyCode::Esc {
            return self.leave(desk);
        }
        self.leaving = false;
        if self.answer(desk) == Answer::Awaited {
            return Outcome::Handled;
        }
        match key.code {
            KeyCode::Char('s') if control => return self.submit(desk),
            KeyCode::Char('o') if control => {
                if let Some((_, _, on)) = &mut self.shown {
                    *on = !*on;
                }
            }
            KeyCode::Enter if button => return self.submit(desk),
            KeyCode::Down | KeyCode::Tab | KeyCode::Enter => self.step(1),
            KeyCode::Up | KeyCode::BackTab => self.step(-1),
            _ => self.edit(|field| field.key(key)),
        }
        Outcome::Handled
    }

    fn paste(&mut self, text: &str, desk: &Desk) -> Outcome {
        if self.answer(desk) != Answer::Awaited {
            self.edit(|field| field.paste(text));
        }
        Outcome::Handled
    }

    fn is_over(&self, desk: &Desk) -> bool {
        self.answer(desk) == Answer::Done
    }

    fn draw(&mut self, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        let theme = &desk.theme;
        let columns = 76.min(area.width.saturating_sub(4));
        let shown = self.shown.as_ref().filter(|(_, _, on)| *on).map(|(_, text, _)| text(&self.values(), desk));
        let shown: Vec<String> = shown.map(|t| wrap(&t, columns as usize)).unwrap_or_default();
        let (role, remark) = self.remark(desk);
        let remark = wrap(&remark, columns as usize);
        let below = 2 + 2 + shown.len() as u16;
        let title = Line::styled(self.title.clone(), theme.style(Role::Title));
        let inner = popup(title, columns, self.fields.len() as u16 + below, area, buffer, theme);
        let rows = inner.height.saturating_sub(below).max(1) as usize;
        self.offset = self.offset.clamp((self.at + 1).min(self.fields.len()).saturating_sub(rows), self.at);
        let mut cursor = None;
        for (index, y) in (self.offset..self.fields.len()).zip(inner.y..inner.y + rows as u16) {
            let place = Rect { y, height: 1, ..inner };
            cursor = self.draw_field(index, place, buffer, desk).or(cursor);
        }
        table::scroll_bar(self.offset, self.fields.len(), Rect { height: rows as u16, ..inner }, buffer, theme);
        let mut y = inner.y + rows as u16;
        for line in remark.iter().take(2) {
            text::put(buffer, inner.x, y, line, inner.width, theme.style(role));
            y += 1;
        }
        y = inner.y + rows as u16 + 2;
        for line in &shown {
            text::put(buffer, inner.x, y, line, inner.width, theme.style(Role::Accent));
            y += 1;
        }
        self.draw_button(Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner }, buffer, desk);
        cursor
    }
}
