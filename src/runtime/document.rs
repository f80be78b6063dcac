//! What the runtime hands to a platform, as values: the same for Linux and Windows. Pure.
//!
//! | room | subject |
//! |---|---|
//! | [`guid`] | identifiers as Windows has them |
//! | [`hcn`] | what Windows' host compute network service is told and answers |
//! | [`hcs`] | what Windows' host compute service is told and answers |
//! | [`hcs_v1`] | the same for containers in virtual machines |
//! | [`layer`] | chains of layers of Windows |
//! | [`windows_firewall`] | rules of the firewall of a Windows host |
//! | [`windows_host`] | what a Windows is like, and what it lacks |

pub mod guid;
pub mod hcn;
pub mod hcs;
pub mod hcs_v1;
pub mod layer;
pub mod windows_access;
pub mod windows_firewall;
pub mod windows_host;

use std::{net::IpAddr, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use crate::model::{ContainerId, ContainerSpec, NetworkId, Protocol};
pub use crate::model::{FilterRule, RuleScope};

/// A container as it is to be started: everything is decided, nothing is looked up any more.
///
/// Written to `order.json` in the container's running folder and read by its monitor, so that a restart needs no
/// console.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Whose.
    pub id: ContainerId,
    /// Its name, for messages and its host name's default.
    pub name: String,
    /// What was asked for. Paths of volumes and binds are in `mounts`, already on the host.
    pub spec: ContainerSpec,
    /// Its main process: the image's settings and the spec's, merged.
    pub process: Process,
    /// Its health check, merged; `None` where there is none.
    pub health: Option<crate::model::HealthCheck>,
    /// Asks it to end.
    pub stop_signal: i32,
    /// What is mounted, in order: parents before what is inside of them.
    pub mounts: Vec<HostMount>,
    /// Folders of its image's layers, lowest first.
    pub layers: Vec<PathBuf>,
    /// Its place in networks.
    pub network: NetworkPlan,
    /// The data root, from which the monitor knows its [`super::layout::Layout`].
    pub data: PathBuf,
    /// Largest size of one log file in bytes, and how many there are.
    pub log: (u64, u32),
}

/// A process as it is to be started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its words, the program first.
    pub args: Vec<String>,
    /// `KEY=value`.
    pub env: Vec<String>,
    /// Its folder inside.
    pub cwd: String,
    /// `user[:group]`, names or numbers, looked up inside; root when empty.
    pub user: String,
    /// Whether it has a terminal.
    pub tty: bool,
    /// Whether its input is open.
    pub stdin: bool,
    /// Whether it may do everything.
    pub privileged: bool,
}

/// How a container is to end. Its monitor carries it out, whatever becomes of who asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopOrder {
    /// Asks its main process to end.
    pub signal: i32,
    /// After this time it is killed; whole milliseconds count.
    pub grace: Duration,
    /// Whether it is started again once it has ended.
    pub again: bool,
}

/// Something of the host mounted into a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostMount {
    /// The path on the host; `None`: a fresh tmpfs.
    pub source: Option<PathBuf>,
    /// The path inside.
    pub target: PathBuf,
    /// Whether it can only be read.
    pub read_only: bool,
    /// Whether it is first filled with what the image has there: a new volume.
    pub copy_up: bool,
    /// Bytes of a tmpfs at most.
    pub size: Option<u64>,
}

/// A container's place in networks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NetworkPlan {
    /// Nothing but loopback.
    None,
    /// The host's own network.
    Host,
    /// Another container's.
    Shared(ContainerId),
    /// A namespace of its own with links to bridges.
    Own {
        /// Its links, `eth0` first.
        links: Vec<LinkPlan>,
        /// Its published ports.
        mappings: Vec<MappingPlan>,
        /// `net.*` settings of the namespace.
        sysctls: Vec<(String, String)>,
    },
}

/// One link of a container to a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkPlan {
    /// To which.
    pub network: NetworkId,
    /// The network's name.
    pub network_name: String,
    /// The host's bridge.
    pub bridge: String,
    /// The interface inside: `eth0`, `eth1`, …
    pub interface: String,
    /// The interface on the host, at most 15 characters.
    pub host_interface: String,
    /// Its address and prefix length.
    pub address: (IpAddr, u8),
    /// The bridge's address. Where the network is not internal it is a default route; the first interface's counts.
    pub gateway: IpAddr,
    /// The same in IPv6.
    pub address6: Option<(IpAddr, u8)>,
    /// The same in IPv6.
    pub gateway6: Option<IpAddr>,
    /// Its hardware address, `02:…`.
    pub mac: String,
    /// Whether it does not lead to the outside.
    pub internal: bool,
    /// Whether containers of this network may talk to each other.
    pub icc: bool,
    /// Names by which others of the network reach it, its own first.
    pub names: Vec<String>,
}

/// A published port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MappingPlan {
    /// Protocol.
    pub protocol: Protocol,
    /// Address on the host; `None`: every address.
    pub host_ip: Option<IpAddr>,
    /// Port on the host.
    pub host_port: u16,
    /// The container's address.
    pub address: IpAddr,
    /// Port inside.
    pub port: u16,
}

/// A network as the host must have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BridgePlan {
    /// Which.
    pub network: NetworkId,
    /// The host's interface.
    pub bridge: String,
    /// Its range in CIDR form, and the bridge's address in it.
    pub subnet: String,
    /// The bridge's address.
    pub gateway: IpAddr,
    /// The same in IPv6.
    pub subnet6: Option<String>,
    /// The same in IPv6.
    pub gateway6: Option<IpAddr>,
    /// Whether it does not lead to the outside.
    pub internal: bool,
    /// Whether containers in it may talk to each other.
    pub icc: bool,
}
