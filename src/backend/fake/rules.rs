//! NAT and firewall of a fake engine, derived from its ports and networks. Knows no script but the call it is.

use async_trait::async_trait;

use super::{
    Call, FakeEngine,
    world::{conflict, not_found},
};
use crate::{
    backend::{EngineError, NatTable, Result, Rules, derive},
    model::{ContainerId, Explanation, FilterRule, Firewall, Kind, Nat, Packet, PortMapping, RuleScope},
};

/// Why the rules are not the host's.
const FAKE: &str = "a fake engine has no host";
/// The port of the host where none was named.
const CHOSEN: u16 = 49_153;

#[async_trait]
impl NatTable for FakeEngine {
    async fn nat(&self) -> Result<Nat> {
        self.call(Call::Nat, "", |world, _| {
            let nat = derive::nat(&world.all_containers(), &world.all_networks(), FAKE);
            let sessions_hidden = nat.sessions_hidden.filter(|_| world.nat_sessions.is_empty());
            Ok(Nat { sessions: world.nat_sessions.clone(), sessions_hidden, ..nat })
        })
        .await
    }

    async fn publish(&self, id: &ContainerId, port: &PortMapping) -> Result<Vec<u16>> {
        self.call(Call::Publish, id.as_str(), |world, tried| {
            let host_port = port.host_port.unwrap_or(CHOSEN);
            let taken = |known: &PortMapping| known.host_port == Some(host_port) && known.protocol == port.protocol;
            let containers = world.all_containers();
            if let Some(other) = containers.iter().find(|c| c.state.is_up() && c.ports.iter().any(taken)) {
                let why = format!("port {host_port}/{} is taken by `{}`", port.protocol, other.name);
                return Err(conflict(tried, why));
            }
            let host_ip = port.host_ip.clone().or_else(|| Some(String::new()));
            let published = PortMapping { host_ip, host_port: Some(host_port), ..port.clone() };
            world.item(tried, id)?.container.ports.push(published);
            world.happened_to(id, "update", &[]);
            Ok(vec![host_port])
        })
        .await
    }

    async fn unpublish(&self, id: &ContainerId, port: &PortMapping) -> Result<()> {
        self.call(Call::Unpublish, id.as_str(), |world, tried| {
            let is_meant = |known: &PortMapping| {
                known.host_port == port.host_port
                    && known.container_port == port.container_port
                    && known.protocol == port.protocol
            };
            world.item(tried, id)?.container.ports.retain(|known| !is_meant(known));
            world.happened_to(id, "update", &[]);
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl Rules for FakeEngine {
    async fn firewall(&self) -> Result<Firewall> {
        self.call(Call::Firewall, "", |world, _| {
            let derived = || derive::firewall(&world.all_containers(), &world.all_networks(), FAKE);
            let mut firewall = world.rules.as_ref().map_or_else(derived, |(rules, _)| rules.clone());
            firewall.rules.extend(world.own_rules.iter().cloned());
            for (at, rule) in firewall.rules.iter_mut().enumerate() {
                rule.order = at + 1;
            }
            Ok(firewall)
        })
        .await
    }

    async fn add_rule(&self, scope: &RuleScope, rule: &FilterRule) -> Result<()> {
        self.call(Call::AddRule, &rule.to_string(), |world, _| {
            let number = world.own_rules.iter().filter_map(|rule| rule.number).max().unwrap_or(0) + 1;
            let added = derive::own_rule(number, scope, rule, &world.all_containers());
            world.own_rules.push(added);
            world.happened(Kind::Rule, "create", &number.to_string(), "", &[]);
            Ok(())
        })
        .await
    }

    async fn remove_rule(&self, number: i64) -> Result<()> {
        self.call(Call::RemoveRule, &number.to_string(), |world, tried| {
            let before = world.own_rules.len();
            world.own_rules.retain(|rule| rule.number != Some(number));
            if world.own_rules.len() == before {
                return Err(not_found(tried, format!("there is no rule {number} of longshore's own")));
            }
            world.happened(Kind::Rule, "destroy", &number.to_string(), "", &[]);
            Ok(())
        })
        .await
    }

    async fn explain(&self, packet: &Packet) -> Result<Explanation> {
        self.call(Call::Explain, &packet.to_string(), |world, tried| match &world.rules {
            Some((_, explanation)) => Ok(explanation.clone()),
            None => Err(EngineError::Unsupported { tried: tried.to_owned(), why: FAKE.to_owned() }),
        })
        .await
    }
}
