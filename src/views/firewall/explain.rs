//! What the firewall would do with a packet: the rules it meets and the one that decides. Reckons nothing itself.

use crossterm::event::KeyEvent;
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::Line,
};

use crate::{
    app::{
        desk::Desk,
        keys::{Intent, Place},
        theme::Role,
        view::{Outcome, View},
        wants::Wants,
    },
    model::{Ask, Explanation, Fate, Kind, Packet, Step, Subject, Told},
    views::{
        board::{Scroll, muted, waiting},
        detail::facts::{Fact, lines},
        kit::popup::popup,
    },
};

/// The answer on screen.
pub(super) struct Explained {
    title: String,
    ask: Ask,
    scroll: Scroll,
}

/// Columns of the answer.
const COLUMNS: u16 = 100;

impl Explained {
    /// The answer to what happens to a packet.
    pub(super) fn new(packet: Packet) -> Self {
        Self { title: format!("What happens to {packet}"), ask: Ask::Explain(packet), scroll: Scroll::default() }
    }

    fn told<'a>(&self, desk: &'a Desk) -> Option<&'a Explanation> {
        match desk.store.answer(&self.ask)?.told.as_ref()? {
            Told::Explanation(explanation) => Some(explanation),
            _ => None,
        }
    }

    fn lines(&self, columns: usize, desk: &Desk) -> Vec<Line<'static>> {
        let fetch = desk.store.answer(&self.ask).map(|answer| &answer.fetch);
        if let Some(waiting) = waiting(fetch, "the packet's way", desk) {
            return waiting;
        }
        let Some(told) = self.told(desk) else { return Vec::new() };
        let mut all = lines(&facts(told), columns, desk);
        if decisive(told).is_some() {
            all.extend([Line::default(), muted(desk, "Enter shows the rule that decides")]);
        }
        all
    }
}

/// The rule that decides: the last one that matches for sure.
fn decisive(told: &Explanation) -> Option<&Step> {
    told.steps.iter().rev().find(|step| step.certain)
}

fn facts(told: &Explanation) -> Vec<Fact> {
    let (role, end) = match &told.fate {
        Fate::Arrives(to) => (Role::Good, format!("it gets through, to {to}")),
        Fate::AtHost => (Role::Warn, "no rule forwards it: it reaches the host, where a process may listen".into()),
        Fate::Stopped => (Role::Bad, "it is stopped".into()),
        Fate::Depends => (Role::Warn, "it hangs on rules of which it is not known whether they match".into()),
    };
    let mut facts = vec![Fact::sentence(role, end), Fact::sentence(Role::Text, "")];
    if told.steps.is_empty() {
        facts.push(Fact::sentence(Role::Muted, "it meets no rule"));
    }
    let decisive = decisive(told);
    facts.extend(told.steps.iter().map(|step| {
        let (role, may) = match (decisive.is_some_and(|one| std::ptr::eq(one, step)), step.certain) {
            (true, _) => (Role::Accent, ""),
            (false, true) => (Role::Text, ""),
            (false, false) => (Role::Muted, "may match: "),
        };
        Fact::new(&step.chain, format!("{may}{} ({})", step.action.word(), step.text)).role(role)
    }));
    facts
}

impl View for Explained {
    fn wants(&self, _desk: &Desk, wants: &mut Wants) {
        wants.ask(self.ask.clone());
    }

    fn key(&mut self, key: KeyEvent, desk: &Desk) -> Outcome {
        match desk.keys.meaning(&[Place::List, Place::Everywhere], key) {
            Some(Intent::Back) => Outcome::Close,
            Some(Intent::Open) => match self.told(desk).and_then(decisive) {
                Some(step) => Outcome::Jump(Subject::new(Kind::Rule, step.rule.as_str(), &step.text)),
                None => Outcome::Handled,
            },
            intent => match self.scroll.key(intent) {
                Outcome::Ignored => Outcome::Handled,
                outcome => outcome,
            },
        }
    }

    fn draw(&mut self, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        let columns = COLUMNS.min(area.width.saturating_sub(6));
        let lines = self.lines(columns.saturating_sub(2) as usize, desk);
        let rows = (lines.len() as u16).min(area.height.saturating_sub(2));
        let title = Line::styled(self.title.clone(), desk.theme.style(Role::Title));
        let inner = popup(title, columns, rows, area, buffer, &desk.theme);
        self.scroll.draw(lines, inner, buffer, desk);
        None
    }
}
