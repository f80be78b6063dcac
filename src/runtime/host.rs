//! What a platform must give to the engine aboard, named after what HCS, computestorage, HNS and the firewall of
//! Windows do; Linux fits into the same shape. Every call blocks; callers put it on a thread of its own.

use std::{io::Read, io::Write, path::Path, path::PathBuf};

use super::{
    Result,
    document::{BridgePlan, FilterRule, LinkPlan, MappingPlan, NetworkPlan, RuleScope},
};
use crate::model::{ContainerId, NetworkId, PathChange};

/// Layers on disk.
pub trait Storage: Send + Sync {
    /// Unpacks a layer's tar into `folder`, which there is not yet; `parents` are the layers below, lowest first. The
    /// folder stands whole and synced to disk afterwards, or not at all. Gives the bytes in its files.
    ///
    /// # Errors
    /// What of the tar is refused or what the system says; never leaves anything outside of `folder`.
    fn unpack(&self, tar: &mut dyn Read, parents: &[PathBuf], folder: &Path) -> Result<u64>;
    /// Removes a layer's folder, whatever is in it.
    fn remove_layer(&self, folder: &Path) -> Result<()>;
    /// Mounts a container's root at `root`: its layers (lowest first) under its own writable layer in `container`.
    fn mount(&self, layers: &[PathBuf], container: &Path, root: &Path) -> Result<()>;
    /// Takes the root away again; no error when it is not mounted.
    fn unmount(&self, root: &Path) -> Result<()>;
    /// What the writable layer changes, by path.
    fn changes(&self, layers: &[PathBuf], container: &Path) -> Result<Vec<PathChange>>;
    /// Writes the writable layer as a layer's tar.
    fn pack(&self, container: &Path, tar: &mut dyn Write) -> Result<()>;
}

/// Links, addresses and translated ports.
pub trait Network: Send + Sync {
    /// Makes a network's bridge and its rules, or mends what is not as it should be.
    fn ensure(&self, bridge: &BridgePlan) -> Result<()>;
    /// Takes a network's bridge and rules away; no error when there is none.
    fn remove(&self, network: &NetworkId, bridge: &str) -> Result<()>;
    /// Makes a container's namespace at `netns` with its links and mappings; undoes everything when a step fails.
    fn attach(&self, id: &ContainerId, netns: &Path, plan: &NetworkPlan) -> Result<()>;
    /// Takes everything away that [`Network::attach`] made; no error for what is not there.
    fn detach(&self, id: &ContainerId, netns: &Path, plan: &NetworkPlan) -> Result<()>;
    /// Makes the rules tell exactly of these networks and mappings, in one step: after a boot, or when somebody has
    /// flushed the host's rules. Cheap when nothing is missing.
    fn restore(&self, bridges: &[BridgePlan], mappings: &[(ContainerId, MappingPlan)]) -> Result<()>;
    /// Adds a link to a running container.
    fn connect(&self, id: &ContainerId, netns: &Path, link: &LinkPlan) -> Result<()>;
    /// Takes one away; no error when it is not there.
    fn disconnect(&self, id: &ContainerId, link: &LinkPlan) -> Result<()>;
    /// Publishes a port of a running container.
    ///
    /// # Errors
    /// [`super::RuntimeError::Conflict`] when another container has it.
    fn publish(&self, id: &ContainerId, mapping: &MappingPlan) -> Result<()>;
    /// Ends that; no error when it is not published, or by another container.
    fn unpublish(&self, id: &ContainerId, mapping: &MappingPlan) -> Result<()>;
    /// Takes away what a crash left: links and mappings of containers that are not among `alive`.
    fn sweep(&self, alive: &[ContainerId]) -> Result<()>;
}

/// Rules of longshore's own.
pub trait Firewall: Send + Sync {
    /// Makes these the rules, in this order, in one step. A rule about a container names its present addresses; one
    /// about a network needs none. The first rule of a direction that fits a packet decides whether it may go on to
    /// what holds for all: that networks are apart, and that only published ports are reached from outside.
    fn apply(&self, rules: &[(RuleScope, Vec<std::net::IpAddr>, FilterRule)]) -> Result<()>;
}

/// Running containers. On Linux every call but [`Compute::start`] speaks to the container's monitor or its cgroup.
pub trait Compute: Send + Sync {
    /// Starts the container whose order lies in `folder`; gives its main process's id on the host.
    fn start(&self, folder: &Path) -> Result<u32>;
    /// Sends a signal to its main process.
    fn kill(&self, folder: &Path, signal: i32) -> Result<()>;
    /// Freezes or thaws it.
    fn freeze(&self, folder: &Path, frozen: bool) -> Result<()>;
    /// Whether its monitor lives.
    fn is_watched(&self, folder: &Path) -> bool;
    /// Accounts for a container whose monitor is gone: kills what is left of it and undoes its mounts and links.
    fn bury(&self, folder: &Path) -> Result<()>;
}
