//! Firewall rules as they follow from ports and networks: what Docker's own rules would be. Knows no kernel.

use crate::model::{
    Action, Container, Direction, FilterRule, Firewall, Network, Owner, PortMapping, Protocol, Rule, RuleId, RuleScope,
};

/// Rules that an engine makes for these containers and networks; `why` says why the host was not asked.
pub(crate) fn firewall(containers: &[Container], networks: &[Network], why: &str) -> Firewall {
    let ports = containers.iter().filter(|c| c.state.is_up()).flat_map(|c| c.ports.iter().filter_map(|p| accept(c, p)));
    let internal = networks.iter().filter(|network| network.internal).map(isolate);
    let masquerade = networks.iter().filter(|network| network.masquerades()).flat_map(masquerade);
    let mut rules: Vec<_> = ports.chain(internal).chain(masquerade).collect();
    for (at, rule) in rules.iter_mut().enumerate() {
        rule.order = at + 1;
    }
    let derived = format!("derived from ports and networks, for {why}; `nft list ruleset` there shows the real rules");
    Firewall { rules, derived: Some(derived) }
}

fn accept(container: &Container, port: &PortMapping) -> Option<Rule> {
    let host_port = port.host_port?;
    let host = port.host_ip.as_deref().filter(|ip| !matches!(*ip, "" | "0.0.0.0" | "::")).unwrap_or("any address");
    let target = container.address().map_or_else(|| container.name.clone(), str::to_owned);
    Some(Rule {
        name: format!("published port {host_port} of {}", container.name),
        action: Action::Accept,
        direction: Direction::In,
        protocol: port.protocol.word().to_owned(),
        ports: port.container_port.to_string(),
        container: Some(container.id.clone()),
        container_name: Some(container.name.clone()),
        text: format!("{host}:{host_port} → {target}:{}/{} accept", port.container_port, port.protocol),
        ..rule(format!("port {} {host}:{host_port}/{}", container.id, port.protocol))
    })
}

fn isolate(network: &Network) -> Rule {
    Rule {
        name: format!("{} is internal", network.name),
        action: Action::Drop,
        direction: Direction::Both,
        text: format!("between {} and the outside drop", ranges(network)),
        ..rule(format!("internal {}", network.id))
    }
}

fn masquerade(network: &Network) -> impl Iterator<Item = Rule> + '_ {
    network.subnets.iter().filter(|subnet| !subnet.range.contains(':')).map(|subnet| Rule {
        name: format!("{} goes out by the host's address", network.name),
        action: Action::Masquerade,
        direction: Direction::Out,
        text: format!("from {} to the outside masquerade", subnet.range),
        ..rule(format!("masquerade {} {}", network.id, subnet.range))
    })
}

fn ranges(network: &Network) -> String {
    network.subnets.iter().map(|subnet| subnet.range.as_str()).collect::<Vec<_>>().join(", ")
}

fn rule(id: String) -> Rule {
    Rule {
        id: RuleId::new(id),
        order: 0,
        name: String::new(),
        direction: Direction::Both,
        action: Action::Continue,
        protocol: "any".to_owned(),
        ports: String::new(),
        remote: String::new(),
        chain: "derived".to_owned(),
        enabled: true,
        owner: Owner::Engine,
        container: None,
        container_name: None,
        packets: None,
        bytes: None,
        text: String::new(),
        number: None,
    }
}

/// A rule of longshore's own as the engine knows it, where the host does not tell of it.
pub(crate) fn own_rule(number: i64, scope: &RuleScope, said: &FilterRule, containers: &[Container]) -> Rule {
    let container = match scope {
        RuleScope::Container(id) => containers.iter().find(|container| container.id == *id),
        RuleScope::Network(_) => None,
    };
    Rule {
        name: said.to_string(),
        direction: if said.inbound { Direction::In } else { Direction::Out },
        action: if said.allow { Action::Accept } else { Action::Drop },
        protocol: said.protocol.map_or("any", Protocol::word).to_owned(),
        ports: said.port.map(|port| port.to_string()).unwrap_or_default(),
        remote: said.peer.clone().unwrap_or_default(),
        chain: "longshore".to_owned(),
        owner: Owner::Longshore,
        container: container.map(|container| container.id.clone()),
        container_name: container.map(|container| container.name.clone()),
        text: said.to_string(),
        number: Some(number),
        ..rule(format!("own {number}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        backend::derive::{fixtures::container, usage::tests::bridge},
        model::Protocol,
    };

    #[test]
    fn published_ports_are_let_in_and_networks_go_out() {
        let port = |host_port| PortMapping { host_ip: None, host_port, container_port: 80, protocol: Protocol::Tcp };
        let web = Container { ports: vec![port(Some(8080)), port(None)], ..container("web") };
        let hidden = Network { internal: true, ..bridge("hidden", "10.2.0.0/16") };
        let firewall = firewall(&[web], &[bridge("shop", "10.1.0.0/16"), hidden], "it is far");
        let rules: Vec<_> = firewall.rules.iter().map(|r| (r.order, r.action.clone(), r.direction)).collect();
        assert_eq!(
            rules,
            [
                (1, Action::Accept, Direction::In),
                (2, Action::Drop, Direction::Both),
                (3, Action::Masquerade, Direction::Out)
            ]
        );
        assert!(firewall.derived.is_some_and(|line| line.contains("it is far")));
    }
}
