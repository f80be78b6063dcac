//! The dialler against real engines: a socket, mutual TLS and ssh, each with an exec stream through it.
//! Knows nothing of what is drawn, nor of the traits above the client.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic, in its helpers too")]

mod support;

use std::path::Path;

use bollard::exec::{CreateExecOptions, StartExecResults};
use futures_util::{FutureExt, StreamExt};
use longshore::backend::connect::{ApiVersion, ConnectError, Link, Options, SshFailure, connect};
use longshore::model::endpoint::{Endpoint, Source, TlsFiles};
use support::engines::{self, Docker, Ssh};
use tokio::io::AsyncWriteExt;

fn endpoint(address: &str) -> Endpoint {
    Endpoint::new("test", address.parse().unwrap(), Source::Flag)
}

fn certificates(directory: &Path) -> TlsFiles {
    let file = |name: &str| Some(directory.join(name));
    TlsFiles { ca: file("ca.pem"), cert: file("cert.pem"), key: file("key.pem"), verify: true }
}

fn through_ssh(ssh: &Ssh) -> Options {
    Options::default().with_ssh_command(&format!("ssh -F {}", ssh.config.display()))
}

/// Types into `cat` in a container, closes the input and gives what came back until the end.
async fn echoed(link: &Link, container: &str, typed: &str) -> String {
    let command = CreateExecOptions {
        cmd: Some(vec!["cat"]),
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        ..Default::default()
    };
    let exec = link.docker.create_exec(container, command).await.unwrap();
    let StartExecResults::Attached { mut output, mut input } = link.docker.start_exec(&exec.id, None).await.unwrap()
    else {
        panic!("the exec is not attached");
    };
    input.write_all(typed.as_bytes()).await.unwrap();
    input.shutdown().await.unwrap();
    let mut heard = String::new();
    while let Some(piece) = output.next().await {
        heard.push_str(&piece.unwrap().to_string());
    }
    heard
}

#[tokio::test]
async fn a_socket_carries_requests_and_an_exec_stream() {
    let Some(docker) = engines::docker() else { return };
    let container = docker.run("dial", &[], &["sleep", "600"]);
    let link = connect(&endpoint(docker.address()), &Options::default()).await.unwrap();
    assert_eq!(link.greeting.os.as_deref(), Some("linux"));
    let newest = docker.cli(["version", "--format", "{{.Server.APIVersion}}"]).parse::<ApiVersion>().unwrap();
    assert_eq!(link.greeting.spoken, Some(newest.min(ApiVersion::NEWEST)));
    assert_eq!(echoed(&link, container.id(), "hello\n").await, "hello\n");
}

#[tokio::test]
async fn tls_lets_us_in_with_the_right_files_and_says_what_is_wrong_with_others() {
    let Some(engine) = engines::tls() else { return };
    let attempt = async |files: Option<TlsFiles>| {
        let mut endpoint = endpoint(&engine.address);
        endpoint.tls = files;
        connect(&endpoint, &Options::default()).await
    };
    let ours = certificates(&engine.certificates);
    let link = attempt(Some(ours.clone())).await.unwrap();
    link.docker.version().await.unwrap();

    let unchecked = TlsFiles { ca: None, verify: false, ..ours.clone() };
    attempt(Some(unchecked)).await.unwrap();

    let unknown_engine = attempt(Some(TlsFiles { ca: None, ..ours.clone() })).await.unwrap_err();
    assert!(unknown_engine.hint().is_some_and(|hint| hint.contains("--tlscacert")), "{unknown_engine}");

    let stranger = certificates(&engine.stranger);
    let unknown_client = TlsFiles { cert: stranger.cert, key: stranger.key, ..ours.clone() };
    let unknown_client = attempt(Some(unknown_client)).await.unwrap_err();
    assert!(unknown_client.hint().is_some_and(|hint| hint.contains("--tlscert")), "{unknown_client}");

    let no_client = attempt(Some(TlsFiles { cert: None, key: None, ..ours })).await.unwrap_err();
    assert!(no_client.hint().is_some_and(|hint| hint.contains("--tlscert")), "{no_client}");
}

#[tokio::test]
async fn a_tls_engine_spoken_to_without_tls_says_so() {
    let Some(engine) = engines::tls() else { return };
    // 2376 implies TLS, so this holds only where the test engine listens elsewhere.
    let plain = endpoint(&engine.address);
    if plain.uses_tls() {
        return;
    }
    let error = connect(&plain, &Options::default()).await.unwrap_err();
    assert!(matches!(error, ConnectError::WantsTls { .. }), "{error}");
}

#[tokio::test]
async fn ssh_carries_requests_and_an_exec_stream_and_many_at_once() {
    let (Some(ssh), Some(docker)) = (engines::ssh(), engines::docker()) else { return };
    let container = docker.run("ssh", &[], &["sleep", "600"]);
    let link = connect(&endpoint(&ssh.address), &through_ssh(&ssh)).await.unwrap();
    assert!(link.greeting.spoken.is_some());
    assert_eq!(echoed(&link, container.id(), "over there\n").await, "over there\n");

    // Twenty requests at once share the eight connections that one server is asked for.
    let requests = (0..20).map(|_| link.docker.version().boxed());
    for answer in futures_util::future::join_all(requests).await {
        answer.unwrap();
    }
}

#[tokio::test]
async fn ssh_failures_are_told_apart() {
    let Some(ssh) = engines::ssh() else { return };
    let why = async |address: &str, options: &Options| match connect(&endpoint(address), options).await {
        Err(ConnectError::Ssh { why, .. }) => why,
        Err(other) => panic!("{address}: {other}"),
        Ok(link) => panic!("{address} answered: {:?}", link.greeting),
    };
    let options = through_ssh(&ssh);
    let nobody = ssh.address.replacen("ssh://root@", "ssh://nobody-of-that-name@", 1);
    assert_eq!(why(&nobody, &options).await, SshFailure::Denied);
    assert_eq!(why(&format!("{}/nonexistent.sock", ssh.address), &options).await, SshFailure::EngineDown);
    let strangers = format!("ssh -F {} -o UserKnownHostsFile=/dev/null", ssh.config.display());
    let strangers = Options::default().with_ssh_command(&strangers);
    assert_eq!(why(&ssh.address, &strangers).await, SshFailure::HostKeyUnknown);
    assert_eq!(why("ssh://root@127.0.0.1:1", &options).await, SshFailure::Refused);
}

#[tokio::test]
async fn an_engine_that_comes_back_is_reached_by_the_same_client() {
    let Some(scratch) = engines::scratch() else { return };
    let docker: &Docker = scratch.docker();
    let link = connect(&endpoint(docker.address()), &Options::default()).await.unwrap();
    scratch.kill();
    // Each idle connection breaks once; when none is left, the reason is plain.
    let mut told = Vec::new();
    for _ in 0..10 {
        told.push(link.docker.version().await.unwrap_err());
    }
    let plain = told.iter().any(|lost| matches!(ConnectError::behind(lost), Some(ConnectError::Socket { .. })));
    assert!(plain, "{told:?}");
    scratch.restart();
    link.docker.version().await.unwrap();
}
