//! Ends of all kinds.

use std::os::windows::fs::OpenOptionsExt;

use super::{life::BY_EVENT, *};
use crate::{model::RestartPolicy, runtime::RuntimeError};

/// Exit code of what was ended by force.
const FORCED: i64 = 0x8037_0107;
const SHORT: Duration = Duration::from_millis(50);

fn stop(stage: &Stage, grace: Duration) {
    stage.compute.stop(&stage.folder(), &StopOrder { signal: 15, grace, again: false }).unwrap();
}

#[test]
fn an_end_before_anybody_listened_has_its_code() {
    let stage = Stage::new("exit 3");
    let (monitor, _) = stage.running();
    monitor.ended().unwrap();
    assert_eq!(stage.record().state, State::Exited(3));
    stage.is_clear();
}

#[test]
fn what_does_not_obey_is_ended_by_force_though_the_signal_hangs() {
    for line in ["stubborn", "hang"] {
        let stage = Stage::new(line);
        let (monitor, _) = stage.running();
        stop(&stage, SHORT);
        monitor.ended().unwrap();
        assert_eq!(stage.record().state, State::Exited(FORCED), "{line}");
        assert_eq!(stage.actions(), ["create", "start", "kill", "die", "stop"], "{line}");
        stage.is_clear();
    }
}

#[test]
fn to_stop_twice_is_to_stop_and_the_shorter_grace_counts() {
    let stage = Stage::new("stubborn");
    let (monitor, _) = stage.running();
    stop(&stage, Duration::from_secs(3600));
    stop(&stage, SHORT);
    stop(&stage, Duration::from_secs(3600));
    monitor.ended().unwrap();
    assert_eq!(stage.record().state, State::Exited(FORCED));
    stage.is_clear();
}

#[test]
fn orders_are_heard_while_it_is_cleared_away() {
    let stage = Stage::with("exit 3", |record| record.spec.limits.restart = RestartPolicy::Always);
    let held = stage.ground.clearing.lock().unwrap();
    let (monitor, _) = stage.running();
    comes(|| stage.folder().join("ended.json").exists().then_some(()));
    stop(&stage, SHORT);
    drop(held);
    monitor.ended().unwrap();
    let ended = stage.record();
    assert_eq!((ended.state, ended.stopped, ended.restarts), (State::Exited(3), true, 0));
    stage.is_clear();
}

#[test]
fn an_end_is_not_lost_to_who_reads_a_file_of_its_folder() {
    let stage = Stage::new("sleep");
    let (monitor, pid) = stage.running();
    let reader = fs::File::options().read(true).share_mode(0).open(stage.folder().join("state.json"));
    assert!(reader.is_ok());
    stage.world.exit_of(stage.order.id.as_str(), pid, 3);
    monitor.ended().unwrap();
    assert_eq!(stage.record().state, State::Exited(3));
}

#[test]
fn a_restart_of_the_service_is_survived() {
    let stage = Stage::new("sleep");
    let (monitor, pid) = stage.running();
    let dead = stage.world.handles();
    stage.world.disconnect();
    // Beside those that are dead there are a container's and a process's again.
    comes(|| (stage.world.handles() >= dead + 2).then_some(()));
    assert_eq!(stage.compute.processes(&stage.folder()).unwrap().len(), 7);
    stage.world.exit_of(stage.order.id.as_str(), pid, 9);
    monitor.ended().unwrap();
    assert_eq!(stage.record().state, State::Exited(9));
    stage.is_clear();
}

#[test]
fn an_end_of_which_no_word_comes_is_seen() {
    let stage = Stage::new("sleep");
    let (monitor, pid) = stage.running();
    stage.world.mute();
    stage.world.exit_of(stage.order.id.as_str(), pid, 4);
    monitor.ended().unwrap();
    assert_eq!(stage.record().state, State::Exited(4));
    stage.is_clear();
}

#[test]
fn a_look_that_fails_is_no_end() {
    let stage = Stage::new("sleep");
    let (monitor, pid) = stage.running();
    stage.world.mute();
    // The next look meets it: a service that answers too late.
    stage.world.inject("process properties", 0x8007_05B4, false);
    stage.world.exit_of(stage.order.id.as_str(), pid, 4);
    monitor.ended().unwrap();
    assert_eq!(stage.record().state, State::Exited(4));
    stage.is_clear();
}

#[test]
fn signals_that_windows_has_end_it_and_others_are_refused() {
    let stage = Stage::new("sleep");
    let (monitor, pid) = stage.running();
    let refused = stage.compute.kill(&stage.folder(), 10).unwrap_err();
    assert!(matches!(refused, RuntimeError::Invalid { .. }), "{refused}");
    assert!(matches!(stage.compute.signal(&stage.folder(), 1, 9), Err(RuntimeError::NotFound { .. })));
    stage.compute.signal(&stage.folder(), pid, 2).unwrap();
    monitor.ended().unwrap();
    assert_eq!(stage.record().state, State::Exited(BY_EVENT));
    assert!(matches!(stage.compute.kill(&stage.folder(), 9), Err(RuntimeError::Conflict { .. })));
    stage.is_clear();
}

#[test]
fn a_container_that_shares_the_kernel_cannot_be_frozen() {
    let stage = Stage::new("sleep");
    let (monitor, _) = stage.running();
    let refused = stage.compute.freeze(&stage.folder(), true).unwrap_err();
    assert!(matches!(&refused, RuntimeError::Invalid { why, .. } if why.contains("virtual machines")), "{refused}");
    stop(&stage, SHORT);
    monitor.ended().unwrap();
    stage.is_clear();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_has_the_last_words_before_the_end_is_told() {
    let stage = Stage::new("say 3 last words without an end of line");
    let monitor = stage.monitor(false);
    stage.comes_to(exited(3));
    assert!(log(&stage.layout, &stage.order).contains("last words without an end of line"));
    monitor.ended().unwrap();
}
