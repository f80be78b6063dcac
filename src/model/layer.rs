//! Layers: the chains that images are made of and share. Knows no storage driver.

use serde::Serialize;

use super::{Bytes, ContainerId, ImageId, LayerId};

/// One layer of the forest of chains.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Layer {
    /// Its chain id, or the container's id for a writable layer.
    pub id: LayerId,
    /// Digest of its uncompressed content.
    pub diff: String,
    /// The layer below.
    pub parent: Option<LayerId>,
    /// Steps from the base; 0 for a base.
    pub depth: usize,
    /// What sort of layer.
    pub kind: LayerKind,
    /// Bytes of its own, where they can be told.
    pub size: Option<Bytes>,
    /// The instruction that made it.
    pub by: Option<String>,
    /// Images that have it in their chain.
    pub images: Vec<ImageId>,
    /// Containers that stand on it.
    pub containers: Vec<ContainerId>,
    /// Where it lies on the host, where that can be told.
    pub path: Option<String>,
    /// The program that keeps it, where that is not the engine that shows it: only that can remove it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keeper: Option<String>,
}

impl Layer {
    /// The beginning of its content's digest; of the container's id for a writable layer, which has no digest yet.
    pub fn short(&self) -> &str {
        if self.diff.is_empty() { self.id.short() } else { super::id::short(&self.diff) }
    }
}

/// What sort of layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LayerKind {
    /// The lowest of a chain.
    Base,
    /// Windows: fetched from another place than the registry.
    Foreign,
    /// Inside a chain.
    Image,
    /// A container's own changes.
    Writable,
}

impl LayerKind {
    /// The word on screen.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Foreign => "foreign",
            Self::Image => "image",
            Self::Writable => "writable",
        }
    }
}

/// What became of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PathChange {
    /// What happened.
    pub kind: PathChangeKind,
    /// The path inside the container.
    pub path: String,
}

/// What happened to a path, against the layers below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PathChangeKind {
    /// It is new.
    Added,
    /// It, or something in it, is different.
    Changed,
    /// It is gone.
    Removed,
}
