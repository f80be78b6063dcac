use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use super::{
    scene::{bridge, container},
    *,
};
use crate::runtime::{
    document::{
        FilterRule, LinkPlan, RuleScope,
        hcn::{NetworkKind, OWNED, Policy},
    },
    host::Applied,
};

/// The service as §10.6 of the reference has it: strict about ids and ports.
#[derive(Default)]
struct Fake(Mutex<Objects>);

#[derive(Default)]
struct Objects {
    networks: BTreeMap<Guid, Network>,
    endpoints: BTreeMap<Guid, Endpoint>,
    namespaces: BTreeMap<Guid, Namespace>,
    /// The call by this name fails with this number.
    fails: Option<(&'static str, u32)>,
    /// Times that it is not there yet.
    absent: u32,
}

const MISSING: u32 = 0x8007_0490;

fn failed<T>(number: u32) -> std::result::Result<T, Failure> {
    Err(Failure { number, record: None })
}

impl Fake {
    fn objects(&self) -> MutexGuard<'_, Objects> {
        self.0.lock().unwrap()
    }

    fn counts(&self) -> (usize, usize, usize) {
        let objects = self.objects();
        (objects.networks.len(), objects.endpoints.len(), objects.namespaces.len())
    }
}

impl NetworkService for Fake {
    fn networks(&self) -> std::result::Result<Vec<Network>, Failure> {
        let mut objects = self.objects();
        if objects.absent > 0 {
            objects.absent -= 1;
            return failed(0x803B_0020);
        }
        Ok(objects.networks.values().cloned().collect())
    }

    fn endpoints(&self) -> std::result::Result<Vec<Endpoint>, Failure> {
        Ok(self.objects().endpoints.values().cloned().collect())
    }

    fn namespaces(&self) -> std::result::Result<Vec<Namespace>, Failure> {
        Ok(self.objects().namespaces.values().cloned().collect())
    }

    fn create_network(&self, id: Guid, network: &Network) -> std::result::Result<(), Failure> {
        let made = Network { id: Some(id), ..network.clone() };
        if self.objects().networks.insert(id, made).is_some() { failed(0x803B_0010) } else { Ok(()) }
    }

    fn delete_network(&self, id: Guid) -> std::result::Result<(), Failure> {
        if self.objects().networks.remove(&id).is_none() { failed(0x803B_0001) } else { Ok(()) }
    }

    fn call(&self, call: &Call) -> std::result::Result<(), Failure> {
        let mut objects = self.objects();
        if let Some((name, number)) = objects.fails
            && format!("{call:?}").starts_with(name)
        {
            return failed(number);
        }
        let done = match call {
            Call::CreateNamespace(id, document) => {
                let made = Namespace { id: Some(*id), ..document.clone() };
                objects.namespaces.insert(*id, made).is_none()
            }
            Call::CreateEndpoint(id, document) => {
                let ports: Vec<_> = document.ports().map(|port| port.external_port).collect();
                let has = |other: &Endpoint| other.ports().any(|port| ports.contains(&port.external_port));
                if objects.endpoints.values().any(has) {
                    return failed(0x8007_0020);
                }
                let made = Endpoint { id: Some(*id), ..(**document).clone() };
                objects.endpoints.insert(*id, made).is_none()
            }
            Call::ModifyNamespace(id, change) => {
                let change = serde_json::to_value(change).unwrap();
                let endpoint = change["Settings"]["EndpointId"].as_str().unwrap().parse().unwrap();
                let resource = Resource::Endpoint { id: endpoint };
                match objects.namespaces.get_mut(id) {
                    Some(namespace) if change["RequestType"] == "Add" => namespace.resources.push(resource),
                    Some(namespace) => namespace.resources.retain(|other| *other != resource),
                    None => return failed(MISSING),
                }
                true
            }
            Call::ModifyEndpoint(id, change) => {
                let change = serde_json::to_value(change).unwrap();
                let policies: Vec<Policy> = serde_json::from_value(change["Settings"]["Policies"].clone()).unwrap();
                let Some(endpoint) = objects.endpoints.get_mut(id) else { return failed(0x803B_0002) };
                match change["RequestType"].as_str() {
                    Some("Add") => endpoint.policies.extend(policies),
                    _ => endpoint.policies.retain(|policy| !policies.contains(policy)),
                }
                true
            }
            Call::DeleteEndpoint(id) => objects.endpoints.remove(id).is_some(),
            Call::DeleteNamespace(id) => objects.namespaces.remove(id).is_some(),
        };
        if done { Ok(()) } else { failed(MISSING) }
    }
}

fn plan(ports: &[u16]) -> NetworkPlan {
    scene::plan("172.28.96.10", ports)
}

fn attached(service: &Fake, digit: &str, ports: &[u16]) -> Result<()> {
    let network = ids::network(&bridge().network);
    let ground = Ground { mark: OWNED, found: &|_| Ok(network), rules: &|_| Vec::new() };
    attach(service, &container(digit), &plan(ports), &ground, &Vec::new)
}

#[test]
fn a_network_is_made_once_and_taken_away_once() {
    let service = Fake::default();
    let id = ensure(&service, &bridge(), Duration::ZERO).unwrap();
    assert_eq!((id, service.counts().0), (ids::network(&bridge().network), 1));
    assert_eq!(ensure(&service, &bridge(), Duration::ZERO).unwrap(), id);
    for _ in 0..2 {
        remove(&service, &bridge().network).unwrap();
    }
    assert_eq!(service.counts().0, 0);
}

#[test]
fn somebody_elses_network_is_used_and_left_alone() {
    let service = Fake::default();
    let theirs = Guid::named("network", "theirs");
    let network = Network { name: "nat".into(), kind: NetworkKind::Nat, ..Network::default() };
    service.create_network(theirs, &network).unwrap();
    assert_eq!(ensure(&service, &bridge(), Duration::ZERO).unwrap(), theirs);
    remove(&service, &bridge().network).unwrap();
    assert_eq!(service.counts().0, 1);
}

#[test]
fn a_service_that_starts_is_waited_for_but_not_for_ever() {
    let service = Fake::default();
    service.objects().absent = TRIES - 1;
    ensure(&service, &bridge(), Duration::ZERO).unwrap();
    service.objects().absent = TRIES;
    let error = ensure(&service, &bridge(), Duration::ZERO).unwrap_err();
    assert!(error.to_string().contains("(hns) is gone"), "{error}");
}

#[test]
fn a_step_that_fails_leaves_nothing_behind() {
    for step in ["CreateNamespace", "CreateEndpoint", "ModifyNamespace"] {
        let service = Fake::default();
        service.objects().fails = Some((step, 0x803B_001B));
        let error = attached(&service, "a", &[8080]).unwrap_err();
        assert!(error.to_string().starts_with("cannot connect `aaaaaaaaaaaa` to its networks"), "{error}");
        assert_eq!(service.counts(), (0, 0, 0), "{step}");
    }
}

#[test]
fn a_port_that_another_has_is_said_to_be_its_and_nothing_is_left() {
    let service = Fake::default();
    attached(&service, "a", &[8080]).unwrap();
    let error = attached(&service, "b", &[80, 8080]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot connect `bbbbbbbbbbbb` to its networks: port 8080 is taken by the container \
         `aaaaaaaaaaaa`"
    );
    assert!(matches!(error, RuntimeError::Conflict { .. }));
    assert_eq!(service.counts(), (0, 1, 1));
}

#[test]
fn a_container_leaves_whatever_is_left_of_it() {
    let service = Fake::default();
    attached(&service, "a", &[8080]).unwrap();
    service.call(&Call::DeleteEndpoint(ids::endpoint(&container("a"), &bridge().network))).unwrap();
    for _ in 0..2 {
        detach(&service, &container("a"), &plan(&[8080])).unwrap();
    }
    assert_eq!(service.counts(), (0, 0, 0));
    attached(&service, "a", &[]).unwrap();
    service.objects().fails = Some(("DeleteEndpoint", 0x8007_0005));
    let error = detach(&service, &container("a"), &plan(&[])).unwrap_err();
    assert!(matches!(error, RuntimeError::Denied { .. }), "{error}");
    assert_eq!(service.counts().2, 0, "what could be taken away was not");
}

#[test]
fn only_what_is_left_of_our_own_is_swept() {
    let service = Fake::default();
    attached(&service, "a", &[1]).unwrap();
    attached(&service, "b", &[2]).unwrap();
    let theirs = Endpoint { name: "web_nat".into(), ..Endpoint::default() };
    service.call(&Call::CreateEndpoint(Guid::named("endpoint", "x"), Box::new(theirs))).unwrap();
    sweep(&service, "longshore.0123", &|_| false).unwrap();
    assert_eq!(service.counts(), (0, 3, 2), "another engine's are none of ours");
    sweep(&service, OWNED, &|owner| *owner == container("b")).unwrap();
    assert_eq!(service.counts(), (0, 2, 1));
    assert!(service.objects().endpoints.values().all(|endpoint| !endpoint.name.contains("aaaa")));
}

#[test]
fn a_network_of_another_range_is_not_taken_for_ours() {
    let service = Fake::default();
    let mut theirs = hcn::network(&BridgePlan { subnet: "172.17.0.0/16".into(), ..bridge() });
    theirs.name = "nat".into();
    service.create_network(Guid::named("network", "theirs"), &theirs).unwrap();
    let error = ensure(&service, &bridge(), Duration::ZERO).unwrap_err();
    assert!(matches!(error, RuntimeError::Conflict { .. }));
    assert!(error.to_string().ends_with(
        "Windows translates one range only, and that is `172.17.0.0/16` of the network `nat`, not `172.28.96.0/20`"
    ));
    assert_eq!(translated(&service).unwrap().unwrap().0.to_string(), "172.17.0.0/16");
    let six = BridgePlan { subnet6: Some("fd00::/64".into()), ..bridge() };
    assert!(ensure(&service, &six, Duration::ZERO).unwrap_err().to_string().ends_with("Windows translates no IPv6"));
}

#[test]
fn ports_come_and_go_while_a_container_runs() {
    let service = Fake::default();
    attached(&service, "a", &[]).unwrap();
    let NetworkPlan::Own { mappings, .. } = plan(&[8080]) else { panic!("it has a network") };
    let ports = || service.endpoints().unwrap().iter().flat_map(Endpoint::ports).count();
    publish(&service, &container("a"), &mappings[0], &Vec::new).unwrap();
    assert_eq!(ports(), 1);
    unpublish(&service, &container("b"), &mappings[0]).unwrap();
    assert_eq!(ports(), 1, "another's is left alone");
    for _ in 0..2 {
        unpublish(&service, &container("a"), &mappings[0]).unwrap();
        assert_eq!(ports(), 0);
    }
    service.objects().fails = Some(("ModifyEndpoint", 0x8007_0032));
    let error = publish(&service, &container("a"), &mappings[0], &Vec::new).unwrap_err();
    assert!(error.to_string().ends_with("only when a container starts: stop it first"), "{error}");
    service.objects().fails = Some(("ModifyEndpoint", 0x8007_0020));
    let error = publish(&service, &container("a"), &mappings[0], &Vec::new).unwrap_err();
    assert!(matches!(error, RuntimeError::Conflict { .. }), "{error}");
    let error = publish(&service, &container("c"), &mappings[0], &Vec::new).unwrap_err();
    assert!(matches!(error, RuntimeError::NotFound { .. }), "{error}");
}

#[test]
fn links_come_and_go_while_a_container_runs() {
    let service = Fake::default();
    attached(&service, "a", &[]).unwrap();
    let NetworkPlan::Own { links, .. } = plan(&[]) else { panic!("it has a network") };
    let link = LinkPlan { network: NetworkId::new("ef".repeat(32)), interface: "eth1".into(), ..links[0].clone() };
    let ground = Ground { mark: OWNED, found: &|_| Ok(Guid::named("network", "x")), rules: &|_| Vec::new() };
    service.objects().fails = Some(("ModifyNamespace", 0x803B_002E));
    connect(&service, &container("a"), &link, &ground).unwrap_err();
    assert_eq!(service.counts().1, 1);
    service.objects().fails = None;
    connect(&service, &container("a"), &link, &ground).unwrap();
    assert_eq!(service.namespaces().unwrap()[0].resources.len(), 2);
    for _ in 0..2 {
        disconnect(&service, &container("a"), &link).unwrap();
    }
    assert_eq!(service.counts(), (0, 1, 1));
}

#[test]
fn rules_hold_where_they_are_about_and_go_when_they_are_taken_back() {
    let service = Fake::default();
    attached(&service, "a", &[1]).unwrap();
    attached(&service, "b", &[2]).unwrap();
    let rule = FilterRule { inbound: true, allow: false, protocol: None, peer: None, port: Some(80) };
    let applied = |number, scope| Applied { number, scope, addresses: Vec::new(), rule: rule.clone() };
    let one = applied(1, RuleScope::Container(container("a")));
    let all = applied(2, RuleScope::Network(bridge().network));
    let rules = |digit: &str| {
        let endpoints = service.endpoints().unwrap();
        let its = endpoints.iter().find(|endpoint| endpoint.name.contains(&digit.repeat(64))).unwrap();
        assert_eq!(its.ports().count(), 1, "a port is lost");
        its.policies.iter().filter(|policy| matches!(policy, Policy::Acl(_))).count()
    };
    hold(&service, OWNED, &[one.clone(), all]).unwrap();
    assert_eq!((rules("a"), rules("b")), (2, 1));
    hold(&service, OWNED, &[one]).unwrap();
    assert_eq!((rules("a"), rules("b")), (1, 0));
    hold(&service, "longshore.0123", &[]).unwrap();
    assert_eq!(rules("a"), 1, "another engine's rules are none of ours");
    hold(&service, OWNED, &[]).unwrap();
    assert_eq!(rules("a"), 0);
}
