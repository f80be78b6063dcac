//! Who uses volumes and networks, from what containers tell. Knows no engine.

use std::collections::{BTreeMap, HashMap};

use crate::model::{Container, ContainerId, MountKind, Network, NetworkEndpoint, Volume, VolumeKind, VolumeName};

/// Volumes with their users, and a row for each host path that containers have mounted.
pub(crate) fn volumes(mut volumes: Vec<Volume>, containers: &[Container]) -> Vec<Volume> {
    let mut users = users(containers, MountKind::Volume);
    for volume in &mut volumes {
        volume.used_by = users.remove(volume.name.as_str()).unwrap_or_default();
    }
    let binds = self::users(containers, MountKind::Bind).into_iter().map(|(path, used_by)| bind(path, used_by));
    volumes.extend(binds);
    volumes
}

/// By source: containers that have it mounted, each once.
fn users(containers: &[Container], kind: MountKind) -> BTreeMap<&str, Vec<ContainerId>> {
    let mut users: BTreeMap<&str, Vec<ContainerId>> = BTreeMap::new();
    for container in containers {
        for mount in container.mounts.iter().filter(|mount| mount.kind == kind) {
            let of = users.entry(&mount.source).or_default();
            if of.last() != Some(&container.id) {
                of.push(container.id.clone());
            }
        }
    }
    users
}

fn bind(path: &str, used_by: Vec<ContainerId>) -> Volume {
    Volume {
        name: VolumeName::new(path),
        kind: VolumeKind::Bind,
        driver: String::new(),
        path: path.to_owned(),
        size: None,
        created: None,
        used_by,
        labels: BTreeMap::new(),
        options: BTreeMap::new(),
        scope: "local".to_owned(),
    }
}

/// Networks with who is in them. Containers name networks by id where the engine says it, else by name.
pub(crate) fn networks(mut networks: Vec<Network>, containers: &[Container]) -> Vec<Network> {
    let by_id: HashMap<_, _> = networks.iter().enumerate().map(|(at, n)| (n.id.as_str().to_owned(), at)).collect();
    let by_name: HashMap<_, _> = networks.iter().enumerate().map(|(at, n)| (n.name.clone(), at)).collect();
    for container in containers.iter().filter(|container| container.state.is_up()) {
        for place in &container.networks {
            let at = place.id.as_ref().and_then(|id| by_id.get(id.as_str())).or_else(|| by_name.get(&place.network));
            let Some(network) = at.and_then(|at| networks.get_mut(*at)) else {
                continue;
            };
            let address = with_prefix(network, place.address.as_deref(), false);
            let address6 = with_prefix(network, place.address6.as_deref(), true);
            network.endpoints.push(NetworkEndpoint {
                container: container.id.clone(),
                name: container.name.clone(),
                address,
                address6,
                mac: place.mac.clone().unwrap_or_default(),
            });
        }
    }
    networks
}

/// The address with the prefix of the network's range of the same family.
fn with_prefix(network: &Network, address: Option<&str>, v6: bool) -> String {
    let Some(address) = address else {
        return String::new();
    };
    let range = network.subnets.iter().find(|subnet| subnet.range.contains(':') == v6);
    match range.and_then(|subnet| subnet.range.rsplit_once('/')) {
        Some((_, prefix)) => format!("{address}/{prefix}"),
        None => address.to_owned(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{
        backend::derive::fixtures::{at, container},
        model::{Mount, State, Subnet},
    };

    /// A bridge called `name` over `range`.
    pub(in crate::backend::derive) fn bridge(name: &str, range: &str) -> Network {
        Network {
            id: name.into(),
            name: name.to_owned(),
            driver: "bridge".to_owned(),
            scope: "local".to_owned(),
            internal: false,
            ipv6: false,
            subnets: vec![Subnet { range: range.to_owned(), gateway: None }],
            endpoints: Vec::new(),
            created: None,
            labels: BTreeMap::new(),
            options: BTreeMap::new(),
        }
    }

    fn mount(kind: MountKind, source: &str) -> Mount {
        Mount::new(kind, source, "/x", false)
    }

    #[test]
    fn host_paths_are_rows_with_their_users() {
        let mut web = container("web");
        web.mounts =
            vec![mount(MountKind::Bind, "/srv"), mount(MountKind::Bind, "/srv"), mount(MountKind::Volume, "data")];
        let mut db = container("db");
        db.mounts = vec![mount(MountKind::Bind, "/srv")];
        let data = Volume { kind: VolumeKind::Named, ..bind("data", Vec::new()) };
        let rows = volumes(vec![data], &[web, db]);
        assert_eq!(
            rows.iter().map(|v| (v.kind, v.used_by.len())).collect::<Vec<_>>(),
            [(VolumeKind::Named, 1), (VolumeKind::Bind, 2)]
        );
    }

    #[test]
    fn running_containers_are_in_their_networks() {
        let mut web = container("web");
        web.networks = vec![at("shop", "10.1.0.2"), at("gone", "10.2.0.2")];
        let mut off = container("off");
        off.networks = vec![at("shop", "")];
        off.state = State::Exited(0);
        let shop = networks(vec![bridge("shop", "10.1.0.0/16")], &[web, off]).remove(0);
        assert_eq!(shop.endpoints.iter().map(|e| e.address.as_str()).collect::<Vec<_>>(), ["10.1.0.2/16"]);
    }
}
