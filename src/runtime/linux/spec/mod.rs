//! An order as an OCI runtime spec: the document that libcontainer starts a container from. Pure: what the host is
//! like comes in as [`Host`]; nothing is looked up here.

mod capabilities;
mod devices;
mod mounts;
mod process;
mod resources;
#[cfg(test)]
mod tests;
mod user;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use oci_spec::{
    OciSpecError,
    runtime::{Linux, LinuxBuilder, LinuxNamespace, LinuxNamespaceBuilder, LinuxNamespaceType, Root, RootBuilder},
    runtime::{Spec, SpecBuilder},
};

pub(crate) use capabilities::{bit, granted};
pub(crate) use devices::{Node, allowed};
pub(crate) use process::{environment, is_no_new_privileges, rlimits};
pub(crate) use user::{Identity, look_up};

use super::cgroup::{Version, path_of};
use crate::runtime::document::{NetworkPlan, Order};

/// `/dev/shm` where nobody says otherwise; Docker's default.
const SHM: u64 = 64 << 20;
/// The version of the OCI runtime spec that is written.
const OCI_VERSION: &str = "1.0.2";

/// Paths of `/proc` and `/sys` that a container cannot see; Docker's list.
const MASKED: [&str; 13] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
    "/sys/fs/selinux",
];
/// Paths that it can only read; Docker's list.
const READ_ONLY: [&str; 5] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/// What the host is like, as far as a container's spec depends on it.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    /// Which cgroups it has.
    pub(crate) cgroups: Version,
    /// Controllers of version 1, each with a tree of its own.
    pub(crate) controllers: Vec<String>,
    /// The capabilities that longshore itself has, as bits; nobody can be given others.
    pub(crate) capabilities: u64,
    /// Its own limits of single processes: more cannot be given without `CAP_SYS_RESOURCE`.
    pub(crate) rlimits: Vec<(String, u64)>,
    /// How soon the kernel would kill longshore itself: less needs `CAP_SYS_RESOURCE`.
    pub(crate) oom_score_adj: i32,
    /// The mounted root.
    pub(crate) root: PathBuf,
    /// The container's own network namespace, where it has one.
    pub(crate) network: Option<PathBuf>,
    /// The main process of the container whose namespaces are shared, by what is shared.
    pub(crate) shared: HashMap<Shared, u32>,
    /// Files that longshore writes for the container, and where they are mounted.
    pub(crate) files: Vec<(PathBuf, &'static str)>,
    /// Devices of the order, as the host has them.
    pub(crate) devices: Vec<Node>,
    /// Who its process is, as its root has it.
    pub(crate) identity: Identity,
}

/// A namespace of another container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shared {
    /// Its processes.
    Pid,
    /// Its shared memory.
    Ipc,
    /// Its network.
    Network,
}

/// `CAP_SYS_RESOURCE` (capabilities(7)).
const SYS_RESOURCE: u64 = 1 << 24;

impl Host {
    fn may_raise(&self) -> bool {
        self.capabilities & SYS_RESOURCE != 0
    }
}

/// The spec of an order.
///
/// # Errors
/// Only when the builders of oci-spec refuse, which they do for nothing that is built here.
pub(crate) fn of(order: &Order, host: &Host) -> Result<Spec, OciSpecError> {
    let mut spec = SpecBuilder::default()
        .version(OCI_VERSION)
        .root(root(order, host)?)
        .process(process::of(order, host)?)
        .mounts(mounts::of(order, host)?)
        .linux(linux(order, host)?)
        .build()?;
    let keeps_name = order.spec.security.uts_mode.as_deref() == Some("host");
    spec.set_hostname((!keeps_name).then(|| hostname(order)));
    Ok(spec)
}

/// The name it has inside: what was asked for, or the id as Docker shortens it.
pub(crate) fn hostname(order: &Order) -> String {
    order.spec.hostname.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| order.id.short().to_owned())
}

fn root(order: &Order, host: &Host) -> Result<Root, OciSpecError> {
    RootBuilder::default().path(&host.root).readonly(order.spec.security.read_only_root).build()
}

fn linux(order: &Order, host: &Host) -> Result<Linux, OciSpecError> {
    let words = |list: &[&str]| list.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
    let privileged = order.spec.privileged;
    let mut linux = LinuxBuilder::default()
        .cgroups_path(path_of(&order.id))
        .namespaces(namespaces(order, host)?)
        .resources(resources::of(order, host)?)
        .devices(devices::nodes(host)?)
        .masked_paths(if privileged { Vec::new() } else { words(&MASKED) })
        .readonly_paths(if privileged { Vec::new() } else { words(&READ_ONLY) })
        .build()?;
    let sysctls: HashMap<_, _> = order.spec.tuning.sysctls.clone().into_iter().collect();
    linux.set_sysctl((!sysctls.is_empty()).then_some(sysctls));
    Ok(linux)
}

fn namespaces(order: &Order, host: &Host) -> Result<Vec<LinuxNamespace>, OciSpecError> {
    let of_process = |shared: Shared, name: &str| {
        host.shared.get(&shared).map(|pid| Path::new("/proc").join(pid.to_string()).join("ns").join(name))
    };
    let security = &order.spec.security;
    let mut all = vec![(LinuxNamespaceType::Mount, None)];
    match security.pid_mode.as_deref() {
        Some("host") => {}
        _ => all.push((LinuxNamespaceType::Pid, of_process(Shared::Pid, "pid"))),
    }
    match security.ipc_mode.as_deref() {
        Some("host") => {}
        _ => all.push((LinuxNamespaceType::Ipc, of_process(Shared::Ipc, "ipc"))),
    }
    if security.uts_mode.as_deref() != Some("host") {
        all.push((LinuxNamespaceType::Uts, None));
    }
    match &order.network {
        NetworkPlan::Host => {}
        NetworkPlan::Shared(_) => {
            let shared = host.network.clone().or_else(|| of_process(Shared::Network, "net"));
            all.push((LinuxNamespaceType::Network, shared));
        }
        NetworkPlan::None | NetworkPlan::Own { .. } => all.push((LinuxNamespaceType::Network, host.network.clone())),
    }
    // On version 1 a mount of cgroups in a namespace of its own can be written to: the container could lift its
    // own limits. There it sees read-only binds instead; see `mounts`.
    if host.cgroups == Version::Two {
        all.push((LinuxNamespaceType::Cgroup, None));
    }
    let build = |(kind, path): (LinuxNamespaceType, Option<PathBuf>)| {
        let builder = LinuxNamespaceBuilder::default().typ(kind);
        match path {
            Some(path) => builder.path(path).build(),
            None => builder.build(),
        }
    };
    all.into_iter().map(build).collect()
}
