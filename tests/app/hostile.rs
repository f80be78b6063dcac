//! What comes from engines is data: nothing in it that a terminal would obey is ever drawn.

use longshore::{
    backend::{
        Containers, EngineError, Networks, Sessions, Size, Volumes,
        fake::{Call, FakeEngine},
    },
    model::{
        Container, Event, ExecSpec, Kind, Mount, MountKind, NetworkSpec, PROJECT_LABEL, PortMapping, Protocol, Stream,
        VolumeSpec,
    },
};

use crate::{looks::BOARDS, story::Shore};

/// Clears the screen, sets the title, turns the writing around, breaks the line, and does it all again in C1.
const EVIL: &str = "a\u{1b}[2J\u{1b}]0;owned\u{7}b\u{202e}c\nd\re\u{9b}31m\u{9d}\u{200b}\u{2066}\u{7f}\t";

#[track_caller]
fn harmless(shore: &Shore, keys: &str) {
    let obeyed = |c: char| {
        c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
    };
    for cell in shore.buffer().content() {
        assert!(!cell.symbol().chars().any(obeyed), "{:?} after {keys}:\n{}", cell.symbol(), shore.screen());
    }
}

/// An engine where every text that somebody else chooses is hostile.
async fn pirate() -> FakeEngine {
    let engine = FakeEngine::new();
    let web = engine.id("web-1");
    let mount = Mount::new(MountKind::Bind, EVIL, EVIL, false);
    let host_ip = Some(EVIL.to_owned());
    let port = PortMapping { host_ip, host_port: Some(9090), container_port: 90, protocol: Protocol::Tcp };
    engine.put(Container {
        name: EVIL.into(),
        image: EVIL.into(),
        command: EVIL.into(),
        ports: vec![port],
        mounts: vec![mount],
        network_mode: EVIL.into(),
        labels: [(PROJECT_LABEL.to_owned(), EVIL.to_owned()), (EVIL.to_owned(), EVIL.to_owned())].into(),
        ..engine.container(&web).await.unwrap()
    });
    let labels = || [(EVIL.to_owned(), EVIL.to_owned())].into();
    let spec = NetworkSpec { name: EVIL.into(), driver: Some(EVIL.into()), labels: labels(), ..Default::default() };
    engine.create_network(&spec).await.unwrap();
    engine
        .create_volume(&VolumeSpec { name: Some(EVIL.into()), labels: labels(), ..Default::default() })
        .await
        .unwrap();
    let spec = ExecSpec { command: vec![EVIL.into()], user: Some(EVIL.into()), tty: true, ..ExecSpec::default() };
    let size = Size { columns: 80, rows: 24 };
    engine.exec(&web, &spec, size).await.unwrap();
    engine.push_log(&web, Stream::Out, EVIL);
    engine
}

#[tokio::test(start_paused = true)]
async fn nothing_hostile_reaches_the_terminal_on_any_dashboard() {
    let mut shore = Shore::with(pirate().await, "containers", 120, 36).await;
    let event = |kind| Event {
        at: shore.engine.now(),
        kind,
        action: EVIL.into(),
        id: EVIL.into(),
        name: EVIL.into(),
        detail: vec![(EVIL.into(), EVIL.into())],
    };
    for kind in [Kind::Container, Kind::Image, Kind::Network, Kind::Other] {
        shore.engine.emit(event(kind));
    }
    shore.engine.fail_next(Call::Restart, EngineError::Refused { tried: EVIL.into(), code: 500, why: EVIL.into() });
    shore.settle().await.press("2 r y").await.sees("cannot a");
    for board in BOARDS {
        for keys in [board, "G", "f", "f", "g", "enter", "tab", "tab", "tab", "tab", "tab", "tab", "tab", "esc"] {
            shore.press(keys).await;
            harmless(&shore, &format!("{board} {keys}"));
        }
        shore.choose("owned").await;
        for key in ["enter", "x", "K", "s", "R", "L", "P", "J", "n", "C", "D", "a", "c", "ctrl-s"] {
            shore.press(key).await;
            harmless(&shore, &format!("{board} {key}"));
            shore.press("esc").await.press(board).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_shows_escapes_and_obeys_none() {
    let mut shore = Shore::on("containers").await;
    shore.choose("web-1").await.press("l").await.sees("GET /").sees("404");
    let id = shore.engine.id("web-1");
    shore.engine.push_log(&id, Stream::Err, EVIL);
    shore.settle().await.sees("owned");
    harmless(&shore, "l");
}

#[tokio::test(start_paused = true)]
async fn a_terminal_draws_no_control_of_its_program() {
    let mut shore = Shore::on("containers").await;
    shore.choose("web-1").await.press("e").await.retype("cat").await.press("enter").await;
    shore.paste(EVIL).await;
    harmless(&shore, "paste");
}
