//! Doors to engines: what any engine must be able to do, as traits. Knows no screen and no platform.

pub mod archive_file;
pub mod backoff;
mod clocks;
pub mod connect;
mod derive;
pub mod docker;
pub mod embedded;
pub mod endpoints;
mod error;
pub mod fake;
pub mod feed;
pub mod local;
mod login;
mod wire;

use std::{pin::Pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes as Chunk;
use futures_util::Stream;
use serde_json::Value;
use tokio::{io::AsyncWrite, sync::watch};

pub use error::{EngineError, Gate};

use crate::model::{
    Caps, CommitSpec, Container, ContainerId, ContainerSpec, DiskUsage, Event, ExecSpec, Explanation, FileEntry,
    FilterRule, Firewall, GRACE, HistoryStep, HostLoad, Image, ImageId, ImportSpec, Layer, Limits, LogLine, LogOptions,
    Nat, Network, NetworkId, NetworkSpec, Packet, PathChange, PortMapping, Process, Progress, RemoveContainer,
    RuleScope, Sample, Session, Signal, Stream as Channel, Subject, System as About, Until, Volume, VolumeName,
    VolumeSpec,
};

/// What every call to an engine gives.
pub type Result<T> = std::result::Result<T, EngineError>;
/// A stream of results that ends when the engine ends it or the reader drops it.
pub type Flow<T> = Pin<Box<dyn Stream<Item = Result<T>> + Send>>;
/// The bytes of an archive, as they come; whoever reads slowly slows the writer. A break is an error, never an end.
pub type Archive = Flow<Chunk>;

/// What an engine says that has no such thing.
fn lacking<T>(tried: &str) -> Result<T> {
    Err(EngineError::Unsupported { tried: tried.to_owned(), why: "this engine has no such thing".into() })
}

/// An engine: everything longshore can ask of one. Every call is bounded in time and may be dropped at any await.
pub trait Engine: System + Containers + Images + Layers + Sessions + Volumes + NatTable + Rules + Networks {}

impl<T: System + Containers + Images + Layers + Sessions + Volumes + NatTable + Rules + Networks> Engine for T {}

/// An engine behind a pointer that tasks can share.
pub type SharedEngine = Arc<dyn Engine>;

/// The engine and its host.
#[async_trait]
pub trait System: Send + Sync {
    /// Says what it is and what it can do.
    async fn describe(&self) -> Result<(About, Caps)>;
    /// Asks for a sign of life; gives the time it took.
    async fn ping(&self) -> Result<Duration>;
    /// Counts disk use; slow on engines with many volumes.
    async fn disk_usage(&self) -> Result<DiskUsage>;
    /// What happens from now on, filtered to what longshore shows.
    async fn events(&self) -> Result<Flow<Event>>;
    /// Use of the host now. Two calls in a row are needed for the processors: the first gives 0.
    async fn host_load(&self) -> Result<HostLoad>;
    /// The engine's whole document about a thing.
    async fn inspect(&self, subject: &Subject) -> Result<Value>;
}

/// Containers.
#[async_trait]
pub trait Containers: Send + Sync {
    /// All of them, stopped ones too.
    async fn containers(&self) -> Result<Vec<Container>>;
    /// One, with everything an inspect tells; `NotFound` when it is gone.
    async fn container(&self, id: &ContainerId) -> Result<Container>;
    /// Makes one, and starts it if the spec says so.
    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId>;
    /// Starts its main process.
    async fn start(&self, id: &ContainerId) -> Result<()>;
    /// Asks it to end and kills it after `grace`.
    async fn stop(&self, id: &ContainerId, grace: Duration) -> Result<()>;
    /// Stops and starts it.
    async fn restart(&self, id: &ContainerId, grace: Duration) -> Result<()>;
    /// Sends a signal to its main process.
    async fn kill(&self, id: &ContainerId, signal: Signal) -> Result<()>;
    /// Freezes it.
    async fn pause(&self, id: &ContainerId) -> Result<()>;
    /// Thaws it.
    async fn unpause(&self, id: &ContainerId) -> Result<()>;
    /// Gives it another name.
    async fn rename(&self, id: &ContainerId, name: &str) -> Result<()>;
    /// Removes it.
    async fn remove(&self, id: &ContainerId, how: RemoveContainer) -> Result<()>;
    /// Changes its limits and restart policy while it lives. `None` leaves a limit as it is.
    async fn update(&self, id: &ContainerId, limits: &Limits) -> Result<()>;
    /// Its log; lines are harmless but for colour sequences.
    async fn logs(&self, id: &ContainerId, options: LogOptions) -> Result<Flow<LogLine>>;
    /// What it uses, once a second or, where many are measured, less often.
    async fn stats(&self, id: &ContainerId) -> Result<Flow<Sample>>;
    /// Its processes, parents before children.
    async fn processes(&self, id: &ContainerId) -> Result<Vec<Process>>;
    /// What it changed in its files.
    async fn changes(&self, id: &ContainerId) -> Result<Vec<PathChange>>;
    /// Removes all that do not run; gives the bytes freed and how many went.
    async fn prune_containers(&self) -> Result<Pruned>;
    /// Asks it to end with this signal, and kills it after this grace; its own, as it was made, where absent.
    async fn stop_with(&self, id: &ContainerId, signal: Option<Signal>, grace: Option<Duration>) -> Result<()> {
        match signal {
            Some(signal) => lacking(&format!("stop a container with {signal}")),
            None => self.stop(id, grace.unwrap_or(GRACE)).await,
        }
    }
    /// Stops and starts it: asks it to end with this signal and kills it after this grace; its own where absent.
    async fn restart_with(&self, id: &ContainerId, signal: Option<Signal>, grace: Option<Duration>) -> Result<()> {
        match signal {
            Some(signal) => lacking(&format!("restart a container with {signal}")),
            None => self.restart(id, grace.unwrap_or(GRACE)).await,
        }
    }
    /// Waits, without bound, until it has ended or is gone; gives its exit code. Waiting begins when the future is
    /// first polled, not when it is made.
    async fn wait(&self, _id: &ContainerId, _until: Until) -> Result<i64> {
        lacking("wait for a container")
    }
    /// Makes an image of it as it is.
    async fn commit(&self, _id: &ContainerId, _spec: &CommitSpec) -> Result<ImageId> {
        lacking("make an image of a container")
    }
    /// All its files as one tar archive, with the image's.
    async fn export(&self, _id: &ContainerId) -> Result<Archive> {
        lacking("export a container")
    }
    /// A file or a folder of it as a tar archive whose first entry is that, by its last name. It need not run.
    async fn copy_out(&self, _id: &ContainerId, _path: &str) -> Result<Archive> {
        lacking("copy out of a container")
    }
    /// Unpacks a tar archive in a folder of it, which must be there. It need not run.
    async fn copy_in(&self, _id: &ContainerId, _folder: &str, _archive: Archive) -> Result<()> {
        lacking("copy into a container")
    }
}

/// What a prune did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// How many things went.
    pub count: usize,
    /// Bytes freed, where the engine counts.
    pub freed: crate::model::Bytes,
}

/// Images.
#[async_trait]
pub trait Images: Send + Sync {
    /// All but intermediate ones.
    async fn images(&self) -> Result<Vec<Image>>;
    /// How one was made, newest step first.
    async fn history(&self, id: &ImageId) -> Result<Vec<HistoryStep>>;
    /// Pulls one, telling progress; ends early when the future is dropped.
    async fn pull(&self, reference: &str, report: &Reporter) -> Result<()>;
    /// Gives it one more name, `repository:tag`.
    async fn tag(&self, id: &ImageId, reference: &str) -> Result<()>;
    /// Removes a tag or, by id, the image; gives what was untagged and deleted.
    async fn remove_image(&self, reference: &str, force: bool) -> Result<Vec<String>>;
    /// Removes dangling images, or with `all` every image no container needs.
    async fn prune_images(&self, all: bool) -> Result<Pruned>;
    /// Pulls one for a platform, `os[/arch[/variant]]`, such as `linux/arm64`.
    async fn pull_platform(&self, reference: &str, platform: &str, _report: &Reporter) -> Result<()> {
        lacking(&format!("pull `{reference}` for {platform}"))
    }
    /// Pushes one to the registry that its name begins with, telling progress.
    async fn push(&self, reference: &str, _report: &Reporter) -> Result<()> {
        lacking(&format!("push `{reference}`"))
    }
    /// Images with their names and layers as one tar archive (docker's, which is an OCI layout too on newer engines).
    async fn save(&self, _references: &[String]) -> Result<Archive> {
        lacking("save images")
    }
    /// Takes images out of such an archive, plain or compressed; gives what was loaded: names, or ids of the nameless.
    async fn load(&self, _archive: Archive, _report: &Reporter) -> Result<Vec<String>> {
        lacking("load images")
    }
    /// Makes an image of one layer from a tar archive of files, plain or compressed.
    async fn import(&self, _archive: Archive, _spec: &ImportSpec) -> Result<ImageId> {
        lacking("import an image")
    }
}

/// Layers.
#[async_trait]
pub trait Layers: Send + Sync {
    /// The forest of chains of all images, and the writable layers of all containers.
    async fn layers(&self) -> Result<Vec<Layer>>;
}

/// Sessions and the terminals into them.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// All sessions of running containers.
    async fn sessions(&self) -> Result<Vec<Session>>;
    /// Starts a process in a container and connects to it.
    async fn exec(&self, id: &ContainerId, spec: &ExecSpec, size: Size) -> Result<Console>;
    /// Starts a process in a container and leaves it alone.
    async fn exec_detached(&self, _id: &ContainerId, _spec: &ExecSpec) -> Result<()> {
        lacking("start a process and leave it alone")
    }
    /// Connects to the main process.
    async fn attach(&self, id: &ContainerId, size: Size) -> Result<Console>;
    /// Starts the main process of a container that does not run, and is connected before its first word. The console
    /// tells its exit code also when the container is removed as it ends.
    async fn run(&self, _id: &ContainerId, _size: Size) -> Result<Console> {
        lacking("start a container and connect to it")
    }
    /// Sends a signal to one process of a container, by its id on the host.
    async fn signal(&self, id: &ContainerId, pid: u32, signal: Signal) -> Result<()>;
}

/// A terminal's size in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Across.
    pub columns: u16,
    /// Down.
    pub rows: u16,
}

/// A connection to a process's terminal or pipes.
pub struct Console {
    /// What is typed.
    pub input: Pin<Box<dyn AsyncWrite + Send>>,
    /// What it prints.
    pub output: Flow<Printed>,
    /// Everything besides.
    pub control: Arc<dyn ConsoleControl>,
}

/// A piece of what a process printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    /// Where; everything on a terminal is standard output.
    pub channel: Channel,
    /// What, as it is: nothing in it was made harmless.
    pub bytes: Chunk,
}

/// Steers a [`Console`] while its streams are in use.
#[async_trait]
pub trait ConsoleControl: Send + Sync {
    /// Tells the size of the terminal.
    async fn resize(&self, size: Size) -> Result<()>;
    /// The exit code, once the output has ended; `None` when it cannot be told.
    async fn exit_code(&self) -> Result<Option<i64>>;
}

/// Volumes.
#[async_trait]
pub trait Volumes: Send + Sync {
    /// All of them, and host paths that containers have mounted. Sizes are known after [`System::disk_usage`].
    async fn volumes(&self) -> Result<Vec<Volume>>;
    /// Makes one.
    async fn create_volume(&self, spec: &VolumeSpec) -> Result<VolumeName>;
    /// Removes one.
    async fn remove_volume(&self, name: &VolumeName) -> Result<()>;
    /// Removes anonymous volumes that no container has, or with `all` named ones too.
    async fn prune_volumes(&self, all: bool) -> Result<Pruned>;
    /// What is in a folder of one, sorted by name; `/` is the volume itself.
    async fn browse_volume(&self, _name: &VolumeName, _folder: &str) -> Result<Vec<FileEntry>> {
        lacking("look into a volume")
    }
    /// All of one as a tar archive. Containers may go on writing to it meanwhile.
    async fn back_up_volume(&self, _name: &VolumeName) -> Result<Archive> {
        lacking("back up a volume")
    }
    /// Makes one what such an archive tells, be it plain, gzip or zstd. What was in it goes, when all of the archive has
    /// been read.
    async fn restore_volume(&self, _name: &VolumeName, _archive: Archive) -> Result<()> {
        lacking("restore a volume")
    }
}

/// NAT.
#[async_trait]
pub trait NatTable: Send + Sync {
    /// Published ports and, where the host can be read, live sessions.
    async fn nat(&self) -> Result<Nat>;
    /// Publishes a port of a container, at once when it runs; gives the host's ports, chosen where none was named.
    async fn publish(&self, _id: &ContainerId, _port: &PortMapping) -> Result<Vec<u16>> {
        lacking("publish a port of a container that is there")
    }
    /// Ends that, at once when it runs.
    async fn unpublish(&self, _id: &ContainerId, _port: &PortMapping) -> Result<()> {
        lacking("end the publishing of a port of a container that is there")
    }
}

/// The firewall.
#[async_trait]
pub trait Rules: Send + Sync {
    /// Rules that touch containers, in order; derived ones where the host cannot be read.
    async fn firewall(&self) -> Result<Firewall>;
    /// Adds a rule of longshore's own behind those that are there, in force at once.
    async fn add_rule(&self, _scope: &RuleScope, _rule: &FilterRule) -> Result<()> {
        lacking("add a firewall rule")
    }
    /// Removes a rule of longshore's own by its number.
    async fn remove_rule(&self, _number: i64) -> Result<()> {
        lacking("remove a firewall rule")
    }
    /// Which rules a packet would meet, and how it would end; `Unsupported` where the host cannot be read.
    async fn explain(&self, packet: &Packet) -> Result<Explanation> {
        let tried = format!("explain what happens to {packet}");
        Err(EngineError::Unsupported { tried, why: "the rules of that host cannot be read".into() })
    }
}

/// Networks.
#[async_trait]
pub trait Networks: Send + Sync {
    /// All of them, with who is in them.
    async fn networks(&self) -> Result<Vec<Network>>;
    /// Makes one.
    async fn create_network(&self, spec: &NetworkSpec) -> Result<NetworkId>;
    /// Removes one.
    async fn remove_network(&self, id: &NetworkId) -> Result<()>;
    /// Puts a container into one.
    async fn connect(&self, id: &NetworkId, container: &ContainerId) -> Result<()>;
    /// Takes a container out of one.
    async fn disconnect(&self, id: &NetworkId, container: &ContainerId) -> Result<()>;
    /// Removes all that nobody is in.
    async fn prune_networks(&self) -> Result<Pruned>;
}

/// Where a job tells how far it has come; the newest wins and telling never waits.
#[derive(Clone, Debug)]
pub struct Reporter(watch::Sender<Progress>);

impl Reporter {
    /// A reporter and the end to read it from.
    pub fn new() -> (Self, watch::Receiver<Progress>) {
        let (sender, receiver) = watch::channel(Progress::default());
        (Self(sender), receiver)
    }

    /// Tells the newest.
    pub fn tell(&self, progress: Progress) {
        self.0.send_replace(progress);
    }
}
