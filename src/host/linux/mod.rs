//! The Linux host: files of `/proc` and tools of the administrator, read for containers. Knows no engine's client.

mod folder;
pub(super) mod memory;
mod run;
mod sessions;
mod signal;
mod tables;

use std::{
    collections::HashMap,
    fs,
    io::ErrorKind,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Duration};

use super::{
    addresses::local_addresses,
    explain::explain,
    load::{CpuTimes, Memory},
    nat,
    net::Net,
    process::{Stat, Status, boot_time, ticks},
    rules::rules,
    scene::Scene,
};
use crate::{
    backend::{
        EngineError, Result,
        local::{LocalHost, ProcessFacts},
    },
    model::{Bytes, Container, Explanation, FileEntry, Firewall, HostLoad, Nat, Network, Packet, Signal},
};

/// Processes whose start is remembered; past it, those not asked for last are forgotten.
const REMEMBERED: usize = 65_536;

/// The kernel that longshore runs on.
#[derive(Debug, Default)]
pub(super) struct Kernel {
    /// The last reading of the processors.
    cpu: Mutex<Option<CpuTimes>>,
    /// When each process started that was shown, in ticks since boot: a signal is meant for that one.
    starts: Mutex<HashMap<u32, u64>>,
}

impl LocalHost for Kernel {
    fn nat(&self, containers: &[Container], networks: &[Network]) -> Result<Nat> {
        let tried = "read the NAT mappings of the host";
        vouch(tried, containers, networks)?;
        let scene = Scene::new(containers, networks);
        let chains = tables::chains().map_err(|error| error.trying(tried))?;
        let mappings = nat::mappings(containers, &chains, &scene);
        let (sessions, sessions_hidden) = match sessions::sessions(&scene) {
            Ok(sessions) => (sessions, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        Ok(Nat { mappings, sessions, sessions_hidden, derived: None })
    }

    fn firewall(&self, containers: &[Container], networks: &[Network]) -> Result<Firewall> {
        let tried = "read the firewall rules of the host";
        vouch(tried, containers, networks)?;
        let chains = tables::chains().map_err(|error| error.trying(tried))?;
        Ok(Firewall { rules: rules(&chains, &Scene::new(containers, networks)), derived: None })
    }

    fn explain(&self, packet: &Packet, containers: &[Container], networks: &[Network]) -> Result<Explanation> {
        let tried = "explain the firewall of the host";
        vouch(tried, containers, networks)?;
        let chains = tables::chains().map_err(|error| error.trying(tried))?;
        explain(packet, &chains, &Scene::new(containers, networks)).ok_or_else(|| EngineError::NotFound {
            tried: tried.to_owned(),
            why: "the container has no address of that family".into(),
        })
    }

    fn processes(&self, pids: &[u32]) -> HashMap<u32, ProcessFacts> {
        let clock = Clock::read();
        let read = pids.iter().filter_map(|&pid| Some((pid, process(pid)?)));
        let read: HashMap<u32, (Stat, Status)> = read.collect();
        self.remember(&read);
        read.into_iter().map(|(pid, (stat, status))| (pid, clock.facts(stat, status))).collect()
    }

    fn load(&self, data_root: &Path) -> Result<HostLoad> {
        let tried = "read the load of the host";
        let now = read(tried, "/proc/stat", CpuTimes::parse)?;
        let memory = read(tried, "/proc/meminfo", Memory::parse)?;
        let earlier = lock(&self.cpu).replace(now);
        let disk = rustix::fs::statvfs(data_root).ok();
        Ok(HostLoad {
            cpu_percent: earlier.map_or(0.0, |earlier| now.percent_since(earlier)),
            memory_used: memory.used(),
            memory_total: memory.total,
            disk_free: disk.as_ref().map(|disk| Bytes(disk.f_bavail.saturating_mul(disk.f_frsize))),
            disk_total: disk.as_ref().map(|disk| Bytes(disk.f_blocks.saturating_mul(disk.f_frsize))),
        })
    }

    fn folder(&self, root: &Path, folder: &str) -> Result<Vec<FileEntry>> {
        folder::list(root, folder).map_err(|error| {
            let tried = format!("list `{folder}` in `{}`", root.display());
            let why = error.to_string();
            match error.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory => EngineError::NotFound { tried, why },
                _ => EngineError::Refused { tried, code: error.raw_os_error().unwrap_or_default().unsigned_abs(), why },
            }
        })
    }

    fn signal(&self, pid: u32, signal: Signal) -> Result<()> {
        let start = lock(&self.starts).get(&pid).copied();
        signal::send(pid, signal, start)
    }
}

impl Kernel {
    fn remember(&self, read: &HashMap<u32, (Stat, Status)>) {
        let mut starts = lock(&self.starts);
        if starts.len() + read.len() > REMEMBERED {
            starts.clear();
        }
        starts.extend(read.iter().map(|(pid, (stat, _))| (*pid, stat.start_ticks)));
    }
}

/// A lock is only ever held for a moment that cannot panic; should one have, the value is still whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read<T>(tried: &str, path: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T> {
    let tried = || tried.to_owned();
    let text = fs::read_to_string(path).map_err(|error| EngineError::Refused {
        tried: tried(),
        code: error.raw_os_error().unwrap_or_default().unsigned_abs(),
        why: format!("{path}: {error}"),
    })?;
    parse(&text)
        .ok_or_else(|| EngineError::Nonsense { tried: tried(), why: format!("{path} is not as proc(5) describes it") })
}

/// What is known of a process of a container. Another one cannot be meant: the engine is then in a virtual machine,
/// and its process ids are those of another kernel.
fn process(pid: u32) -> Option<(Stat, Status)> {
    if !signal::is_contained(pid) {
        return None;
    }
    let file = |name: &str| fs::read_to_string(format!("/proc/{pid}/{name}")).ok();
    Some((Stat::parse(&file("stat")?)?, Status::parse(&file("status")?)))
}

/// What turns the kernel's ticks into times.
struct Clock {
    per_second: u64,
    boot: Option<i64>,
}

impl Clock {
    fn read() -> Self {
        let boot = fs::read_to_string("/proc/stat").ok().and_then(|text| boot_time(&text));
        Self { per_second: rustix::param::clock_ticks_per_second(), boot }
    }

    fn facts(&self, stat: Stat, status: Status) -> ProcessFacts {
        let since_boot = Duration::from_std(ticks(stat.start_ticks, self.per_second)).ok();
        let boot = self.boot.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        ProcessFacts {
            parent: Some(stat.parent),
            session: Some(stat.session),
            inner: status.inner,
            threads: status.threads,
            memory: status.memory,
            started: boot.zip(since_boot).and_then(|(boot, since)| boot.checked_add_signed(since)),
            cpu: Some(ticks(stat.cpu_ticks, self.per_second)),
        }
    }
}

/// Refuses to speak for an engine in another network namespace (rootless, in a container) or virtual machine, whose
/// socket is here but whose network is not: while a container runs, its bridge gives the host an address in its range.
fn vouch(tried: &str, containers: &[Container], networks: &[Network]) -> Result<()> {
    let is_in = |container: &Container, name: &str| {
        container.state.is_up() && container.networks.iter().any(|n| n.network == name && n.address.is_some())
    };
    let used = networks.iter().filter(|n| n.driver == "bridge" && containers.iter().any(|c| is_in(c, &n.name)));
    let ranges = used.flat_map(|n| &n.subnets).filter_map(|subnet| Net::parse(&subnet.range)).filter(|r| r.is_ipv4());
    let ranges: Vec<Net> = ranges.collect();
    let Ok(trie) = fs::read_to_string("/proc/net/fib_trie") else { return Ok(()) };
    let here = local_addresses(&trie);
    if ranges.is_empty() || ranges.iter().any(|range| here.iter().any(|address| range.contains(*address))) {
        return Ok(());
    }
    Err(EngineError::Unsupported {
        tried: tried.to_owned(),
        why: "the engine's bridges are not on this host: it runs in a virtual machine or network namespace of its own"
            .into(),
    })
}
