//! NAT: host ports that lead into containers, and the translated connections of the moment. Knows no kernel.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ContainerId, MappingId};

/// Transport protocol of a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl Protocol {
    /// The lower-case word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }

    /// From the word.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Tcp, Self::Udp, Self::Sctp].into_iter().find(|p| p.word().eq_ignore_ascii_case(word))
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A container's port, published on the host or only exposed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PortMapping {
    /// Address on the host; empty or `0.0.0.0`: every address. `None` when it is only exposed.
    pub host_ip: Option<String>,
    /// Port on the host; `None` when it is only exposed, or to be chosen by the engine.
    pub host_port: Option<u16>,
    /// Port inside the container.
    pub container_port: u16,
    /// Protocol.
    pub protocol: Protocol,
}

impl PortMapping {
    /// Whether the host is to lead to it: it has an address or a port there.
    pub fn is_published(&self) -> bool {
        self.host_ip.is_some() || self.host_port.is_some()
    }
}

impl fmt::Display for PortMapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = match (self.host_port, self.host_ip.as_deref()) {
            (None, _) => String::new(),
            (Some(port), None | Some("" | "0.0.0.0" | "::")) => format!("{port}→"),
            (Some(port), Some(ip)) if ip.contains(':') => format!("[{ip}]:{port}→"),
            (Some(port), Some(ip)) => format!("{ip}:{port}→"),
        };
        f.pad(&format!("{host}{}/{}", self.container_port, self.protocol))
    }
}

/// One NAT mapping of the host: an address and port that lead into a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mapping {
    /// Its identity on this endpoint.
    pub id: MappingId,
    /// The port pair.
    pub port: PortMapping,
    /// The container it leads to; `None` for a rule whose container the engine does not know.
    pub container: Option<ContainerId>,
    /// The container's name, or the address when unknown.
    pub container_name: String,
    /// The address that packets are sent on to.
    pub target: Option<String>,
    /// The network it goes through.
    pub network: String,
    /// What made it.
    pub made_by: Maker,
    /// Whether it works now.
    pub reach: Reach,
    /// Whom it is in conflict with: a sentence's object, such as "`web-2`".
    pub conflict: Option<String>,
}

/// What made a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Maker {
    /// The engine.
    Engine,
    /// A process that forwards in user space.
    UserProxy,
    /// A rule of the host's packet filter.
    Rule,
    /// The Windows host network service.
    Hns,
    /// A static WinNAT mapping.
    WinNat,
}

impl Maker {
    /// The word on screen.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Engine => "engine",
            Self::UserProxy => "user proxy",
            Self::Rule => "rule",
            Self::Hns => "HNS",
            Self::WinNat => "WinNAT",
        }
    }
}

/// Whether a mapping leads anywhere now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// Its container runs.
    Up,
    /// Its container does not run.
    Down,
    /// A probe connected.
    Answered,
    /// A probe was refused or timed out.
    Refused,
}

impl Reach {
    /// The word on screen.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Answered => "answers",
            Self::Refused => "refused",
        }
    }
}

/// One live translated connection (Linux: nf_conntrack).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NatSession {
    /// Protocol.
    pub protocol: Protocol,
    /// `ESTABLISHED`, … ; empty for protocols without.
    pub state: String,
    /// Who began it: address and port.
    pub source: String,
    /// Whom it was sent to: address and port.
    pub destination: String,
    /// Where it was translated to: address and port.
    pub translated: String,
    /// Seconds until it is forgotten without traffic.
    pub timeout: Option<u32>,
    /// Bytes both ways, where the kernel counts them.
    pub bytes: Option<u64>,
    /// Whether it began in a container (masquerade) rather than outside (port mapping).
    pub outbound: bool,
    /// The container's name, where an address tells it.
    pub container: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(ip: Option<&str>, host: Option<u16>) -> String {
        let host_ip = ip.map(str::to_owned);
        PortMapping { host_ip, host_port: host, container_port: 80, protocol: Protocol::Tcp }.to_string()
    }

    #[test]
    fn ports_read_from_the_host_inwards() {
        assert_eq!(port(Some("0.0.0.0"), Some(8080)), "8080→80/tcp");
        assert_eq!(port(Some("127.0.0.1"), Some(8080)), "127.0.0.1:8080→80/tcp");
        assert_eq!(port(Some("::1"), Some(8080)), "[::1]:8080→80/tcp");
        assert_eq!(port(None, None), "80/tcp");
    }
}
