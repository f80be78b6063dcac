use std::collections::BTreeMap;

use chrono::Duration;

use super::*;
use crate::{
    model::{Attachment, Caps, Change, Listing, NetworkId, NetworkSpec, State, Subnet},
    views::{detail::scene, stage::Stage},
};

fn network(name: &str, driver: &str, range: Option<&str>, members: &[&str]) -> Network {
    let endpoint = |(at, name): (usize, &&str)| NetworkEndpoint {
        container: (*name).into(),
        name: (*name).to_owned(),
        address: format!("172.20.0.{}/16", at + 2),
        address6: String::new(),
        mac: format!("02:42:ac:14:00:{:02}", at + 2),
    };
    Network {
        id: NetworkId::new(name),
        name: name.into(),
        driver: driver.into(),
        scope: "local".into(),
        internal: false,
        ipv6: false,
        subnets: range.map(|range| Subnet { range: range.into(), gateway: None }).into_iter().collect(),
        endpoints: members.iter().enumerate().map(endpoint).collect(),
        created: Some(Desk::for_test().now - Duration::days(20)),
        labels: BTreeMap::new(),
        options: BTreeMap::new(),
    }
}

fn member(name: &str, network: &str, state: State) -> Container {
    let place =
        Attachment { network: network.into(), id: None, address: None, address6: None, mac: None, aliases: Vec::new() };
    Container { networks: vec![place], ..scene::container(name, state) }
}

fn desk() -> Desk {
    let mut back = network("back", "bridge", Some("172.20.0.0/16"), &["db", "web"]);
    back.internal = true;
    back.subnets[0].gateway = Some("172.20.0.1".into());
    let networks = vec![
        back,
        network("bridge", "bridge", Some("172.17.0.0/16"), &[]),
        network("host", "host", None, &[]),
        network("lone", "bridge", Some("172.21.0.0/16"), &["web"]),
        network("old", "bridge", Some("172.22.0.0/16"), &[]),
    ];
    let mut web = member("web", "back", State::Running);
    web.networks.push(member("", "lone", State::Running).networks.remove(0));
    let mut seer = scene::container("seer", State::Running);
    seer.network_mode = "host".into();
    let containers = vec![member("db", "back", State::Running), web, seer, member("job", "bridge", State::Exited(0))];
    Desk::for_test().told([Listing::Containers(containers), Listing::Networks(networks)].map(Change::Listed))
}

fn stage() -> Stage {
    Stage::new(desk(), vec![dashboard()])
}

fn target(name: &str, up: bool) -> Target {
    Target { id: name.into(), name: name.into(), up }
}

#[test]
fn the_table_in_a_small_and_in_a_large_window() {
    insta::assert_snapshot!("small", stage().screen());
    insta::assert_snapshot!("large", stage().sized(160, 45).press(&["tab", "tab"]).screen());
}

#[test]
fn only_what_a_user_made_and_nobody_is_in_goes() {
    let refused = "cannot remove `back`: `db` and `web` must be disconnected first";
    assert_eq!(stage().press(&["g", "x"]).refused(), refused);
    let refused = "cannot remove `bridge`: the engine made it for itself";
    assert_eq!(stage().press(&["j", "x"]).refused(), refused);
    assert_eq!(stage().press(&["G", "x", "y"]).granted(), [Cmd::RemoveNetwork("old".into(), "old".into())]);
}

#[test]
fn those_that_are_not_in_it_can_be_connected() {
    let mut stage = stage();
    let offered = stage.press(&["G", "C"]).screen();
    assert!(offered.contains("db ") && !offered.contains("seer"), "{offered}");
    let granted = stage.press(&["job", "enter"]).granted();
    assert_eq!(granted, [Cmd::Connect("old".into(), "old".into(), target("job", false))]);
    let refused = stage.press(&["k", "k", "C"]).refused();
    assert_eq!(refused, "`host` has no places: it is chosen when a container is made");
}

#[test]
fn the_only_one_is_disconnected_without_a_list() {
    let wish = |network: &str, name: &str| [Cmd::Disconnect(network.into(), network.into(), target(name, true))];
    assert_eq!(stage().press(&["j", "j", "j", "D", "y"]).granted(), wish("lone", "web"));
    assert_eq!(stage().press(&["D", "down", "enter", "y"]).granted(), wish("back", "web"));
    assert_eq!(stage().press(&["G", "D"]).refused(), "no container is in `old`");
}

#[test]
fn a_prune_takes_what_nobody_is_in() {
    let prune = Prune { what: PruneKind::Networks, targets: vec!["old".into()], frees: None };
    assert_eq!(stage().press(&["P", "y"]).granted(), [Cmd::Prune(prune)]);
}

#[test]
fn a_new_network_is_what_was_typed() {
    let typed = ["n", "front", "down", "down", "10.9.0.0/24", "down", "10.9.0.254", "down", " ", "ctrl-s"];
    let spec = NetworkSpec {
        name: "front".into(),
        driver: Some("bridge".into()),
        subnet: Some("10.9.0.0/24".into()),
        gateway: Some("10.9.0.254".into()),
        internal: true,
        ..NetworkSpec::default()
    };
    assert_eq!(stage().press(&typed).granted(), [Cmd::CreateNetwork(spec)]);
}

#[track_caller]
fn form_says(subnet: &str, gateway: &str, words: &str) {
    let screen = stage().press(&["n", "front", "down", "down", subnet, "down", gateway, "ctrl-s"]).screen();
    assert!(screen.contains(words), "{screen}");
}

#[test]
fn the_form_reckons_with_ranges() {
    form_says("172.20.5.0/24", "", "it overlaps with 172.20.0.0/16, which `back` has");
    form_says("10.9.0.0/24", "10.8.0.1", "it is not in 10.9.0.0/24");
    form_says("10.9.0.7/24", "", "10.9.0.7/24 is an address in a subnet: the subnet is 10.9.0.0/24");
    form_says("10.9.0.0", "", "a subnet is an address and a prefix: 10.20.0.0/24");
    form_says("fd00:9::/64", "", "the subnet is one of IPv6: this must be on");
}

#[test]
fn windows_has_its_own_drivers() {
    let mut desk = desk();
    let system = crate::model::System { os_type: "windows".into(), ..Default::default() };
    desk.store.apply(Change::System(Box::new(system), Caps::default()), desk.now);
    let screen = Stage::new(desk, vec![dashboard()]).press(&["n", "down", " "]).screen();
    assert!(screen.contains("transparent"), "{screen}");
}

#[test]
fn an_engine_without_networks_says_so_before_the_form() {
    let mut desk = desk();
    desk.store.caps = Caps::without([(Feature::Networks, "it has one network only")]);
    assert_eq!(Stage::new(desk, vec![dashboard()]).press(&["n"]).refused(), "it has one network only");
}
