//! What Windows' host compute network service (HCN, also HNS) is told and answers, as values. Pure; built and tested on
//! every system.
//!
//! | file | subject |
//! |---|---|
//! | `network`, `endpoint`, `namespace` | the three kinds of objects |
//! | `policy` | what holds for an endpoint: published ports, rules |
//! | `request` | queries, changes, statistics |
//! | `trouble` | error records and what they mean |
//! | `plan` | from plans of networks to objects |
//!
//! Source of names and numbers: Microsoft's reference of the HCN API, version 2.0 of its documents. The service refuses
//! what it does not know, so what is not set is left out and never written as null; it leaves out itself what is zero,
//! so that any member may be missing or null when an answer is read.

mod endpoint;
mod namespace;
mod network;
mod plan;
mod policy;
mod request;
mod trouble;

use serde::{Deserialize, Deserializer, Serialize};

pub use endpoint::{Endpoint, IpConfig};
pub use namespace::{Namespace, NamespaceKind, Resource};
pub use network::{Dns, Ipam, Network, NetworkKind, Route, Subnet};
pub use plan::{
    Call, Ground, OWNED, Way, acl, attach, detach, endpoint_of, ids, join, leave, network, owner_of, port, translating,
    used_for, way,
};
pub use policy::{Acl, AclAction, AclDirection, OutboundNat, Policy, PortMapping};
pub use request::{Change, Query, Statistics, identifiers};
pub use trouble::{Code, Heard, Holders, Record, trouble};

/// The version of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SchemaVersion {
    /// Documents of different ones have nothing in common.
    pub major: u32,
    /// Later ones have more members.
    pub minor: u32,
}

impl Default for SchemaVersion {
    /// 2.0, which every build from 17763 on takes.
    fn default() -> Self {
        Self { major: 2, minor: 0 }
    }
}

/// What may be missing or null.
fn lenient<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// A sum of flags, which some builds write as a number and others as names.
fn flags<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(u32),
        Names(String),
    }
    let either: Option<Either> = Option::deserialize(from)?;
    Ok(match either {
        None => 0,
        Some(Either::Number(number)) => number,
        Some(Either::Names(names)) => names.split(',').map(|name| flag(name.trim())).fold(0, |sum, flag| sum | flag),
    })
}

/// The number of a network's flag.
fn flag(name: &str) -> u32 {
    const NAMES: [&str; 14] = [
        "EnableDns",
        "EnableDhcp",
        "EnableMirroring",
        "EnableNonPersistent",
        "EnablePersistent",
        "IsolateVSwitch",
        "EnableFlowSteering",
        "DisableSharing",
        "EnableFirewall",
        "SuppressMediaDisconnect",
        "DisableHostPort",
        "WeakHostReceive",
        "WeakHostSend",
        "EnableIov",
    ];
    NAMES.iter().position(|known| *known == name).map_or(0, |at| 1 << at)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests;
