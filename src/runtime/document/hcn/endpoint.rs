//! Endpoints of HCN: a container's places in networks. Knows no container.

use serde::{Deserialize, Serialize};

use super::{
    Dns, SchemaVersion, flags, is_zero, lenient,
    network::Route,
    policy::{Policy, PortMapping},
};
use crate::runtime::document::guid::Guid;

/// Endpoints of the network do not reach each other (`DisableInterComputeCommunication`).
pub(super) const APART: u32 = 2;

/// An endpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Endpoint {
    /// Its id; told apart from the document when it is made.
    #[serde(rename = "ID", skip_serializing_if = "Option::is_none")]
    pub id: Option<Guid>,
    /// Its name.
    #[serde(deserialize_with = "lenient")]
    pub name: String,
    /// Its network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_compute_network: Option<Guid>,
    /// Its namespace; only told when it is made, and in answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_compute_namespace: Option<Guid>,
    /// What holds for it.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Policy>,
    /// Its addresses; chosen by the service where none is told.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Vec::is_empty")]
    pub ip_configurations: Vec<IpConfig>,
    /// Where names are looked up.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Dns::is_empty")]
    pub dns: Dns,
    /// Where it leads.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    /// Its hardware address, `00-15-5D-…`; chosen by the service where none is told.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "String::is_empty")]
    pub mac_address: String,
    /// The sum of its flags.
    #[serde(deserialize_with = "flags", skip_serializing_if = "is_zero")]
    pub flags: u32,
    /// Its document's version.
    pub schema_version: SchemaVersion,
}

/// An address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct IpConfig {
    /// The address.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "String::is_empty")]
    pub ip_address: String,
    /// Bits of it that are the network's.
    #[serde(deserialize_with = "lenient")]
    pub prefix_length: u8,
}

impl Endpoint {
    /// Its published ports.
    pub fn ports(&self) -> impl Iterator<Item = &PortMapping> {
        self.policies.iter().filter_map(|policy| match policy {
            Policy::PortMapping(mapping) => Some(mapping),
            _ => None,
        })
    }
}
