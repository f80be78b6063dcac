//! Volumes and what is mounted where. Knows no driver.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Bytes, ContainerId, VolumeName};

/// One volume.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Volume {
    /// Its name, which is its id; a bind's host path.
    pub name: VolumeName,
    /// Named by a person, made for one container, or a host path mounted as it is.
    pub kind: VolumeKind,
    /// The driver.
    pub driver: String,
    /// Where it lies on the host.
    pub path: String,
    /// Bytes in it, once they were counted.
    pub size: Option<Bytes>,
    /// When it was made, where the engine says.
    pub created: Option<DateTime<Utc>>,
    /// Containers that have it mounted.
    pub used_by: Vec<ContainerId>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Driver options.
    pub options: BTreeMap<String, String>,
    /// `local` or `global`.
    pub scope: String,
}

/// How a volume came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum VolumeKind {
    /// Somebody chose its name.
    Named,
    /// An engine made it for one container: its name is 64 hex digits.
    Anonymous,
    /// A path of the host, mounted as it is; no engine object, shown because containers use it.
    Bind,
}

impl VolumeKind {
    /// The word on screen.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Named => "named",
            Self::Anonymous => "anonymous",
            Self::Bind => "bind",
        }
    }

    /// What a volume's name says: 64 hex digits were made up by an engine.
    pub fn of_name(name: &str) -> Self {
        let made_up = name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit());
        if made_up { Self::Anonymous } else { Self::Named }
    }
}

/// Something mounted into a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// What sort.
    pub kind: MountKind,
    /// The volume's name or the host's path; empty for tmpfs.
    pub source: String,
    /// The path inside the container.
    pub target: String,
    /// Whether it can only be read.
    pub read_only: bool,
    /// Finer points than most people set.
    #[serde(default, skip_serializing_if = "MountOptions::is_default")]
    pub options: MountOptions,
}

impl Mount {
    /// A mount without finer points.
    pub fn new(kind: MountKind, source: impl Into<String>, target: impl Into<String>, read_only: bool) -> Self {
        Self { kind, source: source.into(), target: target.into(), read_only, options: MountOptions::default() }
    }
}

/// The finer points of a mount.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MountOptions {
    /// Bind: whether a folder is made on the host where nothing is.
    pub create_source: bool,
    /// Bind: how mounts below it pass in and out.
    pub propagation: Option<Propagation>,
    /// Volume: whether an empty one stays empty instead of getting the image's files of that place.
    pub no_copy: bool,
    /// Tmpfs: most bytes in it; half of the memory when absent.
    pub size: Option<Bytes>,
    /// Tmpfs: permissions of its root, such as `0o1777`.
    pub mode: Option<u32>,
}

impl MountOptions {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// How mounts below a bind pass between host and container (Linux, mount_namespaces(7)); `R…` with all below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "each is the kernel's own word")]
pub enum Propagation {
    Private,
    RPrivate,
    Shared,
    RShared,
    Slave,
    RSlave,
}

impl Propagation {
    const ALL: [Self; 6] = [Self::Private, Self::RPrivate, Self::Shared, Self::RShared, Self::Slave, Self::RSlave];

    /// The word in `--mount` and `-v`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::RPrivate => "rprivate",
            Self::Shared => "shared",
            Self::RShared => "rshared",
            Self::Slave => "slave",
            Self::RSlave => "rslave",
        }
    }

    /// From the word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|propagation| propagation.word() == word)
    }
}

/// What sort of mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MountKind {
    /// A volume.
    Volume,
    /// A path of the host.
    Bind,
    /// Memory.
    Tmpfs,
    /// A Windows named pipe.
    Pipe,
    /// Something newer.
    Other,
}

impl MountKind {
    /// The word on screen.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::Bind => "bind",
            Self::Tmpfs => "tmpfs",
            Self::Pipe => "npipe",
            Self::Other => "other",
        }
    }
}

/// What a new volume shall be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeSpec {
    /// Its name; the engine makes one up when empty.
    pub name: Option<String>,
    /// The driver; `local` when empty.
    pub driver: Option<String>,
    /// Driver options.
    pub options: BTreeMap<String, String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
}
