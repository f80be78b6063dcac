//! Networks of a fake engine. Knows no script but the call it is.

use async_trait::async_trait;

use super::{
    Call, FakeEngine,
    world::{World, conflict, denied, not_found},
};
use crate::{
    backend::{Networks, Pruned, Result, derive},
    model::{Attachment, ContainerId, Kind, Network, NetworkId, NetworkSpec, Subnet},
};

#[async_trait]
impl Networks for FakeEngine {
    async fn networks(&self) -> Result<Vec<Network>> {
        self.call(Call::Networks, "", |world, _| Ok(world.all_networks())).await
    }

    async fn create_network(&self, spec: &NetworkSpec) -> Result<NetworkId> {
        self.call(Call::CreateNetwork, &spec.name, |world, tried| {
            if world.networks.values().any(|network| network.name == spec.name) {
                return Err(conflict(tried, format!("network with name {} already exists", spec.name)));
            }
            let id = NetworkId::new(world.fresh("network"));
            let range = spec.subnet.clone().unwrap_or_else(|| format!("172.{}.0.0/16", 16 + world.networks.len()));
            let front = range.split('/').next().and_then(|base| base.rsplit_once('.')).map_or("10.0.0", |(f, _)| f);
            let gateway = spec.gateway.clone().unwrap_or_else(|| format!("{front}.1"));
            let network = Network {
                id: id.clone(),
                name: spec.name.clone(),
                driver: spec.driver.clone().unwrap_or_else(|| "bridge".to_owned()),
                scope: "local".to_owned(),
                internal: spec.internal,
                ipv6: spec.ipv6,
                subnets: vec![Subnet { range, gateway: Some(gateway) }],
                endpoints: Vec::new(),
                created: Some(world.now),
                labels: spec.labels.clone(),
                options: Default::default(),
            };
            world.networks.insert(id.clone(), network);
            world.happened(Kind::Network, "create", id.as_str(), &spec.name, &[("type", "bridge")]);
            Ok(id)
        })
        .await
    }

    async fn remove_network(&self, id: &NetworkId) -> Result<()> {
        self.call(Call::RemoveNetwork, id.as_str(), |world, tried| {
            let network = world.network(tried, id)?;
            let name = network.name.clone();
            if network.is_builtin() {
                return Err(denied(tried, format!("{name} is a pre-defined network and cannot be removed")));
            }
            if world.has_members(&name) {
                let why =
                    format!("error while removing network: network {name} id {} has active endpoints", id.short());
                return Err(denied(tried, why));
            }
            world.drop_network(id);
            Ok(())
        })
        .await
    }

    async fn connect(&self, id: &NetworkId, container: &ContainerId) -> Result<()> {
        self.call(Call::Connect, container.as_str(), |world, tried| {
            let network = world.network(tried, id)?;
            let item = world.item(tried, container)?;
            let (up, name) = (item.container.state.is_up(), item.container.name.clone());
            if item.container.networks.iter().any(|place| place.network == network.name) {
                let why = format!("endpoint with name {name} already exists in network {}", network.name);
                return Err(denied(tried, why));
            }
            item.container.networks.push(attachment(&network));
            if up {
                let address = world.free_address(&network.name);
                if let Some(place) = world.item(tried, container)?.container.networks.last_mut() {
                    place.address = address;
                }
            }
            world.happened(Kind::Network, "connect", id.as_str(), &network.name, &[("container", container.as_str())]);
            Ok(())
        })
        .await
    }

    async fn disconnect(&self, id: &NetworkId, container: &ContainerId) -> Result<()> {
        self.call(Call::Disconnect, container.as_str(), |world, tried| {
            let name = world.network(tried, id)?.name;
            let places = &mut world.item(tried, container)?.container.networks;
            let before = places.len();
            places.retain(|place| place.network != name);
            if places.len() == before {
                let why = format!("container {} is not connected to network {name}", container.short());
                return Err(denied(tried, why));
            }
            world.happened(Kind::Network, "disconnect", id.as_str(), &name, &[("container", container.as_str())]);
            Ok(())
        })
        .await
    }

    async fn prune_networks(&self) -> Result<Pruned> {
        self.call(Call::PruneNetworks, "", |world, _| {
            let used = |n: &Network| {
                let mut all = world.containers.values().flat_map(|item| &item.container.networks);
                all.any(|place| place.network == n.name)
            };
            let idle = world.networks.values().filter(|network| !network.is_builtin() && !used(network));
            let gone: Vec<_> = idle.map(|network| network.id.clone()).collect();
            for id in &gone {
                world.drop_network(id);
            }
            Ok(Pruned { count: gone.len(), ..Pruned::default() })
        })
        .await
    }
}

impl World {
    pub(super) fn all_networks(&self) -> Vec<Network> {
        derive::networks(self.networks.values().cloned().collect(), &self.all_containers())
    }

    fn network(&self, tried: &str, id: &NetworkId) -> Result<Network> {
        let named = || self.networks.values().find(|network| network.name == id.as_str());
        let network = self.networks.get(id).or_else(named);
        network.cloned().ok_or_else(|| not_found(tried, format!("network {id} not found")))
    }

    /// Whether containers that are up are in it.
    fn has_members(&self, name: &str) -> bool {
        let mut up = self.containers.values().map(|item| &item.container).filter(|c| c.state.is_up());
        up.any(|container| container.networks.iter().any(|place| place.network == name))
    }

    fn drop_network(&mut self, id: &NetworkId) {
        if let Some(network) = self.networks.remove(id) {
            self.happened(Kind::Network, "destroy", id.as_str(), &network.name, &[("type", &network.driver)]);
        }
    }
}

/// A place in a network, without an address yet.
pub(super) fn attachment(network: &Network) -> Attachment {
    Attachment {
        network: network.name.clone(),
        id: Some(network.id.clone()),
        address: None,
        address6: None,
        mac: None,
        aliases: Vec::new(),
    }
}
