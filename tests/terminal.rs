//! The terminal session on a real pty: taken over, and given back on every way out.
//! Knows nothing of the console that will live in it. The other end is this test binary itself.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail by panic, in its helpers too")]

#[path = "support/pty.rs"]
mod pty;

use longshore::terminal::{Frame, Input, Interruption, Interruptions, Options, Session};
use portable_pty::CommandBuilder;
use pty::Pty;

/// Says that this process is the far end of a pty.
const ROLE: &str = "LONGSHORE_TEST_TERMINAL_ROLE";

/// The far end: does nothing as a test, and is a tiny console where [`ROLE`] is set.
#[test]
fn far_end() {
    if std::env::var_os(ROLE).is_none() {
        return;
    }
    // As in the real console, tasks run on threads other than that of the session.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(console());
}

async fn console() {
    let mut interruptions = Interruptions::listen().unwrap();
    let mut session = Session::enter(Options { mouse: true, title: None }).unwrap();
    let (mut frame, mut input) = (Frame::default(), Input::default());
    input.resume();
    frame.push("ready ");
    loop {
        if frame.present().is_err() {
            return;
        }
        let pressed = tokio::select! {
            event = input.next() => event.unwrap().unwrap(),
            interruption = interruptions.next() => match interruption {
                Interruption::Continued => continue,
                other => break frame.push(&format!("{other:?} ")),
            },
        };
        if let Some(text) = pressed.as_paste_event() {
            frame.push(&format!("pasted {} ", text.len()));
        }
        let Some(key) = pressed.as_key_press_event() else { continue };
        match key.code.as_char() {
            Some('p') => panic!("the message of the panic"),
            Some('t') => {
                tokio::spawn(async { panic!("a panic elsewhere") }).await.unwrap_err();
                frame.push("survived ");
            }
            Some('z') => {
                input.pause();
                session.suspend().await.unwrap();
                input.resume();
                frame.push("\x1b[Hback ");
            }
            Some('l') => {
                input.pause();
                session.lend(|| println!("lent")).unwrap();
                input.resume();
                frame.push("\x1b[Hreturned ");
            }
            _ => break,
        }
    }
}

/// The far end in a terminal of its own, run by a script of `sh` in which it is `"$@"`.
fn start(script: &str) -> Pty {
    let mut command = CommandBuilder::new("sh");
    command.args(["-c", script, "sh"]);
    command.arg(std::env::current_exe().unwrap());
    command.args(["--exact", "far_end", "--nocapture", "--quiet"]);
    command.env(ROLE, "far end");
    command.env("RUST_BACKTRACE", "0");
    let mut pty = Pty::spawn(command, 80, 24);
    pty.wait_for("ready");
    pty.is_taken();
    pty
}

/// Runs the far end in the place of the shell.
const ALONE: &str = r#"exec "$@""#;

#[test]
fn quitting_gives_the_terminal_back() {
    let mut pty = start(ALONE);
    assert_eq!(pty.screen().mouse_protocol_encoding(), vt100::MouseProtocolEncoding::Sgr);
    pty.press("q");
    pty.ends_as_it_was();
}

#[test]
fn a_panic_gives_the_terminal_back_before_its_message() {
    let mut pty = start(ALONE);
    pty.press("p");
    pty.ends_as_it_was();
    let seen = pty.screen().contents();
    assert_eq!(seen.matches("the message of the panic").count(), 1, "{seen}");
}

#[test]
fn a_panic_of_a_task_on_another_thread_is_not_drawn_over_the_screen() {
    let mut pty = start(ALONE);
    pty.press("t");
    pty.wait_for("survived");
    pty.press("q");
    pty.ends_as_it_was();
}

#[test]
fn signals_end_the_session_in_good_order() {
    for signal in [rustix::process::Signal::TERM, rustix::process::Signal::HUP, rustix::process::Signal::INT] {
        let mut pty = start(ALONE);
        pty.signal(signal);
        pty.ends_as_it_was();
    }
}

#[test]
fn another_program_finds_the_terminal_as_it_was_and_we_come_back() {
    let mut pty = start(ALONE);
    pty.press("l");
    pty.wait_for("returned");
    assert!(pty.screen().alternate_screen());
    pty.press("q");
    pty.ends_as_it_was();
    assert!(pty.screen().contents().contains("lent"));
}

#[test]
fn a_long_paste_arrives_whole_and_at_once() {
    let mut pty = start(ALONE);
    pty.press(&format!("\x1b[200~{}\x1b[201~", "x".repeat(10_000)));
    pty.wait_for("pasted 10000");
    pty.press("q");
    pty.ends_as_it_was();
}

#[test]
fn a_suspended_session_leaves_the_terminal_to_the_shell_and_comes_back() {
    let mut pty = start(r#"set -m; "$@"; echo STOPPED; read -r go; fg"#);
    pty.press("z");
    pty.wait_for("STOPPED");
    pty.is_as_it_was();
    pty.press("\n");
    pty.wait_for("back");
    assert!(pty.screen().alternate_screen());
    pty.press("q");
    pty.ends_as_it_was();
}

#[test]
fn where_no_shell_could_continue_us_nothing_stops() {
    let mut pty = start(ALONE);
    pty.press("z");
    pty.wait_for("back");
    pty.press("q");
    pty.ends_as_it_was();
}
