//! What holds for an endpoint: published ports, rules, translation. Knows no endpoint.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{is_zero, lenient};

/// A policy of an endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Raw", into = "Raw")]
pub enum Policy {
    /// A published port.
    PortMapping(PortMapping),
    /// A rule.
    Acl(Acl),
    /// Translation of what goes out.
    OutboundNat(OutboundNat),
    /// One that we do not make, as it is.
    Other {
        /// What it is.
        kind: String,
        /// What it says.
        settings: Value,
    },
}

/// A published port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PortMapping {
    /// The protocol's number: 6 is TCP, 17 is UDP.
    #[serde(deserialize_with = "lenient")]
    pub protocol: u32,
    /// The container's port.
    #[serde(deserialize_with = "lenient")]
    pub internal_port: u16,
    /// The host's port.
    #[serde(deserialize_with = "lenient")]
    pub external_port: u16,
    /// The host's address; every one where it is not told.
    #[serde(rename = "VIP", deserialize_with = "lenient", skip_serializing_if = "String::is_empty")]
    pub vip: String,
    /// 1: the address is routed on this host only; 2: IPv6.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "is_zero")]
    pub flags: u32,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Acl {
    /// Numbers of protocols with commas; all where it is not told.
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "String::is_empty")]
    pub protocols: String,
    /// What becomes of what it fits.
    pub action: AclAction,
    /// Which way that goes.
    pub direction: AclDirection,
    /// The container's own addresses, with commas.
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "String::is_empty")]
    pub local_addresses: String,
    /// The other side's addresses, with commas.
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "String::is_empty")]
    pub remote_addresses: String,
    /// The container's own ports, with commas.
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "String::is_empty")]
    pub local_ports: String,
    /// The other side's ports, with commas.
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "String::is_empty")]
    pub remote_ports: String,
    /// Who does it: `Host`, the host's filtering platform, or `Switch`, the virtual switch.
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "String::is_empty")]
    pub rule_type: String,
    /// The lowest that fits counts.
    #[serde(default, deserialize_with = "lenient")]
    pub priority: u16,
}

/// What becomes of traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AclAction {
    /// It passes.
    Allow,
    /// It does not.
    Block,
    /// Later rules say.
    Pass,
}

/// Which way traffic goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AclDirection {
    /// To the container.
    In,
    /// From the container.
    Out,
}

/// Translation of what goes out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct OutboundNat {
    /// The address it gets.
    #[serde(rename = "VirtualIP", deserialize_with = "lenient", skip_serializing_if = "String::is_empty")]
    pub virtual_ip: String,
    /// To where it does not happen, in CIDR form.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<String>,
}

/// A policy as the service writes it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Raw {
    #[serde(rename = "Type", default, deserialize_with = "lenient")]
    kind: String,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    settings: Value,
}

impl From<Raw> for Policy {
    fn from(Raw { kind, settings }: Raw) -> Self {
        fn known<T: DeserializeOwned>(settings: &Value, policy: fn(T) -> Policy) -> Option<Policy> {
            T::deserialize(settings).ok().map(policy)
        }
        let policy = match kind.as_str() {
            "PortMapping" => known(&settings, Self::PortMapping),
            "ACL" => known(&settings, Self::Acl),
            "OutBoundNAT" => known(&settings, Self::OutboundNat),
            _ => None,
        };
        // What a later build writes otherwise is passed over, not an error.
        policy.unwrap_or(Self::Other { kind, settings })
    }
}

impl From<Policy> for Raw {
    fn from(policy: Policy) -> Self {
        fn raw(kind: &str, settings: impl Serialize) -> Raw {
            // Plain numbers and texts: nothing in them can fail.
            Raw { kind: kind.to_owned(), settings: serde_json::to_value(settings).unwrap_or_default() }
        }
        match policy {
            Policy::PortMapping(mapping) => raw("PortMapping", mapping),
            Policy::Acl(acl) => raw("ACL", acl),
            Policy::OutboundNat(nat) => raw("OutBoundNAT", nat),
            Policy::Other { kind, settings } => Self { kind, settings },
        }
    }
}
