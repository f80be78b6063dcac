//! Mounts as Docker lists them. Knows no transport.

use serde::Deserialize;

use super::lenient::{Flag, Text};
use crate::model::{Mount, MountKind};

/// One mount of a container's list row or inspect.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct MountPoint {
    #[serde(rename = "Type")]
    kind: Text,
    name: Text,
    source: Text,
    destination: Text,
    #[serde(rename = "RW")]
    writable: Flag,
}

/// Reads them, sorted by the path inside.
pub(super) fn mounts(points: Option<Vec<MountPoint>>) -> Vec<Mount> {
    let mut mounts: Vec<_> = points.into_iter().flatten().map(mount).collect();
    mounts.sort_by(|a, b| a.target.cmp(&b.target));
    mounts
}

fn mount(point: MountPoint) -> Mount {
    let kind = kind(point.kind.as_str());
    let source = if kind == MountKind::Volume { point.name.0 } else { point.source.0 };
    Mount::new(kind, source, point.destination.0, point.writable.0 == Some(false))
}

fn kind(word: &str) -> MountKind {
    match word {
        "volume" => MountKind::Volume,
        "bind" => MountKind::Bind,
        "tmpfs" => MountKind::Tmpfs,
        "npipe" => MountKind::Pipe,
        _ => MountKind::Other,
    }
}
