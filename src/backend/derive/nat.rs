//! NAT mappings as they follow from published ports, with those that cannot both be. Knows no kernel.

use std::collections::HashMap;

use crate::model::{Container, Maker, Mapping, MappingId, Nat, Network, PortMapping, Reach};

/// Mappings of all containers' published ports; `why` says why the host was not asked.
pub(crate) fn nat(containers: &[Container], networks: &[Network], why: &str) -> Nat {
    let mut mappings: Vec<_> =
        containers.iter().flat_map(|c| c.ports.iter().filter_map(|p| mapping(c, networks, p))).collect();
    find_conflicts(&mut mappings);
    Nat {
        mappings,
        sessions: Vec::new(),
        sessions_hidden: Some(why.to_owned()),
        derived: Some(format!("derived from published ports, for {why}")),
    }
}

/// Tells every mapping whom it is in conflict with.
pub(crate) fn find_conflicts(mappings: &mut [Mapping]) {
    let mut by_port: HashMap<_, Vec<&Mapping>> = HashMap::new();
    for mapping in mappings.iter() {
        by_port.entry((mapping.port.protocol, mapping.port.host_port)).or_default().push(mapping);
    }
    let rivals = |mapping: &Mapping| by_port.get(&(mapping.port.protocol, mapping.port.host_port));
    let conflicts: Vec<_> = mappings.iter().map(|mapping| conflict(mapping, rivals(mapping)?)).collect();
    for (mapping, conflict) in mappings.iter_mut().zip(conflicts) {
        mapping.conflict = conflict;
    }
}

fn mapping(container: &Container, networks: &[Network], port: &PortMapping) -> Option<Mapping> {
    let host_port = port.host_port?;
    let host = port.host_ip.as_deref().filter(|ip| !ip.is_empty()).unwrap_or("0.0.0.0");
    let place = container.networks.iter().find(|place| place.address.is_some()).or(container.networks.first());
    let network = place.map_or(container.network_mode.as_str(), |place| &place.network);
    let windows = networks.iter().any(|n| n.name == network && n.driver == "nat");
    Some(Mapping {
        id: MappingId::new(format!("{} {host}:{host_port} {}", port.protocol, container.id)),
        port: port.clone(),
        container: Some(container.id.clone()),
        container_name: container.name.clone(),
        target: place
            .and_then(|place| place.address.as_ref())
            .map(|address| format!("{address}:{}", port.container_port)),
        network: network.to_owned(),
        made_by: if windows { Maker::Hns } else { Maker::Engine },
        reach: if container.state.is_up() { Reach::Up } else { Reach::Down },
        conflict: None,
    })
}

/// Another container that wants the same port of the same address. Both families of one container are no conflict.
fn conflict(mapping: &Mapping, same_port: &[&Mapping]) -> Option<String> {
    let clashes = |other: &&&Mapping| {
        other.container != mapping.container && overlap(address(&mapping.port), address(&other.port))
    };
    same_port.iter().find(clashes).map(|other| format!("`{}`", other.container_name))
}

fn address(port: &PortMapping) -> &str {
    port.host_ip.as_deref().unwrap_or("")
}

/// Whether two addresses of a host can be the same: equal, or one of them means all of its family.
fn overlap(a: &str, b: &str) -> bool {
    let all = |ip: &str| matches!(ip, "" | "0.0.0.0" | "::");
    let family = |ip: &str| ip.contains(':');
    a == b || a.is_empty() || b.is_empty() || (family(a) == family(b) && (all(a) || all(b)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        backend::derive::fixtures::{at, container},
        model::{Protocol, State},
    };

    fn published(name: &str, ip: &str, host_port: u16) -> Container {
        let port = PortMapping {
            host_ip: Some(ip.to_owned()),
            host_port: Some(host_port),
            container_port: 80,
            protocol: Protocol::Tcp,
        };
        Container { ports: vec![port], networks: vec![at("shop", "10.1.0.2")], ..container(name) }
    }

    #[test]
    fn a_published_port_leads_to_the_container_s_address() {
        let mut off = published("off", "", 81);
        off.state = State::Exited(0);
        let nat = nat(&[published("web", "0.0.0.0", 80), off], &[], "it is far");
        assert_eq!(nat.mappings[0].target.as_deref(), Some("10.1.0.2:80"));
        assert_eq!((nat.mappings[0].network.as_str(), nat.mappings[0].reach), ("shop", Reach::Up));
        assert_eq!(nat.mappings[1].reach, Reach::Down);
        assert!(nat.derived.is_some_and(|line| line.contains("it is far")));
    }

    #[test]
    fn only_what_cannot_both_be_is_a_conflict() {
        let conflicts = |a: &str, b: &str| {
            let nat = nat(&[published("a", a, 80), published("b", b, 80)], &[], "");
            nat.mappings[0].conflict.clone()
        };
        assert_eq!(conflicts("0.0.0.0", "127.0.0.1").as_deref(), Some("`b`"));
        assert_eq!(conflicts("", "::1").as_deref(), Some("`b`"));
        assert_eq!(conflicts("127.0.0.1", "127.0.0.2"), None);
        assert_eq!(conflicts("0.0.0.0", "::"), None);
    }
}
