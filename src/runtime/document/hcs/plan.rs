//! An order as the document that HCS creates a container from. Pure: what has been made for it comes in as [`Ground`];
//! nothing is looked up here.

use std::path::Path;

use super::{
    Version, owner,
    system::{
        ComputeSystem, Container, GuestOs, Hive, Layer, MappedDirectory, MappedPipe, Memory, Networking, Processor,
        RegistryChanges, RegistryKey, RegistryType, RegistryValue, Storage,
    },
};
use crate::{
    model::{ContainerSpec, Limits, Tuning},
    runtime::document::{HostMount, NetworkPlan, Order},
};

/// HCS counts memory in these.
const MIB: u64 = 1 << 20;
/// All processors of the host, as [`Processor::Maximum`] counts.
const WHOLE: u32 = 10_000;
/// Where named pipes are.
const PIPES: &str = r"\\.\pipe\";

/// What has been made for a container before it is created.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ground {
    /// The mounted volume of its writable layer: `\\?\Volume{…}`, with or without the backslash at the end.
    pub volume: String,
    /// Its image's layers, the nearest parent first and the base last.
    pub layers: Vec<Layer>,
    /// The GUID of its HCN namespace, where it has a network.
    pub namespace: Option<String>,
    /// How many processors the host has.
    pub processors: u32,
}

/// Something was asked for that Windows does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A setting that is Linux' own.
    #[error("containers of Windows have no {0}")]
    Setting(&'static str),
    /// The root cannot be read only.
    #[error("the root of a container of Windows can always be written to")]
    ReadOnlyRoot,
    /// Something is mounted where the container's own disk is.
    #[error("nothing can be mounted on `{0}`: the container's own disk is there")]
    OnTheRoot(String),
    /// A pipe and a folder are two things.
    #[error("`{0}` is a named pipe on one side and a folder on the other")]
    HalfAPipe(String),
    /// The host's network is not shared.
    #[error("containers of Windows cannot be in the host's own network")]
    HostNetwork,
    /// Two limits that Windows cannot hold at once.
    #[error("Windows limits processors either by number (--cpus) or by weight (--cpu-shares), not by both")]
    TwoLimits,
    /// A weight that Windows does not know.
    #[error("the weight {0} is too large: Windows knows 1 to 10000")]
    Weight(u64),
}

/// The container as HCS creates it. It lives on when the process that made it ends.
///
/// # Errors
/// What of the order Windows cannot do; nothing is passed over in silence.
pub fn compute_system(order: &Order, ground: &Ground) -> Result<ComputeSystem, Unfit> {
    fits(&order.spec)?;
    let mut container = Container {
        guest_os: Some(GuestOs { host_name: host_name(order) }),
        storage: Storage { layers: ground.layers.clone(), path: volume(&ground.volume) },
        networking: networking(order, ground)?,
        memory: memory(&order.spec.limits),
        processor: processor(&order.spec.limits, &order.spec.tuning, ground.processors)?,
        registry_changes: Some(long_stop()),
        ..Container::default()
    };
    for mount in &order.mounts {
        map(mount, &mut container)?;
    }
    Ok(ComputeSystem {
        owner: owner(&order.data),
        schema_version: Version::OLDEST,
        should_terminate_on_last_handle_closed: false,
        container,
    })
}

/// Refuses what only Linux has.
fn fits(spec: &ContainerSpec) -> Result<(), Unfit> {
    let (limits, tuning, security) = (&spec.limits, &spec.tuning, &spec.security);
    let alien = [
        ("privileged mode", spec.privileged),
        ("limit of processes", limits.pids.is_some_and(|pids| pids > 0)),
        ("limit of swap", limits.memory_swap.is_some()),
        ("choice of processors", tuning.cpuset.is_some()),
        ("weight at block devices", tuning.blkio_weight.is_some()),
        ("reserved memory", tuning.memory_reservation.is_some()),
        ("order in which they are ended for want of memory", tuning.oom_score_adj.is_some()),
        ("`/dev/shm`", tuning.shm_size.is_some()),
        ("ulimits", !tuning.ulimits.is_empty()),
        ("tmpfs", !tuning.tmpfs.is_empty()),
        ("sysctls", !tuning.sysctls.is_empty()),
        ("capabilities", !security.cap_add.is_empty() || !security.cap_drop.is_empty()),
        ("more groups", !security.groups.is_empty()),
        ("devices by path", !security.devices.is_empty()),
        ("process namespaces", security.pid_mode.is_some()),
        ("shared memory namespaces", security.ipc_mode.is_some()),
        ("cgroups", security.cgroupns_mode.is_some()),
        ("user namespaces", security.userns_mode.is_some()),
        ("name namespaces", security.uts_mode.is_some()),
        ("init of ours", spec.life.init),
    ];
    match alien.iter().find(|(_, asked)| *asked) {
        Some((what, _)) => Err(Unfit::Setting(what)),
        None if security.read_only_root => Err(Unfit::ReadOnlyRoot),
        None => Ok(()),
    }
}

fn host_name(order: &Order) -> String {
    order.spec.hostname.clone().unwrap_or_else(|| order.id.short().to_owned())
}

/// HCS wants the backslash that mount managers leave out.
fn volume(path: &str) -> String {
    format!("{}\\", path.trim_end_matches('\\'))
}

fn networking(order: &Order, ground: &Ground) -> Result<Option<Networking>, Unfit> {
    if matches!(order.network, NetworkPlan::Host) {
        return Err(Unfit::HostNetwork);
    }
    Ok(ground.namespace.clone().map(|namespace| Networking {
        namespace,
        allow_unqualified_dns_query: true,
        dns_search_list: order.spec.naming.dns_search.join(","),
    }))
}

/// Rounded up: what was asked for is there at least.
fn memory(limits: &Limits) -> Option<Memory> {
    limits.memory.map(|most| Memory { size_in_mb: most.0.div_ceil(MIB).max(1) })
}

/// The limit of processors, on a host of so many.
///
/// # Errors
/// When two kinds of limits are asked for, or a weight too large.
pub fn processor(limits: &Limits, tuning: &Tuning, processors: u32) -> Result<Option<Processor>, Unfit> {
    match (limits.cpus, tuning.cpu_shares.filter(|shares| *shares > 0)) {
        (Some(_), Some(_)) => Err(Unfit::TwoLimits),
        (Some(cpus), None) => Ok(Some(Processor::Maximum(maximum(cpus, processors)))),
        (None, Some(shares)) => match u32::try_from(shares) {
            Ok(weight) if weight <= WHOLE => Ok(Some(Processor::Weight(weight))),
            _ => Err(Unfit::Weight(shares)),
        },
        (None, None) => Ok(None),
    }
}

/// Ten-thousandths of the whole host.
fn maximum(cpus: f64, processors: u32) -> u32 {
    let share = cpus / f64::from(processors.max(1)) * f64::from(WHOLE);
    // Clamped before: nothing is cut off but the fraction.
    share.round().clamp(1.0, f64::from(WHOLE)) as u32
}

fn map(mount: &HostMount, container: &mut Container) -> Result<(), Unfit> {
    let Some(source) = &mount.source else { return Err(Unfit::Setting("tmpfs")) };
    let (host_path, container_path) = (text(source), text(&mount.target));
    match (host_path.starts_with(PIPES), container_path.strip_prefix(PIPES)) {
        (true, Some(name)) => {
            let pipe = MappedPipe { container_pipe_name: name.to_owned(), host_path };
            container.mapped_pipes.push(pipe);
        }
        (false, None) if is_root(&container_path) => return Err(Unfit::OnTheRoot(container_path)),
        (false, None) => {
            let directory = MappedDirectory { host_path, container_path, read_only: mount.read_only };
            container.mapped_directories.push(directory);
        }
        _ => return Err(Unfit::HalfAPipe(container_path)),
    }
    Ok(())
}

/// With the slashes of Windows.
fn text(path: &Path) -> String {
    path.to_string_lossy().replace('/', "\\")
}

fn is_root(path: &str) -> bool {
    let path = path.trim_end_matches('\\');
    path.is_empty() || path.eq_ignore_ascii_case("c:")
}

/// Services get as long to end as the stop of the container gives them, and not Windows' five seconds; what hcsshim
/// sets for every container, too.
fn long_stop() -> RegistryChanges {
    let value = RegistryValue {
        key: RegistryKey { hive: Hive::System, name: r"ControlSet001\Control".to_owned() },
        name: "WaitToKillServiceTimeout".to_owned(),
        r#type: RegistryType::String,
        string_value: i32::MAX.to_string(),
    };
    RegistryChanges { add_values: vec![value] }
}
