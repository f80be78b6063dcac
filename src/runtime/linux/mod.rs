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

use std::{
    fs::{self, DirBuilder, File, Permissions},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
    sync::Arc,
};

use self::{compute::Compute, firewall::KernelFirewall, network::KernelNetwork, storage::LinuxStorage};
use super::{Platform, Result, RuntimeError, about::About, image, layout::Layout};
use crate::model::{Bytes, text::cleaned};

/// All that Linux gives to the engine over these folders.
pub fn platform(layout: &Layout) -> Platform {
    with_compute(layout, Compute::default())
}

/// Makes the engine's folders where there are none, so that only root sees into them: secrets of containers lie there,
/// locks that nobody else may hold, and files with rights that count on this host.
///
/// # Errors
/// What the system says.
pub(in crate::runtime) fn make_private(layout: &Layout) -> Result<()> {
    for folder in [&layout.data, &layout.run] {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(RuntimeError::system(format!("make the folder `{}`", folder.display())))?;
    }
    // A data root that somebody has made for it may let others in: what is of concern to nobody but root does not.
    let inner = ["containers", "volumes", "layers", "blobs", "ingest"].map(|name| layout.data.join(name));
    for folder in inner.iter().chain([&layout.run]) {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        let made = made.and_then(|()| fs::set_permissions(folder, Permissions::from_mode(0o700)));
        made.map_err(RuntimeError::system(format!("keep others out of `{}`", folder.display())))?;
    }
    for file in [layout.database(), layout.bell()] {
        let made = File::options().append(true).create(true).mode(0o600).open(&file);
        let made = made.and_then(|made| made.set_permissions(Permissions::from_mode(0o600)));
        made.map_err(RuntimeError::system(format!("keep others out of `{}`", file.display())))?;
    }
    Ok(())
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
        memory: memory(),
        storage_driver: "overlay",
        runtime: "libcontainer",
        isolation: "",
        cgroup_version: if is_second { "2" } else { "1" },
        cgroup_driver: "cgroupfs",
        security: vec!["seccomp"],
    }
}

/// The host's memory (proc_meminfo(5)); 0 where it cannot be told.
fn memory() -> Bytes {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = total.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    Bytes(kib.unwrap_or(0) << 10)
}

/// The distribution's name (os-release(5)).
fn distribution() -> String {
    let text = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.map_or_else(|| std::env::consts::OS.to_owned(), |name| cleaned(name.trim_matches('"')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_root_sees_into_what_is_made_and_what_is_there_is_left_alone() {
        let (above, mode) =
            (tempfile::tempdir().unwrap(), |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777);
        let layout = Layout::at(&above.path().join("data"));
        make_private(&layout).unwrap();
        assert_eq!((mode(&layout.data), mode(&layout.run)), (0o700, 0o700));
        fs::set_permissions(&layout.data, Permissions::from_mode(0o755)).unwrap();
        let [known, volumes] = ["containers", "volumes"].map(|name| layout.data.join(name));
        fs::set_permissions(&known, Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(layout.database(), Permissions::from_mode(0o644)).unwrap();
        make_private(&layout).unwrap();
        assert_eq!(mode(&layout.data), 0o755, "it is somebody's decision");
        assert_eq!((mode(&known), mode(&volumes), mode(&layout.database())), (0o700, 0o700, 0o600));
    }

    #[test]
    fn a_link_to_a_data_root_is_that_root() {
        let above = tempfile::tempdir().unwrap();
        let (root, link) = (above.path().join("data"), above.path().join("link"));
        fs::create_dir(&root).unwrap();
        std::os::unix::fs::symlink(&root, &link).unwrap();
        let one = Layout::at(&root).as_on_disk();
        assert_eq!(Layout::at(&link).as_on_disk(), one);
        assert_eq!(Layout::at(&link.join("new")).as_on_disk().data, one.data.join("new"), "what is not there yet");
    }
}
