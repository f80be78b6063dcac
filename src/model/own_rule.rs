//! Rules of longshore's own firewall, which people add and remove. Knows no packet filter.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ContainerId, NetworkId, Protocol};

/// Whom a rule of longshore's own firewall is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RuleScope {
    /// One container.
    Container(ContainerId),
    /// All of a network.
    Network(NetworkId),
}

/// A rule of longshore's own firewall.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FilterRule {
    /// Whether packets into the container are meant, or out of it.
    pub inbound: bool,
    /// Whether they pass.
    pub allow: bool,
    /// Only of this protocol.
    pub protocol: Option<Protocol>,
    /// The other side, in CIDR form; everybody when absent.
    pub peer: Option<String>,
    /// The port that is gone to, the container's own for a published one; every port when absent.
    pub port: Option<u16>,
}

impl fmt::Display for FilterRule {
    /// As a sentence without its subject: `deny in, tcp port 80, from 10.0.0.0/8`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.allow { "allow" } else { "deny" };
        let (way, side) = if self.inbound { ("in", "from") } else { ("out", "to") };
        write!(f, "{verdict} {way}")?;
        match (self.protocol, self.port) {
            (Some(protocol), Some(port)) => write!(f, ", {protocol} port {port}")?,
            (Some(protocol), None) => write!(f, ", {protocol}")?,
            (None, Some(port)) => write!(f, ", port {port}")?,
            (None, None) => {}
        }
        match &self.peer {
            Some(peer) => write!(f, ", {side} {peer}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_a_sentence() {
        let rule = |inbound, allow, protocol, port, peer: Option<&str>| {
            FilterRule { inbound, allow, protocol, peer: peer.map(str::to_owned), port }.to_string()
        };
        let range = Some("10.0.0.0/8");
        assert_eq!(rule(true, false, Some(Protocol::Tcp), Some(80), range), "deny in, tcp port 80, from 10.0.0.0/8");
        assert_eq!(rule(false, true, None, None, range), "allow out, to 10.0.0.0/8");
        assert_eq!(rule(false, false, Some(Protocol::Udp), None, None), "deny out, udp");
    }
}
