//! What worlds in several processes share: systems and their processes. Handles are each process's own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Kind, State, Sys, Telling, World, answers, events};

/// What is shared.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Systems {
    systems: BTreeMap<String, Sys>,
    last_pid: u32,
}

impl World {
    /// What others are to see.
    pub fn systems(&self) -> Systems {
        Systems { systems: self.systems.clone(), last_pid: self.last_pid }
    }

    /// Takes over what others have made of it; gives what those who listen here are to be told.
    pub fn adopt(&mut self, now: Systems) -> Vec<Telling> {
        let mut told = Vec::new();
        for (id, before) in std::mem::replace(&mut self.systems, now.systems) {
            let after = self.systems.get(&id);
            for (pid, _) in before.processes.iter().filter(|(_, process)| process.exit.is_none()) {
                let exit = match after.map(|system| system.processes.get(pid)) {
                    Some(Some(process)) => process.exit,
                    _ => Some(0),
                };
                if let Some(code) = exit {
                    let document = answers::process_status(*pid, Some(code));
                    told.extend(self.to_all(&Kind::process(&id, *pid), events::PROCESS_EXITED, &document));
                }
            }
            let is_over = after.is_none_or(|system| system.state == State::Stopped);
            if before.state != State::Stopped && is_over {
                let document = answers::system_exit(0);
                told.extend(self.to_all(&Kind::System(id), events::SYSTEM_EXITED, &document));
            }
        }
        self.last_pid = now.last_pid;
        told
    }

    fn to_all(&self, what: &Kind, event: i32, document: &str) -> Vec<Telling> {
        let listening = self.handles.listening(|kind| kind.is_same(what));
        let tell = |handle| Telling { handle, event, document: Some(document.to_owned()) };
        listening.into_iter().map(tell).collect()
    }
}

impl Kind {
    fn process(id: &str, pid: u32) -> Self {
        Self::Process(id.to_owned(), pid, false)
    }

    /// Whether both stand for the same, whoever made it.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Process(id, pid, _), Self::Process(other, number, _)) => id == other && pid == number,
            _ => self == other,
        }
    }
}
