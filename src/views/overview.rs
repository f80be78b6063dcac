//! The first page: what this host is, what runs, what is wrong, what takes space, what just happened.

mod cards;
mod layout;

use std::cell::RefCell;

use crossterm::event::{KeyEvent, MouseEvent, MouseEventKind};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use self::cards::{Card, Cards};
use super::{Dashboard, Hint};
use crate::{
    app::{
        cmd::{Cmd, Prune, PruneKind},
        desk::Desk,
        keys::{Intent, Place},
        view::{Outcome, View, Wish},
        wants::Wants,
    },
    model::{ContainerId, Fetch, Kind, Part, State, Subject},
    views::overlay::{Choice, Picker},
};

/// The parts that the cards are made of.
const PARTS: [Part; 4] = [Part::Containers, Part::Networks, Part::Usage, Part::Nat];
/// Running containers whose use is streamed for the top lists; on larger hosts the lists say so.
pub(super) const SAMPLED: usize = 40;

/// The overview.
#[derive(Default)]
pub struct Overview {
    cursor: usize,
    offset: u16,
    cards: RefCell<Cards>,
    items: Vec<(Rect, Subject)>,
}

/// The overview as a dashboard.
pub fn dashboard() -> Box<dyn Dashboard> {
    Box::new(Overview::default())
}

impl Overview {
    fn step(&mut self, by: isize) {
        let last = self.items.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
    }

    fn open(&self) -> Outcome {
        match self.items.get(self.cursor) {
            Some((_, subject)) => Outcome::Jump(subject.clone()),
            None => Outcome::refuse("nothing to jump to is shown"),
        }
    }

    fn on_intent(&mut self, intent: Intent, desk: &Desk) -> Outcome {
        let page = 5;
        match intent {
            Intent::Up => self.step(-1),
            Intent::Down => self.step(1),
            Intent::PageUp | Intent::HalfUp => self.step(-page),
            Intent::PageDown | Intent::HalfDown => self.step(page),
            Intent::Top => self.cursor = 0,
            Intent::Bottom => self.cursor = self.items.len().saturating_sub(1),
            Intent::Open | Intent::Jump => return self.open(),
            Intent::Prune => return prune(desk),
            Intent::Refresh => return Outcome::Wish(Wish::Refresh(PARTS.to_vec())),
            Intent::Save => {
                let text = self.cards.borrow_mut().of(desk).iter().map(Card::text).collect::<Vec<_>>().join("\n");
                return Outcome::Open(super::overlay::save("overview.txt", text));
            }
            _ => return Outcome::Ignored,
        }
        Outcome::Handled
    }
}

/// Which of the things nobody needs to remove, with what it would free.
fn prune(desk: &Desk) -> Outcome {
    if let Err(refusal) = desk.may_change() {
        return Outcome::Refuse(refusal);
    }
    let usage = desk.store.usage.clone().unwrap_or_default();
    let stopped = desk.store.containers.values().filter(|c| !c.state.is_up() && c.state != State::Removing);
    let stopped: Vec<String> = stopped.map(|c| c.name.clone()).collect();
    let used = |image: &crate::model::Image| image.containers > 0;
    let images = |all: bool| -> Vec<String> {
        let unused = desk.store.images.values().filter(|i| !used(i) && (all || i.is_dangling()));
        unused.map(|i| i.name().to_owned()).collect()
    };
    let all = [
        Prune { what: PruneKind::Containers, targets: stopped, frees: Some(usage.containers.reclaimable) },
        Prune { what: PruneKind::DanglingImages, targets: images(false), frees: None },
        Prune { what: PruneKind::AllImages, targets: images(true), frees: Some(usage.images.reclaimable) },
        Prune { what: PruneKind::AnonymousVolumes, targets: Vec::new(), frees: None },
        Prune { what: PruneKind::Networks, targets: Vec::new(), frees: None },
    ];
    let remark = |prune: &Prune| match (prune.targets.len(), prune.frees) {
        (0, None) => String::new(),
        (n, None) => format!("{n} known"),
        (n, Some(bytes)) => format!("{n} known, frees up to {bytes}"),
    };
    let choices = all.iter().map(|p| Choice::new(p.what.words(), remark(p))).collect();
    Outcome::Open(Box::new(Picker::new("Prune", choices, move |i| Outcome::Do(vec![Cmd::Prune(all[i].clone())]))))
}

impl View for Overview {
    fn wants(&self, desk: &Desk, wants: &mut Wants) {
        wants.parts.extend(PARTS);
        wants.part(Part::Images);
        wants.load = true;
        let running = desk.store.containers.values().filter(|c| c.state == State::Running);
        wants.stats.extend(running.take(SAMPLED).map(|c| ContainerId::clone(&c.id)));
    }

    fn key(&mut self, key: KeyEvent, desk: &Desk) -> Outcome {
        match desk.keys.meaning(&[Place::List, Place::Everywhere], key) {
            Some(intent) => self.on_intent(intent, desk),
            None => Outcome::Ignored,
        }
    }

    fn mouse(&mut self, mouse: MouseEvent, _desk: &Desk) -> Outcome {
        match mouse.kind {
            MouseEventKind::ScrollDown => self.step(1),
            MouseEventKind::ScrollUp => self.step(-1),
            MouseEventKind::Down(_) => {
                let at = Position::new(mouse.column, mouse.row);
                let Some(hit) = self.items.iter().position(|(area, _)| area.contains(at)) else {
                    return Outcome::Ignored;
                };
                if hit == self.cursor {
                    return self.open();
                }
                self.cursor = hit;
            }
            _ => return Outcome::Ignored,
        }
        Outcome::Handled
    }

    fn draw(&mut self, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        let mut cards = self.cards.borrow_mut();
        let cards = cards.of(desk);
        let count = cards.iter().flat_map(|c| &c.lines).filter(|l| l.subject.is_some()).count();
        self.cursor = self.cursor.min(count.saturating_sub(1));
        self.items = layout::draw(cards, self.cursor, &mut self.offset, area, buffer, desk);
        None
    }
}

impl Dashboard for Overview {
    fn title(&self) -> &'static str {
        "Overview"
    }

    fn intent(&self) -> Intent {
        Intent::Overview
    }

    fn act(&mut self, intent: Intent, desk: &Desk) -> Outcome {
        self.on_intent(intent, desk)
    }

    fn hints(&self, desk: &Desk) -> Vec<Hint> {
        [Intent::Jump, Intent::Prune, Intent::Refresh, Intent::Palette]
            .into_iter()
            .filter_map(|i| Hint::of(i, desk))
            .collect()
    }
}

/// A container as what a line is about.
fn subject(container: &crate::model::Container) -> Subject {
    Subject::new(Kind::Container, container.id.as_str(), &container.name)
}

/// Whether a part was told at least once.
fn known(desk: &Desk, part: Part) -> bool {
    matches!(desk.store.fetch(part), Fetch::Known(_) | Fetch::Stale(_))
}
