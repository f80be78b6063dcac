//! What a new container shall be, with all that a person can ask for. Knows no engine's spelling.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use super::{Bytes, Isolation, Limits, Mount, PortMapping};

/// What a new container shall be; the answers of the create form or the flags of `longshore run`, checked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainerSpec {
    /// The image's reference or id.
    pub image: String,
    /// `os[/arch[/variant]]` of the image; the engine's own when empty.
    pub platform: Option<String>,
    /// Its name; the engine makes one up when empty.
    pub name: Option<String>,
    /// What to run instead of the image's command.
    pub command: Vec<String>,
    /// What to run instead of the image's entry point.
    pub entrypoint: Option<Vec<String>>,
    /// `KEY=value`, or `KEY` for an empty value.
    pub env: Vec<String>,
    /// Working directory inside.
    pub workdir: Option<String>,
    /// `user[:group]` inside.
    pub user: Option<String>,
    /// Host name inside.
    pub hostname: Option<String>,
    /// Ports to publish.
    pub ports: Vec<PortMapping>,
    /// Whether every port that the image or [`ContainerSpec::ports`] exposes is published, at a port of the engine's choice.
    pub publish_all: bool,
    /// What to mount.
    pub mounts: Vec<Mount>,
    /// The network to attach to, or `host`, `none`, `container:ID`.
    pub network: Option<String>,
    /// Limits and restart policy.
    pub limits: Limits,
    /// Whether it gets a terminal.
    pub tty: bool,
    /// Whether its standard input stays open.
    pub stdin: bool,
    /// Whether its standard input ends when the first who was connected to it lets go.
    pub stdin_once: bool,
    /// Whether it is removed when it ends.
    pub auto_remove: bool,
    /// Whether it may do everything the host can.
    pub privileged: bool,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Whether it is started at once.
    pub start: bool,
    /// How it ends and how its health is told.
    pub life: Life,
    /// What it may do beside a plain process.
    pub security: Security,
    /// How it finds others and is found.
    pub naming: Naming,
    /// Finer limits than most people set.
    pub tuning: Tuning,
}

/// How a container ends and how its health is told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Life {
    /// Asks it to end, such as `SIGQUIT`; the image's or `SIGTERM` when absent.
    pub stop_signal: Option<String>,
    /// Time it has to end by itself; [`super::GRACE`] when absent.
    pub grace: Option<Duration>,
    /// Whether a small process of ours is its first and reaps its orphans.
    pub init: bool,
    /// Instead of the image's check; a check of no words turns it off.
    pub health: Option<HealthCheck>,
}

/// How the health of a container is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HealthCheck {
    /// `CMD` and words, or `CMD-SHELL` and a line for the shell; `NONE` or nothing: no check. As Docker has it.
    pub test: Vec<String>,
    /// Between the end of one check and the start of the next; 30 s when absent.
    pub interval: Option<Duration>,
    /// How long one check may take; 30 s when absent.
    pub timeout: Option<Duration>,
    /// After the start, failures do not count for so long.
    pub start_period: Option<Duration>,
    /// Failures in a row that make it unhealthy; 3 when absent.
    pub retries: Option<u32>,
}

/// What a container may do beside a plain process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Security {
    /// Capabilities beside the default ones, such as `NET_ADMIN`; `ALL` for all.
    pub cap_add: Vec<String>,
    /// Default capabilities that it shall not have; `ALL` for all.
    pub cap_drop: Vec<String>,
    /// As for `docker run --security-opt`: `no-new-privileges`, `seccomp=unconfined`, `seccomp=FILE`.
    pub options: Vec<String>,
    /// More groups of its main process, names or numbers.
    pub groups: Vec<String>,
    /// Whether its root can only be read.
    pub read_only_root: bool,
    /// Devices of the host that it gets.
    pub devices: Vec<Device>,
    /// `host` or `container:ID`: whose processes it sees; its own when absent.
    pub pid_mode: Option<String>,
    /// `host`, `private`, `shareable` or `container:ID`: whose shared memory it uses.
    pub ipc_mode: Option<String>,
    /// `host` or `private`: whose cgroups it sees.
    pub cgroupns_mode: Option<String>,
    /// `host`: whether its users are the host's, where the engine maps them.
    pub userns_mode: Option<String>,
    /// `host`: whether it keeps the host's name.
    pub uts_mode: Option<String>,
    /// Windows: how it is kept apart from the host.
    pub isolation: Isolation,
}

/// A device of the host inside a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Its path on the host.
    pub host: String,
    /// Its path inside.
    pub container: String,
    /// Of `r`, `w` and `m` what may be done with it.
    pub access: String,
}

/// How a container finds others and is found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Naming {
    /// Names beside its own by which others of its network reach it.
    pub aliases: Vec<String>,
    /// The address it shall have, v4 or v6.
    pub addresses: Vec<String>,
    /// The MAC address it shall have.
    pub mac: Option<String>,
    /// Name servers instead of the network's.
    pub dns: Vec<String>,
    /// Domains in which short names are looked up.
    pub dns_search: Vec<String>,
    /// Options of the resolver, such as `ndots:2`.
    pub dns_options: Vec<String>,
    /// `name:address` for its hosts file; `host-gateway` stands for the host.
    pub hosts: Vec<String>,
}

/// Finer limits than most people set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tuning {
    /// Processors it may use, such as `0-2,4`.
    pub cpuset: Option<String>,
    /// Its weight where processors are short, 2 to 262144; 1024 is everybody's.
    pub cpu_shares: Option<u64>,
    /// Its weight at block devices, 10 to 1000.
    pub blkio_weight: Option<u16>,
    /// Memory it is pushed back to when the host is short.
    pub memory_reservation: Option<Bytes>,
    /// How soon the kernel ends it for want of memory, -1000 to 1000.
    pub oom_score_adj: Option<i32>,
    /// Size of `/dev/shm`; 64 MiB when absent.
    pub shm_size: Option<Bytes>,
    /// Limits of single processes.
    pub ulimits: Vec<Ulimit>,
    /// Memory mounted at paths, each with options of mount(8) such as `size=64m,mode=1777,exec`; may be empty.
    pub tmpfs: BTreeMap<String, String>,
    /// Kernel settings of its namespaces, such as `net.core.somaxconn`.
    pub sysctls: BTreeMap<String, String>,
}

/// A limit of single processes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ulimit {
    /// Its name in small letters, such as `nofile`.
    pub name: String,
    /// What a process starts with; -1 for none.
    pub soft: i64,
    /// What it may raise it to; -1 for none.
    pub hard: i64,
}
