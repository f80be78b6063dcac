//! Which containers are to be read again, and when: events of one object are merged, a flood becomes one list. Pure
//! but for the instants it is told.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use tokio::time::Instant;

use crate::model::ContainerId;

/// Events of one container within this time after its reading began are merged into one more reading.
const MERGE: Duration = Duration::from_millis(40);
/// Containers that are read at the same time.
const AT_ONCE: usize = 8;
/// Containers to be read above which the whole list costs less.
const FLOOD: usize = 200;
/// The least time between the ends and begins of lists made by floods.
const BREATH: Duration = Duration::from_secs(1);

/// What is to be read.
#[derive(Default)]
pub(super) struct Pending {
    /// Not before when.
    dirty: HashMap<ContainerId, Instant>,
    running: HashSet<ContainerId>,
    begun: HashMap<ContainerId, Instant>,
    listing: bool,
    flooded: bool,
    breathe_until: Option<Instant>,
}

/// What to read next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// One container.
    One(ContainerId),
    /// All of them.
    All,
}

impl Pending {
    /// Something happened to a container.
    pub(super) fn touch(&mut self, id: ContainerId, now: Instant) {
        let from = self.begun.get(&id).map_or(now, |begun| *begun + MERGE);
        self.dirty.entry(id).or_insert(from);
        self.flooded |= self.dirty.len() > FLOOD;
    }

    /// A container is no more.
    pub(super) fn gone(&mut self, id: &ContainerId) {
        self.dirty.remove(id);
    }

    /// A list begins. What happened before is in it; what is being read meanwhile may be older than it.
    pub(super) fn list_began(&mut self, now: Instant) {
        self.listing = true;
        self.flooded = false;
        self.dirty = self.running.iter().map(|id| (id.clone(), now)).collect();
    }

    /// A list has ended.
    pub(super) fn list_ended(&mut self, now: Instant) {
        self.listing = false;
        self.breathe_until = Some(now + BREATH);
    }

    /// A reading has ended.
    pub(super) fn read(&mut self, id: &ContainerId) {
        self.running.remove(id);
    }

    /// What to read now. Nothing is read beside a list, for nobody could tell which of the two is newer.
    pub(super) fn next(&mut self, now: Instant) -> Option<Next> {
        if self.listing {
            return None;
        }
        if self.flooded {
            return self.breathe_until.is_none_or(|until| until <= now).then_some(Next::All);
        }
        if self.running.len() >= AT_ONCE {
            return None;
        }
        let ready = |(id, from): &(&ContainerId, &Instant)| **from <= now && !self.running.contains(*id);
        let id = self.dirty.iter().find(ready).map(|(id, _)| id.clone())?;
        self.dirty.remove(&id);
        self.running.insert(id.clone());
        self.begun.retain(|_, begun| *begun + MERGE > now);
        self.begun.insert(id.clone(), now);
        Some(Next::One(id))
    }

    /// When there is something to read next, if only time keeps it from being read.
    pub(super) fn due(&self) -> Option<Instant> {
        if self.listing {
            return None;
        }
        if self.flooded {
            return self.breathe_until;
        }
        let free = self.running.len() < AT_ONCE;
        let waiting = self.dirty.iter().filter(|(id, _)| free && !self.running.contains(*id));
        waiting.map(|(_, from)| *from).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(id: &str) -> Option<Next> {
        Some(Next::One(id.into()))
    }

    #[test]
    fn the_first_event_is_read_at_once_and_the_rest_are_merged() {
        let (mut pending, start) = (Pending::default(), Instant::now());
        pending.touch("a".into(), start);
        assert_eq!(pending.next(start), one("a"));
        for millis in 1..20 {
            pending.touch("a".into(), start + Duration::from_millis(millis));
        }
        assert_eq!(pending.due(), None);
        pending.read(&"a".into());
        assert_eq!(pending.next(start + Duration::from_millis(39)), None);
        assert_eq!(pending.due(), Some(start + MERGE));
        assert_eq!(pending.next(start + MERGE), one("a"));
        assert_eq!(pending.next(start + MERGE), None);
    }

    #[test]
    fn only_so_many_are_read_at_once() {
        let (mut pending, now) = (Pending::default(), Instant::now());
        (0..20).for_each(|n| pending.touch(format!("{n}").as_str().into(), now));
        let begun = std::iter::from_fn(|| pending.next(now)).count();
        assert_eq!((begun, pending.due()), (AT_ONCE, None));
    }

    #[test]
    fn a_flood_becomes_one_list_and_then_takes_a_breath() {
        let (mut pending, now) = (Pending::default(), Instant::now());
        let flood =
            |pending: &mut Pending| (0..=FLOOD).for_each(|n| pending.touch(format!("{n}").as_str().into(), now));
        flood(&mut pending);
        assert_eq!(pending.next(now), Some(Next::All));
        pending.list_began(now);
        pending.touch("late".into(), now);
        assert_eq!((pending.next(now), pending.due()), (None, None));
        pending.list_ended(now);
        assert_eq!((pending.next(now), pending.next(now)), (one("late"), None));
        flood(&mut pending);
        assert_eq!((pending.next(now), pending.due()), (None, Some(now + BREATH)));
        assert_eq!(pending.next(now + BREATH), Some(Next::All));
    }

    #[test]
    fn what_was_read_while_a_list_began_is_read_again() {
        let (mut pending, now) = (Pending::default(), Instant::now());
        pending.touch("a".into(), now);
        assert_eq!(pending.next(now), one("a"));
        pending.list_began(now);
        pending.read(&"a".into());
        pending.list_ended(now);
        assert_eq!(pending.next(now), one("a"));
    }

    #[test]
    fn what_is_gone_is_not_read() {
        let (mut pending, now) = (Pending::default(), Instant::now());
        pending.touch("a".into(), now);
        pending.gone(&"a".into());
        assert_eq!((pending.next(now), pending.due()), (None, None));
    }
}
