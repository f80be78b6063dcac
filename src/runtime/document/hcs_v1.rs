//! A container with Hyper-V isolation as `vmcompute.dll` creates it: a document of schema 1, from which the service
//! makes the virtual machine by itself. Pure.
//!
//! Source: the documents that Docker Engine for Windows and hcsshim send, and Microsoft's schema of version 1. What is
//! told to it comes from the same plan as under process isolation; only its shape is another.

use serde::Serialize;

use super::hcs::system::{ComputeSystem, Layer, MappedDirectory, MappedPipe, Processor};

/// What has been made for the virtual machine around a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// The folder of the container's own writable layer.
    pub scratch: String,
    /// The folder `UtilityVM` of the uppermost layer that has one.
    pub image: String,
    /// The GUIDs of its HNS endpoints.
    pub endpoints: Vec<String>,
}

/// What `HcsCreateComputeSystem` of `vmcompute.dll` is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Container {
    /// Always a container.
    pub system_type: SystemType,
    /// Its id.
    pub name: String,
    /// Who makes it.
    pub owner: String,
    /// Whether it ends with the last handle to it.
    pub terminate_on_last_handle_closed: bool,
    /// Whether writes need not reach the disk while it starts.
    pub ignore_flushes_during_boot: bool,
    /// The folder of its own writable layer.
    pub layer_folder_path: String,
    /// Its image's layers, the nearest parent first.
    pub layers: Vec<LayerV1>,
    /// Whole processors; 0 for no limit.
    #[serde(skip_serializing_if = "is_zero")]
    pub processor_count: u32,
    /// Its share where processors are short.
    #[serde(skip_serializing_if = "is_zero")]
    pub processor_weight: u32,
    /// Ten-thousandths of the whole host.
    #[serde(skip_serializing_if = "is_zero")]
    pub processor_maximum: u32,
    /// MiB; the service's own default without.
    #[serde(rename = "MemoryMaximumInMB", skip_serializing_if = "Option::is_none")]
    pub memory_maximum_in_mb: Option<u64>,
    /// Its computer name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub host_name: String,
    /// Folders of the host inside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mapped_directories: Vec<MappedDirectory>,
    /// Named pipes of the host inside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mapped_pipes: Vec<MappedPipe>,
    /// That it is in a virtual machine.
    pub hv_partition: bool,
    /// What the virtual machine starts from.
    pub hv_runtime: HvRuntime,
    /// Its endpoints.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub endpoint_list: Vec<String>,
    /// Whether names without a dot are asked of the name servers.
    #[serde(rename = "AllowUnqualifiedDNSQuery")]
    pub allow_unqualified_dns_query: bool,
    /// Domains in which short names are looked up, with commas between them.
    #[serde(rename = "DNSSearchList", skip_serializing_if = "String::is_empty")]
    pub dns_search_list: String,
}

/// The kind of a system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum SystemType {
    /// A container.
    #[default]
    Container,
}

/// A layer, with its id in capitals as schema 1 has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LayerV1 {
    /// The GUID of its folder's name.
    #[serde(rename = "ID")]
    pub id: String,
    /// Its folder.
    #[serde(rename = "Path")]
    pub path: String,
}

/// What a virtual machine starts from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct HvRuntime {
    /// The folder `UtilityVM` of a layer.
    pub image_path: String,
}

impl Container {
    /// The same container, in a virtual machine. Its registry stays as it is: schema 1 has nothing for it.
    pub fn in_machine(id: &str, planned: ComputeSystem, machine: Machine) -> Self {
        let container = planned.container;
        let layer = |Layer { id, path }| LayerV1 { id, path };
        let (count, weight, maximum) = match container.processor {
            Some(Processor::Count(count)) => (count, 0, 0),
            Some(Processor::Weight(weight)) => (0, weight, 0),
            Some(Processor::Maximum(maximum)) => (0, 0, maximum),
            None => (0, 0, 0),
        };
        let network = container.networking.unwrap_or_default();
        Self {
            system_type: SystemType::Container,
            name: id.to_owned(),
            owner: planned.owner,
            terminate_on_last_handle_closed: planned.should_terminate_on_last_handle_closed,
            ignore_flushes_during_boot: true,
            layer_folder_path: machine.scratch,
            layers: container.storage.layers.into_iter().map(layer).collect(),
            processor_count: count,
            processor_weight: weight,
            processor_maximum: maximum,
            memory_maximum_in_mb: container.memory.map(|memory| memory.size_in_mb),
            host_name: container.guest_os.map(|guest| guest.host_name).unwrap_or_default(),
            mapped_directories: container.mapped_directories,
            mapped_pipes: container.mapped_pipes,
            hv_partition: true,
            hv_runtime: HvRuntime { image_path: machine.image },
            endpoint_list: machine.endpoints,
            allow_unqualified_dns_query: network.allow_unqualified_dns_query,
            dns_search_list: network.dns_search_list,
        }
    }
}

/// What `vmcompute.dll` tells by its callback, as far as longshore listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Notification {
    /// The system has ended.
    SystemExited = 1,
    /// It was created.
    CreateCompleted = 2,
    /// It was started.
    StartCompleted = 3,
    /// It was frozen.
    PauseCompleted = 4,
    /// It was thawed.
    ResumeCompleted = 5,
    /// A process has ended.
    ProcessExited = 0x0001_0000,
    /// The service was restarted; `computecore.dll` has another number for it.
    ServiceDisconnect = 0x0100_0000,
}

impl Notification {
    /// By its number; `None` for what longshore does not listen to.
    pub fn of(number: u32) -> Option<Self> {
        let all = [
            Self::SystemExited,
            Self::CreateCompleted,
            Self::StartCompleted,
            Self::PauseCompleted,
            Self::ResumeCompleted,
            Self::ProcessExited,
            Self::ServiceDisconnect,
        ];
        all.into_iter().find(|one| *one as u32 == number)
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::runtime::document::hcs::{
        Version,
        system::{Container as Shared, GuestOs, Memory, Networking, Storage},
    };

    #[test]
    fn a_container_in_a_machine_is_told_in_schema_1() {
        let layer = Layer { id: "a1000000-0000-5000-8000-000000000000".into(), path: "C:\\ls\\layers\\a1".into() };
        let networking = Networking { allow_unqualified_dns_query: true, ..Networking::default() };
        let planned = ComputeSystem {
            owner: "longshore".into(),
            schema_version: Version::OLDEST,
            should_terminate_on_last_handle_closed: false,
            container: Shared {
                guest_os: Some(GuestOs { host_name: "web1".into() }),
                storage: Storage { layers: vec![layer], path: String::new() },
                networking: Some(networking),
                memory: Some(Memory { size_in_mb: 1024 }),
                processor: Some(Processor::Maximum(5000)),
                ..Shared::default()
            },
        };
        let machine = Machine {
            scratch: "C:\\ls\\containers\\web".into(),
            image: "C:\\ls\\layers\\a1\\UtilityVM".into(),
            endpoints: vec!["e3a0c1c4-5f6e-4f0e-9d2c-000000000001".into()],
        };
        let expected = json!({
            "SystemType": "Container",
            "Name": "web",
            "Owner": "longshore",
            "TerminateOnLastHandleClosed": false,
            "IgnoreFlushesDuringBoot": true,
            "LayerFolderPath": "C:\\ls\\containers\\web",
            "Layers": [ { "ID": "a1000000-0000-5000-8000-000000000000", "Path": "C:\\ls\\layers\\a1" } ],
            "ProcessorMaximum": 5000,
            "MemoryMaximumInMB": 1024,
            "HostName": "web1",
            "HvPartition": true,
            "HvRuntime": { "ImagePath": "C:\\ls\\layers\\a1\\UtilityVM" },
            "EndpointList": [ "e3a0c1c4-5f6e-4f0e-9d2c-000000000001" ],
            "AllowUnqualifiedDNSQuery": true,
        });
        assert_eq!(serde_json::to_value(Container::in_machine("web", planned, machine)).unwrap(), expected);
    }

    #[test]
    fn notifications_are_known_by_their_numbers() {
        assert_eq!(Notification::of(1), Some(Notification::SystemExited));
        assert_eq!(Notification::of(0x0100_0000), Some(Notification::ServiceDisconnect));
        assert_eq!(Notification::of(0x0200_0000), None);
    }
}
