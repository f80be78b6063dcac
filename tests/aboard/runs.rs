//! Restarts, health, and volumes that are filled.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use longshore::{
    backend::{Archive, Containers, EngineError, System, Volumes},
    model::{
        ContainerSpec, FileEntry, Health, HealthCheck, Life, Limits, Mount, MountKind, RestartPolicy, State,
        VolumeName, VolumeSpec,
    },
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

#[tokio::test]
async fn a_volume_is_looked_into_saved_and_restored() {
    let Some(shore) = Shore::new().await else { return };
    let [from, to] = ["saved", "restored"].map(|name| VolumeName::new(unique(name)));
    for name in [&from, &to] {
        let spec = VolumeSpec { name: Some(name.to_string()), ..VolumeSpec::default() };
        shore.engine.create_volume(&spec).await.unwrap();
        shore.remove_later(&["volume", "rm", name.as_str()]);
    }
    let mounted = |volume: &VolumeName, script: &str| ContainerSpec {
        mounts: vec![Mount::new(MountKind::Volume, volume.as_str(), "/data", false)],
        ..shore.spec("volume-user", script)
    };
    let write = "mkdir -m 750 /data/in; echo kept > /data/in/side; ln -s in/side /data/link; sleep 600";
    let writer = shore.run(&mounted(&from, write)).await;
    shore.says(&writer, "while test ! -L /data/link; do sleep 0.05; done").await;
    let names = |entries: Vec<FileEntry>| entries.into_iter().map(|entry| entry.name).collect::<Vec<_>>();
    assert_eq!(names(shore.engine.browse_volume(&from, "/").await.unwrap()), ["in", "link"]);
    assert_eq!(names(shore.engine.browse_volume(&from, "/in").await.unwrap()), ["side"]);
    assert_eq!(names(shore.engine.browse_volume(&from, "/../..").await.unwrap()), ["in", "link"], "nothing outside");

    let pieces: Vec<_> = shore.engine.back_up_volume(&from).await.unwrap().map(Result::unwrap).collect().await;
    let archive = || -> Archive { Box::pin(stream::iter(pieces.clone()).map(Ok)) };
    let error = shore.engine.restore_volume(&from, archive()).await.unwrap_err();
    assert!(matches!(error, EngineError::Conflict { .. }), "its user runs: {error}");
    shore.engine.restore_volume(&to, archive()).await.unwrap();
    let reader = shore.run(&mounted(&to, "sleep 600")).await;
    assert_eq!(shore.says(&reader, "cat /data/link; stat -c %a /data/in").await, "kept\n750\n");

    Containers::stop(&shore.engine, &reader, Duration::ZERO).await.unwrap();
    let broken: Archive = Box::pin(stream::iter([Ok("no tar at all ".repeat(100).into())]));
    assert!(shore.engine.restore_volume(&to, broken).await.is_err());
    // The folder itself comes first, and each entry without content is one block or some.
    let cut = pieces.concat()[..512].to_vec();
    for broken in [Vec::new(), cut] {
        let broken: Archive = Box::pin(stream::iter([Ok(broken.into())]));
        let error = shore.engine.restore_volume(&to, broken).await.unwrap_err().to_string();
        assert!(error.contains("breaks off"), "{error}");
    }
    assert_eq!(names(shore.engine.browse_volume(&to, "/").await.unwrap()), ["in", "link"], "it stays as it was");
    let nowhere = shore.engine.back_up_volume(&VolumeName::new("nowhere")).await;
    assert!(matches!(nowhere.err(), Some(EngineError::NotFound { .. })));
}
