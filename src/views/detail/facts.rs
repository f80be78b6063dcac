//! A page of facts: names in a column, values beside them, wrapped to the width. Knows no fact.

use crossterm::event::KeyEvent;
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

use crate::{
    app::{
        desk::Desk,
        keys::Intent,
        theme::{Glyphs, Role},
        view::Outcome,
    },
    model::Subject,
    views::{
        board::{Page, Scroll, page::joined},
        kit::{text, wrap::wrap},
    },
};

/// One fact, or a sentence of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fact {
    name: String,
    role: Role,
    value: String,
}

impl Fact {
    /// A fact.
    pub(crate) fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), role: Role::Text, value: value.into() }
    }

    /// A fact that is only told where it is known.
    pub(crate) fn known(name: &str, value: Option<impl ToString>) -> Option<Self> {
        let value = value?.to_string();
        (!value.is_empty()).then(|| Self::new(name, value))
    }

    /// A sentence across the whole width; an empty one is a gap.
    pub(crate) fn sentence(role: Role, sentence: impl Into<String>) -> Self {
        Self { name: String::new(), role, value: sentence.into() }
    }

    /// Meant like this.
    pub(crate) fn role(self, role: Role) -> Self {
        Self { role, ..self }
    }
}

/// What a page of facts shows: those of a subject as it is on the desk.
pub(crate) type Facts = fn(&Subject, &Desk) -> Vec<Fact>;

/// A page of facts that can be scrolled.
pub(crate) struct FactsPage {
    title: &'static str,
    facts: Facts,
    scroll: Scroll,
}

/// A name's column is never wider than this.
const MOST_NAME: usize = 18;
/// Blanks between names and values.
const GAP: usize = 2;
/// Columns of a saved page.
const SAVED: usize = 100;

impl FactsPage {
    /// A page of these facts.
    pub(crate) fn new(title: &'static str, facts: Facts) -> Self {
        Self { title, facts, scroll: Scroll::default() }
    }
}

impl Page for FactsPage {
    fn title(&self) -> &'static str {
        self.title
    }

    fn turn(&mut self, _subject: &Subject) {
        self.scroll = Scroll::default();
    }

    fn key(&mut self, intent: Option<Intent>, _key: KeyEvent, _subject: &Subject, _desk: &Desk) -> Outcome {
        self.scroll.key(intent)
    }

    fn draw(&mut self, subject: &Subject, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        let room = area.width.saturating_sub(2) as usize;
        self.scroll.draw(lines(&(self.facts)(subject, desk), room, desk), area, buffer, desk);
        None
    }

    fn text(&self, subject: &Subject, desk: &Desk) -> Option<String> {
        Some(joined(&lines(&(self.facts)(subject, desk), SAVED, desk)))
    }
}

/// Facts as lines of at most so many columns.
pub(crate) fn lines(facts: &[Fact], columns: usize, desk: &Desk) -> Vec<Line<'static>> {
    let names = facts.iter().map(|fact| text::width(&fact.name)).max().unwrap_or(0).min(MOST_NAME);
    facts.iter().flat_map(|fact| fact_lines(fact, names, columns, desk)).collect()
}

fn fact_lines(fact: &Fact, names: usize, columns: usize, desk: &Desk) -> Vec<Line<'static>> {
    let glyphs = desk.theme.glyphs();
    let value = glyphs.plain(&fact.value);
    if fact.name.is_empty() {
        return wrap(&value, columns).into_iter().map(|line| Line::styled(line, desk.theme.style(fact.role))).collect();
    }
    let room = columns.saturating_sub(names + GAP).max(8);
    wrap(&value, room)
        .into_iter()
        .enumerate()
        .map(|(at, line)| fact_line(if at == 0 { &fact.name } else { "" }, names, line, fact.role, desk, glyphs))
        .collect()
}

fn fact_line(name: &str, names: usize, value: String, role: Role, desk: &Desk, glyphs: &Glyphs) -> Line<'static> {
    let name = text::pad(name, names, false, glyphs) + &" ".repeat(GAP);
    Line::from(vec![Span::styled(name, desk.theme.style(Role::Muted)), Span::styled(value, desk.theme.style(role))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_go_on_below_and_nothing_is_lost() {
        let desk = Desk::for_test();
        let facts = [
            Fact::new("rule", "tcp dport 80 counter accept"),
            Fact::sentence(Role::Muted, ""),
            Fact::new("id", "0123456789abcdef0123456789"),
            Fact::sentence(Role::Bad, "a sentence across the width"),
        ];
        insta::assert_snapshot!(joined(&lines(&facts, 20, &desk)), @r"
        rule  tcp dport 80
              counter accept

        id    0123456789abcd
              ef0123456789
        a sentence across
        the width
        ");
    }
}
