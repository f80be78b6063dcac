//! Starting, ending, freezing, restarting; and the deaths of monitors and consoles.

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use longshore::{
    model::{Health, HealthCheck, Limits, RestartPolicy, State, Stream},
    runtime::{RuntimeError, host::Compute as _, monitor::frame::NOW, records::event},
};
use tokio::io::AsyncWriteExt;

use crate::stage::{in_time, stage, wait_until};

#[tokio::test]
async fn a_process_s_streams_and_code_are_told_apart() {
    let Some(stage) = stage() else { return };
    let plain = stage.container("echo out; echo err >&2; exit 7", |_| {});
    assert_eq!(plain.run().await, ("out\n".into(), "err\n".into(), Some(7)));
    let record = plain.record();
    assert_eq!((record.state, record.exit, record.oom), (State::Exited(7), Some(7), false));
    assert_eq!(plain.log(), [(Stream::Out, "out".into()), (Stream::Err, "err".into())]);
    let told = stage.db.look(|c| event::after(c, 0, 9)).unwrap();
    let actions: Vec<_> = told.iter().map(|(_, event)| event.action.as_str()).collect();
    assert_eq!(actions, ["create", "start", "die"]);
    stage.assert_clean();
}

#[tokio::test]
async fn what_is_typed_arrives_and_ends() {
    let Some(stage) = stage() else { return };
    let cat = stage.container("cat; echo done", |order| order.process.stdin = true);
    cat.start();
    let mut session = cat.attach(NOW).await;
    session.input.write_all(b"hello\n").await.unwrap();
    session.input.shutdown().await.unwrap();
    let mut printed = Vec::new();
    while let Some((_, bytes)) = in_time("it prints", session.output.next()).await {
        printed.extend(bytes);
    }
    assert_eq!(printed, b"hello\ndone\n");
    assert_eq!(session.control.exit_code().await, Some(0));
    stage.assert_clean();
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named_and_leaves_nothing() {
    let Some(stage) = stage() else { return };
    let missing = stage.container("", |order| order.process.args = vec!["nothing".into()]);
    let error = stage.compute.start(&missing.folder).unwrap_err();
    assert!(matches!(&error, RuntimeError::Program { code: 127, .. }), "{error:?}");
    assert!(error.to_string().contains("executable file not found"), "{error}");
    assert_eq!(missing.record().exit, Some(127));
    let folder = stage.container("", |order| order.process.args = vec!["/etc/passwd".into()]);
    let error = stage.compute.start(&folder.folder).unwrap_err();
    assert!(matches!(error, RuntimeError::Program { code: 126, .. }), "{error:?}");
    let nobody = stage.container("true", |order| order.process.user = "nobody-here".into());
    let error = stage.compute.start(&nobody.folder).unwrap_err().to_string();
    assert!(error.contains("there is no user `nobody-here`"), "{error}");
    stage.assert_clean();
}

#[tokio::test]
async fn a_signal_ends_it_with_the_signal_s_code() {
    let Some(stage) = stage() else { return };
    let kind = stage.container("trap 'exit 3' TERM; while :; do sleep 0.02; done", |_| {});
    kind.start();
    assert!(stage.compute.start(&kind.folder).is_err(), "it runs already");
    wait_until("the shell has its trap", || {
        let status = fs::read_to_string(format!("/proc/{}/status", kind.record().alive.unwrap().pid)).unwrap();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:\t")).unwrap();
        u64::from_str_radix(caught, 16).unwrap() & 1 << 14 != 0
    });
    kind.kill(15);
    kind.wait_for(State::Exited(3));
    let hard = stage.container("sleep 1000", |_| {});
    hard.start();
    hard.kill(9);
    hard.wait_for(State::Exited(137));
    stage.assert_clean();
}

#[tokio::test]
async fn a_frozen_one_stands_still_and_dies_when_killed() {
    let Some(stage) = stage() else { return };
    let busy = stage.container("while :; do echo x; sleep 0.01; done", |_| {});
    busy.start();
    wait_until("it prints", || busy.log().len() > 3);
    stage.compute.freeze(&busy.folder, true).unwrap();
    let cpu = stage.compute.counters(&busy.folder).unwrap().cpu_nanos;
    let session = busy.attach(NOW).await;
    drop(session);
    assert_eq!(stage.compute.counters(&busy.folder).unwrap().cpu_nanos, cpu);
    busy.kill(15);
    assert!(stage.compute.counters(&busy.folder).is_ok(), "a signal does not thaw it");
    stage.compute.freeze(&busy.folder, false).unwrap();
    stage.compute.freeze(&busy.folder, true).unwrap();
    busy.kill(9);
    wait_until("it has ended", || matches!(busy.record().state, State::Exited(_)));
    stage.assert_clean();
}

#[tokio::test]
async fn a_failure_is_tried_again_as_often_as_its_policy_says() {
    let Some(stage) = stage() else { return };
    let failing = stage.container("echo run; exit 1", |order| {
        order.spec.limits = Limits { restart: RestartPolicy::OnFailure(2), ..Limits::default() };
    });
    failing.start();
    wait_until("it has given up", || failing.record().state == State::Exited(1) && failing.record().restarts == 2);
    assert_eq!(failing.log().len(), 3);
    stage.assert_clean();
}

#[tokio::test]
async fn a_wait_for_a_restart_is_called_off() {
    let Some(stage) = stage() else { return };
    let failing = stage.container("exit 1", |order| {
        order.spec.limits = Limits { restart: RestartPolicy::Always, ..Limits::default() };
    });
    failing.start();
    wait_until("the waits are longer than this test", || failing.record().restarts >= 3);
    wait_until("it waits", || failing.record().state == State::Restarting);
    stage.compute.forget(&failing.folder).unwrap();
    failing.wait_for(State::Exited(1));
    stage.assert_clean();
}

#[tokio::test]
async fn a_monitor_that_was_killed_is_noticed_and_its_container_accounted_for() {
    let Some(stage) = stage() else { return };
    let orphan = stage.container("sleep 1000", |_| {});
    let pid = orphan.start();
    assert!(stage.compute.is_watched(&orphan.folder));
    assert!(stage.compute.bury(&orphan.folder).is_err(), "who is watched is not buried");
    let monitor = rustix::process::Pid::from_raw(orphan.monitor() as i32).unwrap();
    rustix::process::kill_process(monitor, rustix::process::Signal::KILL).unwrap();
    wait_until("it is unwatched", || !stage.compute.is_watched(&orphan.folder));
    stage.compute.bury(&orphan.folder).unwrap();
    assert_eq!(orphan.record().state, State::Exited(137));
    wait_until("its process is gone", || {
        fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |stat| stat.contains(") Z "))
    });
    stage.assert_clean();
}

#[tokio::test]
async fn a_container_outlives_its_console() {
    let Some(stage) = stage() else { return };
    let long = stage.container("sleep 1000", |_| {});
    // The console is a process of its own that is gone once it has started the container.
    let program = env!("CARGO_BIN_EXE_longshore");
    let line =
        format!("mkfifo report; {program} monitor start {} >report & cat report; kill -9 $$", long.folder.display());
    let console = Command::new("sh").args(["-c", &line]).current_dir(&stage.layout.data).output().unwrap();
    assert!(String::from_utf8(console.stdout).unwrap().contains("Started"));
    assert_eq!(long.record().state, State::Running);
    assert!(stage.compute.is_watched(&long.folder));
    assert_eq!(long.exec("echo here", |_| {}).await.0, "here\n");
    long.kill(9);
    long.wait_for(State::Exited(137));
    stage.assert_clean();
}

#[tokio::test]
async fn one_that_removes_itself_leaves_nothing_behind() {
    let Some(stage) = stage() else { return };
    let brief = stage.container("echo x", |order| order.spec.auto_remove = true);
    assert_eq!(brief.run().await.2, Some(0));
    let look = |c: &rusqlite::Connection| longshore::runtime::records::container::all(c);
    assert!(stage.db.look(look).unwrap().is_empty());
    assert!(!stage.layout.container(&brief.id).exists());
    stage.assert_clean();
}

#[tokio::test]
async fn its_health_is_checked_inside() {
    let Some(stage) = stage() else { return };
    let checked = stage.container("touch /ok; sleep 1000", |order| {
        order.health = Some(HealthCheck {
            test: vec!["CMD-SHELL".into(), "echo looked; test -e /ok".into()],
            interval: Some(Duration::from_millis(50)),
            retries: Some(2),
            ..HealthCheck::default()
        });
    });
    checked.start();
    wait_until("it is healthy", || checked.record().health == Health::Healthy);
    assert_eq!(checked.exec("rm /ok || exec busybox rm /ok", |_| {}).await.2, Some(0));
    wait_until("it is unhealthy", || checked.record().health == Health::Unhealthy);
    checked.kill(9);
    checked.wait_for(State::Exited(137));
    stage.assert_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_at_once_run_and_are_gone() {
    let Some(stage) = stage() else { return };
    let begun = Instant::now();
    let containers: Vec<_> = (0..16).map(|n| stage.container(&format!("exit {n}"), |_| {})).collect();
    std::thread::scope(|scope| {
        for container in &containers {
            scope.spawn(|| container.start());
        }
    });
    for (code, container) in containers.iter().enumerate() {
        container.wait_for(State::Exited(code as i64));
    }
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    stage.assert_clean();
}
