//! Facts that an engine tells. The only thing that changes what is on screen.

use chrono::{DateTime, Utc};
use std::time::Duration;

use super::{
    Caps, Container, ContainerId, DiskUsage, Event, HostLoad, Image, Layer, Mapping, NatSession, Network, Rule, Sample,
    Session, System, Volume,
};

/// One fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// How the connection is.
    Link(Link),
    /// What the engine says of itself, and what it can do.
    System(Box<System>, Caps),
    /// All there is of one part; what is not in it is gone.
    Listed(Listing),
    /// A part could not be read: the sentence, and what to do.
    Failed(Part, Problem),
    /// A part is no longer as it was told.
    Stale(Part),
    /// One container as it is now.
    Container(Box<Container>),
    /// One container is gone.
    ContainerGone(ContainerId),
    /// Something happened.
    Event(Event),
    /// What a container uses.
    Sample(ContainerId, Sample),
    /// What the host uses.
    HostLoad(HostLoad),
}

/// How the connection to the engine is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// Nothing was heard yet.
    #[default]
    Connecting,
    /// Its events flow.
    Live {
        /// Time a ping took.
        latency: Duration,
    },
    /// It was silent longer than it should be.
    Stale {
        /// When it was last heard.
        since: DateTime<Utc>,
    },
    /// It cannot be reached.
    Lost {
        /// Why.
        problem: Problem,
        /// When it is tried again.
        retry_at: DateTime<Utc>,
    },
}

/// What went wrong, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What was tried, on what, and why it failed: lower case, no full stop.
    pub sentence: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem without a hint.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), hint: None }
    }
}

/// A part of what an engine holds that is listed as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Containers.
    Containers,
    /// Images.
    Images,
    /// Layers.
    Layers,
    /// Sessions.
    Sessions,
    /// Volumes.
    Volumes,
    /// NAT mappings and sessions.
    Nat,
    /// Firewall rules.
    Firewall,
    /// Networks.
    Networks,
    /// Disk use.
    Usage,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 9] = [
        Self::Containers,
        Self::Images,
        Self::Layers,
        Self::Sessions,
        Self::Volumes,
        Self::Nat,
        Self::Firewall,
        Self::Networks,
        Self::Usage,
    ];

    /// The word for it in a sentence: "cannot read the images".
    pub const fn word(self) -> &'static str {
        match self {
            Self::Containers => "containers",
            Self::Images => "images",
            Self::Layers => "layers",
            Self::Sessions => "sessions",
            Self::Volumes => "volumes",
            Self::Nat => "NAT mappings",
            Self::Firewall => "firewall rules",
            Self::Networks => "networks",
            Self::Usage => "disk use",
        }
    }

    /// How often it is read again while it is looked at, for parts that change without an event.
    pub const fn ages_in(self) -> Option<Duration> {
        match self {
            Self::Sessions | Self::Nat => Some(Duration::from_secs(2)),
            Self::Firewall => Some(Duration::from_secs(5)),
            Self::Usage => Some(Duration::from_secs(300)),
            _ => None,
        }
    }

    /// How long it is left alone after it was told, however much happens meanwhile.
    pub const fn rests(self) -> Duration {
        match self {
            // To count, an engine walks through every file it keeps.
            Self::Usage => Duration::from_secs(30),
            _ => Duration::ZERO,
        }
    }
}

/// All there is of one part.
#[derive(Clone, Debug, PartialEq)]
pub enum Listing {
    /// Containers.
    Containers(Vec<Container>),
    /// Images.
    Images(Vec<Image>),
    /// Layers.
    Layers(Vec<Layer>),
    /// Sessions.
    Sessions(Vec<Session>),
    /// Volumes.
    Volumes(Vec<Volume>),
    /// NAT.
    Nat(Nat),
    /// Firewall.
    Firewall(Firewall),
    /// Networks.
    Networks(Vec<Network>),
    /// Disk use.
    Usage(DiskUsage),
}

impl Listing {
    /// Which part it is.
    pub const fn part(&self) -> Part {
        match self {
            Self::Containers(_) => Part::Containers,
            Self::Images(_) => Part::Images,
            Self::Layers(_) => Part::Layers,
            Self::Sessions(_) => Part::Sessions,
            Self::Volumes(_) => Part::Volumes,
            Self::Nat(_) => Part::Nat,
            Self::Firewall(_) => Part::Firewall,
            Self::Networks(_) => Part::Networks,
            Self::Usage(_) => Part::Usage,
        }
    }
}

/// Mappings and live sessions, with where they were read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Nat {
    /// Published ports.
    pub mappings: Vec<Mapping>,
    /// Live translated connections.
    pub sessions: Vec<NatSession>,
    /// Why the sessions are not to be seen, if they are not.
    pub sessions_hidden: Option<String>,
    /// How this was derived, if the host itself could not be read.
    pub derived: Option<String>,
}

/// Rules, with where they were read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Firewall {
    /// Rules in the order the host looks at them.
    pub rules: Vec<Rule>,
    /// How this was derived, if the host itself could not be read, and how to see the real rules.
    pub derived: Option<String>,
}
