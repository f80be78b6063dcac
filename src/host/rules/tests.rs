use super::super::{fixtures::scene, iptables};
use super::*;

// As `iptables-save -c` printed it on this project's test engine, with two rules of a person added.
const SAVED: &str = "\
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:DOCKER - [0:0]
:DOCKER-ISOLATION-STAGE-1 - [0:0]
:DOCKER-USER - [0:0]
:LEFT-OVER - [0:0]
[9:900] -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
[2:196] -A FORWARD -j DOCKER-USER
[1:112] -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
[0:0] -A FORWARD -o docker0 -j DOCKER
[1:84] -A FORWARD -i docker0 ! -o docker0 -j ACCEPT
[0:0] -A FORWARD -i tun0 -o eth1 -j ACCEPT
[0:0] -A FORWARD -s 10.9.0.0/24 -j REJECT
[0:0] -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
[0:0] -A DOCKER-USER -s 203.0.113.0/24 -i eth0 -p tcp -m tcp --dport 80 -m comment --comment \"the office\" -j DROP
[2:196] -A DOCKER-USER -j RETURN
[0:0] -A LEFT-OVER -s 172.17.0.2/32 -j DROP
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
[0:0] -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
[1:84] -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
[1:60] -A DOCKER ! -i docker0 -p tcp -m tcp --dport 18088 -j DNAT --to-destination 172.17.0.2:80
COMMIT
";

fn read() -> Vec<Rule> {
    rules(&iptables::parse(SAVED, Family::Ip, false), &scene())
}

fn named(name: &str) -> Rule {
    let all = read();
    let names: Vec<_> = all.iter().map(|rule| &rule.name).collect();
    all.iter().find(|rule| rule.name == name).unwrap_or_else(|| panic!("no {name} in {names:?}")).clone()
}

#[test]
fn rules_come_in_the_order_of_a_packets_way() {
    let names: Vec<String> = read().into_iter().map(|rule| rule.name).collect();
    let expected = [
        "to DOCKER",
        "publish to web",
        "all else in PREROUTING",
        "to DOCKER-USER",
        "the office",
        "back to the caller",
        "accept replies",
        "to DOCKER",
        "accept to web",
        "accept docker0 → !docker0",
        "reject",
        "all else in FORWARD",
        "masquerade 172.17.0.0/16",
        "all else in POSTROUTING",
        "drop to web",
    ];
    assert_eq!(names, expected);
}

#[test]
fn a_rule_that_no_container_can_meet_is_left_out() {
    assert!(read().iter().all(|rule| !rule.text.contains("tun0") && !rule.text.contains("--dport 22")));
}

#[test]
fn a_rule_tells_its_container_hits_and_maker() {
    let publish = named("publish to web");
    assert_eq!((publish.direction, publish.owner), (Direction::In, Owner::Engine));
    assert_eq!(publish.action, Action::Dnat("172.17.0.2:80".into()));
    assert_eq!((publish.protocol.as_str(), publish.ports.as_str()), ("tcp", "18088"));
    assert_eq!((publish.packets, publish.bytes), (Some(1), Some(60)));
    assert_eq!(publish.container.as_ref().map(|id| id.as_str()), Some("c0ffee"));

    let masquerade = named("masquerade 172.17.0.0/16");
    assert_eq!((masquerade.direction, masquerade.owner), (Direction::Out, Owner::Engine));
}

#[test]
fn rules_of_people_in_dockers_chain_are_not_dockers() {
    let office = named("the office");
    assert_eq!((office.owner, office.action.clone()), (Owner::Other, Action::Drop));
    assert_eq!((office.remote.as_str(), office.ports.as_str()), ("203.0.113.0/24", "80"));
    assert_eq!(named("back to the caller").owner, Owner::Engine);
}

#[test]
fn a_chain_that_nothing_leads_to_is_not_in_force() {
    let left = read().pop().unwrap();
    assert!(left.chain.ends_with("LEFT-OVER") && !left.enabled);
    assert_eq!(left.direction, Direction::Out);
    assert_eq!(read().iter().filter(|rule| !rule.enabled).count(), 1);
}

#[test]
fn every_rule_has_an_identity_of_its_own() {
    let all = read();
    let ids: std::collections::HashSet<_> = all.iter().map(|rule| &rule.id).collect();
    assert_eq!(ids.len(), all.len());
}

#[test]
fn without_containers_only_what_engines_left_is_shown() {
    let chains =
        iptables::parse("*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -i eth0 -j DROP\nCOMMIT\n", Family::Ip, false);
    assert_eq!(rules(&chains, &Scene::default()), []);
}
