//! A container's life, from its making to its removal.

use std::time::Duration;

use longshore::{
    backend::Archive,
    model::{Bytes, ContainerSpec, Limits, PathChangeKind, RemoveContainer, RestartPolicy, Signal, State},
};

use crate::support::engines::{IMAGE, unique};
use crate::{
    archives::tar_of,
    stage::{Stage, wait_for},
};

const AT_ONCE: Duration = Duration::ZERO;

pub(crate) async fn it_is_made_started_stopped_started_again_and_removed(stage: &Stage) {
    let engine = stage.engine();
    let spec =
        ContainerSpec { labels: [("tier".to_owned(), "web".to_owned())].into(), ..stage.spec("life", "sleep 600") };
    let id = engine.create(&spec).await.unwrap();
    let made = stage.listed(&id).await.unwrap();
    assert_eq!(made.state, State::Created);
    assert_eq!(Some(&made.name), spec.name.as_ref());
    assert_eq!((made.image.as_str(), made.labels.get("tier").map(String::as_str)), (IMAGE, Some("web")));

    engine.start(&id).await.unwrap();
    let started = stage.look(&id).await;
    assert_eq!(started.state, State::Running);
    assert!(started.pid.is_some() && started.started.is_some(), "{started:?}");
    // Once more changes nothing, and is no error.
    engine.start(&id).await.unwrap();

    engine.stop(&id, AT_ONCE).await.unwrap();
    let stopped = stage.look(&id).await;
    assert!(matches!(stopped.state, State::Exited(_)), "{:?}", stopped.state);
    assert!(stopped.finished >= started.started && stopped.pid.is_none(), "{stopped:?}");
    engine.stop(&id, AT_ONCE).await.unwrap();

    engine.restart(&id, AT_ONCE).await.unwrap();
    assert_eq!(stage.look(&id).await.state, State::Running);
    engine.stop(&id, AT_ONCE).await.unwrap();
    engine.remove(&id, RemoveContainer::default()).await.unwrap();
    assert_eq!(stage.listed(&id).await, None);
}

pub(crate) async fn a_kill_ends_it_with_the_signal_s_code(stage: &Stage) {
    let id = stage.running("kill").await;
    let mut events = stage.engine().events().await.unwrap();
    let lacks_signals = stage.lacks("signals but those that end a process, and exit codes that tell of one");
    let ignored = Signal::OFFERED.iter().find(|(signal, _)| signal.name() == "USR1").unwrap().0;
    assert_eq!(stage.engine().kill(&id, ignored).await.is_err(), lacks_signals);
    assert_eq!(stage.look(&id).await.state, State::Running, "the first process of a container ignores USR1");
    stage.engine().kill(&id, Signal::KILL).await.unwrap();
    wait_for(&mut events, id.as_str(), "die").await;
    let State::Exited(code) = stage.look(&id).await.state else { panic!("it runs") };
    assert!(code == 137 || lacks_signals && code != 0, "{code}");
}

pub(crate) async fn it_freezes_and_thaws(stage: &Stage) {
    if stage.lacks("frozen containers: one that shares the host's kernel cannot be") {
        return;
    }
    let id = stage.running("pause").await;
    stage.engine().pause(&id).await.unwrap();
    assert_eq!(stage.listed(&id).await.unwrap().state, State::Paused);
    stage.engine().unpause(&id).await.unwrap();
    assert_eq!(stage.listed(&id).await.unwrap().state, State::Running);
}

pub(crate) async fn it_gets_another_name(stage: &Stage) {
    let id = stage.running("rename").await;
    let name = unique("renamed");
    stage.remove_later(&["rm", "--force", &name]);
    stage.engine().rename(&id, &name).await.unwrap();
    assert_eq!(stage.listed(&id).await.unwrap().name, name);
    assert_eq!(stage.look(&id).await.name, name);
}

pub(crate) async fn its_limits_change_while_it_lives(stage: &Stage) {
    let id = stage.running("update").await;
    let memory = Some(Bytes::mib(64));
    let restart = RestartPolicy::OnFailure(3);
    let lacks_some = stage.lacks("limits of processes and of swap");
    let limits = match lacks_some {
        true => Limits { memory, restart, ..Limits::default() },
        false => Limits { memory, memory_swap: memory, pids: Some(50), restart, ..Limits::default() },
    };
    stage.engine().update(&id, &limits).await.unwrap();
    let known = stage.look(&id).await.limits.unwrap();
    assert_eq!((known.memory, known.pids, known.restart), (memory, limits.pids, restart));

    // What is not named stays.
    let other = if lacks_some {
        Limits { cpus: Some(0.5), ..Limits::default() }
    } else {
        Limits { pids: Some(60), ..Limits::default() }
    };
    stage.engine().update(&id, &other).await.unwrap();
    let known = stage.look(&id).await.limits.unwrap();
    assert_eq!((known.memory, known.pids, known.cpus), (memory, other.pids, other.cpus));
}

pub(crate) async fn what_it_changed_is_listed(stage: &Stage) {
    let mut events = stage.engine().events().await.unwrap();
    let id = stage.run("changes", "touch /made").await;
    wait_for(&mut events, id.as_str(), "die").await;
    if stage.lacks("programs that write files, where it is played by a stand-in: one is copied in instead") {
        let file: Archive = Box::pin(futures_util::stream::iter([Ok(tar_of("made", "").into())]));
        stage.engine().copy_in(&id, "/", file).await.unwrap();
    }
    let changes = stage.engine().changes(&id).await.unwrap();
    let made = changes.iter().find(|change| ["/made", r"C:\made"].contains(&change.path.as_str()));
    assert_eq!(made.map(|change| change.kind), Some(PathChangeKind::Added), "{changes:?}");
}

pub(crate) async fn one_that_shall_vanish_does(stage: &Stage) {
    let mut events = stage.engine().events().await.unwrap();
    let spec = ContainerSpec { auto_remove: true, start: true, ..stage.spec("vanish", "exit 0") };
    let id = stage.engine().create(&spec).await.unwrap();
    wait_for(&mut events, id.as_str(), "destroy").await;
    assert_eq!(stage.listed(&id).await, None);
}

pub(crate) async fn a_forced_removal_takes_a_running_one(stage: &Stage) {
    let id = stage.running("force").await;
    stage.engine().remove(&id, RemoveContainer { force: true, volumes: true }).await.unwrap();
    assert_eq!(stage.listed(&id).await, None);
}
