//! NAT and firewall of a fake engine, derived from its ports and networks. Knows no script but the call it is.

use async_trait::async_trait;

use super::{Call, FakeEngine, world::World};
use crate::{
    backend::{NatTable, Result, Rules},
    model::{
        Action, Container, Direction, Firewall, Maker, Mapping, MappingId, Nat, Network, Owner, PortMapping, Reach,
        Rule, RuleId,
    },
};

/// Why the rules are not the host's.
const DERIVED: &str = "derived from ports and networks; `nft list ruleset` on the host shows the rules themselves";

#[async_trait]
impl NatTable for FakeEngine {
    async fn nat(&self) -> Result<Nat> {
        self.call(Call::Nat, "", |world, _| {
            let all = world.containers.values().map(|item| &item.container);
            let mappings = all.flat_map(|container| container.ports.iter().filter_map(|p| world.mapping(container, p)));
            let mappings = mappings.collect();
            Ok(Nat { mappings, sessions: world.nat_sessions.clone(), sessions_hidden: None, derived: None })
        })
        .await
    }
}

#[async_trait]
impl Rules for FakeEngine {
    async fn firewall(&self) -> Result<Firewall> {
        self.call(Call::Firewall, "", |world, _| {
            let mut rules: Vec<Rule> = world.networks.values().filter_map(masquerade).collect();
            for item in world.containers.values().filter(|item| item.container.state.is_up()) {
                rules.extend(item.container.ports.iter().filter_map(|port| open_port(&item.container, port)));
            }
            for (n, rule) in rules.iter_mut().enumerate() {
                rule.order = n + 1;
            }
            Ok(Firewall { rules, derived: Some(DERIVED.to_owned()) })
        })
        .await
    }
}

impl World {
    fn mapping(&self, container: &Container, port: &PortMapping) -> Option<Mapping> {
        let host_port = port.host_port?;
        let others = self.published(&container.id);
        let conflict = others.into_iter().find(|(taken, _)| *taken == host_port).map(|(_, name)| format!("`{name}`"));
        let ip = port.host_ip.as_deref().unwrap_or_default();
        Some(Mapping {
            id: MappingId::new(format!("{} {ip}:{host_port} {}", port.protocol, container.id.short())),
            port: port.clone(),
            container: Some(container.id.clone()),
            container_name: container.name.clone(),
            target: container.address().map(|address| format!("{address}:{}", port.container_port)),
            network: container.network_mode.clone(),
            made_by: Maker::Engine,
            reach: if container.state.is_up() { Reach::Up } else { Reach::Down },
            conflict,
        })
    }
}

fn rule(id: String, name: String, action: Action) -> Rule {
    Rule {
        id: RuleId::new(id),
        order: 0,
        name,
        direction: Direction::In,
        action,
        protocol: "any".to_owned(),
        ports: String::new(),
        remote: String::new(),
        chain: "ip nat DOCKER".to_owned(),
        enabled: true,
        owner: Owner::Engine,
        container: None,
        container_name: None,
        packets: None,
        bytes: None,
        text: String::new(),
    }
}

fn masquerade(network: &Network) -> Option<Rule> {
    let range = &network.subnets.first()?.range;
    let bridge = network.bridge().filter(|_| network.masquerades())?;
    let text = format!("ip saddr {range} oifname != \"{bridge}\" masquerade");
    let named = rule(format!("masquerade {}", network.name), format!("out of {}", network.name), Action::Masquerade);
    Some(Rule {
        direction: Direction::Out,
        chain: "ip nat POSTROUTING".to_owned(),
        remote: range.clone(),
        text,
        ..named
    })
}

fn open_port(container: &Container, port: &PortMapping) -> Option<Rule> {
    let (host_port, address) = (port.host_port?, container.address()?);
    let target = format!("{address}:{}", port.container_port);
    let text = format!("{} dport {host_port} dnat to {target}", port.protocol);
    let id = format!("dnat {} {host_port} {}", port.protocol, container.id.short());
    Some(Rule {
        protocol: port.protocol.to_string(),
        ports: host_port.to_string(),
        container: Some(container.id.clone()),
        container_name: Some(container.name.clone()),
        text,
        ..rule(id, format!("into {}", container.name), Action::Dnat(target))
    })
}
