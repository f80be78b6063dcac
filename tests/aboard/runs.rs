//! Restarts, health, and volumes that are filled.

use std::time::Duration;

use longshore::{
    backend::{Containers, System},
    model::{ContainerSpec, Health, HealthCheck, Life, Limits, Mount, MountKind, RestartPolicy, State},
};

use crate::shore::{Shore, wait_for};
use crate::support::engines::unique;

fn with_policy(spec: ContainerSpec, restart: RestartPolicy) -> ContainerSpec {
    ContainerSpec { limits: Limits { restart, ..Limits::default() }, ..spec }
}

#[tokio::test]
async fn a_failing_container_is_started_again_as_often_as_its_policy_says() {
    let Some(shore) = Shore::new().await else { return };
    let mut events = shore.engine.events().await.unwrap();
    let id = shore.run(&with_policy(shore.spec("again", "exit 4"), RestartPolicy::OnFailure(2))).await;
    for _ in 0..3 {
        wait_for(&mut events, id.as_str(), "die").await;
    }
    let ended = shore.look(&id).await;
    assert_eq!((ended.state, ended.restarts), (State::Exited(4), 2));
}

#[tokio::test]
async fn what_a_person_stopped_stays_stopped_until_the_next_boot() {
    let Some(shore) = Shore::new().await else { return };
    let id = shore.run(&with_policy(shore.spec("always", "sleep 600"), RestartPolicy::Always)).await;
    let once = shore.run(&shore.spec("once", "sleep 600")).await;
    for one in [&id, &once] {
        shore.engine.stop(one, Duration::ZERO).await.unwrap();
        assert!(matches!(shore.look(one).await.state, State::Exited(_)));
    }
    let started = shore.engine.up().await.unwrap();
    let name = shore.look(&id).await.name;
    assert!(started.iter().any(|(up, error)| *up == name && error.is_none()), "{started:?}");
    assert_eq!(shore.look(&id).await.state, State::Running);
    assert!(matches!(shore.look(&once).await.state, State::Exited(_)));
}

#[tokio::test]
async fn a_check_tells_the_health() {
    let Some(shore) = Shore::new().await else { return };
    let mut events = shore.engine.events().await.unwrap();
    let health = HealthCheck {
        test: ["CMD-SHELL", "test -e /well"].map(str::to_owned).into(),
        interval: Some(Duration::from_millis(200)),
        retries: Some(1),
        ..HealthCheck::default()
    };
    let life = Life { health: Some(health), ..Life::default() };
    let id = shore.run(&ContainerSpec { life, ..shore.spec("health", "sleep 600") }).await;
    wait_for(&mut events, id.as_str(), "health_status: unhealthy").await;
    shore.says(&id, "touch /well").await;
    wait_for(&mut events, id.as_str(), "health_status: healthy").await;
    assert_eq!(shore.look(&id).await.health, Health::Healthy);
}

#[tokio::test]
async fn a_new_volume_gets_what_the_image_has_there_and_keeps_what_is_written() {
    let Some(shore) = Shore::new().await else { return };
    let name = unique("filled");
    shore.remove_later(&["volume", "rm", &name]);
    let mounts = vec![Mount::new(MountKind::Volume, &name, "/bin", false)];
    let first = ContainerSpec { mounts, ..shore.spec("fills", "sleep 600") };
    let id = shore.run(&first).await;
    assert!(shore.says(&id, "ls /bin; touch /bin/kept").await.contains("sh"));
    let mounts = vec![Mount::new(MountKind::Volume, &name, "/data", true)];
    let second = ContainerSpec { mounts, ..shore.spec("reads", "sleep 600") };
    let id = shore.run(&second).await;
    let said = shore.says(&id, "ls /data; touch /data/new || echo refused").await;
    assert!(said.contains("kept") && said.contains("sh") && said.contains("refused"), "{said}");
}
