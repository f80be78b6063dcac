//! Several consoles at once, and monitors that are killed.

use std::{
    fs,
    time::{Duration, Instant},
};

use longshore::{
    backend::{Containers, EngineError, System, Volumes},
    model::{RemoveContainer, State, VolumeName, VolumeSpec},
};
use rustix::process::{Pid, Signal, kill_process};

use crate::shore::{Shore, wait_for};
use crate::support::engines::unique;

#[tokio::test]
async fn a_console_hears_at_once_what_another_does() {
    let Some(shore) = Shore::new().await else { return };
    let mut events = shore.engine.events().await.unwrap();
    let other = shore.another();
    let name = unique("heard");
    shore.remove_later(&["volume", "rm", &name]);
    let begun = Instant::now();
    other.create_volume(&VolumeSpec { name: Some(name.clone()), ..VolumeSpec::default() }).await.unwrap();
    wait_for(&mut events, &name, "create").await;
    // Without its bell it would be the next look by the clock, two seconds later.
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert!(shore.engine.volumes().await.unwrap().iter().any(|volume| volume.name == VolumeName::new(&name)));
}

#[tokio::test]
async fn of_two_who_remove_a_container_one_does_and_none_is_confused() {
    let Some(shore) = Shore::new().await else { return };
    let other = shore.another();
    for _ in 0..5 {
        let id = shore.run(&shore.spec("twice", "sleep 600")).await;
        let how = RemoveContainer { volumes: true, force: true };
        let (one, two) = tokio::join!(shore.engine.remove(&id, how), other.remove(&id, how));
        for outcome in [&one, &two] {
            assert!(
                matches!(outcome, Ok(()) | Err(EngineError::NotFound { .. } | EngineError::Conflict { .. })),
                "{one:?} {two:?}"
            );
        }
        assert!(one.is_ok() || two.is_ok(), "{one:?} {two:?}");
        assert!(matches!(shore.engine.container(&id).await, Err(EngineError::NotFound { .. })));
    }
}

/// The monitor is the parent of a container's main process.
fn monitor_of(pid: u32) -> Pid {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let after_name = stat.rsplit_once(')').unwrap().1;
    Pid::from_raw(after_name.split_whitespace().nth(1).unwrap().parse().unwrap()).unwrap()
}

#[tokio::test]
async fn a_monitor_that_is_killed_is_noticed_and_its_container_accounted_for() {
    let Some(shore) = Shore::new().await else { return };
    let id = shore.run(&shore.spec("orphan", "sleep 600")).await;
    let pid = shore.look(&id).await.pid.unwrap();
    let mut events = shore.engine.events().await.unwrap();
    kill_process(monitor_of(pid), Signal::KILL).unwrap();
    wait_for(&mut events, id.as_str(), "die").await;
    let found = shore.look(&id).await;
    assert_eq!((found.state, found.pid), (State::Exited(137), None));
    assert!(found.networks.iter().all(|place| place.address.is_none()), "{:?}", found.networks);
    // What ran in it is gone, or a zombie that nobody has waited for yet.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    assert!(stat.is_empty() || stat.contains(") Z "), "{stat}");
    // Nothing is in the way of another start.
    shore.engine.start(&id).await.unwrap();
    assert_eq!(shore.look(&id).await.state, State::Running);
}

#[tokio::test]
async fn the_next_console_finds_what_was_killed_while_nobody_looked() {
    let Some(shore) = Shore::new().await else { return };
    let id = shore.run(&shore.spec("unseen", "sleep 600")).await;
    let pid = shore.look(&id).await.pid.unwrap();
    let monitor = monitor_of(pid);
    kill_process(monitor, Signal::KILL).unwrap();
    let begun = Instant::now();
    // The kernel lets go of its lock a moment after the signal.
    while shore.runtime().platform().compute.is_watched(&shore.runtime().layout().running(&id)) {
        assert!(begun.elapsed() < crate::shore::PATIENCE, "the lock of a killed monitor stays");
        tokio::task::yield_now().await;
    }
    let next = shore.another();
    assert_eq!(next.container(&id).await.unwrap().state, State::Exited(137));
}
