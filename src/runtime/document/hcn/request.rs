//! What HCN is asked, and how its objects are changed. Knows no handle.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Policy, SchemaVersion, lenient};
use crate::runtime::document::guid::Guid;

/// A question for objects, or for what one is like.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Query {
    schema_version: SchemaVersion,
    #[serde(skip_serializing_if = "super::is_zero")]
    flags: u32,
    /// JSON in a text.
    #[serde(skip_serializing_if = "String::is_empty")]
    filter: String,
}

impl Query {
    /// For everything.
    pub fn all() -> Self {
        Self::default()
    }

    /// For objects of this name. A courtesy: the service may tell of others, too.
    pub fn named(name: &str) -> Self {
        Self { filter: json!({ "Name": name }).to_string(), ..Self::default() }
    }

    /// For endpoints of a network, likewise.
    pub fn of_network(network: Guid) -> Self {
        Self { filter: json!({ "VirtualNetwork": network }).to_string(), ..Self::default() }
    }
}

/// A change of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Change {
    resource_type: &'static str,
    request_type: &'static str,
    settings: Value,
}

impl Change {
    /// Puts an endpoint into a namespace.
    pub fn join(endpoint: Guid) -> Self {
        Self::of("Endpoint", "Add", json!({ "EndpointId": endpoint }))
    }

    /// Takes an endpoint out of a namespace.
    pub fn leave(endpoint: Guid) -> Self {
        Self::of("Endpoint", "Remove", json!({ "EndpointId": endpoint }))
    }

    /// Gives an endpoint more policies.
    pub fn add(policies: &[Policy]) -> Self {
        Self::of("Policy", "Add", json!({ "Policies": policies }))
    }

    /// Takes policies of an endpoint away; they are told by all that they say.
    pub fn take_away(policies: &[Policy]) -> Self {
        Self::of("Policy", "Remove", json!({ "Policies": policies }))
    }

    fn of(resource_type: &'static str, request_type: &'static str, settings: Value) -> Self {
        Self { resource_type, request_type, settings }
    }
}

/// What went through an endpoint since it was attached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Statistics {
    /// Bytes to the container.
    #[serde(deserialize_with = "lenient")]
    pub bytes_received: u64,
    /// Bytes from it.
    #[serde(deserialize_with = "lenient")]
    pub bytes_sent: u64,
    /// Packets to it.
    #[serde(deserialize_with = "lenient")]
    pub packets_received: u64,
    /// Packets from it.
    #[serde(deserialize_with = "lenient")]
    pub packets_sent: u64,
    /// Packets to it that were lost.
    #[serde(deserialize_with = "lenient")]
    pub dropped_packets_incoming: u64,
    /// Packets from it that were lost.
    #[serde(deserialize_with = "lenient")]
    pub dropped_packets_outgoing: u64,
}

/// The ids that an enumeration answers; nothing else is in it.
///
/// # Errors
/// When it is no list of them.
pub fn identifiers(answer: &str) -> serde_json::Result<Vec<Guid>> {
    let ids: Option<Vec<Guid>> = if answer.is_empty() { None } else { serde_json::from_str(answer)? };
    Ok(ids.unwrap_or_default())
}
