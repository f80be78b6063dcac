//! Which addresses, ranges and bridges of the host belong to containers. Knows no packet filter.

use std::{collections::HashMap, net::IpAddr};

use super::net::Net;
use crate::model::{Container, ContainerId, Network};

/// A container as an address finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    /// Its id.
    pub(crate) id: ContainerId,
    /// Its name.
    pub(crate) name: String,
    /// The network in which it has the address.
    pub(crate) network: String,
    /// Whether it runs.
    pub(crate) up: bool,
}

/// An address range of a network.
#[derive(Debug)]
struct Range {
    net: Net,
    network: String,
    bridge: Option<String>,
}

/// The containers' part of the host's network.
#[derive(Debug, Default)]
pub(crate) struct Scene {
    owners: HashMap<IpAddr, Owner>,
    ranges: Vec<Range>,
    bridges: Vec<String>,
}

impl Scene {
    /// From what the engine tells.
    pub(crate) fn new(containers: &[Container], networks: &[Network]) -> Self {
        let mut scene = Self::default();
        for container in containers {
            for place in &container.networks {
                let owner = Owner {
                    id: container.id.clone(),
                    name: container.name.clone(),
                    network: place.network.clone(),
                    up: container.state.is_up(),
                };
                let addresses = [&place.address, &place.address6].into_iter().flatten();
                scene.owners.extend(addresses.filter_map(|a| Some((a.parse().ok()?, owner.clone()))));
            }
        }
        for network in networks.iter().filter(|network| network.driver == "bridge") {
            let nets = network.subnets.iter().filter_map(|subnet| Net::parse(&subnet.range));
            let range = |net| Range { net, network: network.name.clone(), bridge: network.bridge() };
            scene.ranges.extend(nets.map(range));
            scene.bridges.extend(network.bridge());
        }
        scene
    }

    /// Whose address it is.
    pub(crate) fn owner(&self, address: IpAddr) -> Option<&Owner> {
        self.owners.get(&address)
    }

    /// The addresses of a container.
    pub(crate) fn addresses(&self, id: &ContainerId) -> impl Iterator<Item = IpAddr> {
        self.owners.iter().filter(move |(_, owner)| owner.id == *id).map(|(address, _)| *address)
    }

    /// The network in whose range it is.
    pub(crate) fn network(&self, address: IpAddr) -> Option<&str> {
        self.range(address).map(|range| range.network.as_str())
    }

    /// The bridge behind which it is.
    pub(crate) fn bridge(&self, address: IpAddr) -> Option<&str> {
        self.range(address)?.bridge.as_deref()
    }

    fn range(&self, address: IpAddr) -> Option<&Range> {
        self.ranges.iter().find(|range| range.net.contains(address))
    }

    /// Whether an address is a container's, or could be one's.
    pub(crate) fn is_inside(&self, address: IpAddr) -> bool {
        self.owners.contains_key(&address) || self.network(address).is_some()
    }

    /// Whether a range lies within the containers' ranges: `0.0.0.0/0` has them in it, but is not theirs.
    pub(crate) fn is_theirs(&self, range: Net) -> bool {
        match range.single() {
            Some(address) => self.is_inside(address),
            None => self.ranges.iter().any(|theirs| theirs.net.contains_range(range)),
        }
    }

    /// Whether containers can have an address in this range.
    pub(crate) fn meets(&self, range: Net) -> bool {
        self.ranges.iter().any(|theirs| theirs.net.overlaps(range)) || self.owners.keys().any(|&a| range.contains(a))
    }

    /// The bridges of the engine's networks.
    pub(crate) fn bridges(&self) -> &[String] {
        &self.bridges
    }
}
