//! The first page: what this host is, what runs, what is wrong, what takes space, what just happened.

mod cards;
mod layout;
#[cfg(test)]
mod tests;

use std::cell::RefCell;

use crossterm::event::{KeyEvent, MouseEvent, MouseEventKind};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use self::cards::{Card, Cards};
use super::{Dashboard, Hint, containers, images, networks, prune, volumes};
use crate::{
    app::{
        desk::Desk,
        keys::{Intent, Place},
        view::{Outcome, View, Wish},
        wants::Wants,
    },
    model::{ContainerId, Fetch, Kind, Part, State, Subject},
};

/// The parts that the cards are made of.
const PARTS: [Part; 4] = [Part::Containers, Part::Networks, Part::Usage, Part::Nat];
/// The parts that tell, with those, what a prune would take.
const PRUNED: [Part; 2] = [Part::Images, Part::Volumes];
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
            Intent::Prune => return offer_prunes(desk),
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

/// Offers to remove what nobody needs, with all that would go.
fn offer_prunes(desk: &Desk) -> Outcome {
    let mut all = vec![containers::prunable(desk)];
    all.extend(images::prunes(desk));
    all.extend(volumes::prunes(desk));
    all.push(networks::prunable(desk));
    prune::offer(all, "nothing to prune: everything that is known is in use", desk)
}

impl View for Overview {
    fn wants(&self, desk: &Desk, wants: &mut Wants) {
        wants.parts.extend(PARTS);
        wants.parts.extend(PRUNED);
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
        let fixed = desk.may_change().is_err();
        let hint = |intent: Intent| Some(Hint { refused: fixed && intent.changes(), ..Hint::of(intent, desk)? });
        [Intent::Jump, Intent::Prune, Intent::Refresh, Intent::Palette].into_iter().filter_map(hint).collect()
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
