//! The list of containers follows what others do to them.

use crate::engines;
use crate::stage::Stage;

#[test]
fn what_others_do_to_a_container_is_seen_as_it_happens() {
    let Some(docker) = engines::docker() else { return };
    // Only containers of this very test: others come and go on the same engine.
    let word = format!("tty-follows-{}", std::process::id());
    let mut console = Stage::containers(docker.address(), &word).open();
    console.wait_for("nothing matches");

    let container = docker.run(&word, &["--network", "none"], &["sleep", "600"]);
    let (id, name) = (container.id(), container.name());
    console.wait_row(name, &["running"]);
    docker.cli(["stop", "--time", "0", id]);
    console.wait_row(name, &["exited 137"]);
    let renamed = format!("{word}-renamed");
    docker.cli(["rename", id, &renamed]);
    console.wait_row(&renamed, &["exited"]);
    console.wait_no_row(name);
    docker.cli(["start", id]);
    console.wait_row(&renamed, &["running"]);
    docker.cli(["rm", "--force", id]);
    console.wait_no_row(&renamed);
    console.quit();
}

#[test]
fn a_terminal_that_answers_no_question_is_asked_none() {
    let Some(docker) = engines::docker() else { return };
    let container = docker.run("tty-silent", &["--network", "none"], &["sleep", "600"]);
    let mut console = Stage::containers(docker.address(), container.name()).open();
    console.wait_row(container.name(), &["running"]);
    console.resize(100, 30);
    console.wait_row(container.name(), &["running"]);
    console.quit();
    for question in [
        "\x1b[6n", "\x1b[5n", "\x1b[c", "\x1b[0c", "\x1b[>c", "\x1b[?u", "\x1b[>q", "\x1bP+q", "$p", "?\x1b\\", "?\x07",
    ] {
        assert!(!console.has_sent(question), "asked {question:?}");
    }
}

#[test]
fn a_filter_is_typed_kept_and_dropped() {
    let Some(docker) = engines::docker() else { return };
    let one = docker.run("tty-filter-one", &["--network", "none"], &["sleep", "600"]);
    let two = docker.run("tty-filter-two", &["--network", "none"], &["sleep", "600"]);
    let both = format!("{}|{}", one.name(), two.name());
    let mut console = Stage::containers(docker.address(), &both).open();
    console.wait_row(one.name(), &["running"]);
    console.wait_row(two.name(), &["running"]);

    // Typing goes on where the filter stands.
    console.press("/\x15");
    console.press(&format!("/{}", two.name()));
    console.wait_no_row(one.name());
    console.press("\r");
    console.wait_for("e exec");
    console.wait_row(two.name(), &["running"]);
    console.press("\x1b");
    console.wait_gone(&format!("/{}", two.name()));
    console.quit();
}
