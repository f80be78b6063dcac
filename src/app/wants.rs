//! What the screen wants to know at this moment: everything else is neither asked nor streamed. Knows no engine.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::{
    app::console::ConsoleId,
    backend::Size,
    model::{Ask, ContainerId, Part},
};

/// What the screen wants to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// Parts, read once and again when they are stale.
    pub parts: BTreeSet<Part>,
    /// Questions about single things.
    pub asks: Vec<Ask>,
    /// Containers whose use is streamed.
    pub stats: BTreeSet<ContainerId>,
    /// Containers whose log is followed.
    pub logs: BTreeSet<ContainerId>,
    /// Whether the host's load is sampled.
    pub load: bool,
    /// When the screen wants to be asked again without any news.
    pub wake: Option<DateTime<Utc>>,
    /// Terminals on screen and the size of their panes.
    pub consoles: Vec<(ConsoleId, Size)>,
}

impl Wants {
    /// Wants a part.
    pub fn part(&mut self, part: Part) {
        self.parts.insert(part);
    }

    /// Wants an answer.
    pub fn ask(&mut self, ask: Ask) {
        if !self.asks.contains(&ask) {
            self.asks.push(ask);
        }
    }
}
