//! What goes wrong, and what a crash leaves.

use super::{
    super::{bury, start},
    *,
};
use crate::model::Isolation;
use crate::runtime::{
    RuntimeError, document::hcs::plan::compute_system, monitor::start::Why, windows::hcs::tests::document,
};

#[test]
fn each_step_may_fail_and_nothing_is_left() {
    let ours = ["mount", "attach"].map(|step| (step, None));
    let theirs = [("create", true), ("listen", false), ("start", true), ("create process", true)];
    let theirs = theirs.into_iter().flat_map(|(step, later)| {
        [Some(true), later.then_some(false)].into_iter().flatten().map(move |at_once| (step, Some(at_once)))
    });
    for (step, at_once) in ours.into_iter().chain(theirs) {
        let stage = Stage::new("sleep");
        match at_once {
            Some(at_once) => stage.world.inject(step, 0x8007_000D, at_once),
            None => stage.ground.fail(step),
        }
        let mut monitor = stage.monitor(false);
        let error = monitor.started().unwrap_err();
        assert!(monitor.ended().is_err(), "{step}");
        let record = stage.record();
        assert_eq!(record.state, State::Created, "{step}");
        assert_eq!(record.error.as_deref(), Some(error.to_string().as_str()), "{step}");
        stage.is_clear();

        stage.prepare();
        let (monitor, _) = stage.running();
        stage.compute.kill(&stage.folder(), 9).unwrap();
        monitor.ended().unwrap();
        stage.is_clear();
    }
}

#[test]
fn a_program_that_is_not_there_is_the_program_s_fault() {
    for (code, exit) in [(0x8007_0002, 127), (0x8007_0005, 126)] {
        let stage = Stage::new("sleep");
        stage.world.inject("create process", code, false);
        let error = stage.monitor(false).started().unwrap_err();
        assert!(matches!(&error, RuntimeError::Program { code, .. } if *code == exit), "{error}");
        stage.is_clear();
    }
}

#[test]
fn a_container_that_cannot_be_written_down_does_not_run() {
    let stage = Stage::new("sleep");
    let record = stage.record();
    stage.db().change("remove it", |t| container::delete(t, &record)).unwrap();
    let mut monitor = stage.monitor(false);
    monitor.started().unwrap_err();
    assert!(monitor.ended().is_err());
    stage.is_clear();
}

/// What a monitor does up to a step, and no more: then it is killed.
fn crashed_after(stage: &Stage, step: usize) {
    let (folder, order) = (stage.folder(), &stage.order);
    if step >= 6 {
        drop(start::start(&stage.hands, order, &folder, &stage.db(), Why::Asked).unwrap());
        return;
    }
    let root = folder.join("root");
    stage.hands.storage.mount(&order.layers, &stage.layout.container(&order.id), &root).unwrap();
    if step >= 2 {
        stage.hands.network.attach(&order.id, &folder.join("netns"), &order.network).unwrap();
    }
    if step >= 3 {
        let mounted = stage.hands.mounts.mounted(&order.layers, &root).unwrap();
        let ground = crate::runtime::document::hcs::plan::Ground {
            volume: mounted.volume,
            layers: mounted.layers,
            ..Default::default()
        };
        let system = stage.hands.hcs.create(order.id.as_str(), &compute_system(order, &ground).unwrap()).unwrap();
        if step >= 4 {
            system.start().unwrap();
        }
        if step >= 5 {
            drop(start::run(&system, &order.process, "start it").unwrap());
        }
    }
}

#[test]
fn what_a_crash_has_left_after_any_step_is_buried() {
    for step in 1..=6 {
        let stage = Stage::new("sleep");
        crashed_after(&stage, step);
        bury(&stage.hands, &stage.folder()).unwrap();
        let expected = if step == 6 { State::Exited(137) } else { State::Created };
        assert_eq!(stage.record().state, expected, "{step}");
        stage.is_clear();
    }
}

#[test]
fn what_a_crash_has_left_after_any_step_is_in_no_way_of_the_next_start() {
    for step in 1..=5 {
        let stage = Stage::new("sleep");
        crashed_after(&stage, step);
        let (monitor, _) = stage.running();
        stage.compute.kill(&stage.folder(), 9).unwrap();
        monitor.ended().unwrap();
        stage.is_clear();
    }
}

#[test]
fn containers_of_nobody_are_swept_and_those_of_others_are_let_alone() {
    let stage = Stage::new("sleep");
    crashed_after(&stage, 5);
    let foreign = stage.hands.hcs.create("another", &document()).unwrap();
    let seen: Vec<_> = stage.compute.foreign().unwrap();
    let [other] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((other.id.as_str(), other.state, other.isolation), ("another", State::Created, Isolation::Process));
    assert!(other.maker().starts_with("the longshore over"), "{}", other.maker());
    stage.compute.sweep(&|_| true).unwrap();
    assert_eq!(stage.compute.processes(&stage.folder()).unwrap().len(), 7, "it is somebody's");
    stage.compute.sweep(&|_| false).unwrap();
    assert!(stage.compute.processes(&stage.folder()).is_err());
    assert!(stage.hands.hcs.open("another").is_ok(), "of another data root");
    foreign.terminate().unwrap();
    drop(foreign);
    stage.world.is_empty();
}

#[test]
fn a_container_of_another_of_the_same_id_is_refused_and_lives_on() {
    let stage = Stage::new("sleep");
    let foreign = stage.hands.hcs.create(stage.order.id.as_str(), &document()).unwrap();
    let error = stage.monitor(false).started().unwrap_err();
    assert!(error.to_string().contains("longshore@C:\\ls"), "{error}");
    assert!(foreign.properties(&[]).is_ok_and(|properties| !properties.stopped));
    foreign.terminate().unwrap();
    drop(foreign);
    stage.is_clear();
}

#[test]
fn one_container_has_one_monitor_and_one_that_lives_is_not_buried() {
    let stage = Stage::new("sleep");
    let (monitor, _) = stage.running();
    assert!(matches!(bury(&stage.hands, &stage.folder()), Err(RuntimeError::Conflict { .. })));
    stage.compute.kill(&stage.folder(), 9).unwrap();
    stage.comes_to(exited(0x8037_0107));
    monitor.ended().unwrap();
    stage.is_clear();
}
