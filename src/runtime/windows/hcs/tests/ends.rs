//! Ends of all kinds.

use super::*;
use crate::runtime::{
    document::hcs::{
        process::{ConsoleEvent, Ended},
        result::ExitType,
    },
    windows::hcs::{HcsError, Stop},
};

const SHORT: Duration = Duration::from_millis(50);

#[test]
fn a_process_that_was_told_ends_by_itself() {
    let world = World::new();
    let system = world.running();
    let (process, _pipes) = run(&system, "sleep").unwrap();
    let stop = world.hcs.stop(&system, &process, Some(ConsoleEvent::CtrlShutdown), SOON).unwrap();
    assert_eq!(stop, Stop { ended: Ended::Code(0xC000_013A), forced: false });
    drop(process);
    world.end(system);
}

#[test]
fn what_does_not_listen_is_ended_by_force_though_the_signal_hangs() {
    for line in ["stubborn", "hang"] {
        let world = World::new();
        let system = world.running();
        let (process, _pipes) = run(&system, line).unwrap();
        let stop = world.hcs.stop(&system, &process, Some(ConsoleEvent::CtrlC), SHORT).unwrap();
        assert_eq!(stop, Stop { ended: Ended::Code(0x8037_0107), forced: true }, "{line}");
        drop(process);
        world.end(system);
    }
}

#[test]
fn a_signal_that_hangs_is_given_up_in_time() {
    let world = World::new();
    let system = world.running();
    let (process, _pipes) = run(&system, "hang").unwrap();
    let error = process.signal(ConsoleEvent::CtrlShutdown, SHORT).unwrap_err();
    assert!(matches!(error, HcsError::TimedOut { after: SHORT, .. }), "{error}");
    drop(process);
    world.end(system);
}

#[test]
fn to_stop_twice_is_to_stop() {
    let world = World::new();
    let system = world.running();
    let (process, _pipes) = run(&system, "sleep").unwrap();
    let first = world.hcs.stop(&system, &process, Some(ConsoleEvent::CtrlC), SOON).unwrap();
    let second = world.hcs.stop(&system, &process, Some(ConsoleEvent::CtrlC), SOON).unwrap();
    assert_eq!(first, second);
    system.shut_down(SOON).unwrap();
    system.terminate().unwrap();
    drop(process);
    world.end(system);
}

#[test]
fn an_end_before_anybody_listened_is_seen() {
    let world = World::new();
    let system = world.running();
    let (process, _pipes) = run(&system, "exit 3").unwrap();
    assert_eq!(process.wait(SOON).unwrap(), Some(Ended::Code(3)));
    drop(process);

    let mut late = world.hcs.open(ID).unwrap();
    world.hcs.force(&system).unwrap();
    late.listen().unwrap();
    assert!(late.wait(SOON).unwrap().is_some());
    drop(late);
    world.end(system);
}

#[test]
fn an_end_of_which_no_word_comes_is_seen() {
    let world = World::new();
    let system = world.running();
    let (process, _pipes) = run(&system, "sleep").unwrap();
    world.mute();
    thread::scope(|scope| {
        let waits = scope.spawn(|| process.wait(SOON));
        world.exit(&process, 4);
        assert_eq!(waits.join().unwrap().unwrap(), Some(Ended::Code(4)));
        let waits = scope.spawn(|| system.wait(SOON));
        world.hcs.open(ID).unwrap().terminate().unwrap();
        assert!(waits.join().unwrap().unwrap().is_some());
    });
    drop(process);
    world.end(system);
}

#[test]
fn the_end_of_a_container_is_told_with_its_kind() {
    let world = World::new();
    let system = world.running();
    let told = thread::scope(|scope| {
        let waits = scope.spawn(|| system.wait(SOON));
        world.hcs.open(ID).unwrap().terminate().unwrap();
        waits.join().unwrap().unwrap().unwrap()
    });
    // Whoever looks too late hears only that it has ended.
    assert!(told.is_clean() && matches!(told.exit_type, ExitType::ForcedExit | ExitType::Unknown), "{told:?}");
    world.end(system);
}

#[test]
fn a_restart_of_the_service_is_told_and_survived() {
    let world = World::new();
    let system = world.running();
    let (process, _pipes) = run(&system, "sleep").unwrap();
    assert_eq!(process.wait(Duration::ZERO).unwrap(), None);
    world.disconnect();
    assert!(process.wait(SOON).unwrap_err().is_disconnected());
    assert!(system.statistics().unwrap_err().is_disconnected());

    let again = world.hcs.open(ID).unwrap();
    let found = again.open_process(process.pid()).unwrap();
    world.exit(&found, 9);
    assert_eq!(found.wait(SOON).unwrap(), Some(Ended::Code(9)));
    drop((system, process, found));
    world.end(again);
}
