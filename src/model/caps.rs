//! What an endpoint can do, asked before a key is pressed. Knows no engine by name.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Refusal;

/// Something that not every endpoint can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// Freeze containers.
    Pause,
    /// Change limits of a live container.
    Update,
    /// List a container's processes.
    Processes,
    /// Stream a container's use.
    Stats,
    /// Start processes in containers.
    Exec,
    /// Pull images.
    Pull,
    /// List files changed in a container.
    FileChanges,
    /// Send signals to single processes.
    SignalProcess,
    /// Read the host's live NAT sessions.
    NatSessions,
    /// Read the host's firewall.
    FirewallRules,
    /// Read the host's load.
    HostLoad,
    /// Create and remove networks.
    Networks,
    /// Publish and close ports of containers that are there.
    Publish,
    /// Add and remove firewall rules of longshore's own.
    OwnRules,
    /// Look into volumes.
    VolumeFiles,
    /// Back up and restore volumes.
    VolumeArchives,
}

impl Feature {
    /// What is missing without it, in two or three words.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pause => "pausing",
            Self::Update => "changing limits",
            Self::Processes => "processes",
            Self::Stats => "statistics",
            Self::Exec => "exec",
            Self::Pull => "pulling",
            Self::FileChanges => "changed files",
            Self::SignalProcess => "signals to processes",
            Self::NatSessions => "NAT sessions",
            Self::FirewallRules => "firewall rules",
            Self::HostLoad => "the host's load",
            Self::Networks => "networks",
            Self::Publish => "publishing ports later",
            Self::OwnRules => "firewall rules of its own",
            Self::VolumeFiles => "files of volumes",
            Self::VolumeArchives => "backups of volumes",
        }
    }
}

/// What an endpoint cannot do, each with the reason. What is not in it can be done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Caps(BTreeMap<Feature, Refusal>);

impl Caps {
    /// All features but these, each with its reason.
    pub fn without(lacking: impl IntoIterator<Item = (Feature, &'static str)>) -> Self {
        Self(lacking.into_iter().map(|(feature, why)| (feature, Refusal::new(why))).collect())
    }

    /// Takes a feature away.
    pub fn remove(&mut self, feature: Feature, why: impl Into<String>) {
        self.0.insert(feature, Refusal::new(why));
    }

    /// The reason why `feature` is not there.
    pub fn refuses(&self, feature: Feature) -> Option<&Refusal> {
        self.0.get(&feature)
    }

    /// Whether `feature` is there.
    pub fn has(&self, feature: Feature) -> bool {
        !self.0.contains_key(&feature)
    }

    /// What is not there, each with the reason.
    pub fn lacking(&self) -> impl Iterator<Item = (Feature, &Refusal)> {
        self.0.iter().map(|(feature, why)| (*feature, why))
    }
}
