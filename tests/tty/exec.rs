//! A terminal into a container, within the terminal.

use crate::engines::{self, Container};
use crate::stage::{Console, Stage};

/// A container, and a shell that runs in it, opened by keys.
fn shell_in(test: &str) -> Option<(Container, Console)> {
    let docker = engines::docker()?;
    let container = docker.run(test, &["--network", "none"], &["sleep", "600"]);
    let mut console = Stage::containers(docker.address(), container.name()).open();
    console.wait_row(container.name(), &["running"]);
    console.press("e");
    console.wait_for("no shell reads this line");
    console.press("\r");
    console.wait_for("leaves it running");
    console.wait_for("/ #");
    Some((container, console))
}

#[test]
fn a_command_runs_follows_the_size_of_the_window_and_tells_its_code() {
    let Some((_container, mut console)) = shell_in("tty-exec") else { return };
    // The echo of what is typed must not be taken for the answer.
    console.press("echo $((6 * 7))nd\r");
    console.wait_for("42nd");
    console.press("stty size\r");
    // Less header, tabs, borders and hints.
    console.wait_for("35 138");
    console.resize(100, 30);
    console.wait_for("leaves it running");
    console.press("clear; stty size\r");
    console.wait_for("25 98");
    console.press("exit 7\r");
    console.wait_for("ended with 7");
    console.press("\r");
    console.wait_gone("ended with");
    console.quit();
}

#[test]
fn one_key_leaves_it_and_quitting_asks_about_it() {
    let Some((container, mut console)) = shell_in("tty-leave") else { return };
    // Keys with a meaning outside are the program's in here.
    console.press("q\x03");
    console.press("echo s$((1 + 1))ill\r");
    console.wait_for("s2ill");
    console.press("\x1d");
    console.wait_gone("leaves it running");
    console.wait_row(container.name(), &["running"]);
    console.press("\x03");
    console.wait_for("1 terminal is still open");
    console.press("\x1b");
    console.wait_gone("1 terminal is still open");
    console.press("\x03");
    console.wait_for("1 terminal is still open");
    console.press("quit\r");
    console.ends_with(0);
}
