//! What is mounted into a container, in order. Knows no file system.

use std::path::{Path, PathBuf};

use oci_spec::{
    OciSpecError,
    runtime::{Mount, MountBuilder},
};

use super::{Host, SHM, Shared};
use crate::runtime::{
    document::{HostMount, Order},
    linux::cgroup::{Version, path_of},
};

/// Where cgroups are, on the host and inside.
const CGROUPS: &str = "/sys/fs/cgroup";

pub(super) fn of(order: &Order, host: &Host) -> Result<Vec<Mount>, OciSpecError> {
    let privileged = order.spec.privileged;
    let mut all = vec![
        mount("proc", "proc", "/proc", &["nosuid", "noexec", "nodev"])?,
        mount("tmpfs", "tmpfs", "/dev", &["nosuid", "strictatime", "mode=755", "size=65536k"])?,
        mount(
            "devpts",
            "devpts",
            "/dev/pts",
            &["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
        )?,
        mount("sysfs", "sysfs", "/sys", if privileged { &WRITABLE } else { &READABLE })?,
    ];
    all.extend(cgroups(order, host)?);
    all.extend(shared_memory(order, host)?);
    for (source, target) in &host.files {
        if !order.mounts.iter().any(|mount| mount.target == Path::new(target)) {
            all.push(bind(source, Path::new(target), false)?);
        }
    }
    for mount in &order.mounts {
        all.push(of_order(mount)?);
    }
    Ok(all)
}

const WRITABLE: [&str; 3] = ["nosuid", "noexec", "nodev"];
const READABLE: [&str; 4] = ["nosuid", "noexec", "nodev", "ro"];

fn cgroups(order: &Order, host: &Host) -> Result<Vec<Mount>, OciSpecError> {
    let writable = order.spec.privileged;
    if host.cgroups == Version::Two {
        let options: &[&str] = if writable { &WRITABLE } else { &READABLE };
        return Ok(vec![mount("cgroup", "cgroup", CGROUPS, options)?]);
    }
    // What libcontainer mounts for "cgroup, ro" on version 1 can be written to.
    let mut all = vec![mount("tmpfs", "tmpfs", CGROUPS, &["nosuid", "noexec", "nodev", "mode=755", "size=64k"])?];
    let own = path_of(&order.id);
    let own = own.strip_prefix("/").unwrap_or(&own);
    for controller in &host.controllers {
        let folder = Path::new(CGROUPS).join(controller);
        all.push(bind(&folder.join(own), &folder, !writable)?);
    }
    Ok(all)
}

/// `/dev/shm` and `/dev/mqueue`: its own, the host's, or another container's.
fn shared_memory(order: &Order, host: &Host) -> Result<Vec<Mount>, OciSpecError> {
    let size = format!("size={}", order.spec.tuning.shm_size.map_or(SHM, |size| size.0));
    let queue = mount("mqueue", "mqueue", "/dev/mqueue", &WRITABLE)?;
    let shm = match (order.spec.security.ipc_mode.as_deref(), host.shared.get(&Shared::Ipc)) {
        (Some("host"), _) => bind(Path::new("/dev/shm"), Path::new("/dev/shm"), false)?,
        (_, Some(pid)) => {
            let theirs: PathBuf = ["/proc", &pid.to_string(), "root/dev/shm"].iter().collect();
            bind(&theirs, Path::new("/dev/shm"), false)?
        }
        _ => mount("tmpfs", "shm", "/dev/shm", &["nosuid", "noexec", "nodev", "mode=1777", &size])?,
    };
    Ok(vec![queue, shm])
}

fn of_order(wanted: &HostMount) -> Result<Mount, OciSpecError> {
    if let Some(source) = &wanted.source {
        return bind(source, &wanted.target, wanted.read_only);
    }
    let size = wanted.size.map(|size| format!("size={size}"));
    let mut options = vec!["nosuid", "noexec", "nodev"];
    options.extend(size.as_deref());
    options.extend(wanted.read_only.then_some("ro"));
    mount("tmpfs", "tmpfs", &wanted.target, &options)
}

fn bind(source: &Path, target: &Path, read_only: bool) -> Result<Mount, OciSpecError> {
    let access = if read_only { "ro" } else { "rw" };
    mount("bind", source, target, &["rbind", "rprivate", access])
}

fn mount(
    kind: &str,
    source: impl AsRef<Path>,
    target: impl AsRef<Path>,
    options: &[&str],
) -> Result<Mount, OciSpecError> {
    let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
    MountBuilder::default().typ(kind).source(source.as_ref()).destination(target.as_ref()).options(options).build()
}
