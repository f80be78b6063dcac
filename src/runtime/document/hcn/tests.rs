use std::net::IpAddr;

use serde_json::{Value, json};

use super::*;
use crate::{
    model::{ContainerId, NetworkId, Protocol},
    runtime::{
        RuntimeError,
        document::{BridgePlan, FilterRule, LinkPlan, MappingPlan, NetworkPlan, guid::Guid},
        net::ports::Listener,
    },
};

const NETWORK: &str = "11112222-3333-4444-5555-666677778888";

fn written(document: impl Serialize) -> Value {
    serde_json::to_value(document).unwrap()
}

fn guid(text: &str) -> Guid {
    text.parse().unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn container() -> ContainerId {
    ContainerId::new("ab".repeat(32))
}

fn bridge(internal: bool) -> BridgePlan {
    BridgePlan {
        network: NetworkId::new("cd".repeat(32)),
        bridge: "ls-1".into(),
        subnet: "172.28.96.0/20".into(),
        gateway: ip("172.28.96.1"),
        subnet6: Some("fd00::/64".into()),
        gateway6: Some(ip("fd00::1")),
        internal,
        icc: true,
    }
}

fn link() -> LinkPlan {
    LinkPlan {
        network: NetworkId::new("cd".repeat(32)),
        network_name: "shop".into(),
        bridge: "ls-1".into(),
        interface: "eth0".into(),
        host_interface: "veth1".into(),
        address: (ip("172.28.96.10"), 20),
        gateway: ip("172.28.96.1"),
        address6: None,
        gateway6: None,
        mac: "02:00:00:00:00:01".into(),
        internal: false,
        icc: true,
        names: vec!["web".into()],
    }
}

/// Where there is a network, and no rule.
const GROUND: Ground<'_> = Ground { mark: OWNED, found: &|_| Ok(guid(NETWORK)), rules: &|_| Vec::new() };

fn mapping(host_port: u16) -> MappingPlan {
    let address = ip("172.28.96.10");
    MappingPlan { protocol: Protocol::Tcp, host_ip: None, host_port, address, port: 80 }
}

#[test]
fn a_network_is_this_document() {
    let expected = json!({
        "Name": "longshore-cdcdcdcdcdcd", "Type": "NAT", "Flags": 8, "SchemaVersion": {"Major": 2, "Minor": 0},
        "Ipams": [{"Type": "Static", "Subnets": [{"IpAddressPrefix": "172.28.96.0/20",
            "Routes": [{"NextHop": "172.28.96.1", "DestinationPrefix": "0.0.0.0/0"}]}]}]});
    assert_eq!(written(network(&bridge(false))), expected);
    let inside = written(network(&bridge(true)));
    assert_eq!(inside["Type"], "Internal");
    assert_eq!(inside["Ipams"][0]["Subnets"][0], json!({"IpAddressPrefix": "172.28.96.0/20"}));
}

#[test]
fn an_endpoint_is_this_document() {
    let mappings = [mapping(8080), MappingPlan { host_ip: Some(ip("10.0.0.5")), ..mapping(8081) }];
    let other = MappingPlan { address: ip("172.28.96.11"), ..mapping(9) };
    let all = [mappings.as_slice(), &[other]].concat();
    let expected = json!({
        "Name": format!("longshore-{}-eth0", container()), "HostComputeNetwork": NETWORK,
        "IpConfigurations": [{"IpAddress": "172.28.96.10", "PrefixLength": 20}],
        "Routes": [{"NextHop": "172.28.96.1", "DestinationPrefix": "0.0.0.0/0"}],
        "Dns": {"ServerList": ["172.28.96.1"]},
        "Policies": [
            {"Type": "PortMapping", "Settings": {"Protocol": 6, "InternalPort": 80, "ExternalPort": 8080}},
            {"Type": "PortMapping",
             "Settings": {"Protocol": 6, "InternalPort": 80, "ExternalPort": 8081, "VIP": "10.0.0.5"}}],
        "SchemaVersion": {"Major": 2, "Minor": 0}});
    assert_eq!(written(endpoint_of(&GROUND, &container(), &link(), &all).unwrap()), expected);
    let apart = LinkPlan { icc: false, internal: true, ..link() };
    let apart = written(endpoint_of(&GROUND, &container(), &apart, &[]).unwrap());
    assert_eq!((&apart["Flags"], apart.get("Routes"), apart.get("Policies")), (&json!(2), None, None));
}

#[test]
fn a_port_that_windows_cannot_publish_is_refused() {
    let refused =
        |mapping: MappingPlan| endpoint_of(&GROUND, &container(), &link(), &[mapping]).unwrap_err().to_string();
    let sctp = MappingPlan { protocol: Protocol::Sctp, ..mapping(1) };
    assert_eq!(refused(sctp), "cannot publish port 1/sctp: Windows publishes ports of TCP and UDP only");
    let six = MappingPlan { host_ip: Some(ip("::1")), ..mapping(1) };
    assert_eq!(refused(six), "cannot publish port 1/tcp: Windows translates no IPv6");
}

#[test]
fn rules_hold_from_the_first_packet_on_and_names_tell_whose_an_endpoint_is() {
    let rule = FilterRule { inbound: true, allow: false, protocol: None, peer: None, port: None };
    let ground = Ground { mark: "longshore.ab12", rules: &|_| vec![Policy::Acl(acl(&rule, 0))], ..GROUND };
    let endpoint = endpoint_of(&ground, &container(), &link(), &[mapping(8080)]).unwrap();
    assert!(matches!(&endpoint.policies[..], [Policy::PortMapping(_), Policy::Acl(_)]));
    assert_eq!(owner_of("longshore.ab12", &endpoint.name), Some(container()));
    for mark in [OWNED, "longshore.cd34"] {
        assert_eq!(owner_of(mark, &endpoint.name), None, "another engine's, by {mark}");
    }
    assert_eq!(owner_of(OWNED, "longshore-web-eth0"), None);
}

#[test]
fn the_rules_of_the_firewall_are_these_policies() {
    let rule =
        FilterRule { inbound: true, allow: false, protocol: None, peer: Some("10.0.0.0/8".into()), port: Some(80) };
    let expected = json!({"Protocols": "6,17", "Action": "Block", "Direction": "In", "RemoteAddresses": "10.0.0.0/8",
        "LocalPorts": "80", "RuleType": "Host", "Priority": 1003});
    assert_eq!(written(acl(&rule, 3)), expected);
    let out = FilterRule { inbound: false, allow: true, protocol: Some(Protocol::Udp), peer: None, port: Some(53) };
    let expected = json!({"Protocols": "17", "Action": "Allow", "Direction": "Out", "RemotePorts": "53",
        "RuleType": "Host", "Priority": 1000});
    assert_eq!(written(acl(&out, 0)), expected);
}

#[test]
fn questions_and_changes_are_these_documents() {
    assert_eq!(written(Query::all()), json!({"SchemaVersion": {"Major": 2, "Minor": 0}}));
    let named = json!({"SchemaVersion": {"Major": 2, "Minor": 0}, "Filter": "{\"Name\":\"nat\"}"});
    assert_eq!(written(Query::named("nat")), named);
    let filter = written(Query::of_network(guid(NETWORK)))["Filter"].clone();
    assert_eq!(filter, format!("{{\"VirtualNetwork\":\"{NETWORK}\"}}"));
    let join = json!({"ResourceType": "Endpoint", "RequestType": "Add", "Settings": {"EndpointId": NETWORK}});
    assert_eq!(written(Change::join(guid(NETWORK))), join);
    let namespace = json!({"Type": "Host", "SchemaVersion": {"Major": 2, "Minor": 0}});
    assert_eq!(written(Namespace::default()), namespace);
}

#[test]
fn answers_are_read_whatever_is_left_out() {
    let network: Network = serde_json::from_str(
        r#"{"ID":"{11112222-3333-4444-5555-66667777888A}","Name":"nat","Policies":null,"Flags":"EnableDns, EnableDhcp",
        "Health":{"Data":null},"Ipams":[{"Subnets":[{"IpAddressPrefix":"172.17.0.0/20","Policies":[],
        "Routes":[{"NextHop":"172.17.0.1","DestinationPrefix":"0.0.0.0/0"}]}]}]}"#,
    )
    .unwrap();
    assert_eq!((network.kind, network.flags), (NetworkKind::Nat, 3));
    assert_eq!(network.range(), Some(("172.17.0.0/20", Some("172.17.0.1"))));
    let other: Network = serde_json::from_str(r#"{"Type":"ConstrainedICS","Flags":8}"#).unwrap();
    assert_eq!((other.kind, other.flags, other.range()), (NetworkKind::Other, 8, None));
    let endpoint: Endpoint = serde_json::from_str(
        r#"{"Policies":[{"Type":"PortMapping","Settings":{"Protocol":17,"ExternalPort":53}},{"Type":"SDNRoute",
        "Settings":{"NextHop":"1.2.3.4"}},{"Type":"ACL","Settings":{"Action":"Shrug"}}],"MacAddress":"00-15-5D-1-2-3"}"#,
    )
    .unwrap();
    let ports: Vec<_> = endpoint.ports().collect();
    assert_eq!((ports.len(), ports[0].external_port, ports[0].internal_port), (1, 53, 0));
    assert!(matches!(&endpoint.policies[2], Policy::Other { kind, .. } if kind == "ACL"));
    // What is not ours goes back as it came.
    let sdn = json!({"Type": "SDNRoute", "Settings": {"NextHop": "1.2.3.4"}});
    assert_eq!(written(&endpoint)["Policies"][1], sdn);
    let namespace: Namespace = serde_json::from_str(&format!(
        r#"{{"NamespaceId":3,"Type":"Host","Resources":[{{"Type":"Endpoint","Data":{{"ID":"{NETWORK}"}}}}]}}"#
    ))
    .unwrap();
    assert_eq!(namespace.resources, [Resource::Endpoint { id: guid(NETWORK) }]);
    let counted: Statistics = serde_json::from_str(r#"{"BytesReceived":8589934592,"EndpointId":"x"}"#).unwrap();
    assert_eq!((counted.bytes_received, counted.bytes_sent), (8_589_934_592, 0));
    assert_eq!(identifiers(&format!("[\"{NETWORK}\"]")).unwrap(), [guid(NETWORK)]);
    assert!(identifiers("null").unwrap().is_empty() && identifiers("").unwrap().is_empty());
}

#[test]
fn a_translated_network_that_is_there_is_shared() {
    let there =
        |name: &str, kind, id: &str| Network { id: Some(guid(id)), name: name.into(), kind, ..Network::default() };
    let (one, two) = ("00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002");
    let switch = there("Default Switch", NetworkKind::Ics, one);
    let dockers = there("nat", NetworkKind::Nat, two);
    let wire = there("wire", NetworkKind::Transparent, NETWORK);
    let ours = ids::network(&bridge(false).network);
    assert_eq!(way(&bridge(false), &[switch.clone(), wire.clone(), dockers.clone()]), Way::Adopt(guid(two)));
    assert_eq!(way(&bridge(false), &[wire.clone(), switch]), Way::Adopt(guid(one)));
    assert!(matches!(way(&bridge(false), &[wire]), Way::Create(id, _) if id == ours));
    assert!(matches!(way(&bridge(true), &[dockers]), Way::Create(id, _) if id == ours));
    assert_eq!(way(&bridge(true), &[there("x", NetworkKind::Internal, &ours.to_string())]), Way::Adopt(ours));
}

#[test]
fn a_container_gets_its_place_call_by_call_and_loses_it_in_reverse() {
    let plan = NetworkPlan::Own { links: vec![link()], mappings: vec![mapping(8080)], sysctls: Vec::new() };
    let (namespace, endpoint) = (ids::namespace(&container()), ids::endpoint(&container(), &link().network));
    let calls = attach(&container(), &plan, &GROUND).unwrap();
    assert_eq!(calls.len(), 3);
    assert_eq!(calls[0], Call::CreateNamespace(namespace, Namespace::default()));
    assert!(
        matches!(&calls[1], Call::CreateEndpoint(id, document) if *id == endpoint && document.ports().count() == 1)
    );
    assert_eq!(calls[2], Call::ModifyNamespace(namespace, Change::join(endpoint)));
    let undone: Vec<_> = calls.iter().rev().filter_map(Call::undo).collect();
    assert_eq!(undone, [Call::DeleteEndpoint(endpoint), Call::DeleteNamespace(namespace)]);
    let leave = Call::ModifyNamespace(namespace, Change::leave(endpoint));
    assert_eq!(detach(&container(), &plan), [&[leave], undone.as_slice()].concat());
    assert_eq!(attach(&container(), &NetworkPlan::None, &GROUND).unwrap(), []);
    let error = attach(&container(), &NetworkPlan::Host, &GROUND).unwrap_err();
    assert!(matches!(error, RuntimeError::Invalid { .. }), "{error}");
}

#[test]
fn who_has_a_port_is_said() {
    let busy = |ports: &[MappingPlan], holders| trouble("start `web`", 0x8007_0020, None, ports, holders).to_string();
    let theirs = endpoint_of(&GROUND, &container(), &link(), &[mapping(8080)]).unwrap();
    let holders = Holders { endpoints: &[theirs], ..Holders::default() };
    assert_eq!(
        busy(&[mapping(8080)], holders),
        "cannot start `web`: port 8080 is taken by the container `abababababab`"
    );
    let socket = |protocol| Listener { protocol, address: ip("0.0.0.0"), port: 8080, inode: 0 };
    let listeners = [(socket(Protocol::Udp), None), (socket(Protocol::Tcp), Some(("w3wp.exe".to_owned(), 5320)))];
    let holders = Holders { listeners: &listeners, ..Holders::default() };
    assert_eq!(
        busy(&[mapping(80), mapping(8080)], holders),
        "cannot start `web`: port 8080 is taken by process w3wp.exe (5320)"
    );
    let nobody = Holders::default();
    assert_eq!(busy(&[mapping(80)], nobody), "cannot start `web`: port 80 is taken, or Windows keeps it for itself");
    assert!(busy(&[mapping(80), mapping(81)], nobody).contains("one of the ports 80, 81"));
}

#[test]
fn an_error_record_counts_more_than_the_number_of_the_call() {
    let record =
        Record::of("{\"Success\":false,\"Error\":\"Invalid JSON\\u001b[2J.\",\"ErrorCode\":2151350299}\0").unwrap();
    assert_eq!(record.error_code, 0x803B_001B);
    let said = trouble("make the network", 0, Some(&record), &[], Holders::default());
    assert!(matches!(said, RuntimeError::Platform { .. }));
    assert!(said.to_string().starts_with("cannot make the network: this Windows does not understand it: Invalid JSON"));
    assert!(!said.to_string().contains('\u{1b}'));
    assert_eq!((Record::of(""), Record::of("null\0")), (None, None));
    assert_eq!(Record::of("no JSON").unwrap().error, "no JSON");
}

#[test]
fn numbers_have_meanings() {
    for (number, code) in [
        (0x803B_0001, Code::NotFound),
        (0x8007_0490, Code::NotFound),
        (0x803B_0010, Code::Exists),
        (0x803B_0013, Code::PortTaken),
        (0x803B_0014, Code::Attached),
        (0x803B_002C, Code::InUse),
        (0x803B_001E, Code::Address),
        (0x803B_002A, Code::SharingOff),
        (0x8007_06BE, Code::ServiceGone),
        (0x8007_0005, Code::Denied),
        (0x803B_0037, Code::Other(0x803B_0037)),
    ] {
        assert_eq!(Code::of(number), code, "{number:#x}");
    }
    assert!(Code::of(0x803B_0020).may_pass() && !Code::of(0x803B_0010).may_pass());
    let plain = |number| trouble("x", number, None, &[], Holders::default());
    assert!(matches!(plain(0x8007_0005), RuntimeError::Denied { .. }));
    assert!(matches!(plain(0x803B_0001), RuntimeError::NotFound { .. }));
    assert_eq!(plain(0x803B_0037).to_string(), "cannot x: Windows' network service refuses (0x803b0037)");
}
