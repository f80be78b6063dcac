//! A container with process isolation as HCS creates it, and changes to one that runs. Pure.

use std::path::Path;

use serde::Serialize;

use super::{Version, is_default};

/// What `HcsCreateComputeSystem` is told; the id is an argument of the call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ComputeSystem {
    /// Who makes it: [`super::owner`].
    pub owner: String,
    /// The oldest version that has every member which is set.
    pub schema_version: Version,
    /// Whether it ends with the last handle to it, and with the process that holds it.
    pub should_terminate_on_last_handle_closed: bool,
    /// The container.
    pub container: Container,
}

/// A container that shares the host's kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Container {
    /// Its name of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest_os: Option<GuestOs>,
    /// What it stands on.
    pub storage: Storage,
    /// Its network; none at all without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub networking: Option<Networking>,
    /// Folders of the host inside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mapped_directories: Vec<MappedDirectory>,
    /// Named pipes of the host inside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mapped_pipes: Vec<MappedPipe>,
    /// How much memory its processes may commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Memory>,
    /// How much of the processors it may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processor: Option<Processor>,
    /// What is written into its registry before it starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_changes: Option<RegistryChanges>,
}

/// The guest's own settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GuestOs {
    /// Its computer name.
    pub host_name: String,
}

/// What a container stands on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Storage {
    /// Its image's layers, the nearest parent first and the base last.
    pub layers: Vec<Layer>,
    /// The mounted volume of its writable layer: `\\?\Volume{…}\`, with the backslash at the end.
    pub path: String,
}

/// A layer on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Layer {
    /// The GUID that `NameToGuid` gives for its folder's name.
    pub id: String,
    /// Its folder.
    pub path: String,
}

/// A container's place in the network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Networking {
    /// The GUID of its HCN namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Whether names without a dot are asked of the name servers.
    #[serde(skip_serializing_if = "is_default")]
    pub allow_unqualified_dns_query: bool,
    /// Domains in which short names are looked up, with commas between them.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub dns_search_list: String,
}

/// A folder of the host inside a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MappedDirectory {
    /// Its path on the host, links resolved.
    pub host_path: String,
    /// Its path inside.
    pub container_path: String,
    /// Whether it can only be read.
    #[serde(skip_serializing_if = "is_default")]
    pub read_only: bool,
}

/// A named pipe of the host inside a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MappedPipe {
    /// Its name inside, without `\\.\pipe\`.
    pub container_pipe_name: String,
    /// Its whole path on the host.
    pub host_path: String,
}

/// How much memory a container's processes may commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// In MiB, at least 1.
    #[serde(rename = "SizeInMB")]
    pub size_in_mb: u64,
}

/// How much of the processors a container may use; HCS takes one of the three only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Processor {
    /// So many whole processors.
    Count(u32),
    /// So many ten-thousandths of the whole host, 1 to 10000.
    Maximum(u32),
    /// Its share where processors are short, 1 to 10000.
    Weight(u32),
}

/// Changes to a container's registry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RegistryChanges {
    /// Values to write.
    pub add_values: Vec<RegistryValue>,
}

/// A text in a registry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RegistryValue {
    /// Where.
    pub key: RegistryKey,
    /// Its name.
    pub name: String,
    /// Its type.
    pub r#type: RegistryType,
    /// The text.
    pub string_value: String,
}

/// A key of a registry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RegistryKey {
    /// In which file.
    pub hive: Hive,
    /// Its path in there.
    pub name: String,
}

/// A file of the registry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum Hive {
    /// `HKLM\SYSTEM`.
    #[default]
    System,
}

/// What a registry value is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum RegistryType {
    /// A text.
    #[default]
    String,
}

/// A change to a container that runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Modify<T> {
    /// What is changed.
    pub resource_path: &'static str,
    /// How.
    pub request_type: RequestType,
    /// What it becomes.
    pub settings: T,
}

/// How something is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum RequestType {
    /// It is there afterwards.
    Add,
    /// It is not there afterwards.
    Remove,
    /// It is another afterwards.
    Update,
}

impl Modify<u64> {
    /// Another limit of memory, in MiB.
    pub const fn memory(mebibytes: u64) -> Self {
        let resource_path = "Container/Memory/SizeInMB";
        Self { resource_path, request_type: RequestType::Update, settings: mebibytes }
    }
}

impl Modify<Processor> {
    /// Another limit of processors.
    pub const fn processor(processor: Processor) -> Self {
        Self { resource_path: "Container/Processor", request_type: RequestType::Update, settings: processor }
    }
}

impl Layer {
    /// The layer of this GUID in this folder.
    pub fn new(id: impl Into<String>, folder: &Path) -> Self {
        Self { id: id.into(), path: folder.to_string_lossy().into_owned() }
    }
}
