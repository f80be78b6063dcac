//! What the screen wants and what flows, compared: the difference is asked for. Knows no engine.

use chrono::{DateTime, Duration, Utc};

use super::{App, msg::Effect, wants::Wants};
use crate::model::{Ask, ContainerId, Fetch, Part};

/// How often an answer that ages is asked again while it is looked at.
const ANSWER_AGES: Duration = Duration::seconds(2);

impl App {
    /// Compares what the screen wants with what flows, and asks for the difference.
    pub(super) fn follow_wants(&mut self, effects: &mut Vec<Effect>) {
        let mut wants = Wants::default();
        self.root.wants(&self.desk, &mut wants);
        self.follow_streams(&wants, effects);
        for (id, size) in &wants.consoles {
            self.resize_console(*id, *size, effects);
        }
        self.streams = wants;
        // A lost engine is asked nothing; on its return everything is stale.
        if !self.desk.is_lost() {
            self.read_parts(effects);
            self.ask_questions(effects);
        }
    }

    fn follow_streams(&mut self, wants: &Wants, effects: &mut Vec<Effect>) {
        let epoch = self.epoch;
        let old = &self.streams;
        let stats = |id: &ContainerId, on| Effect::Stats(epoch, id.clone(), on);
        effects.extend(old.stats.difference(&wants.stats).map(|id| stats(id, false)));
        effects.extend(wants.stats.difference(&old.stats).map(|id| stats(id, true)));
        if old.stats != wants.stats {
            // A sample of long ago would be taken for one of now.
            self.desk.store.forget_stats(|id| wants.stats.contains(id));
        }
        if old.load != wants.load {
            effects.push(Effect::HostLoad(epoch, wants.load));
        }
        for id in old.logs.difference(&wants.logs) {
            self.desk.logs.remove(id);
            effects.push(Effect::Log(epoch, id.clone(), None));
        }
        if old.asks != wants.asks {
            self.desk.store.forget_answers(|ask| wants.asks.contains(ask));
        }
        for id in wants.logs.difference(&self.streams.logs).cloned().collect::<Vec<_>>() {
            self.open_log(id, self.desk.settings.log_tail, effects);
        }
    }

    fn read_parts(&mut self, effects: &mut Vec<Effect>) {
        let now = self.desk.now;
        for part in self.streams.parts.clone() {
            let due = match self.desk.store.fetch(part) {
                // The feed lists containers as soon as it is connected; asking too would read them twice.
                Fetch::Never => part != Part::Containers,
                fetch => part_due(part, fetch).is_some_and(|at| at <= now),
            };
            if due && self.in_flight.insert(part) {
                self.desk.store.loading(part);
                effects.push(Effect::Load(self.epoch, part));
            }
        }
    }

    fn ask_questions(&mut self, effects: &mut Vec<Effect>) {
        let now = self.desk.now;
        for ask in self.streams.asks.clone() {
            let due = match self.desk.store.answer(&ask).map(|a| &a.fetch) {
                None | Some(Fetch::Never) => true,
                Some(fetch) => ask_due(&ask, fetch).is_some_and(|at| at <= now),
            };
            if due && !self.asking.contains(&ask) {
                self.desk.store.asked(ask.clone());
                self.asking.push(ask.clone());
                effects.push(Effect::Ask(self.epoch, ask));
            }
        }
    }
}

/// When a part that was told is read again; `None` while nothing calls for it.
pub(super) fn part_due(part: Part, fetch: &Fetch) -> Option<DateTime<Utc>> {
    match fetch {
        Fetch::Stale(at) => Some(*at + Duration::from_std(part.rests()).ok()?),
        Fetch::Known(at) => Some(*at + Duration::from_std(part.ages_in()?).ok()?),
        Fetch::Never | Fetch::Loading | Fetch::Failed(..) => None,
    }
}

/// When a question that was answered is asked again.
pub(super) fn ask_due(ask: &Ask, fetch: &Fetch) -> Option<DateTime<Utc>> {
    match fetch {
        Fetch::Stale(at) => Some(*at),
        Fetch::Known(at) => ask.ages().then(|| *at + ANSWER_AGES),
        Fetch::Never | Fetch::Loading | Fetch::Failed(..) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_again_is_due_from_when_it_was_told_and_disk_use_rests() {
        let told = DateTime::UNIX_EPOCH;
        let due = |part, fetch| part_due(part, &fetch).map(|at| (at - told).num_seconds());
        assert_eq!(due(Part::Nat, Fetch::Known(told)), Some(2));
        assert_eq!(due(Part::Images, Fetch::Known(told)), None);
        assert_eq!(due(Part::Images, Fetch::Stale(told)), Some(0));
        assert_eq!(due(Part::Usage, Fetch::Stale(told)), Some(30));
    }
}
