//! Sessions and processes.

use longshore::{
    backend::Size,
    model::{ContainerId, ExecSpec, SessionKind, Signal},
};

use crate::stage::{PATIENCE, Stage, wait_for};

const SIZE: Size = Size { columns: 80, rows: 24 };

fn spec(command: &[&str]) -> ExecSpec {
    ExecSpec { command: command.iter().map(|word| (*word).to_owned()).collect(), ..ExecSpec::default() }
}

/// The process that an exec of the container leads with. An engine tells of an exec a moment before it has one.
async fn leader_of_exec(stage: &Stage, id: &ContainerId) -> u32 {
    let look = async {
        loop {
            let sessions = stage.engine().sessions().await.unwrap();
            let exec = sessions.iter().find(|s| s.container == *id && s.kind == SessionKind::Exec);
            if let Some(leader) = exec.and_then(|exec| exec.leader()) {
                return leader.pid;
            }
        }
    };
    tokio::time::timeout(PATIENCE, look).await.expect("the exec has a process in time")
}

pub(crate) async fn the_main_process_and_execs_are_sessions(stage: &Stage) {
    let id = stage.running("sessions").await;
    let console = stage.engine().exec(&id, &spec(&["sleep", "601"]), SIZE).await.unwrap();
    leader_of_exec(stage, &id).await;
    let all = stage.engine().sessions().await.unwrap();
    let ours: Vec<_> = all.iter().filter(|session| session.container == id).collect();
    let kinds: Vec<_> = ours.iter().map(|session| session.kind).collect();
    assert_eq!(kinds, [SessionKind::Main, SessionKind::Exec], "{ours:?}");
    assert!(ours[1].command.contains("601"), "{ours:?}");
    assert!(ours.iter().all(|session| session.leader().is_some_and(|leader| leader.pid > 0)), "{ours:?}");
    drop(console);
}

pub(crate) async fn a_signal_ends_one_process(stage: &Stage) {
    let id = stage.running("signal").await;
    let mut events = stage.engine().events().await.unwrap();
    let console = stage.engine().exec(&id, &spec(&["sleep", "602"]), SIZE).await.unwrap();
    let pid = leader_of_exec(stage, &id).await;
    stage.engine().signal(&id, pid, Signal::KILL).await.unwrap();
    wait_for(&mut events, id.as_str(), "exec_die").await;
    drop(console);
    let left = stage.engine().processes(&id).await.unwrap();
    assert!(!left.is_empty() && left.iter().all(|process| !process.command.contains("602")), "{left:?}");
}

pub(crate) async fn processes_are_listed(stage: &Stage) {
    let id = stage.running("top").await;
    let processes = stage.engine().processes(&id).await.unwrap();
    let pid = stage.look(&id).await.pid;
    let at = processes.iter().position(|process| Some(process.pid) == pid);
    let is_first = at == Some(0) || stage.lacks("a first process of the image's own: Windows' services are before it");
    assert!(is_first && at.is_some_and(|at| processes[at].command.contains("sleep 600")), "{processes:?}");
    for (at, process) in processes.iter().enumerate() {
        let parent = processes.iter().position(|other| other.pid == process.parent);
        assert!(parent.is_none_or(|parent| parent < at), "a parent comes after its child: {processes:?}");
    }
}
