//! Container networks. Knows no driver.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{ContainerId, HasId, NetworkId};

/// One network.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Network {
    /// The engine's id.
    pub id: NetworkId,
    /// Its name.
    pub name: String,
    /// `bridge`, `nat`, `host`, `none`, `overlay`, `transparent`, …
    pub driver: String,
    /// `local`, `swarm`, `global`.
    pub scope: String,
    /// Whether containers in it cannot reach the outside.
    pub internal: bool,
    /// Whether IPv6 is on.
    pub ipv6: bool,
    /// Address ranges, IPv4 first.
    pub subnets: Vec<Subnet>,
    /// Who is in it.
    pub endpoints: Vec<NetworkEndpoint>,
    /// When it was made.
    pub created: Option<DateTime<Utc>>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Driver options.
    pub options: BTreeMap<String, String>,
}

impl HasId for Network {
    type Id = NetworkId;

    fn id(&self) -> &NetworkId {
        &self.id
    }
}

impl Network {
    /// Whether the engine made it for itself and would not let it go.
    pub fn is_builtin(&self) -> bool {
        matches!(self.name.as_str(), "bridge" | "host" | "none" | "nat")
    }

    /// Whether outbound traffic is translated to the host's address.
    pub fn masquerades(&self) -> bool {
        let asked = self.options.get("com.docker.network.bridge.enable_ip_masquerade");
        matches!(self.driver.as_str(), "bridge" | "nat") && !self.internal && asked.is_none_or(|v| v != "false")
    }

    /// The name of the host's bridge, where there is one (Docker: `br-` and twelve digits, or the option).
    pub fn bridge(&self) -> Option<String> {
        if self.driver != "bridge" {
            return None;
        }
        let named = self.options.get("com.docker.network.bridge.name").cloned();
        Some(named.unwrap_or_else(|| format!("br-{}", self.id.short())))
    }
}

/// One address range of a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subnet {
    /// In CIDR form.
    pub range: String,
    /// The gateway's address.
    pub gateway: Option<String>,
}

/// A container's place in a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NetworkEndpoint {
    /// Who.
    pub container: ContainerId,
    /// The container's name.
    pub name: String,
    /// IPv4 address with prefix.
    pub address: String,
    /// IPv6 address with prefix.
    pub address6: String,
    /// MAC address.
    pub mac: String,
}

/// What a new network shall be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkSpec {
    /// Its name.
    pub name: String,
    /// The driver; the engine's default when empty.
    pub driver: Option<String>,
    /// Address range in CIDR form.
    pub subnet: Option<String>,
    /// The gateway's address.
    pub gateway: Option<String>,
    /// Whether containers in it cannot reach the outside.
    pub internal: bool,
    /// Whether IPv6 is on.
    pub ipv6: bool,
    /// Whether containers may be attached by hand (overlay).
    pub attachable: bool,
    /// Labels.
    pub labels: BTreeMap<String, String>,
}
