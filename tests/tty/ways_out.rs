//! Every way out gives the terminal back.

use rustix::process::Signal;

use crate::engines;
use crate::stage::{Console, Stage};

fn opened() -> Option<Console> {
    let docker = engines::docker()?;
    let mut console = Stage::new(&["-H", docker.address(), "--view", "containers"]).open();
    console.wait_for("live");
    console.is_taken();
    Some(console)
}

#[test]
fn keys_quit() {
    for key in ["q", "\x03"] {
        let Some(mut console) = opened() else { return };
        console.press(key);
        console.ends_with(0);
    }
}

#[test]
fn signals_end_it_in_good_order() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let Some(mut console) = opened() else { return };
        console.signal(signal);
        console.ends_with(0);
    }
}

#[test]
fn suspended_it_leaves_the_terminal_to_the_shell_and_comes_back() {
    let Some(docker) = engines::docker() else { return };
    let script = r#"set -m; "$@"; echo STOPPED; read -r go; fg"#;
    let mut console = Stage::new(&["-H", docker.address(), "--view", "containers"]).open_by(script);
    console.wait_for("live");
    console.is_taken();
    console.press("\x1a");
    console.wait_for("STOPPED");
    console.is_as_it_was();
    console.press("\n");
    console.wait_for("Containers");
    console.wait_for("live");
    console.is_taken();
    // Keys arrive again, and its own.
    console.press("?");
    console.wait_for("Everywhere");
    console.press("q");
    console.wait_gone("Everywhere");
    console.quit();
}
