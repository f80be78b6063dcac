//! What the host and the container's root are like, gathered for the spec. Knows no libcontainer.

use std::{
    collections::HashMap,
    fs, io,
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{major, minor},
    process::{Resource, getrlimit},
};

use super::state::Live;
use crate::{
    model::ContainerId,
    runtime::{
        Result, RuntimeError,
        document::{NetworkPlan, Order},
        layout::Layout,
        linux::{
            cgroup::Version,
            inside::Inside,
            spec::{Host, Identity, Node, Shared, look_up},
        },
    },
};

/// Controllers of cgroups version 1 that libcontainer puts a container into, as far as the host has them.
const CONTROLLERS: [&str; 12] = [
    "blkio",
    "cpu",
    "cpuacct",
    "cpuset",
    "devices",
    "freezer",
    "hugetlb",
    "memory",
    "net_cls",
    "net_prio",
    "perf_event",
    "pids",
];
/// Limits of single processes by their names, as far as Linux has them all under the same number.
pub(super) const LIMITS: [(&str, Resource); 15] = [
    ("core", Resource::Core),
    ("cpu", Resource::Cpu),
    ("data", Resource::Data),
    ("fsize", Resource::Fsize),
    ("locks", Resource::Locks),
    ("memlock", Resource::Memlock),
    ("msgqueue", Resource::Msgqueue),
    ("nice", Resource::Nice),
    ("nofile", Resource::Nofile),
    ("nproc", Resource::Nproc),
    ("rss", Resource::Rss),
    ("rtprio", Resource::Rtprio),
    ("rttime", Resource::Rttime),
    ("sigpending", Resource::Sigpending),
    ("stack", Resource::Stack),
];
/// Folders of `/dev` that a container has its own of.
const OWN_FOLDERS: [&str; 4] = ["pts", "shm", "mqueue", "fd"];

/// Gathers all that the spec of `order` depends on; its root is mounted at `root`, its network made.
pub(super) fn gather(order: &Order, folder: &Path, layout: &Layout, root: &Path) -> Result<Host> {
    let tried = || format!("start container `{}`", order.name);
    let inside = Inside::at(root).map_err(RuntimeError::system(tried()))?;
    let identity = identity(&inside, &order.process.user, &order.spec.security.groups, &tried())?;
    let netns = folder.join("netns");
    Ok(Host {
        cgroups: Version::of_host(),
        controllers: controllers(),
        capabilities: own_capabilities().map_err(RuntimeError::system(tried()))?,
        rlimits: own_limits(),
        oom_score_adj: own_oom_score_adj(),
        root: root.into(),
        network: network(order, layout).or_else(|| netns.exists().then_some(netns)),
        shared: shared(order, layout)?,
        files: files(order, layout),
        devices: devices(order)?,
        identity,
    })
}

/// Who `user[:group]` is in this root.
pub(super) fn identity(inside: &Inside, user: &str, groups: &[String], tried: &str) -> Result<Identity> {
    look_up(user, groups, &inside.text("/etc/passwd"), &inside.text("/etc/group"))
        .map_err(|why| RuntimeError::Invalid { tried: tried.to_owned(), why })
}

pub(super) fn own_capabilities() -> io::Result<u64> {
    Ok(rustix::thread::capabilities(None)?.permitted.bits())
}

pub(super) fn own_limits() -> Vec<(String, u64)> {
    let hard = |(name, resource): (&str, Resource)| (name.to_owned(), getrlimit(resource).maximum.unwrap_or(u64::MAX));
    LIMITS.into_iter().map(hard).collect()
}

fn own_oom_score_adj() -> i32 {
    let text = fs::read_to_string("/proc/self/oom_score_adj").unwrap_or_default();
    text.trim().parse().unwrap_or(0)
}

fn controllers() -> Vec<String> {
    let here = |name: &str| Path::new("/sys/fs/cgroup").join(name).is_dir();
    CONTROLLERS.iter().filter(|name| here(name)).map(|name| (*name).to_owned()).collect()
}

/// The network namespace of the container whose network is shared.
fn network(order: &Order, layout: &Layout) -> Option<PathBuf> {
    let NetworkPlan::Shared(other) = &order.network else { return None };
    Some(layout.running(other).join("netns")).filter(|netns| netns.exists())
}

fn shared(order: &Order, layout: &Layout) -> Result<HashMap<Shared, u32>> {
    let security = &order.spec.security;
    let of_mode =
        |mode: &Option<String>| mode.as_deref().and_then(|mode| mode.strip_prefix("container:")).map(ContainerId::new);
    let network = match &order.network {
        NetworkPlan::Shared(other) => Some(other.clone()),
        _ => None,
    };
    let wanted = [
        (Shared::Pid, of_mode(&security.pid_mode)),
        (Shared::Ipc, of_mode(&security.ipc_mode)),
        (Shared::Network, network),
    ];
    let mut shared = HashMap::new();
    for (what, other) in wanted {
        let Some(other) = other else { continue };
        let live = Live::read(&layout.running(&other)).ok().filter(|live| live.open().is_some());
        let Some(live) = live else {
            let why = format!("container `{}`, whose namespace it shares, does not run", other.short());
            return Err(RuntimeError::Conflict { tried: format!("start container `{}`", order.name), why });
        };
        shared.insert(what, live.pid);
    }
    Ok(shared)
}

/// The files that were written for it, of those there may be.
fn files(order: &Order, layout: &Layout) -> Vec<(PathBuf, &'static str)> {
    let folder = layout.container(&order.id);
    let all = [("hosts", "/etc/hosts"), ("resolv.conf", "/etc/resolv.conf"), ("hostname", "/etc/hostname")];
    let paths = all.into_iter().map(|(name, target)| (folder.join(name), target));
    paths.filter(|(path, _)| path.is_file()).collect()
}

fn devices(order: &Order) -> Result<Vec<Node>> {
    let mut nodes = Vec::new();
    if order.spec.privileged {
        collect(Path::new("/dev"), Path::new("/dev"), "rwm", &mut nodes);
        return Ok(nodes);
    }
    for device in &order.spec.security.devices {
        let access = if device.access.is_empty() { "rwm" } else { &device.access };
        let inside = if device.container.is_empty() { &device.host } else { &device.container };
        let before = nodes.len();
        collect(Path::new(&device.host), Path::new(inside), access, &mut nodes);
        if nodes.len() == before {
            let why = format!("the host has no device `{}`", device.host);
            return Err(RuntimeError::NotFound { tried: format!("start container `{}`", order.name), why });
        }
    }
    Ok(nodes)
}

/// The device at a path, or all below it.
fn collect(host: &Path, inside: &Path, access: &str, to: &mut Vec<Node>) {
    let Ok(meta) = fs::metadata(host) else { return };
    let kind = meta.file_type();
    if kind.is_dir() {
        for entry in fs::read_dir(host).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let is_own = host == Path::new("/dev") && OWN_FOLDERS.iter().any(|own| *own == name);
            // Links would bring a device in twice, or lead out of /dev.
            if !is_own && !entry.file_type().is_ok_and(|kind| kind.is_symlink()) {
                collect(&entry.path(), &inside.join(&name), access, to);
            }
        }
    } else if kind.is_block_device() || kind.is_char_device() {
        // A container has its own of these two.
        if host != Path::new("/dev/console") && host != Path::new("/dev/ptmx") {
            to.push(Node {
                path: inside.into(),
                block: kind.is_block_device(),
                number: (major(meta.rdev()), minor(meta.rdev())),
                mode: meta.mode() & 0o777,
                owner: (meta.uid(), meta.gid()),
                access: access.to_owned(),
            });
        }
    }
}
