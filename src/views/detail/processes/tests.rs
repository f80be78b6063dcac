//! What a user does with processes.

use super::*;
use crate::{
    model::{Bytes, Caps, Change, Listing, State},
    views::detail::scene::{self, container, press, subject, words},
};

fn process(pid: u32, parent: u32, depth: usize, command: &str) -> Process {
    Process {
        pid,
        parent,
        depth,
        command: command.into(),
        user: "root".into(),
        tty: "?".into(),
        time: "0:01".into(),
        cpu_percent: Some(1.5),
        memory: Some(Bytes::mib(8)),
        ..Process::default()
    }
}

fn tell(desk: &mut Desk, all: Vec<Process>) {
    let ask = Ask::Processes(ContainerId::new("web"));
    desk.store.asked(ask.clone());
    desk.store.told(&ask, Ok(Told::Processes(all)), desk.now);
}

fn desk() -> Desk {
    let mut desk = Desk::for_test().told([Change::Listed(Listing::Containers(vec![container("web", State::Running)]))]);
    tell(
        &mut desk,
        vec![
            process(100, 1, 0, "nginx: master"),
            process(101, 100, 1, "nginx: worker"),
            process(102, 101, 2, "cat"),
            process(103, 100, 1, "nginx: worker"),
        ],
    );
    desk
}

fn shown(page: &mut ProcessesPage, desk: &Desk) -> String {
    scene::page(page, &subject("web"), desk, 80, 6)
}

#[test]
fn processes_are_a_tree() {
    insta::assert_snapshot!(shown(&mut ProcessesPage::new(), &desk()), @r"
        PID  USER            CPU    MEMORY       TIME  TTY     COMMAND
        100  root          1.5 %   8.0 MiB       0:01  ?       nginx: master
        101  root          1.5 %   8.0 MiB       0:01  ?       ├─ nginx: worker
        102  root          1.5 %   8.0 MiB       0:01  ?       │ └─ cat
        103  root          1.5 %   8.0 MiB       0:01  ?       └─ nginx: worker
        ");
}

#[test]
fn a_signal_is_picked_for_the_selected_process_alone() {
    let desk = desk();
    let mut page = ProcessesPage::new();
    let web = subject("web");
    let Outcome::Open(mut picker) = press(&mut page, &web, &desk, &["j", "K"]) else { panic!("nothing was opened") };
    picker.key(scene::key("down"), &desk);
    let outcome = picker.key(scene::key("enter"), &desk);
    assert_eq!(words(&outcome), "closed, send KILL to process 101 of `web`");
}

#[test]
fn the_selection_stays_on_its_process() {
    let mut desk = desk();
    let mut page = ProcessesPage::new();
    press(&mut page, &subject("web"), &desk, &["G"]);
    tell(&mut desk, vec![process(100, 1, 0, "nginx: master"), process(103, 100, 1, "nginx: worker")]);
    let Outcome::Wish(Wish::Copy(pid)) = press(&mut page, &subject("web"), &desk, &["c"]) else { panic!() };
    assert_eq!(pid, "103");
}

#[test]
fn where_no_signal_can_be_sent_the_reason_is_said() {
    let caps = Caps::without([(Feature::SignalProcess, "the engine is not on this host")]);
    let desk = desk().told([Change::System(Box::default(), caps)]);
    let outcome = press(&mut ProcessesPage::new(), &subject("web"), &desk, &["K"]);
    assert_eq!(words(&outcome), "refused: no signal can be sent to process 100: the engine is not on this host");
}

#[test]
fn what_does_not_run_has_no_processes_and_is_not_asked() {
    let desk = Desk::for_test().told([Change::Listed(Listing::Containers(vec![container("web", State::Exited(0))]))]);
    let mut page = ProcessesPage::new();
    assert_eq!(shown(&mut page, &desk).trim(), "`web` does not run (exited 0)");
    let mut wants = Wants::default();
    page.wants(&subject("web"), &desk, &mut wants);
    assert_eq!(wants.asks, []);
}
