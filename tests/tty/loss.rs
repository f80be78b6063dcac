//! An engine that dies or hangs takes neither the rows nor the keys with it.

use crate::engines::{self, Scratch};
use crate::stage::Stage;

#[test]
fn a_killed_engine_is_lost_and_found_again() {
    let Some(scratch) = engines::scratch() else { return };
    let options = ["--network", "none", "--stop-timeout", "1"];
    let container = scratch.docker().run("tty-lost", &options, &["sleep", "600"]);
    let mut console = Stage::containers(scratch.docker().address(), container.name()).open();
    console.wait_row(container.name(), &["running"]);
    console.wait_for("live");

    scratch.kill();
    console.wait_for("lost");
    console.wait_row(container.name(), &["running"]);
    // Keys answer, and say why nothing can be done.
    console.press("?");
    console.wait_for("Everywhere");
    console.press("q");
    console.wait_gone("Everywhere");

    scratch.restart();
    // What became of it while nobody listened; the engine was killed without its containers.
    console.wait_for("live");
    let state = container.inspect("{{.State.Status}}");
    console.wait_row(container.name(), &[&state]);
    let late = scratch.docker().run(container.name(), &options, &["sleep", "600"]);
    console.wait_row(late.name(), &["running"]);
    console.quit();
}

#[test]
fn without_an_engine_it_quits_at_once() {
    let Some(scratch) = engines::scratch() else { return };
    let mut console = Stage::new(&["-H", scratch.docker().address(), "--view", "containers"]).open();
    console.wait_for("live");
    scratch.kill();
    console.wait_for("lost");
    console.quit();
}

#[test]
fn an_engine_that_hangs_holds_up_neither_keys_nor_the_end() {
    let Some(scratch) = engines::scratch() else { return };
    let container = scratch.docker().run("tty-hang", &["--network", "none"], &["sleep", "600"]);
    let mut console = Stage::containers(scratch.docker().address(), container.name()).open();
    console.wait_row(container.name(), &["running"]);
    let halted = Halted::halt(&scratch);
    // Asks the engine for all that the page needs, and gets no answer.
    console.press("i");
    console.wait_for("Inspect");
    console.press("3");
    console.wait_for("Images");
    console.press("2");
    console.press("?");
    console.wait_for("Everywhere");
    console.press("q");
    console.wait_gone("Everywhere");
    console.press("\x03");
    console.ends_with(0);
    drop(halted);
}

/// A dockerd that is stopped, and continued when dropped, also by a panic.
struct Halted<'a>(&'a Scratch);

impl<'a> Halted<'a> {
    fn halt(scratch: &'a Scratch) -> Self {
        scratch.signal("STOP");
        Self(scratch)
    }
}

impl Drop for Halted<'_> {
    fn drop(&mut self) {
        self.0.signal("CONT");
    }
}
