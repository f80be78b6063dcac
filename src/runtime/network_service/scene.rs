//! A network and containers in it, as tests of networks of Windows plan them. Knows no service.

use std::net::IpAddr;

use crate::{
    model::{ContainerId, NetworkId, Protocol},
    runtime::document::{BridgePlan, LinkPlan, MappingPlan, NetworkPlan},
};

/// The network.
pub(crate) fn bridge() -> BridgePlan {
    BridgePlan {
        network: NetworkId::new("cd".repeat(32)),
        bridge: "ls-1".into(),
        subnet: "172.28.96.0/20".into(),
        gateway: "172.28.96.1".parse().unwrap(),
        subnet6: None,
        gateway6: None,
        internal: false,
        icc: true,
    }
}

/// The container whose id is this digit all over.
pub(crate) fn container(digit: &str) -> ContainerId {
    ContainerId::new(digit.repeat(64))
}

/// Port 80 of this address at a port of the host.
pub(crate) fn mapping(address: &str, host_port: u16) -> MappingPlan {
    let address = address.parse().unwrap();
    MappingPlan { protocol: Protocol::Tcp, host_ip: None, host_port, address, port: 80 }
}

/// A container's place in the network, at this address, which publishes its port 80 at these ports.
pub(crate) fn plan(address: &str, ports: &[u16]) -> NetworkPlan {
    let at: IpAddr = address.parse().unwrap();
    let link = LinkPlan {
        network: bridge().network,
        network_name: "shop".into(),
        bridge: bridge().bridge,
        interface: "eth0".into(),
        host_interface: "veth1".into(),
        address: (at, 20),
        gateway: bridge().gateway,
        address6: None,
        gateway6: None,
        mac: String::new(),
        internal: false,
        icc: true,
        names: Vec::new(),
    };
    let mappings = ports.iter().map(|port| mapping(address, *port)).collect();
    NetworkPlan::Own { links: vec![link], mappings, sysctls: Vec::new() }
}
