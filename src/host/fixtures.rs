//! The containers and networks that this room's tests speak of: `web` on Docker's default bridge.

use std::collections::BTreeMap;

use super::scene::Scene;
use crate::model::{Attachment, Container, ContainerId, Network, NetworkId, State, Subnet, sample};

/// A running container with an address of each family.
pub(crate) fn web() -> Container {
    let place = Attachment {
        network: "bridge".into(),
        id: None,
        address: Some("172.17.0.2".into()),
        address6: Some("fd00::2".into()),
        mac: None,
        aliases: Vec::new(),
    };
    Container { id: ContainerId::new("c0ffee"), networks: vec![place], ..sample::container("web", State::Running) }
}

/// Docker's default bridge.
pub(crate) fn networks() -> [Network; 1] {
    let subnet = |range: &str, gateway: &str| Subnet { range: range.into(), gateway: Some(gateway.into()) };
    [Network {
        id: NetworkId::new("e9"),
        name: "bridge".into(),
        driver: "bridge".into(),
        scope: "local".into(),
        internal: false,
        ipv6: true,
        subnets: vec![subnet("172.17.0.0/16", "172.17.0.1"), subnet("fd00::/64", "fd00::1")],
        endpoints: Vec::new(),
        created: None,
        labels: BTreeMap::new(),
        options: BTreeMap::from([("com.docker.network.bridge.name".into(), "docker0".into())]),
    }]
}

/// Both together.
pub(crate) fn scene() -> Scene {
    Scene::new(&[web()], &networks())
}
