//! From what is recorded of networks and of a container's places in them to what the host is to make. Knows no
//! database and no kernel.

use std::{collections::BTreeMap, net::IpAddr};

use super::{names, ports::HostPort};
use crate::{
    model::{ContainerId, Net, NetworkId},
    runtime::{
        Result, RuntimeError,
        document::{BridgePlan, LinkPlan, MappingPlan, NetworkPlan},
    },
};

/// The network of containers that name none; Docker's name for it.
pub const DEFAULT_NETWORK: &str = "bridge";
/// Settings of a container's own namespace where it says nothing else: its unprivileged users may listen on all ports
/// and ping, since neither takes anything from the host. As Docker has had it since 20.10.
const SYSCTLS: [(&str, &str); 2] =
    [("net.ipv4.ip_unprivileged_port_start", "0"), ("net.ipv4.ping_group_range", "0 2147483647")];

/// Where a container's network comes from, out of `ContainerSpec::network`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `none`: nothing but loopback.
    None,
    /// `host`: the host's own.
    Host,
    /// `container:NAME`: another container's, by its name or id.
    Container(String),
    /// A network by its name or id.
    Network(String),
}

impl Mode {
    /// Reads it; nothing and `default` mean [`DEFAULT_NETWORK`].
    pub fn of(network: Option<&str>) -> Self {
        match network {
            None | Some("" | "default") => Self::Network(DEFAULT_NETWORK.into()),
            Some("none") => Self::None,
            Some("host") => Self::Host,
            Some(other) => match other.strip_prefix("container:") {
                Some(name) => Self::Container(name.into()),
                None => Self::Network(other.into()),
            },
        }
    }
}

/// A network as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its id.
    pub id: NetworkId,
    /// Its name.
    pub name: String,
    /// The host's interface: [`names::bridge`].
    pub bridge: String,
    /// Its range.
    pub subnet: Net,
    /// The bridge's address in it.
    pub gateway: IpAddr,
    /// The same in IPv6.
    pub six: Option<(Net, IpAddr)>,
    /// Whether it does not lead to the outside.
    pub internal: bool,
    /// Whether containers in it may talk to each other.
    pub icc: bool,
}

impl Recorded {
    /// As the host must have it.
    pub fn plan(&self) -> BridgePlan {
        let text = |net: Net| format!("{}/{}", net.address(), net.prefix());
        BridgePlan {
            network: self.id.clone(),
            bridge: self.bridge.clone(),
            subnet: text(self.subnet),
            gateway: self.gateway,
            subnet6: self.six.map(|(net, _)| text(net)),
            gateway6: self.six.map(|(_, gateway)| gateway),
            internal: self.internal,
            icc: self.icc,
        }
    }
}

/// A container's place in a network as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The network.
    pub network: &'a Recorded,
    /// 0 for `eth0`.
    pub position: usize,
    /// Its address.
    pub address: IpAddr,
    /// The same in IPv6.
    pub address6: Option<IpAddr>,
    /// The hardware address it shall have; one that follows from its address when absent.
    pub mac: Option<String>,
    /// Names by which others of the network reach it, its own first.
    pub names: Vec<String>,
}

/// The link of a container's place.
pub fn link(container: &ContainerId, place: &Place) -> LinkPlan {
    let network = place.network;
    let six = network.six.zip(place.address6);
    LinkPlan {
        network: network.id.clone(),
        network_name: network.name.clone(),
        bridge: network.bridge.clone(),
        interface: format!("eth{}", place.position),
        host_interface: names::host_interface(container, place.position),
        address: (place.address, network.subnet.prefix()),
        gateway: network.gateway,
        address6: six.map(|((net, _), address)| (address, net.prefix())),
        gateway6: six.map(|((_, gateway), _)| gateway),
        mac: place.mac.clone().unwrap_or_else(|| names::mac(place.address)),
        internal: network.internal,
        icc: network.icc,
        names: place.names.clone(),
    }
}

/// The network of a container with places of its own. `sysctls` are all of its settings; those of the network are
/// taken from it.
///
/// # Errors
/// When a port is to be published and no place can be reached from outside.
pub fn own(
    container: &ContainerId,
    places: &[Place],
    ports: &[HostPort],
    sysctls: &BTreeMap<String, String>,
) -> Result<NetworkPlan> {
    let links: Vec<_> = places.iter().map(|place| link(container, place)).collect();
    let mappings = mappings(&links, ports)?;
    let mut settings: BTreeMap<&str, &str> = SYSCTLS.into_iter().collect();
    let asked = sysctls.iter().filter(|(name, _)| name.starts_with("net."));
    settings.extend(asked.map(|(name, value)| (name.as_str(), value.as_str())));
    let sysctls = settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Ok(NetworkPlan::Own { links, mappings, sysctls })
}

/// Where the packets for these host ports go: to the first link that leads to the outside, in IPv4 and, for a port on
/// every address, in IPv6 too where the link has it.
///
/// # Errors
/// When no link leads to the outside, or a port on an IPv6 address has no link with one.
pub fn mappings(links: &[LinkPlan], ports: &[HostPort]) -> Result<Vec<MappingPlan>> {
    let mut all = Vec::new();
    for port in ports {
        let invalid = |why: &str| RuntimeError::Invalid {
            tried: format!("publish port {}/{}", port.host_port, port.protocol),
            why: why.into(),
        };
        let outward = links.iter().find(|link| !link.internal);
        let link = outward.ok_or_else(|| invalid("the container is in no network that leads to the outside"))?;
        let to = |address| MappingPlan {
            protocol: port.protocol,
            host_ip: port.host_ip,
            host_port: port.host_port,
            address,
            port: port.port,
        };
        let six = link.address6.map(|(address, _)| to(address));
        match port.host_ip {
            None => all.extend([to(link.address.0)].into_iter().chain(six)),
            Some(IpAddr::V4(_)) => all.push(to(link.address.0)),
            Some(IpAddr::V6(_)) => {
                all.push(six.ok_or_else(|| invalid("the container has no IPv6 address to lead to"))?);
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Protocol;

    fn network(name: &str, six: bool, internal: bool) -> Recorded {
        let id = NetworkId::new(name.repeat(64));
        let six = six.then(|| (Net::parse("fd00::/64").unwrap(), "fd00::1".parse().unwrap()));
        Recorded {
            bridge: names::bridge(&id),
            id,
            name: name.into(),
            subnet: Net::parse("10.1.0.0/24").unwrap(),
            gateway: "10.1.0.1".parse().unwrap(),
            six,
            internal,
            icc: true,
        }
    }

    fn place(network: &Recorded, position: usize) -> Place<'_> {
        Place {
            network,
            position,
            address: "10.1.0.2".parse().unwrap(),
            address6: "fd00::2".parse().ok(),
            mac: None,
            names: vec!["web".into()],
        }
    }

    fn port(host_ip: Option<&str>) -> HostPort {
        let host_ip = host_ip.map(|ip| ip.parse().unwrap());
        HostPort { protocol: Protocol::Tcp, host_ip, host_port: 8080, port: 80 }
    }

    fn targets(places: &[Place], ports: &[HostPort]) -> std::result::Result<Vec<String>, String> {
        let plan = own(&ContainerId::new("c"), places, ports, &BTreeMap::new()).map_err(|error| error.to_string())?;
        let NetworkPlan::Own { mappings, .. } = plan else { panic!("{plan:?}") };
        Ok(mappings.iter().map(|mapping| mapping.address.to_string()).collect())
    }

    #[test]
    fn words_for_networks_are_told_apart() {
        assert_eq!(Mode::of(None), Mode::Network("bridge".into()));
        assert_eq!(Mode::of(Some("default")), Mode::Network("bridge".into()));
        assert_eq!(Mode::of(Some("container:web")), Mode::Container("web".into()));
        assert_eq!(Mode::of(Some("host")), Mode::Host);
        assert_eq!(Mode::of(Some("none")), Mode::None);
    }

    #[test]
    fn a_port_leads_through_the_first_network_with_a_way_out() {
        let (inner, four, six) = (network("a", true, true), network("b", false, false), network("c", true, false));
        let both = ["10.1.0.2", "fd00::2"];
        assert_eq!(targets(&[place(&inner, 0), place(&six, 1)], &[port(None)]).unwrap(), both);
        assert_eq!(targets(&[place(&four, 0), place(&six, 1)], &[port(None)]).unwrap(), both[..1]);
        assert_eq!(targets(&[place(&six, 0)], &[port(Some("127.0.0.1"))]).unwrap(), both[..1]);
        assert_eq!(targets(&[place(&six, 0)], &[port(Some("::"))]).unwrap(), both[1..]);
        assert!(targets(&[place(&four, 0)], &[port(Some("::1"))]).unwrap_err().contains("no IPv6 address"));
        assert!(targets(&[place(&inner, 0)], &[port(None)]).unwrap_err().contains("no network that leads"));
    }

    #[test]
    fn links_have_what_their_network_has() {
        let (four, six) = (network("b", false, false), network("c", true, false));
        let (one, two) =
            (link(&ContainerId::new("c"), &place(&four, 0)), link(&ContainerId::new("c"), &place(&six, 1)));
        assert_eq!((one.interface.as_str(), one.address6, one.gateway6), ("eth0", None, None));
        assert_eq!(two.address6, Some(("fd00::2".parse().unwrap(), 64)));
        assert_ne!(one.host_interface, two.host_interface);
        assert_eq!(one.mac, "02:4c:0a:01:00:02");
    }

    #[test]
    fn settings_of_the_network_are_the_asked_ones_over_ours() {
        let asked =
            [("net.ipv4.ip_unprivileged_port_start", "1024"), ("kernel.msgmax", "1"), ("net.core.somaxconn", "9")];
        let asked = asked.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let plan = own(&ContainerId::new("c"), &[], &[], &asked).unwrap();
        let NetworkPlan::Own { sysctls, .. } = plan else { panic!("{plan:?}") };
        let said: Vec<_> = sysctls.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            said,
            [
                "net.core.somaxconn=9",
                "net.ipv4.ip_unprivileged_port_start=1024",
                "net.ipv4.ping_group_range=0 2147483647"
            ]
        );
    }
}
