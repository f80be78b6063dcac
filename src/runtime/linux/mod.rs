//! How Linux does what [`super::host`] asks for. Knows neither images nor the database.
//!
//! | room | subject |
//! |---|---|
//! | [`network`] | bridges, links, namespaces, published ports |
//! | [`firewall`] | rules that people make |
//! | `nft` | a table of nftables, written over netlink |
//! | [`storage`] | layers on disk, overlayfs, tars |

pub mod bell;
pub mod firewall;
pub mod network;
mod nft;
//! | `cgroup` | what a container may use and has used, on both versions of cgroups |
//! | `seccomp` | which system calls it may make |
//! | `spec` | an order as an OCI runtime spec |
//! | [`storage`] | layers on disk, overlayfs, tars |

pub mod bell;
mod cgroup;
pub mod compute;
mod confine;
mod copy_up;
mod executor;
mod init;
mod inside;
pub mod monitor;
mod processes;
mod seccomp;
mod spec;
pub mod storage;

use std::path::Path;

use super::{
    Result,
    document::Order,
    host::{Network, Storage},
    layout::Layout,
};

/// What a monitor makes and undoes the surroundings of a container with.
pub(crate) struct Hands {
    storage: storage::LinuxStorage,
    network: Option<Box<dyn Network>>,
}

impl Hands {
    /// Linux's storage and network for an engine's folders.
    pub(crate) fn of(_: &Layout) -> Self {
        Self { storage: storage::LinuxStorage::default(), network: None }
    }

    /// Mounts the root of the container that `order` is about.
    pub(crate) fn mount(&self, order: &Order, own: &Path, root: &Path) -> Result<()> {
        self.storage.mount(&order.layers, own, root)
    }

    /// Takes it away again.
    pub(crate) fn unmount(&self, root: &Path) -> Result<()> {
        self.storage.unmount(root)
    }

    /// Makes its place in networks.
    pub(crate) fn attach(&self, order: &Order, netns: &Path) -> Result<()> {
        self.network.as_ref().map_or(Ok(()), |network| network.attach(&order.id, netns, &order.network))
    }

    /// Takes it away again.
    pub(crate) fn detach(&self, order: &Order, netns: &Path) -> Result<()> {
        self.network.as_ref().map_or(Ok(()), |network| network.detach(&order.id, netns, &order.network))
    }
}
