//! Networks of HCN. Knows no endpoint.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{SchemaVersion, flags, is_zero, lenient};
use crate::runtime::document::guid::Guid;

/// A network is not kept over a boot (`EnableNonPersistent`).
pub(super) const NON_PERSISTENT: u32 = 8;

/// A network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Network {
    /// Its id; told apart from the document when it is made.
    #[serde(rename = "ID", skip_serializing_if = "Option::is_none")]
    pub id: Option<Guid>,
    /// Its name.
    #[serde(deserialize_with = "lenient")]
    pub name: String,
    /// What it does.
    #[serde(rename = "Type", deserialize_with = "lenient")]
    pub kind: NetworkKind,
    /// What holds for it; none of it is ours.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Value>,
    /// Its ranges.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Vec::is_empty")]
    pub ipams: Vec<Ipam>,
    /// Where names are looked up.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Dns::is_empty")]
    pub dns: Dns,
    /// The sum of its flags.
    #[serde(deserialize_with = "flags", skip_serializing_if = "is_zero")]
    pub flags: u32,
    /// Its document's version.
    pub schema_version: SchemaVersion,
}

/// What a network does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum NetworkKind {
    /// Translates addresses (WinNAT). The first number of the service's list, and so left out of many answers.
    #[default]
    #[serde(rename = "NAT", alias = "nat", alias = "Nat")]
    Nat,
    /// Translates addresses by Internet Connection Sharing, as on Windows for clients.
    #[serde(rename = "ICS", alias = "ics", alias = "Ics")]
    Ics,
    /// Is the host's own.
    Transparent,
    /// The same with one hardware address.
    L2Bridge,
    /// The same with all traffic led through the host.
    L2Tunnel,
    /// Spans hosts.
    Overlay,
    /// Connects containers with each other only.
    Private,
    /// Connects containers with each other and the host.
    Internal,
    /// Something else.
    #[serde(other)]
    Other,
}

/// Ranges of addresses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Ipam {
    /// `Static` or `DHCP`.
    #[serde(rename = "Type", deserialize_with = "lenient", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// The ranges.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Vec::is_empty")]
    pub subnets: Vec<Subnet>,
}

/// A range of addresses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Subnet {
    /// In CIDR form.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "String::is_empty")]
    pub ip_address_prefix: String,
    /// Where it leads.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
}

/// A route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Route {
    /// Through which address.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "String::is_empty")]
    pub next_hop: String,
    /// To where, in CIDR form.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "String::is_empty")]
    pub destination_prefix: String,
}

/// Where names are looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Dns {
    /// What names end in.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "String::is_empty")]
    pub domain: String,
    /// What is tried after them.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Vec::is_empty")]
    pub search: Vec<String>,
    /// Who is asked.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Vec::is_empty")]
    pub server_list: Vec<String>,
}

impl Dns {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Network {
    /// Its first range in CIDR form, and the address that leads out of it.
    pub fn range(&self) -> Option<(&str, Option<&str>)> {
        let subnet = self.ipams.iter().flat_map(|ipam| &ipam.subnets).next()?;
        let out = subnet.routes.iter().find(|route| route.destination_prefix == "0.0.0.0/0");
        Some((&subnet.ip_address_prefix, out.map(|route| route.next_hop.as_str())))
    }
}
