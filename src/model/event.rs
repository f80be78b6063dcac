//! What happened on an engine, and what it happened to. Knows no engine's spelling.

use std::ops::Deref;

use chrono::{DateTime, Utc};
use serde::Serialize;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// When, by the engine's clock.
    pub at: DateTime<Utc>,
    /// To what sort of thing.
    pub kind: Kind,
    /// The engine's word for what happened: `start`, `die`, `pull`, `health_status: healthy`, …
    pub action: String,
    /// The thing's id.
    pub id: String,
    /// The thing's name for people.
    pub name: String,
    /// More about it: exit code, signal, image, …, as `key=value`.
    pub detail: Vec<(String, String)>,
}

/// An event and its number among all that were told since the start, which names it for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    number: String,
    event: Event,
}

impl Happening {
    /// The event that was told as the `number`th.
    pub fn new(number: u64, event: Event) -> Self {
        Self { number: number.to_string(), event }
    }

    /// Its number, as an id.
    pub fn number(&self) -> &str {
        &self.number
    }
}

impl Deref for Happening {
    type Target = Event;

    fn deref(&self) -> &Event {
        &self.event
    }
}

/// A sort of thing an engine holds. Also names the dashboards that show them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A container.
    Container,
    /// An image.
    Image,
    /// A layer.
    Layer,
    /// A session.
    Session,
    /// A volume.
    Volume,
    /// A NAT mapping.
    Mapping,
    /// A firewall rule.
    Rule,
    /// A network.
    Network,
    /// The engine itself.
    Engine,
    /// Something newer.
    Other,
}

impl Kind {
    /// The word for one of it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Image => "image",
            Self::Layer => "layer",
            Self::Session => "session",
            Self::Volume => "volume",
            Self::Mapping => "mapping",
            Self::Rule => "rule",
            Self::Network => "network",
            Self::Engine => "engine",
            Self::Other => "other",
        }
    }

    /// "1 container", "2 containers".
    pub fn count(self, n: usize) -> String {
        format!("{n} {}{}", self.word(), if n == 1 { "" } else { "s" })
    }
}

/// One thing of an engine: what an action, a question, an event or a jump is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Subject {
    /// What sort.
    pub kind: Kind,
    /// Its id, as the engine takes it.
    pub id: String,
    /// Its name for people.
    pub name: String,
}

impl Subject {
    /// A subject.
    pub fn new(kind: Kind, id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind, id: id.into(), name: name.into() }
    }
}
