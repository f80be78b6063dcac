//! Networks and published ports.

use longshore::{
    backend::EngineError,
    model::{ContainerSpec, Network, NetworkId, NetworkSpec, PortMapping, Protocol, Reach},
};

use crate::stage::Stage;
use crate::support::engines::unique;

async fn listed(stage: &Stage, id: &NetworkId) -> Option<Network> {
    stage.engine().networks().await.unwrap().into_iter().find(|network| network.id == *id)
}

async fn made(stage: &Stage) -> (NetworkId, String) {
    let name = unique("network");
    stage.remove_later(&["network", "rm", &name]);
    let internal = stage.lacks("a second network that leads to the outside: this one is internal");
    let spec = NetworkSpec { name: name.clone(), internal, ..NetworkSpec::default() };
    (stage.engine().create_network(&spec).await.unwrap(), name)
}

pub(crate) async fn a_network_is_made_joined_left_and_removed(stage: &Stage) {
    let engine = stage.engine();
    let (network, name) = made(stage).await;
    let new = listed(stage, &network).await.unwrap();
    assert_eq!((new.name, new.driver.as_str(), new.endpoints.len(), new.subnets.len()), (name.clone(), "bridge", 0, 1));

    let id = stage.running("joins").await;
    engine.connect(&network, &id).await.unwrap();
    let members = listed(stage, &network).await.unwrap().endpoints;
    assert!(members.len() == 1 && members[0].container == id && members[0].address.contains('/'), "{members:?}");
    assert!(stage.look(&id).await.networks.iter().any(|place| place.network == name && place.address.is_some()));

    engine.disconnect(&network, &id).await.unwrap();
    assert_eq!(listed(stage, &network).await.unwrap().endpoints, []);
    engine.remove_network(&network).await.unwrap();
    assert_eq!(listed(stage, &network).await, None);
    let refused = engine.remove_network(&network).await.unwrap_err();
    assert!(matches!(refused, EngineError::NotFound { .. }), "{refused:?}");
}

pub(crate) async fn what_is_built_in_or_in_use_stays(stage: &Stage) {
    let engine = stage.engine();
    let all = engine.networks().await.unwrap();
    let bridge = all.iter().find(|network| network.name == "bridge").unwrap();
    assert!(bridge.is_builtin());
    let refused = engine.remove_network(&bridge.id).await.unwrap_err();
    assert!(matches!(refused, EngineError::Denied { .. }), "{refused:?}");

    let (network, name) = made(stage).await;
    let spec = ContainerSpec { network: Some(name), start: true, ..stage.spec("member", "sleep 600") };
    engine.create(&spec).await.unwrap();
    let refused = engine.remove_network(&network).await.unwrap_err();
    assert!(matches!(refused, EngineError::Denied { .. }), "{refused:?}");
    assert!(refused.to_string().contains("active endpoints"), "{refused}");
}

pub(crate) async fn a_published_port_is_a_mapping(stage: &Stage) {
    let anywhere = Some(String::new());
    let port = PortMapping { host_ip: anywhere, host_port: None, container_port: 80, protocol: Protocol::Tcp };
    let spec = ContainerSpec { ports: vec![port], start: true, ..stage.spec("port", "sleep 600") };
    let id = stage.engine().create(&spec).await.unwrap();
    let chosen = stage.look(&id).await.ports.iter().find_map(|port| port.host_port).expect("the engine chose a port");

    let nat = stage.engine().nat().await.unwrap();
    let ours: Vec<_> = nat.mappings.iter().filter(|mapping| mapping.container.as_ref() == Some(&id)).collect();
    assert!(ours.iter().any(|m| m.port.host_port == Some(chosen) && m.port.container_port == 80), "{ours:?}");
    assert!(ours.iter().all(|mapping| mapping.reach == Reach::Up && mapping.conflict.is_none()), "{ours:?}");

    let rules = stage.engine().firewall().await.unwrap().rules;
    assert!(rules.iter().any(|rule| rule.container.as_ref() == Some(&id)), "no rule is about the container");
    assert!(rules.iter().enumerate().all(|(at, rule)| rule.order == at + 1));
}
