//! Flags whose value is a line of fields: `--mount` and the long form of `--network`. Knows no engine.

use super::{Places, Read, words};
use crate::{
    cli::verbs::words::{BadValue, bad, fields},
    model::{Mount, MountKind, Propagation},
};

/// A network to join.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Network {
    pub(super) name: String,
    pub(super) aliases: Vec<String>,
    pub(super) addresses: Vec<String>,
    pub(super) mac: Option<String>,
}

/// All networks that were named.
pub(super) fn networks(places: &Places) -> Read<Vec<Network>> {
    places.network.iter().map(|text| network(text)).collect()
}

fn network(text: &str) -> Read<Network> {
    if !text.contains('=') {
        return Ok(Network { name: text.to_owned(), ..Network::default() });
    }
    let mut network = Network::default();
    for field in fields(text) {
        match field.split_once('=') {
            Some(("name", name)) => network.name = name.to_owned(),
            Some(("alias", alias)) => network.aliases.push(alias.to_owned()),
            Some(("ip" | "ip6", address)) => network.addresses.push(address.to_owned()),
            Some(("mac-address", mac)) => network.mac = Some(mac.to_owned()),
            _ => return bad(&field, "field of a network: name, alias, ip, ip6, mac-address"),
        }
    }
    if network.name.is_empty() { bad(text, "network: it has no name=") } else { Ok(network) }
}

/// What `--mount` asks for.
pub(super) fn mount(line: &str) -> Read<Mount> {
    let mut mount = Mount::new(MountKind::Volume, "", "", false);
    for field in fields(line) {
        let (key, value) = field.split_once('=').map_or((field.as_str(), None), |(key, value)| (key, Some(value)));
        take(&mut mount, key, value).map_err(|why| BadValue(format!("--mount {line}: {}", why.0)))?;
    }
    if mount.target.is_empty() { bad(line, "mount: it has no target=") } else { Ok(mount) }
}

fn take(mount: &mut Mount, key: &str, value: Option<&str>) -> Read<()> {
    let options = &mut mount.options;
    match (key, value) {
        ("type", Some(word)) => mount.kind = kind(word)?,
        ("source" | "src", Some(source)) => source.clone_into(&mut mount.source),
        ("target" | "dst" | "destination", Some(target)) => target.clone_into(&mut mount.target),
        ("readonly" | "ro", value) => mount.read_only = yes(value)?,
        ("volume-nocopy", value) => options.no_copy = yes(value)?,
        ("bind-propagation", Some(word)) => {
            options.propagation = Some(Propagation::of(word).map_or_else(|| bad(word, "propagation"), Ok)?);
        }
        ("tmpfs-size", Some(size)) => options.size = Some(words::bytes(size)?),
        ("tmpfs-mode", Some(mode)) => {
            options.mode = Some(u32::from_str_radix(mode, 8).or_else(|_| bad(mode, "mode: write it as 1777"))?);
        }
        // Only for old clients: it says nothing on Linux.
        ("consistency", Some(_)) => {}
        _ => return bad(key, "field of a mount"),
    }
    Ok(())
}

fn kind(word: &str) -> Read<MountKind> {
    let kinds = [MountKind::Volume, MountKind::Bind, MountKind::Tmpfs, MountKind::Pipe];
    let found = kinds.into_iter().find(|kind| kind.word() == word);
    found.map_or_else(|| bad(word, "type of a mount: volume, bind, tmpfs or npipe"), Ok)
}

fn yes(value: Option<&str>) -> Read<bool> {
    match value {
        None | Some("true" | "1") => Ok(true),
        Some("false" | "0") => Ok(false),
        Some(other) => bad(other, "yes or no: true or false"),
    }
}
