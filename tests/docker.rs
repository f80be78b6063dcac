//! The door to Docker's API against a real engine; the docker client says what is true.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper of a test fails the test by a panic")]

mod support;

use std::{collections::BTreeMap, time::Duration};

use futures_util::StreamExt;
use longshore::{
    backend::{
        Containers, EngineError, Images, Layers, NatTable, Networks, Reporter, Rules, Sessions, Size, System, Volumes,
        connect::{self, Options},
        docker::DockerEngine,
    },
    model::{
        Bytes, ContainerId, ContainerSpec, ExecSpec, Kind, LayerKind, Limits, LogOptions, NetworkSpec, PortMapping,
        Protocol, RemoveContainer, RestartPolicy, SessionKind, Signal, State, Stream, Subject, VolumeSpec,
        endpoint::{Endpoint, Source},
    },
};
use support::engines::{self, Docker, IMAGE, IMAGE_IN_REGISTRY, IMAGE_ON_TOP, unique};
use tokio::io::AsyncWriteExt;

/// Longer than anything here takes on a slow machine.
const SOON: Duration = Duration::from_secs(30);

fn engine(docker: &Docker) -> DockerEngine {
    let endpoint = Endpoint::new("test", docker.address().parse().unwrap(), Source::Flag);
    let client = connect::client(&endpoint, &Options::default()).unwrap();
    DockerEngine::new(client, endpoint, None)
}

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, future).await.expect("it takes too long")
}

#[tokio::test]
async fn list_and_inspect_agree_with_the_docker_client() {
    let Some(docker) = engines::docker() else { return };
    let options = ["--publish", "127.0.0.1::80", "--label", "shop=yes", "--memory", "64m", "--restart", "on-failure:2"];
    let made = docker.run("list", &options, &["sleep", "600"]);
    let engine = engine(&docker);
    let all = soon(engine.containers()).await.unwrap();
    let row = all.iter().find(|c| c.id.as_str() == made.id()).unwrap();
    assert_eq!((row.name.as_str(), row.state, row.image.as_str()), (made.name(), State::Running, IMAGE));
    assert_eq!(row.labels.get("shop").map(String::as_str), Some("yes"));
    let one = soon(engine.container(&row.id)).await.unwrap();
    assert_eq!(one.pid.unwrap().to_string(), made.inspect("{{.State.Pid}}"));
    assert_eq!(one.address().unwrap(), made.inspect("{{.NetworkSettings.Networks.bridge.IPAddress}}"));
    let limits = one.limits.clone().unwrap();
    assert_eq!((limits.memory, limits.restart), (Some(Bytes::mib(64)), RestartPolicy::OnFailure(2)));
    // An inspect says the same as the list, where both say something: rows must not flicker.
    assert_eq!(
        (&one.ports, &one.command, &one.mounts, one.created),
        (&row.ports, &row.command, &row.mounts, row.created)
    );
    let document = soon(engine.inspect(&Subject::new(Kind::Container, made.id(), made.name()))).await.unwrap();
    assert_eq!(document["Id"], made.id());
}

#[tokio::test]
async fn a_container_lives_through_every_verb() {
    let Some(docker) = engines::docker() else { return };
    let engine = engine(&docker);
    let port =
        PortMapping { host_ip: Some("127.0.0.1".into()), host_port: None, container_port: 80, protocol: Protocol::Tcp };
    let name = unique("verbs");
    let spec = ContainerSpec {
        image: IMAGE.into(),
        name: Some(name.clone()),
        command: ["sh", "-c", "trap 'exit 7' TERM; while :; do sleep 0.1; done"].map(str::to_owned).into(),
        env: vec!["A=1".into()],
        ports: vec![port],
        limits: Limits { pids: Some(50), cpus: Some(0.5), ..Limits::default() },
        start: true,
        ..ContainerSpec::default()
    };
    let id = soon(engine.create(&spec)).await.unwrap();
    let state = async || soon(engine.container(&id)).await.unwrap().state;
    assert_eq!(state().await, State::Running);
    assert!(soon(engine.container(&id)).await.unwrap().ports[0].host_port.is_some());
    soon(engine.pause(&id)).await.unwrap();
    assert_eq!(state().await, State::Paused);
    soon(engine.unpause(&id)).await.unwrap();
    soon(engine.update(&id, &Limits { pids: Some(60), restart: RestartPolicy::No, ..Limits::default() }))
        .await
        .unwrap();
    let limits = soon(engine.container(&id)).await.unwrap().limits.unwrap();
    assert_eq!((limits.pids, limits.cpus), (Some(60), Some(0.5)));
    soon(engine.restart(&id, Duration::from_secs(5))).await.unwrap();
    soon(engine.stop(&id, Duration::from_secs(5))).await.unwrap();
    assert_eq!(state().await, State::Exited(7));
    soon(engine.rename(&id, &format!("{name}-2"))).await.unwrap();
    soon(engine.start(&id)).await.unwrap();
    let refused = soon(engine.remove(&id, RemoveContainer::default())).await.unwrap_err();
    assert!(matches!(refused, EngineError::Conflict { .. }), "{refused:?}");
    assert!(refused.to_string().contains(&name), "{refused}");
    soon(engine.kill(&id, Signal::KILL)).await.unwrap();
    soon(engine.remove(&id, RemoveContainer { force: true, volumes: true })).await.unwrap();
    assert!(matches!(soon(engine.container(&id)).await, Err(EngineError::NotFound { .. })));
}

#[tokio::test]
async fn a_log_tells_both_streams_in_order_of_time() {
    let Some(docker) = engines::docker() else { return };
    let made = docker.run("log", &[], &["sh", "-c", "echo out; echo err >&2; sleep 600"]);
    let engine = engine(&docker);
    let options = LogOptions { tail: None, since: None, follow: true };
    let log = soon(engine.logs(&made.id().into(), options)).await.unwrap();
    let lines: Vec<_> = soon(log.take(2).map(Result::unwrap).collect::<Vec<_>>()).await;
    let mut read: Vec<_> = lines.iter().map(|line| (line.stream, line.text.as_str(), line.at.is_some())).collect();
    read.sort_by_key(|(_, text, _)| *text);
    assert_eq!(read, [(Stream::Err, "err", true), (Stream::Out, "out", true)]);
}

#[tokio::test]
async fn a_busy_container_uses_a_processor() {
    let Some(docker) = engines::docker() else { return };
    let made = docker.run("busy", &["--cpus", "0.5"], &["sh", "-c", "while :; do :; done"]);
    let stats = soon(engine(&docker).stats(&made.id().into())).await.unwrap();
    let samples: Vec<_> = soon(stats.take(3).map(Result::unwrap).collect::<Vec<_>>()).await;
    let last = samples.last().unwrap();
    assert!(last.cpu_percent > 1.0 && last.cpu_percent < 110.0, "{last:?}");
    assert!(last.memory.0 > 0 && last.pids >= 1, "{last:?}");
}

#[tokio::test]
async fn an_exec_is_a_session_with_its_own_processes() {
    let Some(docker) = engines::docker() else { return };
    let made = docker.run("session", &[], &["sleep", "600"]);
    let engine = engine(&docker);
    let id = ContainerId::new(made.id());
    let spec = ExecSpec {
        command: ["sh", "-c", "sleep 601 & echo ready; wait"].map(str::to_owned).into(),
        tty: true,
        ..ExecSpec::default()
    };
    let mut console = soon(engine.exec(&id, &spec, Size { columns: 80, rows: 24 })).await.unwrap();
    assert_eq!(soon(console.output.next()).await.unwrap().unwrap().bytes, "ready\r\n");
    let sessions = soon(engine.sessions()).await.unwrap();
    let ours: Vec<_> = sessions.iter().filter(|session| session.container == id).collect();
    assert_eq!(ours.iter().map(|session| session.kind).collect::<Vec<_>>(), [SessionKind::Main, SessionKind::Exec]);
    assert_eq!(ours[0].leader().map(|leader| leader.command.as_str()), Some("sleep 600"));
    let commands: Vec<_> = ours[1].processes.iter().map(|p| (p.command.as_str(), p.depth)).collect();
    assert_eq!(commands, [("sh -c sleep 601 & echo ready; wait", 0), ("sleep 601", 1)]);
    drop(console);
    let listed = soon(engine.processes(&id)).await.unwrap();
    assert!(listed.iter().any(|process| process.command == "sleep 600"));
}

#[tokio::test]
async fn a_terminal_takes_keys_and_gives_an_exit_code() {
    let Some(docker) = engines::docker() else { return };
    let made = docker.run("terminal", &[], &["sleep", "600"]);
    let engine = engine(&docker);
    let spec = ExecSpec { command: vec!["sh".into()], tty: true, ..ExecSpec::default() };
    let mut console = soon(engine.exec(&made.id().into(), &spec, Size { columns: 91, rows: 33 })).await.unwrap();
    soon(console.input.write_all(b"stty size; echo $((6*7)); exit 3\n")).await.unwrap();
    let mut printed = Vec::new();
    while let Some(chunk) = soon(console.output.next()).await {
        printed.extend_from_slice(&chunk.unwrap().bytes);
    }
    let printed = String::from_utf8_lossy(&printed);
    assert!(printed.contains("33 91") && printed.contains("42"), "{printed}");
    assert_eq!(soon(console.control.exit_code()).await.unwrap(), Some(3));
}

#[tokio::test]
async fn images_share_layers_and_know_their_history() {
    let Some(docker) = engines::docker() else { return };
    let made = docker.run("layers", &[], &["sleep", "600"]);
    let engine = engine(&docker);
    let images = soon(engine.images()).await.unwrap();
    let find = |tag: &str| images.iter().find(|image| image.tags.iter().any(|t| t == tag)).unwrap();
    let (base, top) = (find(IMAGE), find(IMAGE_ON_TOP));
    assert!(top.layers.starts_with(&base.layers) && top.layers.len() == base.layers.len() + 1);
    assert!(base.platform.as_deref().is_some_and(|platform| platform.starts_with("linux/")));
    assert!(base.containers >= 1);
    assert_eq!(base.unique, Some(Bytes(0)));
    assert!(top.unique.is_some_and(|unique| unique <= top.size));
    assert!(!soon(engine.history(&top.id)).await.unwrap().is_empty());
    let layers = soon(engine.layers()).await.unwrap();
    let writable = layers.iter().find(|layer| layer.id.as_str() == made.id()).unwrap();
    assert_eq!((writable.kind, writable.depth), (LayerKind::Writable, base.layers.len()));
    assert!(writable.size.is_some());
    let shared = layers.iter().find(|layer| layer.diff == base.layers[0]).unwrap();
    assert!(shared.images.len() >= 2 && shared.containers.contains(&made.id().into()));
}

#[tokio::test]
async fn a_pull_tells_each_layer() {
    let (Some(docker), Some(registry)) = (engines::docker(), engines::registry()) else { return };
    let engine = engine(&docker);
    let image = format!("{registry}/{IMAGE_IN_REGISTRY}");
    let (report, progress) = Reporter::new();
    soon(engine.pull(&image, &report)).await.unwrap();
    let last = progress.borrow().clone();
    assert_eq!(last.pieces.iter().filter(|piece| piece.finished).count(), last.pieces.len());
    assert!(last.pieces.len() >= 6, "{last:?}");
    assert!(soon(engine.remove_image(&image, false)).await.unwrap().iter().any(|line| line.contains("untagged")));
    let missing = soon(engine.pull(&format!("{registry}/no/such:1"), &report)).await.unwrap_err();
    assert!(missing.to_string().contains("no/such:1"), "{missing}");
}

#[tokio::test]
async fn volumes_and_networks_know_their_users() {
    let Some(docker) = engines::docker() else { return };
    let engine = engine(&docker);
    let labels = BTreeMap::from([("test".to_owned(), "1".to_owned())]);
    let (volume, network) = (unique("volume"), unique("network"));
    let made = soon(engine.create_volume(&VolumeSpec { name: Some(volume.clone()), labels, ..VolumeSpec::default() }))
        .await
        .unwrap();
    let spec = NetworkSpec { name: network.clone(), internal: true, ..NetworkSpec::default() };
    let network_id = soon(engine.create_network(&spec)).await.unwrap();
    let mount = format!("{volume}:/data");
    let web = docker.run(
        "user",
        &["--volume", &mount, "--volume", "/tmp:/host:ro", "--network", &network, "--publish", "127.0.0.1::80"],
        &["sleep", "600"],
    );
    let id = ContainerId::new(web.id());
    let volumes = soon(engine.volumes()).await.unwrap();
    let users = |name: &str| volumes.iter().find(|v| v.name.as_str() == name).map(|v| v.used_by.contains(&id));
    assert_eq!((users(&volume), users("/tmp")), (Some(true), Some(true)));
    let networks = soon(engine.networks()).await.unwrap();
    let ours = networks.iter().find(|n| n.id == network_id).unwrap();
    assert!(
        ours.internal
            && ours.endpoints.iter().any(|endpoint| endpoint.container == id && endpoint.address.contains('/'))
    );
    assert!(soon(engine.nat()).await.unwrap().derived.is_some());
    assert!(soon(engine.firewall()).await.unwrap().rules.iter().any(|rule| rule.name.contains(&network)));
    soon(engine.disconnect(&network_id, &id)).await.unwrap();
    soon(engine.connect(&network_id, &id)).await.unwrap();
    let busy = soon(engine.remove_volume(&made)).await.unwrap_err();
    assert!(matches!(busy, EngineError::Conflict { .. }), "{busy:?}");
    drop(web);
    soon(engine.remove_network(&network_id)).await.unwrap();
    soon(engine.remove_volume(&made)).await.unwrap();
}

#[tokio::test]
async fn the_engine_describes_itself_and_its_disk() {
    let Some(docker) = engines::docker() else { return };
    let engine = engine(&docker);
    let (about, _) = soon(engine.describe()).await.unwrap();
    assert_eq!(about.version, docker.cli(["version", "--format", "{{.Server.Version}}"]));
    assert_eq!(about.os_type, "linux");
    let usage = soon(engine.disk_usage()).await.unwrap();
    assert!(usage.images.count >= 2 && usage.images.size.0 > 0, "{usage:?}");
    assert!(soon(engine.ping()).await.unwrap() < SOON);
}

#[tokio::test]
async fn a_signal_to_stop_with_is_taken_or_refused_but_never_passed_over() {
    let Some(docker) = engines::docker() else { return };
    let script = "trap 'exit 7' USR1; while true; do sleep 0.1; done";
    let made = docker.run("signal", &[], &["sh", "-c", script]);
    let (engine, id) = (engine(&docker), ContainerId::new(made.id()));
    let spoken = docker.cli(["version", "--format", "{{.Server.APIVersion}}"]);
    let minor: u32 = spoken.trim().strip_prefix("1.").unwrap().parse().unwrap();
    let stopped = soon(engine.stop_with(&id, "USR1".parse().ok(), Some(Duration::from_secs(5)))).await;
    if minor < 42 {
        let error = stopped.unwrap_err();
        assert!(matches!(error, EngineError::Unsupported { .. }), "{error:?}");
        assert!(error.to_string().contains(spoken.trim()), "{error}");
        assert_eq!(made.inspect("{{.State.Status}}"), "running", "it was stopped by another signal");
    } else {
        stopped.unwrap();
        assert_eq!(made.inspect("{{.State.ExitCode}}"), "7");
    }
}
