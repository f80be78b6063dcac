//! From plans of networks to what HCN is told, call by call, each with its undoing. Knows no DLL.

use serde::Serialize;

use super::{
    Acl, AclAction, AclDirection, Change, Dns, Endpoint, IpConfig, Ipam, Namespace, Network, NetworkKind, Policy,
    PortMapping, Route, Subnet, endpoint::APART, network::NON_PERSISTENT,
};
use crate::{
    model::{ContainerId, NetworkId, Protocol},
    runtime::{
        Result, RuntimeError,
        document::{BridgePlan, FilterRule, LinkPlan, MappingPlan, NetworkPlan, guid::Guid},
    },
};

/// Beginning of the names of what is ours, of the engine over the default data root; others have a mark of their own.
/// What has another belongs to somebody else.
pub const OWNED: &str = "longshore";
/// Hexadecimal digits of a container's id.
const ID: usize = 64;
/// The name by which Docker knows its network, which is shared rather than made a second time.
const NAT: &str = "nat";
/// Everywhere in IPv4.
const ANYWHERE: &str = "0.0.0.0/0";

/// Ids of what we make, out of ids of what it is made for.
pub mod ids {
    use super::{ContainerId, Guid, NetworkId};

    /// Of a network.
    pub fn network(id: &NetworkId) -> Guid {
        Guid::named("network", id.as_str())
    }

    /// Of a container's namespace.
    pub fn namespace(id: &ContainerId) -> Guid {
        Guid::named("namespace", id.as_str())
    }

    /// Of a container's place in a network.
    pub fn endpoint(id: &ContainerId, network: &NetworkId) -> Guid {
        Guid::named("endpoint", &format!("{id}/{network}"))
    }
}

/// How a network comes to be there.
#[derive(Clone, Debug, PartialEq)]
pub enum Way {
    /// It is: this one, ours or somebody else's. Never to be deleted where it is somebody else's.
    Adopt(Guid),
    /// It must be made, under this id.
    Create(Guid, Box<Network>),
}

/// How `bridge` comes to be there among those that are. A host can depend on one range that is translated only, so
/// whoever has made that, it is shared: Docker's by its name, or else the first.
pub fn way(bridge: &BridgePlan, there: &[Network]) -> Way {
    match used_for(&bridge.network, bridge.internal, there).and_then(|network| network.id) {
        Some(found) => Way::Adopt(found),
        None => Way::Create(ids::network(&bridge.network), Box::new(network(bridge))),
    }
}

/// The network that is used for one of ours, among those that are.
pub fn used_for<'n>(id: &NetworkId, internal: bool, there: &'n [Network]) -> Option<&'n Network> {
    let id = ids::network(id);
    let ours = there.iter().find(|network| network.id == Some(id));
    ours.or_else(|| if internal { None } else { translating(there) })
}

/// The network that translates addresses for the host: Docker's by its name, or else the first.
pub fn translating(there: &[Network]) -> Option<&Network> {
    let translates = |network: &&Network| matches!(network.kind, NetworkKind::Nat | NetworkKind::Ics);
    let nat = there.iter().filter(translates).find(|network| network.name.eq_ignore_ascii_case(NAT));
    nat.or_else(|| there.iter().find(translates))
}

/// What is known when a container gets its place in networks.
pub struct Ground<'g> {
    /// Beginning of the names of endpoints of this engine: [`OWNED`] or one that begins with it.
    pub mark: &'g str,
    /// Which network HCN has for a link's.
    pub found: &'g dyn Fn(&LinkPlan) -> Result<Guid>,
    /// The rules that hold for the container in a network, from its first packet on.
    pub rules: &'g dyn Fn(&NetworkId) -> Vec<Policy>,
}

/// The container of an endpoint of this name, if it is one of this engine's.
pub fn owner_of(mark: &str, endpoint: &str) -> Option<ContainerId> {
    let (id, _) = endpoint.strip_prefix(mark)?.strip_prefix('-')?.split_once('-')?;
    is_id(id).then(|| ContainerId::new(id))
}

/// The container that an endpoint of any engine of ours speaks of.
pub(super) fn spoken_of(endpoint: &str) -> Option<ContainerId> {
    endpoint.strip_prefix(OWNED)?.split('-').find(|part| is_id(part)).map(ContainerId::new)
}

fn is_id(text: &str) -> bool {
    text.len() == ID && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// A network's document. Windows translates no IPv6, so what the plan says of it is left out.
pub fn network(bridge: &BridgePlan) -> Network {
    let route = Route { next_hop: bridge.gateway.to_string(), destination_prefix: ANYWHERE.into() };
    let routes = if bridge.internal { Vec::new() } else { vec![route] };
    let subnet = Subnet { ip_address_prefix: bridge.subnet.clone(), routes };
    Network {
        name: format!("{OWNED}-{}", bridge.network.short()),
        kind: if bridge.internal { NetworkKind::Internal } else { NetworkKind::Nat },
        ipams: vec![Ipam { kind: "Static".into(), subnets: vec![subnet] }],
        // It is made again at each start, as a bridge is.
        flags: NON_PERSISTENT,
        ..Network::default()
    }
}

/// The document of a container's place in a network.
///
/// # Errors
/// `Invalid` for a mapping that Windows cannot have; what is said of the network.
pub fn endpoint_of(
    ground: &Ground<'_>,
    id: &ContainerId,
    link: &LinkPlan,
    mappings: &[MappingPlan],
) -> Result<Endpoint> {
    let network = (ground.found)(link)?;
    let (address, prefix_length) = link.address;
    let route = Route { next_hop: link.gateway.to_string(), destination_prefix: ANYWHERE.into() };
    let own = mappings.iter().filter(|mapping| mapping.address == address);
    Ok(Endpoint {
        name: format!("{}-{id}-{}", ground.mark, link.interface),
        host_compute_network: Some(network),
        ip_configurations: vec![IpConfig { ip_address: address.to_string(), prefix_length }],
        routes: if link.internal { Vec::new() } else { vec![route] },
        // The host answers for names of other containers and passes on the rest.
        dns: Dns { server_list: vec![link.gateway.to_string()], ..Dns::default() },
        policies: own.map(port).chain((ground.rules)(&link.network).into_iter().map(Ok)).collect::<Result<_>>()?,
        flags: if link.icc { 0 } else { APART },
        ..Endpoint::default()
    })
}

/// A published port.
///
/// # Errors
/// `Invalid` when Windows cannot have it.
pub fn port(mapping: &MappingPlan) -> Result<Policy> {
    let (host_port, protocol) = (mapping.host_port, mapping.protocol);
    let refused = |why: &str| RuntimeError::Invalid {
        tried: format!("publish port {host_port}/{protocol}"),
        why: why.to_owned(),
    };
    let number = number(protocol).ok_or_else(|| refused("Windows publishes ports of TCP and UDP only"))?;
    if mapping.address.is_ipv6() || mapping.host_ip.is_some_and(|ip| ip.is_ipv6()) {
        return Err(refused("Windows translates no IPv6"));
    }
    let vip = mapping.host_ip.filter(|ip| !ip.is_unspecified()).map(|ip| ip.to_string()).unwrap_or_default();
    let mapping =
        PortMapping { protocol: number, internal_port: mapping.port, external_port: host_port, vip, flags: 0 };
    Ok(Policy::PortMapping(mapping))
}

/// A rule of our own, the `place`th of its endpoint: the first that fits counts.
pub fn acl(rule: &FilterRule, place: u16) -> Acl {
    /// Below it are those of Windows.
    const FIRST: u16 = 1000;
    let protocols = match (rule.protocol, rule.port) {
        (Some(protocol), _) => number(protocol).map_or_else(|| "132".to_owned(), |number| number.to_string()),
        // Ports are there in some protocols only, and Windows wants to hear in which.
        (None, Some(_)) => "6,17".to_owned(),
        (None, None) => String::new(),
    };
    let port = rule.port.map(|port| port.to_string()).unwrap_or_default();
    let (local_ports, remote_ports) = if rule.inbound { (port, String::new()) } else { (String::new(), port) };
    Acl {
        protocols,
        action: if rule.allow { AclAction::Allow } else { AclAction::Block },
        direction: if rule.inbound { AclDirection::In } else { AclDirection::Out },
        local_addresses: String::new(),
        remote_addresses: rule.peer.clone().unwrap_or_default(),
        local_ports,
        remote_ports,
        rule_type: "Host".into(),
        priority: FIRST.saturating_add(place),
    }
}

/// The number of a protocol whose ports Windows publishes.
const fn number(protocol: Protocol) -> Option<u32> {
    match protocol {
        Protocol::Tcp => Some(6),
        Protocol::Udp => Some(17),
        Protocol::Sctp => None,
    }
}

/// A call to HCN.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Call {
    /// `HcnCreateNamespace`.
    CreateNamespace(Guid, Namespace),
    /// `HcnCreateEndpoint` in the network of the document.
    CreateEndpoint(Guid, Box<Endpoint>),
    /// `HcnModifyNamespace`.
    ModifyNamespace(Guid, Change),
    /// `HcnModifyEndpoint`.
    ModifyEndpoint(Guid, Change),
    /// `HcnDeleteEndpoint`. No error when there is none.
    DeleteEndpoint(Guid),
    /// `HcnDeleteNamespace`. No error when there is none.
    DeleteNamespace(Guid),
}

impl Call {
    /// What takes it back; `None` for what takes back itself.
    pub fn undo(&self) -> Option<Self> {
        match self {
            Self::CreateNamespace(id, _) => Some(Self::DeleteNamespace(*id)),
            Self::CreateEndpoint(id, _) => Some(Self::DeleteEndpoint(*id)),
            // An endpoint that is deleted leaves its namespace.
            Self::ModifyNamespace(..)
            | Self::ModifyEndpoint(..)
            | Self::DeleteEndpoint(_)
            | Self::DeleteNamespace(_) => None,
        }
    }
}

/// The calls that give a container its place in networks.
///
/// # Errors
/// `Invalid` for what Windows cannot do.
pub fn attach(id: &ContainerId, plan: &NetworkPlan, ground: &Ground<'_>) -> Result<Vec<Call>> {
    let NetworkPlan::Own { links, mappings, .. } = plan else {
        return if *plan == NetworkPlan::Host { Err(no_host(id)) } else { Ok(Vec::new()) };
    };
    let namespace = ids::namespace(id);
    let mut calls = vec![Call::CreateNamespace(namespace, Namespace::default())];
    for link in links {
        calls.extend(join(id, link, mappings, ground)?);
    }
    Ok(calls)
}

/// The calls that give it one of them.
///
/// # Errors
/// As [`attach`].
pub fn join(id: &ContainerId, link: &LinkPlan, mappings: &[MappingPlan], ground: &Ground<'_>) -> Result<[Call; 2]> {
    let (namespace, endpoint) = (ids::namespace(id), ids::endpoint(id, &link.network));
    let document = endpoint_of(ground, id, link, mappings)?;
    let join = Call::ModifyNamespace(namespace, Change::join(endpoint));
    Ok([Call::CreateEndpoint(endpoint, Box::new(document)), join])
}

/// The calls that take it away again, each to be made whatever became of the other.
pub fn leave(id: &ContainerId, network: &NetworkId) -> [Call; 2] {
    let (namespace, endpoint) = (ids::namespace(id), ids::endpoint(id, network));
    [Call::ModifyNamespace(namespace, Change::leave(endpoint)), Call::DeleteEndpoint(endpoint)]
}

/// The calls that take it away again, each to be made whatever became of those before it.
pub fn detach(id: &ContainerId, plan: &NetworkPlan) -> Vec<Call> {
    let NetworkPlan::Own { links, .. } = plan else { return Vec::new() };
    let each = links.iter().rev().flat_map(|link| leave(id, &link.network));
    each.chain([Call::DeleteNamespace(ids::namespace(id))]).collect()
}

fn no_host(id: &ContainerId) -> RuntimeError {
    let why = "a Windows container cannot be in the host's own network".into();
    RuntimeError::Invalid { tried: format!("connect `{}`", id.short()), why }
}
