//! The files by which containers find each other and the world: `hosts`, `resolv.conf`, `hostname` in a container's
//! folder, from what the database says now. Knows no namespace.

use std::{fs, io::Write, net::IpAddr, path::Path};

use rusqlite::Connection;

use super::{
    Result, RuntimeError,
    db::Db,
    layout::Layout,
    net::names::{self, Peer},
    records::{
        attachment::{self, Place},
        container::{self, Record},
        network,
    },
};
use crate::model::{ContainerId, NetworkId};

/// The host's own resolver settings, the best first: the second has the servers behind systemd-resolved's stub.
const RESOLVERS: [&str; 2] = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

/// What a container is called inside: what was asked for, or the beginning of its id.
pub fn hostname(record: &Record) -> String {
    record.spec.hostname.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| record.id.short().to_owned())
}

/// Names by which others of its networks reach a container, its own first.
pub fn names(record: &Record, place: &Place) -> Vec<String> {
    let own = [record.name.clone(), record.id.short().to_owned(), hostname(record)];
    let mut names: Vec<String> = Vec::new();
    for name in own.into_iter().chain(place.naming.aliases.iter().cloned()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Writes all three files of a container that is about to start.
///
/// # Errors
/// When its folder cannot be written to.
pub fn write(c: &Connection, layout: &Layout, record: &Record) -> Result<()> {
    let folder = layout.container(&record.id);
    let host: Vec<_> = RESOLVERS.iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
    let host: Vec<_> = host.iter().map(String::as_str).collect();
    write_in_place(&folder.join("hostname"), &format!("{}\n", hostname(record)))?;
    write_in_place(&folder.join("resolv.conf"), &names::resolv_conf(&record.spec.naming, &host))?;
    write_in_place(&folder.join("hosts"), &hosts(c, record)?)
}

/// Writes the hosts files of all containers that are up in these networks, since somebody came or went.
///
/// # Errors
/// What the database says. A file that cannot be written is logged: the others still count.
pub fn tell_peers(db: &Db, layout: &Layout, networks: &[NetworkId]) -> Result<()> {
    let texts = db.look(|c| {
        let mut peers: Vec<ContainerId> = Vec::new();
        for network in networks {
            let up = attachment::places_in(c, network)?.into_iter().filter(|place| place.mac.is_some());
            peers.extend(up.map(|place| place.container));
        }
        peers.sort_unstable();
        peers.dedup();
        let text = |id: ContainerId| Ok((hosts(c, &container::get(c, &id)?)?, id));
        peers.into_iter().map(text).collect::<Result<Vec<_>>>()
    })?;
    for (text, id) in texts {
        // Only where there is one: a container that is being removed meanwhile must not get a file anew.
        let path = layout.container(&id).join("hosts");
        if let Err(error) = fs::OpenOptions::new()
            .write(true)
            .truncate(true)
            .open(path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
        {
            tracing::warn!(%error, "a container does not learn who its peers are");
        }
    }
    Ok(())
}

/// The hosts file of a container as it is to be now.
fn hosts(c: &Connection, record: &Record) -> Result<String> {
    let places = attachment::places_of(c, &record.id)?;
    let own = Peer { addresses: places.iter().flat_map(addresses).collect(), names: vec![hostname(record)] };
    let mut peers = Vec::new();
    let mut host = None;
    for place in &places {
        host = host.or(Some(network::get(c, &place.network)?.gateway));
        for other in attachment::places_in(c, &place.network)? {
            if other.container != record.id && other.mac.is_some() {
                let names = names(&container::get(c, &other.container)?, &other);
                peers.push(Peer { addresses: addresses(&other).collect(), names });
            }
        }
    }
    Ok(names::hosts(&own, &record.spec.naming, host, &peers))
}

fn addresses(place: &Place) -> impl Iterator<Item = IpAddr> + use<> {
    place.address.into_iter().chain(place.address6)
}

/// Writes into the file that is there: it is mounted into a container, which would not see another one in its place.
fn write_in_place(path: &Path, text: &str) -> Result<()> {
    let write = || {
        let mut file = fs::OpenOptions::new().create(true).write(true).truncate(true).open(path)?;
        file.write_all(text.as_bytes())
    };
    write().map_err(RuntimeError::system(format!("write `{}`", path.display())))
}

#[cfg(test)]
mod tests {
    use super::{
        super::records::{fixtures, network::tests::shop},
        *,
    };
    use crate::model::Naming;

    #[test]
    fn those_who_are_up_in_a_network_know_each_other() {
        let (folder, db) = fixtures::db();
        let layout = Layout::at(folder.path());
        let [web, api, off] = ["web", "api", "off"].map(fixtures::container);
        fixtures::insert(&db, &[&web, &api, &off]);
        let naming = Naming { aliases: vec!["backend".into()], ..Naming::default() };
        db.change("x", |t| {
            network::insert(t, &shop())?;
            for (at, one) in [&web, &api, &off].into_iter().enumerate() {
                let position = attachment::join(t, &one.id, &shop().id, &naming)?;
                let place = Place {
                    container: one.id.clone(),
                    network: shop().id,
                    position,
                    naming: naming.clone(),
                    address: Some(format!("10.1.0.{}", at + 2).parse().unwrap()),
                    address6: None,
                    mac: Some("02:00:00:00:00:01".into()),
                };
                if one.name != "off" {
                    attachment::settle(t, &place)?;
                }
            }
            Ok(())
        })
        .unwrap();
        for one in [&web, &api] {
            fs::create_dir_all(layout.container(&one.id)).unwrap();
            db.look(|c| write(c, &layout, one)).unwrap();
        }
        let read = |one: &Record| fs::read_to_string(layout.container(&one.id).join("hosts")).unwrap();
        let short = |one: &Record| one.id.short().to_owned();
        assert!(read(&web).contains(&format!("10.1.0.2\t{}\n", short(&web))), "{}", read(&web));
        assert!(read(&web).contains(&format!("10.1.0.3\tapi {} backend\n", short(&api))), "{}", read(&web));
        assert!(!read(&web).contains("off"), "{}", read(&web));

        db.change("x", |t| attachment::release(t, &api.id)).unwrap();
        tell_peers(&db, &layout, &[shop().id]).unwrap();
        assert!(!read(&web).contains("api"), "{}", read(&web));
    }
}
