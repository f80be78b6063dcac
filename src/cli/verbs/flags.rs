//! The flags of `run` and `create` as docker spells them. Knows not what becomes of them.
#![allow(rustdoc::broken_intra_doc_links, reason = "help texts put in brackets what may be left out, as docker does")]

use std::path::PathBuf;

use crate::model::Isolation;

/// What a new container shall be.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct ContainerFlags {
    /// Name of the container
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Give it a terminal
    #[arg(short = 't', long)]
    pub(crate) tty: bool,
    /// Keep its standard input open
    #[arg(short = 'i', long)]
    pub(crate) interactive: bool,
    /// Remove it when it ends
    #[arg(long)]
    pub(crate) rm: bool,
    /// Environment: KEY=value, or KEY for this shell's value
    #[arg(short = 'e', long, value_name = "KEY[=VALUE]")]
    pub(crate) env: Vec<String>,
    /// File of such lines
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Vec<PathBuf>,
    /// Label: KEY=value
    #[arg(short = 'l', long, value_name = "KEY[=VALUE]")]
    pub(crate) label: Vec<String>,
    /// File of such lines
    #[arg(long, value_name = "FILE")]
    pub(crate) label_file: Vec<PathBuf>,
    /// What to run instead of the image's entry point
    #[arg(long, value_name = "COMMAND")]
    pub(crate) entrypoint: Option<String>,
    /// Working directory inside
    #[arg(short = 'w', long, value_name = "DIR")]
    pub(crate) workdir: Option<String>,
    /// User inside: name or number, and :group
    #[arg(short = 'u', long, value_name = "USER[:GROUP]")]
    pub(crate) user: Option<String>,
    /// More groups of its user
    #[arg(long, value_name = "GROUP")]
    pub(crate) group_add: Vec<String>,
    /// Host name inside
    #[arg(short = 'h', long)]
    pub(crate) hostname: Option<String>,
    /// Image to take: always, missing or never
    #[arg(long, value_name = "WHEN", default_value = "missing")]
    pub(crate) pull: Pull,
    /// Platform of the image, such as linux/arm64
    #[arg(long)]
    pub(crate) platform: Option<String>,
    /// File to write the container's id to
    #[arg(long, value_name = "FILE")]
    pub(crate) cidfile: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) places: Places,
    #[command(flatten)]
    pub(crate) life: LifeFlags,
    #[command(flatten)]
    pub(crate) rights: Rights,
    #[command(flatten)]
    pub(crate) amounts: Amounts,
}

/// When an image is pulled before a container is made of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Pull {
    /// Each time.
    Always,
    /// When it is not there.
    #[default]
    Missing,
    /// Not at all.
    Never,
}

/// Where it is on the network and what is mounted.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Places {
    /// Port to publish: [address:][host port:]port[/protocol], also ranges
    #[arg(short = 'p', long, value_name = "PORT")]
    pub(crate) publish: Vec<String>,
    /// Publish every exposed port
    #[arg(short = 'P', long)]
    pub(crate) publish_all: bool,
    /// Port to expose without publishing it
    #[arg(long, value_name = "PORT")]
    pub(crate) expose: Vec<String>,
    /// Mount: [volume or path:]path[:options]
    #[arg(short = 'v', long, value_name = "MOUNT")]
    pub(crate) volume: Vec<String>,
    /// Mount what another container has mounted: name[:ro|rw]
    #[arg(long, value_name = "CONTAINER")]
    pub(crate) volumes_from: Vec<String>,
    /// Mount: type=bind|volume|tmpfs,source=…,target=…[,readonly]
    #[arg(long, value_name = "FIELDS")]
    pub(crate) mount: Vec<String>,
    /// Memory mounted at a path: path[:options]
    #[arg(long, value_name = "PATH[:OPTIONS]")]
    pub(crate) tmpfs: Vec<String>,
    /// Network to join, or host, none, container:NAME
    #[arg(long, visible_alias = "net", value_name = "NETWORK")]
    pub(crate) network: Vec<String>,
    /// Name beside its own in that network
    #[arg(long, visible_alias = "net-alias", value_name = "NAME")]
    pub(crate) network_alias: Vec<String>,
    /// Its address
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) ip: Option<String>,
    /// Its IPv6 address
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) ip6: Option<String>,
    /// Its MAC address
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) mac_address: Option<String>,
    /// Name server
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) dns: Vec<String>,
    /// Domain in which short names are looked up
    #[arg(long, value_name = "DOMAIN")]
    pub(crate) dns_search: Vec<String>,
    /// Option of the resolver
    #[arg(long, visible_alias = "dns-opt", value_name = "OPTION")]
    pub(crate) dns_option: Vec<String>,
    /// Line for its hosts file: name:address
    #[arg(long, value_name = "NAME:ADDRESS")]
    pub(crate) add_host: Vec<String>,
}

/// How it ends and how it is watched.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct LifeFlags {
    /// When to start it again: no, always, unless-stopped, on-failure[:N]
    #[arg(long, value_name = "POLICY")]
    pub(crate) restart: Option<String>,
    /// Signal that asks it to end
    #[arg(long, value_name = "SIGNAL")]
    pub(crate) stop_signal: Option<String>,
    /// Seconds it has to end by itself
    #[arg(long, value_name = "SECONDS")]
    pub(crate) stop_timeout: Option<u64>,
    /// Run a small first process that reaps orphans
    #[arg(long)]
    pub(crate) init: bool,
    /// Command that tells its health
    #[arg(long, value_name = "COMMAND")]
    pub(crate) health_cmd: Option<String>,
    /// Time between two checks, such as 30s
    #[arg(long, value_name = "TIME")]
    pub(crate) health_interval: Option<String>,
    /// Time one check may take
    #[arg(long, value_name = "TIME")]
    pub(crate) health_timeout: Option<String>,
    /// Time after its start in which failures do not count
    #[arg(long, value_name = "TIME")]
    pub(crate) health_start_period: Option<String>,
    /// Failures in a row that make it unhealthy
    #[arg(long, value_name = "N")]
    pub(crate) health_retries: Option<u32>,
    /// Turn the image's health check off
    #[arg(long)]
    pub(crate) no_healthcheck: bool,
}

/// What it may do.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Rights {
    /// Let it do everything the host can
    #[arg(long)]
    pub(crate) privileged: bool,
    /// Capability to add
    #[arg(long, value_name = "CAPABILITY")]
    pub(crate) cap_add: Vec<String>,
    /// Capability to take away
    #[arg(long, value_name = "CAPABILITY")]
    pub(crate) cap_drop: Vec<String>,
    /// Option such as no-new-privileges or seccomp=FILE
    #[arg(long, value_name = "OPTION")]
    pub(crate) security_opt: Vec<String>,
    /// Let its root only be read
    #[arg(long)]
    pub(crate) read_only: bool,
    /// Device of the host: path[:path inside][:rwm]
    #[arg(long, value_name = "DEVICE")]
    pub(crate) device: Vec<String>,
    /// Whose processes it sees: host or container:NAME
    #[arg(long, value_name = "MODE")]
    pub(crate) pid: Option<String>,
    /// Whose shared memory it uses
    #[arg(long, value_name = "MODE")]
    pub(crate) ipc: Option<String>,
    /// Whose host name it has: host
    #[arg(long, value_name = "MODE")]
    pub(crate) uts: Option<String>,
    /// Whose cgroups it sees: host or private
    #[arg(long, value_name = "MODE")]
    pub(crate) cgroupns: Option<String>,
    /// Whose users it has: host
    #[arg(long, value_name = "MODE")]
    pub(crate) userns: Option<String>,
    /// Windows: how it is kept apart from the host: default, process or hyperv
    #[arg(long, value_name = "WAY")]
    pub(crate) isolation: Option<Isolation>,
}

/// How much it may use.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Amounts {
    /// Memory at most, such as 512m
    #[arg(short = 'm', long, value_name = "BYTES")]
    pub(crate) memory: Option<String>,
    /// Memory and swap at most; -1 for no limit
    #[arg(long, value_name = "BYTES", allow_hyphen_values = true)]
    pub(crate) memory_swap: Option<String>,
    /// Memory it is pushed back to when the host is short
    #[arg(long, value_name = "BYTES")]
    pub(crate) memory_reservation: Option<String>,
    /// Processors at most, such as 1.5
    #[arg(long, value_name = "N")]
    pub(crate) cpus: Option<f64>,
    /// Microseconds of processor time in each period
    #[arg(long, value_name = "MICROSECONDS", conflicts_with = "cpus", allow_hyphen_values = true)]
    pub(crate) cpu_quota: Option<i64>,
    /// Microseconds of a period; 100000 where only a quota is given
    #[arg(long, value_name = "MICROSECONDS", conflicts_with = "cpus")]
    pub(crate) cpu_period: Option<i64>,
    /// Processors it may use, such as 0-2,4
    #[arg(long, value_name = "LIST")]
    pub(crate) cpuset_cpus: Option<String>,
    /// Its weight where processors are short
    #[arg(long, value_name = "WEIGHT")]
    pub(crate) cpu_shares: Option<u64>,
    /// Its weight at block devices, 10 to 1000
    #[arg(long, value_name = "WEIGHT")]
    pub(crate) blkio_weight: Option<u16>,
    /// Processes at most; -1 for no limit
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) pids_limit: Option<i64>,
    /// How soon the kernel ends it for want of memory, -1000 to 1000
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) oom_score_adj: Option<i32>,
    /// Size of /dev/shm
    #[arg(long, value_name = "BYTES")]
    pub(crate) shm_size: Option<String>,
    /// Limit of single processes: name=soft[:hard]
    #[arg(long, value_name = "LIMIT", allow_hyphen_values = true)]
    pub(crate) ulimit: Vec<String>,
    /// Kernel setting: name=value
    #[arg(long, value_name = "SETTING")]
    pub(crate) sysctl: Vec<String>,
}
