//! The engine and the host it runs on. Knows no engine's spelling.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Bytes;

/// What an engine says of itself and its host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct System {
    /// `Docker Engine`, `Podman Engine`, `longshore`.
    pub engine: String,
    /// The engine's version.
    pub version: String,
    /// The version of Docker's API in use; `aboard` where none is spoken.
    pub api_version: String,
    /// `linux` or `windows`.
    pub os_type: String,
    /// The distribution or edition.
    pub os: String,
    /// The kernel's release or the Windows build.
    pub kernel: String,
    /// `x86_64`, …
    pub arch: String,
    /// The host's name.
    pub hostname: String,
    /// Logical processors.
    pub cpus: u64,
    /// Memory.
    pub memory: Bytes,
    /// Storage driver.
    pub storage_driver: String,
    /// Where the engine keeps its data.
    pub data_root: String,
    /// Windows: isolation of new containers.
    pub isolation: String,
    /// `1` or `2` on Linux.
    pub cgroup_version: String,
    /// `systemd`, `cgroupfs`, …
    pub cgroup_driver: String,
    /// Default OCI runtime.
    pub runtime: String,
    /// Security options in force.
    pub security: Vec<String>,
    /// What the engine itself warns of.
    pub warnings: Vec<String>,
    /// Log driver of new containers.
    pub log_driver: String,
}

impl System {
    /// The engine and what is spoken with it: `Docker Engine 28.0.1, API 1.48`.
    pub fn spoken(&self) -> String {
        format!("{} {}, API {}", self.engine, self.version, self.api_version)
    }
}

/// Use of the host's processors and memory at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct HostLoad {
    /// Percent of all processors together, 0 to 100.
    pub cpu_percent: f64,
    /// Memory in use.
    pub memory_used: Bytes,
    /// Memory there is.
    pub memory_total: Bytes,
    /// Free bytes on the disk of the data root, where it can be told.
    pub disk_free: Option<Bytes>,
    /// Size of that disk.
    pub disk_total: Option<Bytes>,
}

/// Disk use by kind of thing, with the moment it was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DiskUsage {
    /// All image layers, shared ones once.
    pub images: Share,
    /// Writable layers of containers.
    pub containers: Share,
    /// Volumes.
    pub volumes: Share,
    /// Build cache.
    pub build_cache: Share,
    /// When it was counted.
    pub at: DateTime<Utc>,
}

/// What one kind of thing takes, and how much of it nobody needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// How many.
    pub count: usize,
    /// Bytes.
    pub size: Bytes,
    /// Bytes that a prune would free.
    pub reclaimable: Bytes,
}
