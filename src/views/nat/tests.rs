//! What the NAT dashboard shows and answers.

use super::dashboard;
use crate::{
    app::{desk::Desk, keys::Intent, view::Wish},
    model::{
        Change, ContainerId, Listing, Maker, Mapping, MappingId, Nat, NatSession, Network, NetworkId, PortMapping,
        Protocol, Reach, Subnet, endpoint::Endpoint,
    },
    views::stage::{Landing, Stage},
};

fn mapping(name: &str, ip: &str, host_port: u16, container_port: u16) -> Mapping {
    let port =
        PortMapping { host_ip: Some(ip.into()), host_port: Some(host_port), container_port, protocol: Protocol::Tcp };
    Mapping {
        id: MappingId::new(format!("{ip}:{host_port} {name}")),
        port,
        container: Some(ContainerId::new(format!("id-{name}"))),
        container_name: name.into(),
        target: Some(format!("172.18.0.2:{container_port}")),
        network: "shop".into(),
        made_by: Maker::Rule,
        reach: Reach::Up,
        conflict: None,
    }
}

fn nat() -> Nat {
    let mut dns = mapping("dns", "127.0.0.1", 53, 53);
    dns.port.protocol = Protocol::Udp;
    let old = Mapping {
        reach: Reach::Down,
        target: None,
        conflict: Some("`web`".into()),
        ..mapping("old", "0.0.0.0", 8080, 80)
    };
    let session = |source: &str, translated: &str, outbound| NatSession {
        protocol: Protocol::Tcp,
        state: "ESTABLISHED".into(),
        source: source.into(),
        destination: "10.0.0.1:8080".into(),
        translated: translated.into(),
        timeout: Some(431_999),
        bytes: Some(1_300_000),
        outbound,
        container: Some("web".into()),
    };
    Nat {
        mappings: vec![mapping("web", "0.0.0.0", 8080, 80), old, dns],
        sessions: vec![
            session("10.0.0.5:51234", "172.18.0.2:80", false),
            session("172.18.0.9:40000", "10.0.0.1:40000", true),
        ],
        sessions_hidden: None,
        derived: None,
    }
}

fn shop() -> Network {
    Network {
        id: NetworkId::new("id-shop"),
        name: "shop".into(),
        driver: "bridge".into(),
        scope: "local".into(),
        internal: false,
        ipv6: false,
        subnets: vec![Subnet { range: "172.18.0.0/16".into(), gateway: Some("172.18.0.1".into()) }],
        endpoints: Vec::new(),
        created: None,
        labels: Default::default(),
        options: Default::default(),
    }
}

fn stage(nat: Nat, networks: Vec<Network>) -> Stage {
    let facts = [Change::Listed(Listing::Nat(nat)), Change::Listed(Listing::Networks(networks))];
    let boards = vec![dashboard(), Landing::of(Intent::Containers), Landing::of(Intent::Networks)];
    Stage::new(Desk::for_test().told(facts), boards)
}

#[test]
fn a_mapping_says_where_it_leads_and_who_is_in_its_way() {
    insta::assert_snapshot!("80x24", stage(nat(), vec![shop()]).press(&["down"]).screen());
    insta::assert_snapshot!("160x45", stage(nat(), vec![shop()]).sized(160, 45).screen());
}

#[test]
fn sessions_are_those_of_the_mapping_or_all_of_them() {
    let mut stage = stage(nat(), vec![shop()]);
    let screen = stage.press(&["tab", "enter"]).screen();
    assert!(screen.contains("10.0.0.5:51234") && !screen.contains("172.18.0.9:40000"), "{screen}");
    let screen = stage.press(&["space"]).screen();
    assert!(screen.contains("172.18.0.9:40000"), "{screen}");
}

#[test]
fn what_cannot_be_seen_says_why() {
    let hidden = Nat {
        sessions: Vec::new(),
        sessions_hidden: Some("the engine runs on another machine".into()),
        derived: Some("derived from published ports".into()),
        ..nat()
    };
    let screen = stage(hidden, Vec::new()).press(&["tab"]).screen();
    assert!(screen.contains("live sessions cannot be seen: the engine runs on another machine"), "{screen}");
    assert!(screen.contains("derived from published ports") && !screen.contains("SESSIONS"), "{screen}");
}

#[test]
fn networks_are_named_even_without_mappings() {
    let screen = stage(Nat::default(), vec![shop()]).screen();
    assert!(screen.contains("1 network goes out"), "{screen}");
    let screen = stage(nat(), vec![shop()]).press(&["tab", "tab"]).screen();
    assert!(screen.contains("172.18.0.0/16 by gateway 172.18.0.1"), "{screen}");
}

#[test]
fn a_url_and_a_probe_lead_to_the_engine_s_own_host() {
    let mut stage = stage(nat(), Vec::new());
    assert_eq!(stage.press(&["c"]).copied(), "http://127.0.0.1:8080");
    assert_eq!(*stage.press(&["T"]).wished(), Wish::TestPort("127.0.0.1:8080".into()));
    stage.desk.endpoint = Endpoint { address: "tcp://far:2376".parse().unwrap(), ..stage.desk.endpoint.clone() };
    assert_eq!(stage.press(&["c"]).copied(), "http://far:8080");
    stage.press(&["down", "down"]);
    assert_eq!(stage.press(&["T"]).refused(), "udp has no connections to probe: only TCP ports can be tested");
}

#[test]
fn a_jump_leads_to_the_container_or_asks_whether_the_network_is_meant() {
    assert!(stage(nat(), Vec::new()).press(&["J"]).screen().contains("landed on id-web"));
    assert!(stage(nat(), vec![shop()]).press(&["J", "down", "enter"]).screen().contains("landed on id-shop"));
}

#[test]
fn conflicts_are_found_by_the_filter() {
    let screen = stage(nat(), Vec::new()).press(&["/", "conflict", "enter"]).screen();
    assert!(screen.contains("1 of 3 shown") && screen.contains("port 8080/tcp is taken by `web`"), "{screen}");
}

#[test]
fn nothing_is_published_where_nobody_could_be_reached() {
    let refused = stage(nat(), Vec::new()).press(&["n"]).refused().to_owned();
    assert_eq!(refused, "there is no container whose ports could be published");
}
