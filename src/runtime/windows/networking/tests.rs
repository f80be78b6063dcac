//! Networks as the engine asks for them, against the stand-in. Each test has a world of its own.

use super::*;
use crate::runtime::{
    document::hcn::Policy,
    network_service::scene::{bridge, container, mapping, plan},
    windows::load::TEST_DLLS,
};

/// Over a run folder, with the network that all containers share.
fn networks() -> (tempfile::TempDir, HostNetworks) {
    let built = std::env::var_os(TEST_DLLS).expect("scripts/windows/test.sh names the folder of the stand-ins");
    let built = Path::new(&built);
    let folder = tempfile::Builder::new().prefix("world-").tempdir_in(built).unwrap().keep();
    fs::copy(built.join("computenetwork.dll"), folder.join("computenetwork.dll")).unwrap();
    let run = tempfile::tempdir().unwrap();
    let layout = Layout { run: run.path().to_owned(), ..Layout::default() };
    let networks = HostNetworks::load(&Shelf::of_folder(folder), &layout).unwrap();
    networks.ensure(&bridge()).unwrap();
    (run, networks)
}

fn attach(networks: &HostNetworks, digit: &str, plan: &NetworkPlan) -> Result<()> {
    networks.attach(&container(digit), Path::new(""), plan)
}

/// How many ports and rules a container's places have.
fn held(networks: &HostNetworks, digit: &str) -> (usize, usize) {
    let endpoints = networks.service.endpoints().unwrap();
    let its = endpoints.iter().filter(|endpoint| endpoint.name.contains(&digit.repeat(64)));
    let policies: Vec<_> = its.flat_map(|endpoint| &endpoint.policies).collect();
    let count = |is: fn(&Policy) -> bool| policies.iter().filter(|policy| is(policy)).count();
    (count(|policy| matches!(policy, Policy::PortMapping(_))), count(|policy| matches!(policy, Policy::Acl(_))))
}

#[test]
fn two_engines_on_one_host_do_not_take_each_others_endpoints_for_theirs() {
    let (one, other) = (mark(Path::new(r"C:\one")), mark(Path::new(r"C:\other")));
    assert!(one != other && one.starts_with("longshore.") && !one[OWNED.len()..].contains('-'));
    assert_eq!(mark(&Layout::default().data), OWNED);
}

#[test]
fn a_container_comes_again_though_a_crash_has_left_its_places() {
    let (_run, networks) = networks();
    for _ in 0..2 {
        attach(&networks, "a", &plan("172.28.96.10", &[8080])).unwrap();
    }
    assert_eq!(held(&networks, "a"), (1, 0));
    networks.sweep(&|id| *id == container("a")).unwrap();
    assert_eq!(held(&networks, "a").0, 1);
    networks.sweep(&|_| false).unwrap();
    assert!(networks.service.endpoints().unwrap().is_empty() && networks.service.namespaces().unwrap().is_empty());
    networks.remove(&bridge().network, "ls-1").unwrap();
    assert!(networks.service.networks().unwrap().is_empty());
}

#[test]
fn ports_change_while_a_container_runs_and_who_has_one_is_said() {
    let (_run, networks) = networks();
    attach(&networks, "a", &plan("172.28.96.10", &[])).unwrap();
    attach(&networks, "b", &plan("172.28.96.11", &[])).unwrap();
    networks.publish(&container("a"), &mapping("172.28.96.10", 8080)).unwrap();
    let error = networks.publish(&container("b"), &mapping("172.28.96.11", 8080)).unwrap_err();
    assert!(error.to_string().ends_with("port 8080 is taken by the container `aaaaaaaaaaaa`"), "{error}");
    for _ in 0..2 {
        networks.unpublish(&container("a"), &mapping("172.28.96.10", 8080)).unwrap();
    }
    networks.publish(&container("b"), &mapping("172.28.96.11", 8080)).unwrap();
    assert_eq!((held(&networks, "a").0, held(&networks, "b").0), (0, 1));
}

#[test]
fn rules_hold_for_what_runs_and_for_what_comes_later() {
    let (_run, networks) = networks();
    let rule = FilterRule { inbound: true, allow: false, protocol: None, peer: None, port: Some(80) };
    let applied = Applied { number: 1, scope: RuleScope::Network(bridge().network), addresses: Vec::new(), rule };
    attach(&networks, "a", &plan("172.28.96.10", &[8080])).unwrap();
    networks.apply(&[applied]).unwrap();
    attach(&networks, "b", &plan("172.28.96.11", &[])).unwrap();
    assert_eq!((held(&networks, "a"), held(&networks, "b")), ((1, 1), (0, 1)));
    networks.apply(&[]).unwrap();
    assert_eq!((held(&networks, "a"), held(&networks, "b")), ((1, 0), (0, 0)));
    attach(&networks, "c", &plan("172.28.96.12", &[])).unwrap();
    assert_eq!(held(&networks, "c"), (0, 0));
}

#[test]
fn the_only_network_that_leads_outside_tells_its_range() {
    let (_run, networks) = networks();
    let only = networks.only().unwrap().unwrap();
    assert_eq!(only.range.unwrap().to_string(), "172.28.96.0/20");
    assert_eq!(only.gateway, Some(bridge().gateway));
    let other = BridgePlan { network: NetworkId::new("ef".repeat(32)), subnet: "10.9.0.0/16".into(), ..bridge() };
    let error = networks.ensure(&other).unwrap_err();
    assert!(error.to_string().contains("Windows translates one range only"), "{error}");
}
