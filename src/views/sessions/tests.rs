//! What the dashboard of sessions shows and answers.

use super::dashboard;
use crate::{
    app::{
        console::{ConsoleId, ConsoleScreen, Wire},
        desk::Desk,
        keys::Intent,
        view::Wish,
    },
    backend::Size,
    model::{
        Bytes, Caps, Change, ContainerId, ExecSpec, Feature, Listing, Process, Refusal, Session, SessionId, SessionKind,
    },
    views::stage::{Landing, Stage},
};

fn process(pid: u32, depth: usize, command: &str) -> Process {
    Process {
        pid,
        parent: if depth == 0 { 1 } else { 4210 },
        inner: Some(pid - 4209),
        user: "root".into(),
        command: command.into(),
        cpu_percent: Some(1.5),
        memory: Some(Bytes::mib(12)),
        threads: Some(4),
        tty: "?".into(),
        time: "00:00:01".into(),
        depth,
    }
}

fn session(kind: SessionKind, id: &str, processes: Vec<Process>) -> Session {
    Session {
        id: SessionId::new(id),
        container: ContainerId::new("id-web"),
        container_name: "web".into(),
        kind,
        host_session: Some(processes[0].pid),
        user: "root".into(),
        command: processes[0].command.clone(),
        processes,
        tty: Some(kind == SessionKind::Exec),
        started: Some(Desk::for_test().now - chrono::Duration::hours(2)),
    }
}

fn desk() -> Desk {
    let nginx = vec![process(4210, 0, "nginx: master process"), process(4250, 1, "nginx: worker process")];
    let main = session(SessionKind::Main, "id-web", nginx);
    let exec = session(SessionKind::Exec, "exec-1", vec![process(4300, 0, "sh")]);
    Desk::for_test().told([Change::Listed(Listing::Sessions(vec![main, exec]))])
}

fn stage(desk: Desk) -> Stage {
    Stage::new(desk, vec![dashboard(), Landing::of(Intent::Containers)])
}

fn without_signals() -> Desk {
    let caps = Caps::without([(Feature::SignalProcess, "the engine runs on another machine")]);
    desk().told([Change::System(Box::default(), caps)])
}

#[test]
fn a_session_shows_its_leader_and_its_tree() {
    insta::assert_snapshot!("80x24", stage(desk()).screen());
    insta::assert_snapshot!("160x45", stage(desk()).sized(160, 45).press(&["tab"]).screen());
}

#[test]
fn a_signal_goes_to_the_leader_and_says_so() {
    let mut stage = stage(desk());
    let screen = stage.press(&["down", "K"]).screen();
    assert!(screen.contains("Signal to process 4300, the leader of this exec session"), "{screen}");
    assert_eq!(stage.press(&["HUP", "enter", "y"]).granted()[0].title(), "send HUP to process 4300 of `web`");
}

#[test]
fn in_the_open_tree_a_signal_goes_to_the_selected_process() {
    let mut stage = stage(desk());
    let wishes = stage.press(&["enter", "down", "K", "enter", "y"]).granted();
    assert_eq!(wishes[0].title(), "send TERM to process 4250 of `web`");
}

#[test]
fn where_single_processes_cannot_be_signalled_the_main_one_still_can() {
    let mut stage = stage(without_signals());
    assert_eq!(stage.press(&["K", "enter", "y"]).granted()[0].title(), "send TERM to `web`");
    let refused = "no signal can be sent to an exec of `web`: the engine runs on another machine";
    assert_eq!(stage.press(&["down", "K"]).refused(), refused);
}

#[test]
fn exec_asks_for_a_command_and_opens_a_terminal() {
    let mut stage = stage(desk());
    let Wish::Console { container, wire: Wire::Exec(spec), .. } = stage.press(&["e", " -l", "enter"]).wished() else {
        panic!("no terminal was opened");
    };
    assert_eq!((container.as_str(), spec.command.join(" "), spec.tty), ("id-web", "sh -l".to_owned(), true));
}

#[test]
fn attaching_comes_back_to_what_is_open_or_leads_to_the_main_process() {
    let mut stage = stage(desk());
    let wish = Wish::Console { container: ContainerId::new("id-web"), name: "web".into(), wire: Wire::Attach };
    assert_eq!(*stage.press(&["a"]).wished(), wish);
    let wire = Wire::Exec(ExecSpec { command: vec!["top".into()], ..ExecSpec::default() });
    let size = Size { columns: 80, rows: 24 };
    let mut console = ConsoleScreen::new(ConsoleId(7), ContainerId::new("id-web"), "web".into(), wire, size);
    console.print(b"load average");
    stage.desk.consoles.insert(ConsoleId(7), console);
    let screen = stage.press(&["a"]).screen();
    assert!(screen.contains("top") && screen.contains("come back to it"), "{screen}");
    assert!(stage.press(&["enter"]).screen().contains("load average"));
}

#[test]
fn read_only_lets_nobody_in() {
    let mut stage = stage(Desk { read_only: Some(Refusal::new("read-only mode is on")), ..desk() });
    for key in ["e", "a", "K"] {
        assert_eq!(stage.press(&[key]).refused(), "read-only mode is on", "{key}");
    }
}

#[test]
fn a_session_leads_to_its_container() {
    assert!(stage(desk()).press(&["J"]).screen().contains("landed on id-web"));
}
