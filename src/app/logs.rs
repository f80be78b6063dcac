//! The app's part in logs that are followed: filling, ending, opening again. No connection in here.

use chrono::{DateTime, Utc};

use super::{
    App,
    desk::{Log, LogState},
    msg::Effect,
};
use crate::model::{Change, ContainerId, Listing, LogBook, LogLine, Problem};

/// Whose logs may have more to say after some changes.
#[derive(Default)]
pub(super) struct Heard {
    /// All were listed: the engine is there, perhaps again.
    all: bool,
    ids: Vec<ContainerId>,
}

impl Heard {
    /// Takes a change into account.
    pub(super) fn note(&mut self, change: &Change) {
        match change {
            Change::Listed(Listing::Containers(_)) => self.all = true,
            Change::Container(container) => self.ids.push(container.id.clone()),
            _ => {}
        }
    }
}

impl App {
    pub(super) fn log(&mut self, id: &ContainerId, lines: Vec<LogLine>) -> bool {
        let Some(log) = self.desk.logs.get_mut(id) else { return false };
        log.state = LogState::Following;
        for line in lines {
            log.book.push(line);
        }
        true
    }

    pub(super) fn log_end(&mut self, id: &ContainerId, problem: Option<Problem>, effects: &mut Vec<Effect>) -> bool {
        let run = self.run_of(id);
        let Some(log) = self.desk.logs.get_mut(id) else { return false };
        log.state = problem.map_or(LogState::Ended, LogState::Failed);
        // Of a quick restart only the new run may have been told, and before the end of the old one's log.
        if log.state == LogState::Ended && run.is_some() && run != log.run {
            let tail = log.tail;
            self.reopen_log(id.clone(), tail, effects);
        }
        true
    }

    /// When a container that is up last started, as far as that is known.
    fn run_of(&self, id: &ContainerId) -> Option<DateTime<Utc>> {
        let container = self.desk.store.containers.get(id).filter(|container| container.state.is_up())?;
        container.started
    }

    /// Begins to read a log, from so many lines before its end.
    pub(super) fn open_log(&mut self, id: ContainerId, tail: u32, effects: &mut Vec<Effect>) {
        let (book, run) = (LogBook::new(self.desk.settings.log_lines), self.run_of(&id));
        self.desk.logs.insert(id.clone(), Log { book, state: LogState::Opening, tail: Some(tail), run });
        effects.push(Effect::Log(self.epoch, id, Some(tail)));
    }

    /// Reads a log anew, from so many lines before its end; `None`: all.
    pub(super) fn reopen_log(&mut self, id: ContainerId, tail: Option<u32>, effects: &mut Vec<Effect>) {
        let run = self.run_of(&id);
        let Some(log) = self.desk.logs.get_mut(&id) else { return };
        *log = Log { book: LogBook::new(self.desk.settings.log_lines), state: LogState::Opening, tail, run };
        effects.push(Effect::Log(self.epoch, id.clone(), None));
        effects.push(Effect::Log(self.epoch, id, Some(tail.unwrap_or(u32::MAX))));
    }

    /// Goes on with the logs that ended with their container, now that it runs again, and with those that broke off.
    pub(super) fn go_on_with_logs(&mut self, heard: &Heard, effects: &mut Vec<Effect>) {
        let store = &self.desk.store;
        let is_up = |id: &ContainerId| store.containers.get(id).is_some_and(|container| container.state.is_up());
        let goes_on = |id: &ContainerId, state: &LogState| match state {
            LogState::Opening | LogState::Following => false,
            LogState::Ended => (heard.all || heard.ids.contains(id)) && is_up(id),
            LogState::Failed(_) => heard.all,
        };
        let again = self.desk.logs.iter().filter(|(id, log)| goes_on(id, &log.state));
        let again: Vec<_> = again.map(|(id, log)| (id.clone(), log.tail)).collect();
        for (id, tail) in again {
            self.reopen_log(id, tail, effects);
        }
    }
}
