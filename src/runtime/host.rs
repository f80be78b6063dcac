//! What a platform must give to the engine aboard, named after what HCS, computestorage, HNS and the firewall of
//! Windows do; Linux fits into the same shape. Every call blocks; callers put it on a thread of its own.

use std::{
    io::{self, Read, Write},
    net::IpAddr,
    path::{Path, PathBuf},
};

use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    Result,
    document::{
        BridgePlan, FilterRule, LinkPlan, MappingPlan, NetworkPlan, Process, RuleScope, StopOrder, layer,
        windows_firewall::HostRule,
    },
    foreigners::Foreign,
    monitor::{asking::ask, folder::id_of, frame::Frame},
    net::{pools::Used, ports::Listener},
};
use crate::model::{self, ContainerId, FileEntry, Limits, Net, NetworkId, PathChange, SessionId, Tuning};

/// Layers on disk.
pub trait Storage: Send + Sync {
    /// Unpacks a layer's tar into `folder`, which there is not yet; `parents` are the layers below, lowest first. They
    /// may still be in the making: they stand as soon as the tar's end was read, so the tar is read to its end before
    /// they are looked at, for folders and hard links' targets that it does not hold. The folder stands whole and
    /// synced to disk afterwards, or not at all. Gives the bytes in its files.
    ///
    /// # Errors
    /// What of the tar is refused or what the system says; never leaves anything outside of `folder`.
    fn unpack(&self, tar: &mut dyn Read, parents: &[PathBuf], folder: &Path) -> Result<u64>;
    /// Removes a layer's folder, whatever is in it.
    fn remove_layer(&self, folder: &Path) -> Result<()>;
    /// Mounts a container's root at `root`: its layers (lowest first) under its own writable layer in `container`.
    /// Makes the folders it needs. What is mounted at `root` already is a crash's, and goes first.
    fn mount(&self, layers: &[PathBuf], container: &Path, root: &Path) -> Result<()>;
    /// Takes the root away again; no error when it is not mounted.
    fn unmount(&self, root: &Path) -> Result<()>;
    /// What the writable layer changes, by path.
    fn changes(&self, layers: &[PathBuf], container: &Path) -> Result<Vec<PathChange>>;
    /// Writes the writable layer as a layer's tar.
    fn pack(&self, container: &Path, tar: &mut dyn Write) -> Result<()>;
    /// Whether a layer works only where it was unpacked, because what is in it names its place: it is never moved then.
    fn stays(&self) -> bool {
        false
    }
    /// Whether [`Storage::changes`] and [`Storage::pack`] tell also of a container that runs.
    fn tells_while_up(&self) -> bool {
        true
    }
    /// Layers that other engines keep on this host.
    fn foreign(&self) -> Vec<layer::Foreign> {
        Vec::new()
    }
    /// The root as the process of this id on the host sees it, mounts and all; `None` where only the mounted one can be
    /// shown.
    fn seen_by(&self, pid: u32) -> Option<PathBuf> {
        let _ = pid;
        None
    }
}

/// Files inside of roots and volumes. A path is one inside: links in it are followed as a process in there would see
/// them, and nothing outside is reached, whatever a container does meanwhile. Except for the last name of a path
/// without `/` behind it, which is meant itself.
pub trait Files: Send + Sync {
    /// What is at `path` in `root`.
    fn stat(&self, root: &Path, path: &str) -> Result<FileEntry>;
    /// What is in the folder `path` in `root`, sorted by name.
    fn browse(&self, root: &Path, path: &str) -> Result<Vec<FileEntry>>;
    /// Writes what is at `path` in `root` as a tar whose first entry is that, by its last name; `.` for `/` and for
    /// paths that end in `/.`.
    fn copy_out(&self, root: &Path, path: &str, tar: &mut dyn Write) -> Result<()>;
    /// Unpacks a tar in the folder `path` in `root`, which must be there. `owner` becomes everything's, where given;
    /// with `same_kind` a folder replaces folders only, and all else no folder.
    fn copy_in(
        &self,
        root: &Path,
        path: &str,
        tar: &mut dyn Read,
        owner: Option<(u32, u32)>,
        same_kind: bool,
    ) -> Result<()>;
    /// Writes all of `root` as a tar, without the root itself: what `docker export` gives.
    fn export(&self, root: &Path, tar: &mut dyn Write) -> Result<()>;
    /// Fills an empty volume with what is at `path` in `root`, owner and mode of the folder included. Does nothing
    /// where the volume has something in it or there is no such folder; gives whether it did.
    fn copy_up(&self, root: &Path, path: &str, volume: &Path) -> Result<bool>;
    /// Bytes on disk of all in a folder; holes are not counted, files of several names once, nothing where nothing is.
    fn usage(&self, folder: &Path) -> Result<u64>;
    /// Writes all of a volume's folder as a tar, the folder's own look included.
    fn backup(&self, volume: &Path, packing: Packing, out: &mut dyn Write) -> Result<()>;
    /// Makes of `folder`, which must not be there yet, what a volume's is to become: what a tar tells, be it plain, gzip
    /// or zstd. What the tar does not say of the folder itself is as it is with the volume's, which is left alone. All
    /// of it is on disk then; where it is refused, what was made of it is left to the caller.
    fn restore(&self, volume: &Path, folder: &Path, tar: &mut dyn Read) -> Result<()>;
    /// Has a volume's folder and another beside it change places: both are whole at any moment, but on a platform that
    /// needs several steps the volume's may have the ending `old` in between.
    fn swap(&self, volume: &Path, folder: &Path) -> Result<()>;
    /// Removes a volume's or container's folder, whatever is in it; no error when there is none.
    fn remove(&self, folder: &Path) -> Result<()>;
}

/// How a tar is packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packing {
    /// As it is.
    #[default]
    Plain,
    /// By gzip.
    Gzip,
    /// By zstd.
    Zstd,
}

/// Links, addresses and translated ports.
pub trait Network: Send + Sync {
    /// Makes a network's bridge and its rules, or mends what is not as it should be.
    fn ensure(&self, bridge: &BridgePlan) -> Result<()>;
    /// Takes a network's bridge and rules away; no error when there is none.
    fn remove(&self, network: &NetworkId, bridge: &str) -> Result<()>;
    /// Makes a container's namespace at `netns` with its links and mappings; undoes everything when a step fails.
    fn attach(&self, id: &ContainerId, netns: &Path, plan: &NetworkPlan) -> Result<()>;
    /// Takes everything away that [`Network::attach`] made; no error for what is not there.
    fn detach(&self, id: &ContainerId, netns: &Path, plan: &NetworkPlan) -> Result<()>;
    /// Makes the rules tell exactly of these networks and mappings, in one step: after a boot, or when somebody has
    /// flushed the host's rules. Cheap when nothing is missing.
    fn restore(&self, bridges: &[BridgePlan], mappings: &[(ContainerId, MappingPlan)]) -> Result<()>;
    /// Adds a link to a running container.
    fn connect(&self, id: &ContainerId, netns: &Path, link: &LinkPlan) -> Result<()>;
    /// Takes one away; no error when it is not there.
    fn disconnect(&self, id: &ContainerId, link: &LinkPlan) -> Result<()>;
    /// Publishes a port of a running container.
    ///
    /// # Errors
    /// [`super::RuntimeError::Conflict`] when another container has it.
    fn publish(&self, id: &ContainerId, mapping: &MappingPlan) -> Result<()>;
    /// Ends that; no error when it is not published, or by another container.
    fn unpublish(&self, id: &ContainerId, mapping: &MappingPlan) -> Result<()>;
    /// Takes away what a crash left: links and mappings of containers of which `alive` says no. It is asked after a
    /// link was found, so that one made in between is never taken for a leftover.
    fn sweep(&self, alive: &dyn Fn(&ContainerId) -> bool) -> Result<()>;
    /// Where all networks that lead to the outside are one: the range that it has and the address that leads out of it,
    /// if it is there. `None` where there may be any number.
    fn only(&self) -> Result<Option<Only>> {
        Ok(None)
    }
    /// Ranges that the host uses itself, by its routes and addresses.
    fn used(&self) -> Result<Vec<Used>>;
    /// Sockets on which processes of the host wait.
    fn listeners(&self) -> Result<Vec<Listener>>;
    /// The name and the id of a socket's process, where one can be found. Slow: looks at every process.
    fn process_of(&self, listener: &Listener) -> Option<(String, u32)>;
}

/// The one network of a host that leads to the outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Only {
    /// Its range; the first of ours says it while there is none.
    pub range: Option<Net>,
    /// The address that leads out of it.
    pub gateway: Option<IpAddr>,
}

/// Rules of longshore's own.
pub trait Firewall: Send + Sync {
    /// Makes these the rules, in this order, in one step. A rule about a container names its present addresses; one
    /// about a network needs none. The first rule of a direction that fits a packet decides whether it may go on to
    /// what holds for all: that networks are apart, and that only published ports are reached from outside.
    fn apply(&self, rules: &[Applied]) -> Result<()>;
    /// Whether what the host tells of in this chain, by this comment, belongs to the rule of this number.
    fn is_rule(&self, number: i64, chain: &str, comment: &str) -> bool;
    /// Rules of the host's own firewall, where the engine reads them itself. None of them is ever changed.
    fn of_host(&self) -> Result<Vec<HostRule>> {
        Ok(Vec::new())
    }
}

/// A rule as it is to be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Its number, for good.
    pub number: i64,
    /// Whom it is about.
    pub scope: RuleScope,
    /// That one's present addresses.
    pub addresses: Vec<IpAddr>,
    /// What it says.
    pub rule: FilterRule,
}

/// Bytes to and from a monitor; see [`super::monitor::client::Session`].
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A connection to a monitor.
pub type Line = Box<dyn Duplex>;

/// A process that has been started, and a line that was there before it, so that nothing it prints is missed.
pub struct Started {
    /// Its id on the host.
    pub pid: u32,
    /// To its monitor.
    pub line: Line,
}

/// What a container has used since its start, as the kernel counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Processor time of all its processes in nanoseconds.
    pub cpu_nanos: u64,
    /// Memory in bytes without what the kernel can drop at once.
    pub memory: u64,
    /// The limit in bytes; `None` without one.
    pub memory_limit: Option<u64>,
    /// Threads and processes.
    pub pids: u64,
    /// Bytes read from disks.
    pub disk_read: u64,
    /// Bytes written to disks.
    pub disk_write: u64,
    /// Bytes received by its own network; 0 for a container in the host's.
    pub net_in: u64,
    /// Bytes sent by its own network.
    pub net_out: u64,
}

/// Running containers. On Linux every call but the starts speaks to the container's monitor or its cgroup. `folder`
/// is [`super::layout::Layout::running`]. Calls that give a line must be made within a tokio runtime (a
/// `spawn_blocking` thread is).
pub trait Compute: Send + Sync {
    /// Starts the container whose order lies in `folder`; gives its main process's id on the host.
    ///
    /// # Errors
    /// Why it could not be started, in the monitor's words; everything that was made for it is undone.
    fn start(&self, folder: &Path) -> Result<u32>;
    /// The same, with a line that is attached before the process runs.
    fn start_attached(&self, folder: &Path) -> Result<Started>;
    /// A line to the main process of a running container.
    fn attach(&self, folder: &Path) -> Result<Line>;
    /// Starts a process in a running container. `id` names the session; its folder is `exec/ID` in `folder`.
    fn exec(&self, folder: &Path, id: &SessionId, process: &Process) -> Result<Started>;
    /// A line to a process that [`Compute::exec`] started.
    fn attach_exec(&self, folder: &Path, id: &SessionId) -> Result<Line>;
    /// The sessions that [`Compute::exec`] began and that live, with what runs in them and their process ids.
    fn execs(&self, folder: &Path) -> Result<Vec<(SessionId, Process, u32)>>;
    /// Sends a signal to its main process.
    fn kill(&self, folder: &Path, signal: i32) -> Result<()>;
    /// Sends a signal to one of its processes, by its id on the host.
    fn signal(&self, folder: &Path, pid: u32, signal: i32) -> Result<()>;
    /// Gives its monitor the order to end it, and to write that down; returns as soon as the monitor has the order. A
    /// later order counts for more than an earlier one, except that it is never killed later. Frozen processes are
    /// thawed, so that they hear. No error when it does not run.
    fn stop(&self, folder: &Path, order: &StopOrder) -> Result<()> {
        ask(self, folder, &Frame::Stop(*order), || format!("stop container `{}`", id_of(folder).short()))
    }
    /// It shall not be started again when it ends; ends the wait for its restart. No error when it does not run.
    fn forget(&self, folder: &Path) -> Result<()> {
        let tried = || format!("keep container `{}` from starting again", id_of(folder).short());
        ask(self, folder, &Frame::Forget, tried)
    }
    /// Says something to its monitor, once, and waits until that says that it has taken note.
    ///
    /// # Errors
    /// When there is none, or it does not listen now, or not within [`PATIENCE`](super::monitor::asking::PATIENCE).
    fn tell(&self, folder: &Path, frame: &Frame) -> io::Result<()>;
    /// Freezes or thaws it.
    fn freeze(&self, folder: &Path, frozen: bool) -> Result<()>;
    /// Changes what a running container may use.
    fn update(&self, folder: &Path, limits: &Limits, tuning: &Tuning) -> Result<()>;
    /// What it has used.
    fn counters(&self, folder: &Path) -> Result<Counters>;
    /// Its processes, parents before their children.
    fn processes(&self, folder: &Path) -> Result<Vec<model::Process>>;
    /// Whether its monitor lives.
    fn is_watched(&self, folder: &Path) -> bool;
    /// Containers that other programs have made on this host, as far as they are listed.
    ///
    /// # Errors
    /// That the platform cannot be asked.
    fn foreign(&self) -> Result<Vec<Foreign>> {
        Ok(Vec::new())
    }
    /// What one of those has used. Nothing where there are none.
    fn foreign_counters(&self, id: &str) -> Result<Counters> {
        let _ = id;
        Ok(Counters::default())
    }
    /// What runs in one of those.
    fn foreign_processes(&self, id: &str) -> Result<Vec<model::Process>> {
        let _ = id;
        Ok(Vec::new())
    }
    /// Accounts for a container whose monitor is gone: kills what is left of it, undoes its mounts and links, and
    /// writes its end into the database.
    fn bury(&self, folder: &Path) -> Result<()>;
    /// Ends what a crash left: containers of longshore's of which `alive` says no. It is asked after one was found, so
    /// that one started in between is never taken for a leftover.
    ///
    /// # Errors
    /// That the platform cannot be asked, or does not end one.
    fn sweep(&self, alive: &dyn Fn(&ContainerId) -> bool) -> Result<()> {
        // Where containers are ended with their monitor's account there is nothing to look for.
        let _ = alive;
        Ok(())
    }
}
