//! What the detail says of a layer: its facts, and what would have to go for it to go. Knows no engine.

use super::find;
use crate::{
    app::{desk::Desk, theme::Role},
    model::{Image, Kind, Layer, LayerKind, Subject},
    views::detail::{
        facts::Fact,
        instruction,
        related::{container_name, containers, images},
    },
};

/// Everything that is known of it.
pub(super) fn info(subject: &Subject, desk: &Desk) -> Vec<Fact> {
    let Some(layer) = find(subject, desk) else { return Vec::new() };
    let mut facts = vec![Fact::new("kind", layer.kind.word())];
    facts.extend(Fact::known("size", layer.size));
    facts.extend(Fact::known(maker(layer), layer.by.as_deref().map(instruction)));
    facts.extend(Fact::known("kept by", layer.keeper.as_ref()));
    facts.push(Fact::new("depth", depth(layer)));
    facts.extend(Fact::known("path", layer.path.as_ref()));
    facts.extend(Fact::known("digest", Some(&layer.diff)));
    facts.push(Fact::new(
        if layer.kind == LayerKind::Writable { "container id" } else { "chain id" },
        layer.id.as_str(),
    ));
    facts.extend(Fact::known("stands on", layer.parent.as_ref()));
    facts.extend(images(&layer.images, desk).into_iter().map(|image| Fact::new("image", image.name())));
    facts.extend(layer.containers.iter().map(|id| Fact::new("container", container_name(id, desk))));
    facts
}

fn maker(layer: &Layer) -> &'static str {
    if layer.kind == LayerKind::Writable { "changes of" } else { "made by" }
}

fn depth(layer: &Layer) -> String {
    match layer.depth {
        0 => "0, the lowest of its chain".into(),
        1 => "1, on one other".into(),
        depth => format!("{depth}, on {depth} others"),
    }
}

/// What removing would free, and who holds it until then.
pub(super) fn frees(subject: &Subject, desk: &Desk) -> Vec<Fact> {
    let Some(layer) = find(subject, desk) else { return Vec::new() };
    if let Some(keeper) = &layer.keeper {
        return vec![Fact::sentence(Role::Text, format!("{keeper} keeps it: nothing else can tell what needs it."))];
    }
    let size = layer.size.map_or_else(|| "what it takes".into(), |size| size.to_string());
    if layer.kind == LayerKind::Writable {
        let name = layer.containers.first().map_or("", |id| container_name(id, desk));
        return vec![
            Fact::sentence(Role::Text, format!("{size} will be free when the container `{name}` is removed.")),
            Fact::sentence(Role::Muted, "What was written into it is lost then; volumes stay."),
        ];
    }
    let holders = images(&layer.images, desk);
    let mut facts = vec![Fact::sentence(Role::Text, verdict(layer, &size, &holders))];
    facts.push(Fact::sentence(Role::Text, ""));
    facts.extend(holders.into_iter().map(|image| Fact::new("held by image", alone(image))));
    facts.extend(
        containers(&layer.containers, desk)
            .into_iter()
            .map(|container| Fact::new("held by container", format!("{} ({})", container.name, container.state))),
    );
    facts
}

fn verdict(layer: &Layer, size: &str, holders: &[&Image]) -> String {
    let users = layer.containers.len();
    let who = match (holders, users) {
        ([], 0) => return format!("Nobody holds it: a prune of the engine takes it, and frees {size}."),
        ([one], 0) => format!("`{}` is", one.name()),
        (_, 0) => format!("{} are", Kind::Image.count(holders.len())),
        _ => format!("{} and {} are", Kind::Image.count(holders.len()), Kind::Container.count(users)),
    };
    format!("{size} will be free once {who} removed.")
}

/// An image with what would go with it alone.
fn alone(image: &Image) -> String {
    match image.unique {
        Some(bytes) => format!("{}, which alone frees {bytes}", image.name()),
        None => image.name().to_owned(),
    }
}
