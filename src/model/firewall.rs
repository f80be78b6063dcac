//! Rules of the host's firewall that touch containers. Knows neither nftables nor the Windows firewall.

use std::{fmt, net::IpAddr};

use serde::Serialize;

use super::{ContainerId, Protocol, RuleId};

/// One rule, in the order in which the host looks at them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Its identity on this endpoint.
    pub id: RuleId,
    /// Position among all shown, from 1.
    pub order: usize,
    /// A name people know it by: a comment, or what it does.
    pub name: String,
    /// Which way.
    pub direction: Direction,
    /// What happens to a packet that matches.
    pub action: Action,
    /// `tcp`, `udp`, `any`, …
    pub protocol: String,
    /// Ports it is about, as text; empty: all.
    pub ports: String,
    /// Remote addresses it is about; empty: all.
    pub remote: String,
    /// `family table chain` on Linux, the profile on Windows.
    pub chain: String,
    /// Whether it is in force.
    pub enabled: bool,
    /// Who made it.
    pub owner: Owner,
    /// The container it is about.
    pub container: Option<ContainerId>,
    /// That container's name.
    pub container_name: Option<String>,
    /// Packets that matched, where they are counted.
    pub packets: Option<u64>,
    /// Bytes that matched, where they are counted.
    pub bytes: Option<u64>,
    /// The rule as the host's own tool spells it.
    pub text: String,
    /// Its number where it is longshore's own: by that it can be removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
}

/// Which way a packet goes, seen from the container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// To a container.
    In,
    /// From a container.
    Out,
    /// Either way, or between containers.
    Both,
}

impl Direction {
    /// The word on screen.
    pub const fn word(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
            Self::Both => "both",
        }
    }
}

/// What happens to a packet that matches a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It goes on.
    Accept,
    /// It vanishes.
    Drop,
    /// It is sent back with an error.
    Reject,
    /// Its destination is changed, to this address and port.
    Dnat(String),
    /// Its source becomes the host's address.
    Masquerade,
    /// Another chain decides.
    Jump(String),
    /// The calling chain goes on.
    Return,
    /// It is only counted, marked or logged.
    Continue,
}

impl Action {
    /// The word on screen.
    pub fn word(&self) -> String {
        match self {
            Self::Accept => "accept".into(),
            Self::Drop => "drop".into(),
            Self::Reject => "reject".into(),
            Self::Dnat(to) => format!("dnat {to}"),
            Self::Masquerade => "masquerade".into(),
            Self::Jump(chain) => format!("→ {chain}"),
            Self::Return => "return".into(),
            Self::Continue => "continue".into(),
        }
    }
}

/// Who made a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// A container engine.
    Engine,
    /// longshore itself.
    Longshore,
    /// The Windows host network service.
    Hns,
    /// A person or another program.
    Other,
}

impl Owner {
    /// The word on screen.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Engine => "engine",
            Self::Longshore => "longshore",
            Self::Hns => "HNS",
            Self::Other => "other",
        }
    }
}

/// The first packet of a connection that might come, to ask what the rules would do with it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Packet {
    /// From outside to a port of the host.
    In {
        /// Its protocol.
        protocol: Protocol,
        /// Who sends it; `None`: anybody outside.
        remote: Option<IpAddr>,
        /// The host's port.
        port: u16,
    },
    /// From a container to the outside.
    Out {
        /// Its protocol.
        protocol: Protocol,
        /// Who sends it.
        container: ContainerId,
        /// Whom it is for.
        remote: IpAddr,
        /// The remote port.
        port: u16,
    },
}

impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::In { protocol, remote: None, port } => format!("a packet from anywhere to port {port}/{protocol}"),
            Self::In { protocol, remote: Some(remote), port } => {
                format!("a packet from {remote} to port {port}/{protocol}")
            }
            Self::Out { protocol, container, remote, port } => {
                format!("a packet from `{}` to port {port}/{protocol} of {remote}", container.short())
            }
        };
        f.pad(&text)
    }
}

/// What the rules would do with a [`Packet`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The rules that match it, in the order in which the host looks at them. The last certain one decides.
    pub steps: Vec<Step>,
    /// How it ends.
    pub fate: Fate,
}

/// One rule on a packet's way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The rule, as in [`Rule::id`].
    pub rule: RuleId,
    /// As in [`Rule::chain`].
    pub chain: String,
    /// What it does with the packet.
    pub action: Action,
    /// As in [`Rule::text`].
    pub text: String,
    /// Whether it matches for sure; otherwise that hangs on something that is not known of the packet.
    pub certain: bool,
}

/// How a packet's way ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It gets through, to this address and port.
    Arrives(String),
    /// No rule forwards it; it is let in to the host itself, where a process may listen.
    AtHost,
    /// It is dropped or rejected.
    Stopped,
    /// It hangs on rules of which it is not known whether they match.
    Depends,
}
