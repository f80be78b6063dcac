//! A stop is the monitor's: it comes to its end whatever becomes of who asked for it.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use longshore::{
    backend::{Containers, Sessions, Size, System},
    model::{ContainerSpec, Limits, RestartPolicy, State},
};
use tokio::io::AsyncWriteExt;

use crate::shore::{PATIENCE, Shore, wait_for};

/// The first process of a namespace hears no signal that it has no handler for.
const DEAF: &str = "sleep 600";
/// What takes so long to be typed is not being read.
const STUCK: Duration = Duration::from_millis(500);

impl Shore {
    /// The real program on this engine, told to do something and not waited for.
    fn longshore(&self, words: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_longshore"));
        command.args(["--embedded", "--data-root"]).arg(&self.runtime().layout().data).args(words);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }
}

fn kill(mut program: Child) {
    program.kill().unwrap();
    program.wait().unwrap();
}

#[tokio::test]
async fn a_stop_comes_to_its_end_though_who_asked_is_killed() {
    let Some(shore) = Shore::new().await else { return };
    let limits = Limits { restart: RestartPolicy::Always, ..Limits::default() };
    let id = shore.run(&ContainerSpec { limits, ..shore.spec("outlives", DEAF) }).await;
    let mut events = shore.engine.events().await.unwrap();
    let caller = shore.longshore(&["stop", "--time", "2", id.as_str()]);
    wait_for(&mut events, id.as_str(), "kill").await;
    kill(caller);
    wait_for(&mut events, id.as_str(), "die").await;
    wait_for(&mut events, id.as_str(), "stop").await;
    let ended = shore.look(&id).await;
    assert_eq!(ended.state, State::Exited(137), "its policy does not bring it back");
}

#[tokio::test]
async fn a_restart_comes_to_its_end_though_who_asked_is_killed() {
    let Some(shore) = Shore::new().await else { return };
    let id = shore.run(&shore.spec("comes-back", DEAF)).await;
    let before = shore.look(&id).await;
    let mut events = shore.engine.events().await.unwrap();
    let caller = shore.longshore(&["restart", "--time", "1", id.as_str()]);
    wait_for(&mut events, id.as_str(), "kill").await;
    kill(caller);
    for happens in ["die", "start", "restart"] {
        wait_for(&mut events, id.as_str(), happens).await;
    }
    let after = shore.look(&id).await;
    assert_eq!((after.state, after.restarts), (State::Running, 0), "a person's restart is not its policy's");
    assert_ne!(after.pid, before.pid);
}

#[tokio::test]
async fn a_restart_by_a_signal_comes_to_its_end_though_who_asked_is_killed() {
    let Some(shore) = Shore::new().await else { return };
    let script = "trap 'exit 3' USR1; trap '' TERM; touch /ready; while true; do sleep 0.1; done";
    let id = shore.run(&shore.spec("by-signal", script)).await;
    let before = shore.look(&id).await;
    shore.says(&id, "while test ! -e /ready; do sleep 0.05; done").await;
    let mut events = shore.engine.events().await.unwrap();
    let caller = shore.longshore(&["restart", "--signal", "USR1", "--time", "600", id.as_str()]);
    wait_for(&mut events, id.as_str(), "kill").await;
    kill(caller);
    let died = wait_for(&mut events, id.as_str(), "die").await;
    assert!(died.detail.contains(&("exitCode".into(), "3".into())), "it heard the signal: {died:?}");
    wait_for(&mut events, id.as_str(), "restart").await;
    let after = shore.look(&id).await;
    assert_eq!(after.state, State::Running);
    assert_ne!(after.pid, before.pid);
}

#[tokio::test]
async fn a_restart_returns_when_it_runs_again_or_says_why_it_does_not() {
    let Some(shore) = Shore::new().await else { return };
    let id = shore.run(&shore.spec("twice", "test ! -e /gone || exit 7; sleep 600")).await;
    let first = shore.look(&id).await.pid;
    shore.engine.restart(&id, Duration::ZERO).await.unwrap();
    let second = shore.look(&id).await;
    assert_eq!(second.state, State::Running);
    assert_ne!(second.pid, first);
    // Its shell goes away, so that there is nothing to start.
    shore.says(&id, "rm /bin/sh").await;
    let error = shore.engine.restart(&id, Duration::ZERO).await.unwrap_err().to_string();
    assert!(error.contains("sh"), "{error}");
    assert!(matches!(shore.look(&id).await.state, State::Exited(_)));
}

#[tokio::test]
async fn a_frozen_container_is_stopped() {
    let Some(shore) = Shore::new().await else { return };
    let id = shore.run(&shore.spec("frozen", "trap 'exit 3' TERM; while true; do sleep 0.1; done")).await;
    shore.engine.pause(&id).await.unwrap();
    shore.engine.stop(&id, PATIENCE).await.unwrap();
    assert_eq!(shore.look(&id).await.state, State::Exited(3), "it heard the signal");
}

#[tokio::test]
async fn a_process_that_does_not_read_what_is_typed_is_stopped() {
    let Some(shore) = Shore::new().await else { return };
    let id = shore.run(&ContainerSpec { stdin: true, ..shore.spec("clogged", DEAF) }).await;
    let mut console = shore.engine.attach(&id, Size { columns: 80, rows: 24 }).await.unwrap();
    // The only sign that everything is full is that nothing more goes in.
    let block = [b'x'; 1 << 16];
    while tokio::time::timeout(STUCK, console.input.write_all(&block)).await.is_ok() {}
    tokio::time::timeout(PATIENCE, shore.engine.stop(&id, Duration::ZERO)).await.expect("the monitor listens").unwrap();
    assert_eq!(shore.look(&id).await.state, State::Exited(137));
}
