//! What a container engine holds, as values, one noun a file. No IO, no async, nothing of the screen.

mod ask;
mod by_id;
mod caps;
mod change;
mod command_line;
mod container;
pub mod endpoint;
mod event;
mod file;
mod finding;
mod firewall;
mod host;
mod id;
mod image;
mod layer;
mod logline;
mod nat;
mod network;
mod own_rule;
mod progress;
mod range;
mod reference;
#[cfg(test)]
pub(crate) mod sample;
mod session;
pub mod short;
mod signal;
mod spec;
mod stats;
mod store;
pub mod text;
mod units;
mod verb;
mod volume;

pub use ask::{Ask, Told};
pub use by_id::{ById, HasId};
pub use caps::{Caps, Feature};
pub use change::{Change, Firewall, Link, Listing, Nat, Part, Problem};
pub use command_line::run_command;
pub(crate) use command_line::{env_entry, mount_type};
pub use container::{
    Attachment, BadIsolation, BadPolicy, Container, GRACE, Health, Isolation, Limits, PROJECT_LABEL, RemoveContainer,
    RestartPolicy, SERVICE_LABEL, State, Until,
};
pub use event::{Event, Happening, Kind, Subject};
pub use file::{FileEntry, FileKind};
pub use finding::{Finding, Gravity, findings};
pub use firewall::{Action, Direction, Explanation, Fate, Owner, Packet, Rule, Step};
pub use host::{DiskUsage, HostLoad, Share, System};
pub use id::{ContainerId, ImageId, LayerId, MappingId, NetworkId, RuleId, SHORT, SessionId, VolumeName};
pub use image::{CommitSpec, HistoryStep, Image, ImportSpec};
pub use layer::{Layer, LayerKind, PathChange, PathChangeKind};
pub use logline::{LogBook, LogLine, LogOptions, Stream};
pub use nat::{Maker, Mapping, NatSession, PortMapping, Protocol, Reach};
pub use network::{Network, NetworkEndpoint, NetworkSpec, Subnet};
pub use own_rule::{FilterRule, RuleScope};
pub use progress::{Piece, Progress};
pub use range::Net;
pub use reference::{BadReference, DEFAULT_TAG, whole_reference};
pub use session::{ExecSpec, Process, Session, SessionKind};
pub use signal::{BadSignal, Signal};
pub use spec::{ContainerSpec, Device, HealthCheck, Life, Naming, Security, Tuning, Ulimit};
pub use stats::{Sample, Series};
pub use store::{Answer, EVENTS, Fetch, Store};
pub use units::{Age, Bytes, Rate};
pub use verb::{Refusal, Verb, made_by};
pub use volume::{Mount, MountKind, MountOptions, Propagation, Volume, VolumeKind, VolumeSpec};
