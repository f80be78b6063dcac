use super::super::{
    fixtures::{networks, scene, web},
    iptables, nft,
};
use super::*;
use crate::model::{Attachment, Container, ContainerId, Network, Protocol, Subnet};

const NAT: &str = "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n\
    -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n\
    -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE\n\
    -A DOCKER -i docker0 -j RETURN\n\
    -A DOCKER -d 127.0.0.1/32 ! -i docker0 -p tcp -m tcp --dport 9000 -j DNAT --to-destination 172.17.0.2:90\n\
    -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80\nCOMMIT\n";

/// Docker's own filter, with these rules of a person in its chain for people.
fn chains(of_a_person: &str) -> Vec<Chain> {
    let filter = format!(
        "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:DOCKER - [0:0]\n:DOCKER-USER - [0:0]\n\
         -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A FORWARD -j DOCKER-USER\n\
         -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n\
         -A FORWARD -o docker0 -j DOCKER\n-A FORWARD -i docker0 ! -o docker0 -j ACCEPT\n\
         -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT\n\
         {of_a_person}-A DOCKER-USER -j RETURN\nCOMMIT\n"
    );
    iptables::parse(&format!("{NAT}{filter}"), Family::Ip, false)
}

fn inward(port: u16, remote: Option<&str>, of_a_person: &str) -> Explanation {
    let remote = remote.map(|address| address.parse().unwrap());
    let packet = Packet::In { protocol: Protocol::Tcp, remote, port };
    explain(&packet, &chains(of_a_person), &scene()).unwrap()
}

fn decider(explanation: &Explanation) -> &str {
    &explanation.steps.iter().rfind(|step| step.certain).unwrap().text
}

#[test]
fn a_published_port_leads_through_docker_to_the_container() {
    let told = inward(8080, None, "");
    assert_eq!(told.fate, Fate::Arrives("172.17.0.2:80".into()));
    let actions: Vec<String> = told.steps.iter().map(|step| step.action.word()).collect();
    let expected =
        ["→ DOCKER", "dnat 172.17.0.2:80", "→ DOCKER-USER", "return", "→ DOCKER", "accept", "accept"].map(String::from);
    assert_eq!(actions, expected, "the last accept is the policy of POSTROUTING");
    assert!(told.steps.iter().all(|step| step.certain), "{told:#?}");
}

#[test]
fn a_port_that_nobody_published_ends_at_the_host() {
    let told = inward(22, None, "");
    assert_eq!((told.fate.clone(), decider(&told)), (Fate::AtHost, "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"));
    let told = inward(81, None, "");
    assert_eq!((told.fate.clone(), decider(&told)), (Fate::Stopped, "-P INPUT DROP"));
}

#[test]
fn a_port_published_on_loopback_is_not_reached_from_outside() {
    assert_eq!(inward(9000, None, "").fate, Fate::Stopped);
}

#[test]
fn a_persons_rule_decides_before_dockers() {
    let drop = "-A DOCKER-USER -s 203.0.113.0/24 -p tcp -m tcp --dport 80 -j DROP\n";
    let told = inward(8080, Some("203.0.113.9"), drop);
    assert_eq!((told.fate.clone(), decider(&told)), (Fate::Stopped, drop.trim_end()));
    assert_eq!(inward(8080, Some("192.0.2.9"), drop).fate, Fate::Arrives("172.17.0.2:80".into()));
    assert_eq!(inward(8080, None, drop).fate, Fate::Depends, "nobody said who sends it");
}

#[test]
fn a_rule_that_is_not_fully_read_leaves_it_open() {
    let limited = "-A DOCKER-USER -i eth0 -m limit --limit 5/min -j DROP\n";
    let told = inward(8080, Some("203.0.113.9"), limited);
    assert_eq!(told.fate, Fate::Depends);
    let step = told.steps.iter().find(|step| step.action == Action::Drop).unwrap();
    assert!(!step.certain);
}

#[test]
fn what_follows_a_return_that_may_happen_is_not_certain() {
    let rules = "-A DOCKER-USER -s 10.0.0.0/8 -j RETURN\n-A DOCKER-USER -j DROP\n";
    assert_eq!(inward(8080, Some("10.1.1.1"), rules).fate, Fate::Arrives("172.17.0.2:80".into()));
    assert_eq!(inward(8080, Some("11.1.1.1"), rules).fate, Fate::Stopped);
    assert_eq!(inward(8080, None, rules).fate, Fate::Depends);
}

#[test]
fn a_container_gets_out_by_masquerade() {
    let container = ContainerId::new("c0ffee");
    let packet = Packet::Out { protocol: Protocol::Udp, container, remote: "1.1.1.1".parse().unwrap(), port: 53 };
    let told = explain(&packet, &chains(""), &scene()).unwrap();
    assert_eq!(told.fate, Fate::Arrives("1.1.1.1:53".into()));
    assert_eq!(decider(&told), "-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE");
}

#[test]
fn a_container_without_an_address_sends_nothing() {
    let container = ContainerId::new("nobody");
    let packet = Packet::Out { protocol: Protocol::Tcp, container, remote: "1.1.1.1".parse().unwrap(), port: 80 };
    assert_eq!(explain(&packet, &chains(""), &scene()), None);
}

#[test]
fn jumps_in_a_circle_end() {
    let text = "*filter\n:INPUT ACCEPT [0:0]\n:A - [0:0]\n:B - [0:0]\n-A INPUT -j A\n-A A -j B\n-A B -j A\nCOMMIT\n";
    let chains = iptables::parse(text, Family::Ip, false);
    let packet = Packet::In { protocol: Protocol::Tcp, remote: None, port: 1 };
    assert_eq!(explain(&packet, &chains, &scene()).unwrap().fate, Fate::AtHost);
}

/// What `nft -j` tells of the engine aboard's own table: port 8099 published everywhere, 9000 on loopback.
const LONGSHORE: &str = include_str!("longshore.json");

fn aboard(packet: &Packet, rules: &str) -> Explanation {
    let web = Container {
        networks: vec![Attachment { address: Some("10.211.0.2".into()), ..web().networks[0].clone() }],
        ..web()
    };
    let network = |range: &str, bridge: &str| {
        let [network] = networks();
        let subnets = vec![Subnet { range: range.into(), gateway: None }];
        let options = [("com.docker.network.bridge.name".to_owned(), bridge.to_owned())].into();
        Network { subnets, options, ..network }
    };
    let scene = Scene::new(&[web], &[network("10.211.0.0/24", "ls-net"), network("10.212.0.0/24", "ls-two")]);
    let text = LONGSHORE.replacen("{\"chain\"", &format!("{rules}{{\"chain\""), 1);
    let mut chains = nft::parse(text.as_bytes(), &nft::Words::default()).unwrap();
    // Docker on the same host stands aside.
    chains.extend(iptables::parse("*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n", Family::Ip, false));
    explain(packet, &chains, &scene).unwrap()
}

fn to(port: u16) -> Packet {
    Packet::In { protocol: Protocol::Tcp, remote: None, port }
}

#[test]
fn the_engine_aboard_s_own_table_leads_to_a_definite_answer() {
    let told = aboard(&to(8099), "");
    assert_eq!(told.fate, Fate::Arrives("10.211.0.2:80".into()), "{told:#?}");
    assert!(told.steps.iter().all(|step| step.certain), "{told:#?}");
    let decides: Vec<_> = told.steps.iter().filter(|step| step.chain.ends_with(" forward")).collect();
    assert!(decides.last().unwrap().text.contains("dnat"), "the rule about published ports: {decides:#?}");

    assert_eq!(aboard(&to(8098), "").fate, Fate::AtHost, "nobody has published it");
    assert_eq!(aboard(&to(9000), "").fate, Fate::AtHost, "published on loopback only");
    let by_udp = Packet::In { protocol: Protocol::Udp, remote: None, port: 8099 };
    assert_eq!(aboard(&by_udp, "").fate, Fate::AtHost, "published for another protocol");
}

#[test]
fn a_container_of_the_engine_aboard_gets_out_but_into_no_other_network() {
    let out = |remote: &str| Packet::Out {
        protocol: Protocol::Tcp,
        container: ContainerId::new("c0ffee"),
        remote: remote.parse().unwrap(),
        port: 443,
    };
    assert_eq!(aboard(&out("1.1.1.1"), "").fate, Fate::Arrives("1.1.1.1:443".into()));
    assert_eq!(aboard(&out("10.211.0.9"), "").fate, Fate::Arrives("10.211.0.9:443".into()), "its own network");
    assert_eq!(aboard(&out("10.212.0.9"), "").fate, Fate::Stopped, "another network");
}

#[test]
fn a_persons_rule_about_a_container_aboard_decides() {
    let rule = r#"{"rule": {"family": "inet", "table": "longshore", "chain": "rules-in", "handle": 99, "expr": [
        {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "daddr"}}, "right": "10.211.0.2"}},
        {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 80}},
        {"drop": null}]}},"#;
    let told = aboard(&to(8099), rule);
    assert_eq!(told.fate, Fate::Stopped, "{told:#?}");
}

#[test]
fn a_map_that_is_not_known_leaves_it_open() {
    let rule = r#"{"rule": {"family": "inet", "table": "longshore", "chain": "nat-prerouting", "handle": 99, "expr": [
        {"dnat": {"family": "ip", "addr": {"map": {"key": {"payload": {"protocol": "tcp", "field": "dport"}},
         "data": "@elsewhere"}}}}]}},"#;
    assert_eq!(aboard(&to(8098), rule).fate, Fate::Depends);
}

#[test]
fn a_set_that_is_not_known_leaves_it_open() {
    let rule = r#"{"rule": {"family": "inet", "table": "longshore", "chain": "rules-in", "handle": 99, "expr": [
        {"match": {"op": "==", "left": {"meta": {"key": "oifname"}}, "right": "@elsewhere"}}, {"drop": null}]}},"#;
    assert_eq!(aboard(&to(8099), rule).fate, Fate::Depends);
}
