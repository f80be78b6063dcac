//! What a host adds to an engine that runs on it: the kernel's own tables and processes, as one trait.
//! Knows no kernel and no engine; `host` implements it, `docker` asks it.

use std::{collections::HashMap, path::Path, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};

use super::Result;
use crate::model::{Bytes, Container, Explanation, FileEntry, Firewall, HostLoad, Nat, Network, Packet, Signal};

/// The host an engine runs on, where longshore runs on the same. Every call blocks for a short time (reading
/// `/proc`, talking to netlink, running `nft -j`), so it is made in a `spawn_blocking` and never under a lock.
///
/// An engine in another network namespace or in a virtual machine (Docker Desktop) is not on this host, even if
/// its socket is: an implementation must answer `Unsupported` for what it cannot vouch for.
pub trait LocalHost: Send + Sync {
    /// The host's NAT mappings and live sessions that touch these containers and networks.
    ///
    /// # Errors
    /// `Denied` without the rights to read them, `Unsupported` where the kernel has none.
    fn nat(&self, containers: &[Container], networks: &[Network]) -> Result<Nat>;

    /// The host's firewall rules that touch these containers and networks, in the order the kernel asks them.
    ///
    /// # Errors
    /// `Denied` without the rights to read them, `Unsupported` where the kernel has none.
    fn firewall(&self, containers: &[Container], networks: &[Network]) -> Result<Firewall>;

    /// Which rules a packet would meet on this host, and how it would end.
    ///
    /// # Errors
    /// As [`LocalHost::firewall`]; `NotFound` when the packet's container has no address.
    fn explain(&self, packet: &Packet, containers: &[Container], networks: &[Network]) -> Result<Explanation>;

    /// What the host knows of these processes, by their ids on the host. Those that are gone, or may not be
    /// looked at, are left out.
    fn processes(&self, pids: &[u32]) -> HashMap<u32, ProcessFacts>;

    /// Use of the host now, and of the disk that holds `data_root`. The first call gives 0 for the processors.
    ///
    /// # Errors
    /// When the host's counters cannot be read.
    fn load(&self, data_root: &Path) -> Result<HostLoad>;

    /// What is in `folder` below `root`, sorted by name; nothing in it leads out of the root.
    ///
    /// # Errors
    /// `NotFound` for no such folder; what the system says.
    fn folder(&self, root: &Path, folder: &str) -> Result<Vec<FileEntry>>;

    /// Sends a signal to one process, by its id on the host.
    ///
    /// # Errors
    /// `Denied` without the rights, `NotFound` when it is gone.
    fn signal(&self, pid: u32, signal: Signal) -> Result<()>;
}

/// What a host knows of one process. A field is `None` where it cannot be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProcessFacts {
    /// Its parent's id on the host.
    pub parent: Option<u32>,
    /// Its POSIX session id on the host (Windows: the session it runs in).
    pub session: Option<u32>,
    /// Its id in the innermost pid namespace.
    pub inner: Option<u32>,
    /// Its threads.
    pub threads: Option<u32>,
    /// Its resident memory.
    pub memory: Option<Bytes>,
    /// When it started.
    pub started: Option<DateTime<Utc>>,
    /// Processor time it has used so far, in user and kernel mode together; from two readings follows the load.
    pub cpu: Option<Duration>,
}

/// Asks a host on a thread that may block; `None` when that did not come to its end.
pub(crate) async fn read_host<T: Send + 'static>(
    host: Arc<dyn LocalHost>,
    containers: Vec<Container>,
    networks: Vec<Network>,
    read: impl FnOnce(&dyn LocalHost, &[Container], &[Network]) -> Result<T> + Send + 'static,
) -> Option<Result<T>> {
    tokio::task::spawn_blocking(move || read(host.as_ref(), &containers, &networks)).await.ok()
}
