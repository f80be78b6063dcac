//! Namespaces of HCN: what the endpoints of one container have in common. Knows no endpoint but by its id.

use serde::{Deserialize, Serialize};

use super::{SchemaVersion, lenient};
use crate::runtime::document::guid::Guid;

/// A namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Namespace {
    /// Its id; told apart from the document when it is made.
    #[serde(rename = "ID", skip_serializing_if = "Option::is_none")]
    pub id: Option<Guid>,
    /// Whose it is.
    #[serde(rename = "Type", deserialize_with = "lenient")]
    pub kind: NamespaceKind,
    /// The number of the network compartment; only in answers.
    #[serde(rename = "NamespaceId", skip_serializing_if = "Option::is_none")]
    pub compartment: Option<u32>,
    /// What is in it; only in answers.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Resource>,
    /// Its document's version.
    pub schema_version: SchemaVersion,
}

/// Whose a namespace is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum NamespaceKind {
    /// That of a container on the host's kernel.
    #[default]
    Host,
    /// The host's own.
    HostDefault,
    /// To be handed to a virtual machine.
    Guest,
    /// The virtual machine's own.
    GuestDefault,
    /// Something else.
    #[serde(other)]
    Other,
}

/// Something in a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "Type", content = "Data")]
pub enum Resource {
    /// An endpoint.
    Endpoint {
        /// Its id.
        #[serde(rename = "ID")]
        id: Guid,
    },
    /// A container.
    Container {
        /// Its id, as the compute service has it.
        #[serde(rename = "ID")]
        id: String,
    },
}
