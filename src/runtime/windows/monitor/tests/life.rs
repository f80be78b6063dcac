//! What works.

use tokio::io::AsyncWriteExt;

use super::*;
use crate::model::{Health, HealthCheck, RestartPolicy};

/// Exit code of what a console event ended.
pub(super) const BY_EVENT: i64 = 0xC000_013A;

#[tokio::test(flavor = "multi_thread")]
async fn a_container_runs_prints_is_typed_to_and_leaves_nothing() {
    let stage = Stage::new("echo");
    let (monitor, pid) = stage.running();
    let up = stage.record();
    assert_eq!((up.state, up.alive.map(|alive| alive.pid)), (State::Running, Some(pid)));
    assert!(stage.compute.is_watched(&stage.folder()));
    let line = tokio::task::block_in_place(|| stage.compute.attach(&stage.folder())).unwrap();
    let mut session = attached(line).await;
    session.input.write_all("wörds\n".as_bytes()).await.unwrap();
    assert_eq!(printed(&mut session, 7).await, "wörds\n");
    session.input.shutdown().await.unwrap();
    assert_eq!(printed(&mut session, usize::MAX).await, "");
    assert_eq!(session.control.exit_code().await, Some(0));
    monitor.ended().unwrap();
    assert_eq!(stage.record().state, State::Exited(0));
    assert!(log(&stage.layout, &stage.order).contains(r#"{"log":"wörds\n","stream":"stdout""#));
    assert_eq!(stage.actions(), ["create", "start", "die"]);
    stage.is_clear();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_dials_before_the_process_misses_nothing_of_it() {
    let stage = Stage::new("say 7 hello");
    let mut monitor = stage.monitor(true);
    monitor.listens();
    let line = tokio::task::block_in_place(|| stage.compute.attach(&stage.folder())).unwrap();
    monitor.started().unwrap();
    let mut session = attached(line).await;
    assert_eq!(printed(&mut session, usize::MAX).await, "hellohello", "the same on both streams");
    assert_eq!(session.control.exit_code().await, Some(7));
    monitor.ended().unwrap();
    assert_eq!(stage.record().state, State::Exited(7));
    stage.is_clear();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_dials_before_the_process_knows_that_it_has_a_console_and_gives_it_a_size() {
    let looks = "read x; stty; ".repeat(200);
    let stage = Stage::with("none", |record| {
        record.settled.process.tty = true;
        record.settled.process.args = ["sh", "-c", looks.as_str()].map(String::from).into();
    });
    let mut monitor = stage.monitor(true);
    monitor.listens();
    let line = tokio::task::block_in_place(|| stage.compute.attach(&stage.folder())).unwrap();
    let mut session = attached(line).await;
    assert!(session.tty);
    session.control.resize(80, 24).await.unwrap();
    session.control.resize(91, 33).await.unwrap();
    monitor.started().unwrap();
    let mut heard = String::new();
    while !heard.contains("33 91") {
        session.input.write_all(b"\n").await.unwrap();
        heard += &printed(&mut session, 1).await;
    }
    let order = StopOrder { signal: 9, grace: Duration::ZERO, again: false };
    tokio::task::block_in_place(|| stage.compute.stop(&stage.folder(), &order)).unwrap();
    monitor.ended().unwrap();
    stage.is_clear();
}

#[test]
fn an_order_to_stop_is_told_and_written_down() {
    let stage = Stage::new("sleep");
    let (monitor, _) = stage.running();
    let order = StopOrder { signal: 15, grace: SOON, again: false };
    stage.compute.stop(&stage.folder(), &order).unwrap();
    monitor.ended().unwrap();
    let ended = stage.record();
    assert_eq!((ended.state, ended.stopped), (State::Exited(BY_EVENT), true));
    assert_eq!(stage.actions(), ["create", "start", "die", "stop"]);
    stage.compute.stop(&stage.folder(), &order).unwrap();
    stage.is_clear();
}

#[test]
fn an_order_to_restart_starts_it_again_with_everything_made_anew() {
    let stage = Stage::new("sleep");
    let (monitor, first) = stage.running();
    stage.compute.stop(&stage.folder(), &StopOrder { signal: 2, grace: SOON, again: true }).unwrap();
    let again = stage.comes_to(|now| now.alive.as_ref().is_some_and(|alive| alive.pid != first));
    assert_eq!((again.state, again.restarts), (State::Running, 0), "a person wanted it");
    stage.compute.stop(&stage.folder(), &StopOrder { signal: 15, grace: SOON, again: false }).unwrap();
    monitor.ended().unwrap();
    assert_eq!(stage.actions(), ["create", "start", "die", "stop", "start", "restart", "die", "stop"]);
    stage.is_clear();
}

#[test]
fn its_policy_starts_it_again_so_often() {
    let stage = Stage::with("exit 3", |record| record.spec.limits.restart = RestartPolicy::OnFailure(2));
    let (monitor, _) = stage.running();
    monitor.ended().unwrap();
    let ended = stage.record();
    assert_eq!((ended.state, ended.restarts), (State::Exited(3), 2));
    stage.is_clear();
}

#[test]
fn a_wait_for_the_next_start_is_called_off() {
    let stage = Stage::with("exit 3", |record| record.spec.limits.restart = RestartPolicy::Always);
    let (monitor, _) = stage.running();
    // The waits grow: soon there is one that can be met.
    stage.comes_to(|now| now.restarts >= 3 && now.state == State::Restarting);
    stage.compute.forget(&stage.folder()).unwrap();
    monitor.ended().unwrap();
    assert_eq!(stage.record().state, State::Exited(3));
    stage.is_clear();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exec_has_streams_and_a_code_of_its_own_and_is_listed_while_it_runs() {
    let stage = Stage::new("sleep");
    let (main, _) = stage.running();
    let (mut exec, id) = stage.exec("e1", &process("echo"));
    exec.listens();
    let line = tokio::task::block_in_place(|| stage.compute.attach_exec(&stage.folder(), &id)).unwrap();
    let pid = exec.started().unwrap();
    let listed = stage.compute.execs(&stage.folder()).unwrap();
    assert_eq!(listed, [(id.clone(), process("echo"), pid)]);
    let mut session = attached(line).await;
    session.input.write_all(b"x").await.unwrap();
    assert_eq!(printed(&mut session, 1).await, "x");
    session.input.shutdown().await.unwrap();
    assert_eq!(session.control.exit_code().await, Some(0));
    exec.ended().unwrap();
    assert!(stage.compute.execs(&stage.folder()).unwrap().is_empty());
    assert!(stage.actions().contains(&"exec_die".to_owned()));
    tokio::task::block_in_place(|| stage.compute.kill(&stage.folder(), 9)).unwrap();
    main.ended().unwrap();
    stage.is_clear();
}

#[test]
fn checks_make_it_healthy() {
    let check = HealthCheck {
        test: vec!["CMD".into(), "say".into(), "0".into(), "fine".into()],
        interval: Some(Duration::from_millis(20)),
        ..HealthCheck::default()
    };
    let stage = Stage::with("sleep", |record| record.settled.health = Some(check));
    let (monitor, _) = stage.running();
    stage.comes_to(|now| now.health == Health::Healthy);
    assert!(comes(|| fs::read_to_string(stage.folder().join("health.json")).ok()).contains("finefine"));
    stage.compute.kill(&stage.folder(), 9).unwrap();
    monitor.ended().unwrap();
    stage.is_clear();
}

#[test]
fn a_check_for_the_shell_may_have_quotes() {
    let check = HealthCheck {
        test: vec!["CMD-SHELL".into(), r#"printf 'a "b" c'; exit 0"#.into()],
        interval: Some(Duration::from_millis(20)),
        ..HealthCheck::default()
    };
    let stage = Stage::with("sleep", |record| record.settled.health = Some(check));
    let (monitor, _) = stage.running();
    stage.comes_to(|now| now.health == Health::Healthy);
    assert!(comes(|| fs::read_to_string(stage.folder().join("health.json")).ok()).contains(r#"a \"b\" c"#));
    stage.compute.kill(&stage.folder(), 9).unwrap();
    monitor.ended().unwrap();
    stage.is_clear();
}

#[test]
fn fifty_look_at_once() {
    let stage = Stage::new("sleep");
    let (monitor, pid) = stage.running();
    stage.world.delay(5);
    std::thread::scope(|scope| {
        let look = || {
            let used = stage.compute.counters(&stage.folder())?;
            Ok::<_, crate::runtime::RuntimeError>((used.pids, stage.compute.processes(&stage.folder())?))
        };
        let looks: Vec<_> = (0..50).map(|_| scope.spawn(look)).collect();
        for look in looks {
            let (count, all) = look.join().unwrap().unwrap();
            assert_eq!((count, all.len(), all.iter().any(|one| one.pid == pid)), (7, 7, true));
        }
    });
    stage.compute.kill(&stage.folder(), 9).unwrap();
    monitor.ended().unwrap();
    stage.is_clear();
}
