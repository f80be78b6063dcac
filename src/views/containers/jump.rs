//! What a container has to do with, to jump to: image, networks, volumes, sessions, ports. Knows no dashboard.

use crate::{
    app::{desk::Desk, view::Outcome},
    model::{Container, Kind, MountKind, Subject},
    views::detail::related,
};

/// A list of what the container has to do with; the only one is jumped to at once.
pub(super) fn picker(row: &Container, desk: &Desk) -> Outcome {
    let mut all = vec![Subject::new(Kind::Image, row.image_id.as_str(), &row.image)];
    all.extend(row.networks.iter().filter_map(|attached| {
        let named = || desk.store.networks.values().find(|n| n.name == attached.network).map(|n| n.id.clone());
        let id = attached.id.clone().or_else(named)?;
        Some(Subject::new(Kind::Network, id.as_str(), &attached.network))
    }));
    let kept = row.mounts.iter().filter(|m| matches!(m.kind, MountKind::Volume | MountKind::Bind));
    all.extend(kept.filter(|m| !m.source.is_empty()).map(|m| Subject::new(Kind::Volume, &m.source, &m.source)));
    all.retain(|subject| !subject.id.is_empty());
    related::jump(&format!("Jump from `{}` to", row.name), all, format!("`{}` has nothing to jump to", row.name))
}
