//! What a platform says of itself: shown to people, and asked for when an image is chosen. Pure.

use super::image::Platform;
use crate::model::Bytes;

/// What the engine runs on and by what means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// For what images must be built to run here.
    pub platform: Platform,
    /// The system as people call it: "Debian GNU/Linux 12", "Windows Server 2022".
    pub os: String,
    /// The kernel's version.
    pub kernel: String,
    /// What the host is called.
    pub hostname: String,
    /// The host's memory; 0 where it cannot be told.
    pub memory: Bytes,
    /// How layers are put on each other: `overlay`, `windowsfilter`.
    pub storage_driver: &'static str,
    /// What runs containers: `libcontainer`, `hcs`.
    pub runtime: &'static str,
    /// Windows: how new containers are kept apart; empty elsewhere.
    pub isolation: &'static str,
    /// Linux: 1 or 2; empty elsewhere.
    pub cgroup_version: &'static str,
    /// Linux: who makes cgroups; empty elsewhere.
    pub cgroup_driver: &'static str,
    /// What keeps containers in bounds beside namespaces.
    pub security: Vec<&'static str>,
}
