//! NAT and firewall of a fake engine, derived from its ports and networks. Knows no script but the call it is.

use async_trait::async_trait;

use super::{Call, FakeEngine, world::conflict};
use crate::{
    backend::{EngineError, NatTable, Result, Rules, derive},
    model::{ContainerId, Explanation, Firewall, Nat, Packet, PortMapping},
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
            Ok(world.rules.as_ref().map_or_else(derived, |(rules, _)| rules.clone()))
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
