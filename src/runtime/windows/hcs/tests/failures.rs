//! What goes wrong.

use super::*;
use crate::runtime::{
    RuntimeError,
    windows::{
        hcs::HcsError,
        load::{LoadError, Part},
    },
};

/// Every step of a container's life, and the undoing of all when one fails.
fn live(hcs: &Hcs) -> Result<()> {
    let mut system = hcs.create(ID, &document())?;
    let lived = system.listen().and_then(|()| system.start()).and_then(|()| run(&system, "sleep")).map(drop);
    hcs.force(&system)?;
    lived
}

#[test]
fn each_step_may_fail_and_nothing_is_left() {
    for (point, by_itself_too) in [("create", true), ("listen", false), ("start", true), ("create process", true)] {
        for at_once in [true, false] {
            if !at_once && !by_itself_too {
                continue;
            }
            let world = World::new();
            world.inject(point, 0x8007_000D, at_once);
            let error = live(&world.hcs).unwrap_err();
            assert_eq!(error.code().map(|code| code.0), Some(0x8007_000D), "{point}");
            // Only an operation has a document, and words in it.
            assert_eq!(error.to_string().ends_with(&format!(": injected into {point}")), !at_once, "{error}");
            world.is_empty();
            live(&world.hcs).unwrap();
            world.is_empty();
        }
    }
}

#[test]
fn a_document_that_is_not_liked_is_refused_with_the_place() {
    let world = World::new();
    let newer = ComputeSystem { schema_version: Version { major: 2, minor: 9 }, ..document() };
    let error = world.hcs.create(ID, &newer).unwrap_err();
    assert!(error.code().is_some_and(|code| code.is_unsupported()), "{error}");
    assert!(error.to_string().ends_with("(0x8037010d): $.SchemaVersion is not supported"), "{error}");
    world.is_empty();

    let system = world.hcs.create(ID, &document()).unwrap();
    let error = world.hcs.create(&ID.to_lowercase(), &document()).unwrap_err();
    assert!(error.to_string().contains("has a container of this id already"), "{error}");
    world.end(system);
}

#[test]
fn both_families_of_codes_are_understood() {
    let world = World::new();
    let system = world.running();
    world.inject("open", 0xC037_010E, true);
    assert!(world.hcs.open(ID).unwrap_err().is_not_found());
    world.inject("terminate", 0xC037_0110, false);
    system.terminate().unwrap();
    world.inject("properties", 0xC037_0105, false);
    assert!(system.statistics().unwrap_err().is_of_an_ending());
    world.inject("start", 0xC037_0101, false);
    let error = system.start().unwrap_err();
    assert!(error.to_string().contains("another build of Windows"), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("Hyper-V isolation")));
    world.end(system);
}

#[test]
fn what_the_state_or_the_isolation_does_not_allow_is_said() {
    let world = World::new();
    let system = world.hcs.create(ID, &document()).unwrap();
    assert!(run(&system, "sleep").unwrap_err().is_of_an_ending());
    system.start().unwrap();
    assert!(matches!(RuntimeError::from(system.start().unwrap_err()), RuntimeError::Conflict { .. }));
    assert!(system.pause().unwrap_err().code().is_some_and(|code| code.is_unsupported()));
    assert!(system.resume().is_err());
    assert!(matches!(RuntimeError::from(system.open_process(1).unwrap_err()), RuntimeError::NotFound { .. }));
    world.end(system);
}

#[test]
fn a_process_that_was_made_in_spite_of_an_error_is_found() {
    let world = World::new();
    let system = world.running();
    world.spurious();
    let (process, pipes) = run(&system, "sleep").unwrap();
    assert!(process.pid() > 0 && pipes.input.is_some() && pipes.output.is_some());
    drop(process);
    world.end(system);
}

#[test]
fn an_answer_that_does_not_come_is_not_waited_for() {
    let world = World::new();
    let system = world.running();
    world.delay(2_000);
    let error = system.shut_down(Duration::from_millis(20)).unwrap_err();
    assert!(matches!(error, HcsError::TimedOut { .. }), "{error}");
    assert!(matches!(RuntimeError::from(error), RuntimeError::Platform { .. }));
    // It is done all the same.
    assert!(system.wait(SOON).unwrap().is_some());
    world.delay(0);
    world.end(system);
}

#[test]
fn a_windows_without_containers_or_too_old_is_told_apart() {
    let folder = copy();
    let dll = folder.join("computecore.dll");
    let mut bytes = fs::read(&dll).unwrap();
    let name = b"HcsSignalProcess\0";
    let named = |bytes: &[u8]| bytes.windows(name.len()).position(|window| window == name);
    assert!(named(&bytes).is_some());
    while let Some(at) = named(&bytes) {
        bytes[at + name.len() - 2] = b'z';
    }
    fs::write(&dll, bytes).unwrap();
    let error = Hcs::load(&Shelf::of_folder(folder.clone())).unwrap_err();
    assert!(matches!(&error, LoadError::TooOld { function, .. } if function == "HcsSignalProcess"), "{error}");

    let error = Hcs::load(&Shelf::of_folder(folder.join("none"))).unwrap_err();
    assert!(matches!(error, LoadError::Absent { part: Part::Containers, .. }), "{error}");
}
