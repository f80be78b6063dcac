//! What is asked of systems and of the service, and the answers. Pure.

use serde::{Deserialize, Serialize};

use super::{
    Version,
    statistics::{ProcessDetails, Statistics},
};

/// Which systems `HcsEnumerateComputeSystems` lists: those that fit every list which is not empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SystemQuery {
    /// Of these ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// Of these kinds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<SystemType>,
    /// Made by these, by their whole names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<String>,
}

impl SystemQuery {
    /// All containers, whoever made them.
    pub fn containers() -> Self {
        Self { types: vec![SystemType::Container], ..Self::default() }
    }

    /// Those of this owner.
    pub fn of(owner: &str) -> Self {
        Self { owners: vec![owner.to_owned()], ..Self::default() }
    }
}

/// A kind of system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SystemType {
    /// A container.
    #[default]
    Container,
    /// A virtual machine, also one around a container.
    VirtualMachine,
    /// One that is newer than this program.
    #[serde(other, skip_serializing)]
    Unknown,
}

/// What `HcsGetComputeSystemProperties` is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PropertyQuery {
    /// Beside what is always told.
    pub property_types: Vec<PropertyType>,
}

/// What a system can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum PropertyType {
    /// What it uses.
    Statistics,
    /// What runs in it.
    ProcessList,
}

/// A system as HCS lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Properties {
    /// Its id; letters count the same, be they small or capital.
    pub id: String,
    /// Its kind.
    pub system_type: SystemType,
    /// Who made it, in that program's own word: `longshore@C:\\…`, `docker`, `containerd-shim-runhcs-v1.exe`.
    pub owner: String,
    /// The GUID of this run of it.
    pub runtime_id: String,
    /// The virtual machine it is in; empty under process isolation.
    pub hosting_system_id: String,
    /// How it stands.
    pub state: State,
    /// Whether it has ended.
    pub stopped: bool,
    /// What it uses, where that was asked for.
    pub statistics: Option<Statistics>,
    /// What runs in it, where that was asked for.
    pub process_list: Vec<ProcessDetails>,
}

impl Properties {
    /// Whether longshore made it, over whatever data root. What others made is shown and never touched.
    pub fn is_own(&self) -> bool {
        self.owner.starts_with(super::OWNER)
    }
}

/// How a system stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum State {
    /// Not started yet.
    Created,
    /// Runs.
    Running,
    /// Is frozen.
    Paused,
    /// Has ended.
    Stopped,
    /// Is told nothing of, or something newer than this program.
    #[default]
    #[serde(other)]
    Unknown,
}

/// What `HcsGetServiceProperties` is asked for.
pub const SERVICE_QUERY: &str = r#"{"PropertyTypes":["Basic"]}"#;

/// The service's answer to [`SERVICE_QUERY`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ServiceProperties {
    /// One for each property asked for.
    pub properties: Vec<BasicInformation>,
}

/// What the service says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct BasicInformation {
    /// The highest version of each major one.
    pub supported_schema_versions: Vec<Version>,
}

impl ServiceProperties {
    /// The highest version of documents it takes.
    pub fn newest(&self) -> Option<Version> {
        self.properties.iter().flat_map(|basic| basic.supported_schema_versions.iter().copied()).max()
    }
}
