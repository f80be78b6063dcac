//! The test engines keep their promises: what other tests build on is proven here first.
//! Knows the docker client only, not longshore.

mod support;

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use support::engines::{self, IMAGE, IMAGE_IN_REGISTRY, IMAGE_ON_TOP, Tls, output_of};

#[test]
fn a_container_runs_and_goes_with_its_guard() {
    let Some(docker) = engines::docker() else {
        return;
    };
    let container = docker.run("guard", &[], &["sleep", "600"]);
    assert_eq!(container.inspect("{{.State.Status}}"), "running");
    assert_eq!(container.inspect("{{.Id}}"), container.id());

    let filter = format!("name={}", container.name());
    drop(container);
    assert_eq!(docker.cli(["ps", "--all", "--quiet", "--filter", &filter]), "");
}

#[test]
fn the_default_bridge_gives_a_container_an_address() {
    let Some(docker) = engines::docker() else {
        return;
    };
    let container = docker.run("bridge", &[], &["sleep", "600"]);
    let address = container.inspect("{{.NetworkSettings.Networks.bridge.IPAddress}}");
    assert!(address.parse::<std::net::Ipv4Addr>().is_ok(), "{address:?}");
}

#[test]
fn the_two_busybox_images_share_their_first_layer() {
    let Some(docker) = engines::docker() else {
        return;
    };
    let layers = |image| docker.cli(["image", "inspect", "--format", "{{join .RootFS.Layers \" \"}}", image]);
    let (below, above) = (layers(IMAGE), layers(IMAGE_ON_TOP));
    assert!(!below.is_empty());
    assert!(above.starts_with(&format!("{below} ")), "{above} does not build on {below}");
}

#[test]
fn a_pull_from_the_registry_brings_six_layers() {
    let (Some(docker), Some(registry)) = (engines::docker(), engines::registry()) else {
        return;
    };
    let image = format!("{registry}/{IMAGE_IN_REGISTRY}");
    let pulled = docker.cli(["pull", &image]);
    docker.cli(["rmi", &image]);
    assert_eq!(pulled.matches("Pull complete").count(), 6, "{pulled}");
}

#[test]
fn tls_lets_in_its_client_and_no_stranger() {
    let Some(engine) = engines::tls() else { return };
    let list = |engine: &Tls, certificates: &std::path::Path| {
        let mut client = Command::new("docker");
        client
            .env_remove("DOCKER_CONTEXT")
            .env("DOCKER_HOST", &engine.address)
            .env("DOCKER_TLS_VERIFY", "1")
            .env("DOCKER_CERT_PATH", certificates)
            .args(["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]);
        client
    };
    assert_eq!(output_of(&mut list(&engine, &engine.certificates)), IMAGE);

    let refused = list(&engine, &engine.stranger).output().expect("docker client runs");
    assert!(!refused.status.success(), "{refused:?}");
}

#[test]
fn the_docker_api_answers_through_ssh() {
    let Some(engine) = engines::ssh() else { return };
    let mut dial = Command::new("ssh")
        .arg("-F")
        .arg(&engine.config)
        .args(["127.0.0.1", "docker", "system", "dial-stdio"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("ssh client runs");
    let request = b"GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n";
    let mut stdin = dial.stdin.take().expect("piped");
    stdin.write_all(request).expect("request is sent");
    let mut answer = String::new();
    let mut stdout = dial.stdout.take().expect("piped");
    stdout.read_to_string(&mut answer).expect("answer is text");
    drop(stdin);
    dial.wait().expect("ssh client ends");
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer:?}");
}

#[test]
fn a_scratch_engine_survives_its_own_death() {
    let Some(scratch) = engines::scratch() else {
        return;
    };
    let container = scratch.docker().run("crash", &["--network", "none", "--stop-timeout", "1"], &["sleep", "600"]);
    scratch.kill();
    scratch.restart();
    assert_eq!(container.inspect("{{.State.Status}}"), "exited");
}
