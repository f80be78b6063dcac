//! What images, containers and registries say, made harmless before anybody shows it. Knows no document and no log.

use std::collections::BTreeMap;

use crate::{
    backend::EngineError,
    model::{Container, Event, FileEntry, Network, Process, Volume, text::cleaned},
};

fn clean(text: &mut String) {
    *text = cleaned(std::mem::take(text));
}

fn clean_all(labels: &mut BTreeMap<String, String>) {
    *labels = std::mem::take(labels).into_iter().map(|(key, value)| (cleaned(key), cleaned(value))).collect();
}

pub(super) fn container(mut container: Container) -> Container {
    for text in [&mut container.image, &mut container.command, &mut container.network_mode] {
        clean(text);
    }
    for mount in &mut container.mounts {
        clean(&mut mount.source);
        clean(&mut mount.target);
    }
    container.networks.iter_mut().flat_map(|place| &mut place.aliases).for_each(clean);
    clean_all(&mut container.labels);
    container
}

pub(super) fn process(mut process: Process) -> Process {
    clean(&mut process.user);
    clean(&mut process.command);
    process
}

pub(super) fn volume(mut volume: Volume) -> Volume {
    clean_all(&mut volume.labels);
    clean_all(&mut volume.options);
    volume
}

pub(super) fn file(mut file: FileEntry) -> FileEntry {
    clean(&mut file.name);
    if let Some(target) = &mut file.target {
        clean(target);
    }
    file
}

pub(super) fn network(mut network: Network) -> Network {
    clean_all(&mut network.labels);
    clean_all(&mut network.options);
    network
}

pub(super) fn event(mut event: Event) -> Event {
    clean(&mut event.action);
    clean(&mut event.name);
    for (key, value) in &mut event.detail {
        clean(key);
        clean(value);
    }
    event
}

/// Errors quote what images hold and programs print.
pub(super) fn error(mut error: EngineError) -> EngineError {
    match &mut error {
        EngineError::NotFound { tried, why }
        | EngineError::Conflict { tried, why }
        | EngineError::Full { tried, why }
        | EngineError::Denied { tried, why, .. }
        | EngineError::Refused { tried, why, .. } => {
            clean(tried);
            clean(why);
        }
        _ => {}
    }
    error
}
