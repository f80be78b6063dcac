//! Documents as the service takes them: a member that it does not know, or one of another type, is refused with its
//! path. Written from Microsoft's reference, apart from what longshore itself writes them with.

use serde_json::Value;

/// What a member may be.
pub(crate) enum Shape {
    Text,
    Number,
    Any,
    List(&'static Shape),
    Object(&'static [(&'static str, Shape)]),
}

use Shape::{Any, List, Number, Object, Text};

const VERSION: Shape = Object(&[("Major", Number), ("Minor", Number)]);
const ROUTE: Shape = Object(&[("NextHop", Text), ("DestinationPrefix", Text), ("Metric", Number)]);
const SUBNET: Shape =
    Object(&[("IpAddressPrefix", Text), ("Policies", List(&Any)), ("Routes", List(&ROUTE)), ("Flags", Number)]);
const IPAM: Shape = Object(&[("Type", Text), ("Subnets", List(&SUBNET))]);
const DNS: Shape =
    Object(&[("Domain", Text), ("Search", List(&Text)), ("ServerList", List(&Text)), ("Options", List(&Text))]);
const POLICY: Shape = Object(&[("Type", Text), ("Settings", Any)]);
const ADDRESS: Shape = Object(&[("IpAddress", Text), ("PrefixLength", Number)]);

/// What makes a network.
pub(crate) const NETWORK: Shape = Object(&[
    ("Name", Text),
    ("Type", Text),
    ("Policies", List(&POLICY)),
    ("MacPool", Any),
    ("Dns", DNS),
    ("Ipams", List(&IPAM)),
    ("Flags", Number),
    ("SchemaVersion", VERSION),
]);
/// What makes an endpoint.
pub(crate) const ENDPOINT: Shape = Object(&[
    ("Name", Text),
    ("HostComputeNetwork", Text),
    ("HostComputeNamespace", Text),
    ("Policies", List(&POLICY)),
    ("IpConfigurations", List(&ADDRESS)),
    ("Dns", DNS),
    ("Routes", List(&ROUTE)),
    ("MacAddress", Text),
    ("Flags", Number),
    ("SchemaVersion", VERSION),
]);
/// What makes a namespace.
pub(crate) const NAMESPACE: Shape = Object(&[("Type", Text), ("Resources", List(&Any)), ("SchemaVersion", VERSION)]);
/// What changes something.
pub(crate) const CHANGE: Shape = Object(&[("ResourceType", Text), ("RequestType", Text), ("Settings", Any)]);
/// What asks for something.
pub(crate) const QUERY: Shape = Object(&[("SchemaVersion", VERSION), ("Flags", Number), ("Filter", Text)]);
/// What a published port says.
pub(crate) const MAPPING: Shape = Object(&[
    ("Protocol", Number),
    ("InternalPort", Number),
    ("ExternalPort", Number),
    ("VIP", Text),
    ("Flags", Number),
]);

/// What a rule says.
pub(crate) const ACL: Shape = Object(&[
    ("Protocols", Text),
    ("Action", Text),
    ("Direction", Text),
    ("LocalAddresses", Text),
    ("RemoteAddresses", Text),
    ("LocalPorts", Text),
    ("RemotePorts", Text),
    ("RuleType", Text),
    ("Priority", Number),
    ("Id", Text),
]);

/// The path of the first member that does not fit.
pub(crate) fn misfit(value: &Value, shape: &Shape, path: &str) -> Option<String> {
    let fits = match shape {
        Any => true,
        Text => value.is_string(),
        Number => value.is_u64(),
        List(each) => {
            let Some(list) = value.as_array() else { return Some(path.to_owned()) };
            return list.iter().enumerate().find_map(|(at, one)| misfit(one, each, &format!("{path}[{at}]")));
        }
        Object(members) => {
            let Some(object) = value.as_object() else { return Some(path.to_owned()) };
            return object.iter().find_map(|(name, value)| {
                let path = format!("{path}.{name}");
                match members.iter().find(|(known, _)| known == name) {
                    Some((_, shape)) => misfit(value, shape, &path),
                    None => Some(path),
                }
            });
        }
    };
    (!fits).then(|| path.to_owned())
}
