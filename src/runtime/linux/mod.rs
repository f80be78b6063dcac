//! How Linux does what [`super::host`] asks for. Knows no image; the database only where a monitor writes it.
//!
//! | room | subject |
//! |---|---|
//! | [`compute`] | running containers, as the rest of the runtime sees them |
//! | [`monitor`] | the phases of the process beside each container |
//! | `spec` | an order as an OCI runtime spec |
//! | `executor`, `confine`, `init` | the last steps before a container's program runs |
//! | `sealed` | this program as containers may meet it |
//! | `seccomp` | which system calls it may make |
//! | `cgroup`, `processes` | what a container may use, has used and consists of |
//! | [`network`] | bridges, links, namespaces, published ports |
//! | [`firewall`] | rules that people make |
//! | `nft` | a table of nftables, written over netlink |
//! | [`storage`] | layers on disk, overlayfs, tars |

pub mod bell;
mod cgroup;
pub mod compute;
mod confine;
mod executor;
pub mod firewall;
mod init;
mod inside;
pub mod monitor;
pub mod network;
mod nft;
mod processes;
mod sealed;
mod seccomp;
mod spec;
pub mod storage;

use std::{fs, path::Path, sync::Arc};

use self::{compute::Compute, firewall::KernelFirewall, network::KernelNetwork, storage::LinuxStorage};
use super::{Platform, about::About, image, layout::Layout};
use crate::model::text::cleaned;

/// All that Linux gives to the engine over these folders.
pub fn platform(layout: &Layout) -> Platform {
    with_compute(layout, Compute::default())
}

/// The same with monitors of another program, which must be longshore: for tests.
pub fn with_compute(layout: &Layout, compute: Compute) -> Platform {
    Platform {
        storage: Arc::new(LinuxStorage::default()),
        files: Arc::new(LinuxStorage::default()),
        network: Arc::new(KernelNetwork::new(&layout.data)),
        firewall: Arc::new(KernelFirewall::new(&layout.data)),
        compute: Arc::new(compute),
        ears: bell::ears,
        about: about(),
    }
}

fn about() -> About {
    let line = |path: &str| fs::read_to_string(path).map(|text| cleaned(text.trim())).unwrap_or_default();
    let is_second = Path::new("/sys/fs/cgroup/cgroup.controllers").exists();
    About {
        platform: image::Platform::own(),
        os: distribution(),
        kernel: line("/proc/sys/kernel/osrelease"),
        hostname: line("/proc/sys/kernel/hostname"),
        storage_driver: "overlay",
        runtime: "libcontainer",
        isolation: "",
        cgroup_version: if is_second { "2" } else { "1" },
        cgroup_driver: "cgroupfs",
        security: vec!["seccomp"],
    }
}

/// The distribution's name (os-release(5)).
fn distribution() -> String {
    let text = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.map_or_else(|| std::env::consts::OS.to_owned(), |name| cleaned(name.trim_matches('"')))
}
