//! Host ports that lead into containers, from what the engine says and what the kernel does. Starts no program.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
};

use super::{
    filter::{Chain, Line},
    net::{Span, socket},
    rules::dnat_socket,
    scene::Scene,
};
use crate::model::{Container, Maker, Mapping, MappingId, PortMapping, Protocol, Reach};

/// One `dnat` of the kernel, port by port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Forward {
    protocol: Protocol,
    /// `None`: every address of the host.
    host: Option<IpAddr>,
    host_port: u16,
    target: IpAddr,
    target_port: u16,
}

/// Forwards by the host's port.
type ByPort<'f> = HashMap<(Protocol, u16), Vec<&'f Forward>>;

/// Ports of one rule that are listed one by one; a wider range is listed by its first port.
const WIDEST: u16 = 64;

/// What the engine published, each with what carries it in the kernel, and what else the kernel forwards into
/// containers.
pub(crate) fn mappings(containers: &[Container], chains: &[Chain], scene: &Scene) -> Vec<Mapping> {
    let lines = chains.iter().flat_map(|chain| &chain.lines);
    let forwards: Vec<Forward> = lines.flat_map(forwards).collect();
    let mut by_port: ByPort<'_> = HashMap::new();
    for forward in &forwards {
        by_port.entry((forward.protocol, forward.host_port)).or_default().push(forward);
    }
    let mut claimed = HashSet::new();
    let mut found = Vec::new();
    for container in containers {
        for port in &container.ports {
            found.extend(published(container, port, &by_port, &mut claimed));
        }
    }
    for forward in &forwards {
        if scene.is_inside(forward.target) && claimed.insert(forward) {
            found.push(strange(forward, scene));
        }
    }
    found
}

fn published<'f>(
    container: &Container,
    port: &PortMapping,
    by_port: &ByPort<'f>,
    claimed: &mut HashSet<&'f Forward>,
) -> Option<Mapping> {
    let host_port = port.host_port?;
    let host = listens_on(port);
    let ours = |forward: &&&Forward| {
        forward.target_port == port.container_port && has(container, forward.target) && host.covers(forward)
    };
    let candidates = by_port.get(&(port.protocol, host_port)).into_iter().flatten();
    let carriers: Vec<&'f Forward> = candidates.filter(ours).copied().collect();
    claimed.extend(&carriers);
    let up = container.state.is_up();
    let carried = carriers.first().map(|forward| forward.target);
    let target = carried.or_else(|| container.address()?.parse().ok());
    let place = container.networks.iter().find(|n| n.address.is_some() || n.address6.is_some());
    Some(Mapping {
        id: id(port, container.id.as_str()),
        port: port.clone(),
        container: Some(container.id.clone()),
        container_name: container.name.clone(),
        target: target.map(|address| socket(address, port.container_port)),
        network: place.map_or_else(|| container.network_mode.clone(), |place| place.network.clone()),
        // Without a rule of the kernel, packets can only go through the engine's own forwarding process.
        made_by: if up && carriers.is_empty() { Maker::UserProxy } else { Maker::Engine },
        reach: if up { Reach::Up } else { Reach::Down },
        conflict: None,
    })
}

/// Where a published port listens.
enum Host {
    One(IpAddr),
    EveryV4,
    EveryV6,
    Every,
}

fn listens_on(port: &PortMapping) -> Host {
    match port.host_ip.as_deref().map(str::parse) {
        Some(Ok(IpAddr::V4(address))) if address.is_unspecified() => Host::EveryV4,
        Some(Ok(IpAddr::V6(address))) if address.is_unspecified() => Host::EveryV6,
        Some(Ok(address)) => Host::One(address),
        _ => Host::Every,
    }
}

impl Host {
    fn covers(&self, forward: &Forward) -> bool {
        match self {
            Self::One(address) => forward.host.is_none_or(|host| host == *address) && same_family(*address, forward),
            Self::EveryV4 => forward.target.is_ipv4(),
            Self::EveryV6 => forward.target.is_ipv6(),
            Self::Every => true,
        }
    }
}

fn same_family(address: IpAddr, forward: &Forward) -> bool {
    address.is_ipv4() == forward.target.is_ipv4()
}

fn has(container: &Container, address: IpAddr) -> bool {
    let addresses = container.networks.iter().flat_map(|n| [&n.address, &n.address6]).flatten();
    addresses.into_iter().any(|ours| ours.parse() == Ok(address))
}

/// A forward that the engine did not tell of.
fn strange(forward: &Forward, scene: &Scene) -> Mapping {
    let owner = scene.owner(forward.target);
    let port = PortMapping {
        host_ip: forward.host.map(|host| host.to_string()),
        host_port: Some(forward.host_port),
        container_port: forward.target_port,
        protocol: forward.protocol,
    };
    Mapping {
        id: id(&port, &forward.target.to_string()),
        container: owner.map(|owner| owner.id.clone()),
        container_name: owner.map_or_else(|| forward.target.to_string(), |owner| owner.name.clone()),
        target: Some(socket(forward.target, forward.target_port)),
        network: scene.network(forward.target).unwrap_or_default().to_owned(),
        made_by: Maker::Rule,
        reach: if owner.is_some_and(|owner| owner.up) { Reach::Up } else { Reach::Down },
        conflict: None,
        port,
    }
}

/// The same as for a mapping that is only derived, so that a row stays chosen when rights come or go.
fn id(port: &PortMapping, to: &str) -> MappingId {
    let host = port.host_ip.as_deref().filter(|ip| !ip.is_empty()).unwrap_or("0.0.0.0");
    MappingId::new(format!("{} {host}:{} {to}", port.protocol, port.host_port.unwrap_or_default()))
}

/// The forwards of one rule: none, one, or one for each port of a range that is mapped to its like.
fn forwards(line: &Line) -> Vec<Forward> {
    let Some((target, to_port)) = dnat_socket(line) else { return Vec::new() };
    let when = &line.when;
    let protocols = when.protocol.iter().flat_map(|test| test.wanted()).filter_map(|word| Protocol::of(word));
    let host = when.destination.as_ref().and_then(|test| test.wanted().first()?.single());
    let ports: Vec<u16> = when.ports.iter().flat_map(|test| test.wanted()).flat_map(|span| each(*span)).collect();
    let forward = |protocol, host_port| {
        let target_port = to_port.unwrap_or(host_port);
        Forward { protocol, host, host_port, target, target_port }
    };
    protocols.flat_map(|protocol| ports.iter().map(move |port| forward(protocol, *port))).collect()
}

fn each(span: Span) -> std::ops::RangeInclusive<u16> {
    let narrow = span.last.saturating_sub(span.first) < WIDEST;
    span.first..=if narrow { span.last } else { span.first }
}

#[cfg(test)]
mod tests {
    use super::super::{
        filter::Family,
        fixtures::{networks, web},
        iptables,
    };
    use super::*;

    fn mapped(ports: &[(&str, u16, u16)], rules: &str) -> Vec<Mapping> {
        let mut web = web();
        web.ports = ports.iter().map(|(ip, host, inner)| port(ip, *host, *inner)).collect();
        let text = format!("*nat\n:DOCKER - [0:0]\n{rules}COMMIT\n");
        let containers = [web];
        let scene = Scene::new(&containers, &networks());
        mappings(&containers, &iptables::parse(&text, Family::Ip, false), &scene)
    }

    fn port(ip: &str, host: u16, inner: u16) -> PortMapping {
        let host_ip = Some(ip.to_owned());
        PortMapping { host_ip, host_port: Some(host), container_port: inner, protocol: Protocol::Tcp }
    }

    const RULE: &str = "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80\n";

    #[test]
    fn a_port_with_its_rule_is_one_mapping_of_the_engine() {
        let found = mapped(&[("0.0.0.0", 8080, 80)], RULE);
        let [mapping] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((mapping.made_by, mapping.reach), (Maker::Engine, Reach::Up));
        assert_eq!(mapping.target.as_deref(), Some("172.17.0.2:80"));
        assert_eq!((mapping.container_name.as_str(), mapping.network.as_str()), ("web", "bridge"));
    }

    #[test]
    fn a_port_without_a_rule_goes_through_the_user_proxy() {
        let found = mapped(&[("0.0.0.0", 8080, 80), ("::", 8080, 80)], RULE);
        assert_eq!(found.iter().map(|m| m.made_by).collect::<Vec<_>>(), [Maker::Engine, Maker::UserProxy]);
    }

    #[test]
    fn a_rule_that_the_engine_does_not_know_is_listed_by_its_address() {
        let rules = "-A DOCKER -d 192.0.2.2/32 -p tcp -m tcp --dport 99 -j DNAT --to-destination 172.17.0.77:90\n\
                     -A DOCKER -p tcp -m tcp --dport 98 -j DNAT --to-destination 10.44.0.1:90\n";
        let found = mapped(&[], rules);
        let [mapping] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((mapping.made_by, mapping.reach, mapping.container.clone()), (Maker::Rule, Reach::Down, None));
        assert_eq!(mapping.port.to_string(), "192.0.2.2:99→90/tcp");
        assert_eq!(mapping.container_name, "172.17.0.77");
    }

    #[test]
    fn a_rule_for_a_range_keeps_each_port() {
        let rules = "-A DOCKER -p tcp -m tcp --dport 7000:7002 -j DNAT --to-destination 172.17.0.2\n";
        let found = mapped(&[("0.0.0.0", 7001, 7001)], rules);
        let ports: Vec<_> = found.iter().map(|m| (m.port.host_port, m.port.container_port, m.made_by)).collect();
        assert_eq!(
            ports,
            [(Some(7001), 7001, Maker::Engine), (Some(7000), 7000, Maker::Rule), (Some(7002), 7002, Maker::Rule)]
        );
    }
}
