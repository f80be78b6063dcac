//! What is done by keys is done to the engine, told, and written down.

use std::fs;

use crate::engines;
use crate::stage::Stage;

#[test]
fn a_container_is_stopped_when_the_question_is_answered_and_not_before() {
    let Some(docker) = engines::docker() else { return };
    let container = docker.run("tty-stop", &["--network", "none", "--init"], &["sleep", "600"]);
    let mut console = Stage::containers(docker.address(), container.name()).open();
    console.wait_row(container.name(), &["running"]);

    console.press("s");
    console.wait_for("y yes");
    console.press("n");
    console.wait_gone("y yes");
    assert_eq!(container.inspect("{{.State.Status}}"), "running");

    console.press("s");
    console.wait_for("y yes");
    console.press("y");
    console.wait_for(&format!("`{}` stopped", container.name()));
    console.wait_row(container.name(), &["exited"]);
    assert_eq!(container.inspect("{{.State.Status}}"), "exited");

    console.press("s");
    console.wait_row(container.name(), &["running"]);
    assert_eq!(container.inspect("{{.State.Status}}"), "running");
    console.wait_for(&format!("`{}` started", container.name()));
    console.quit();

    let record = fs::read_to_string(console.audit_file()).unwrap();
    let deeds: Vec<Vec<&str>> = record.lines().map(|line| line.split('\t').skip(2).collect()).collect();
    let (stop, start) = (["container.stop", container.name(), "done"], ["container.start", container.name(), "done"]);
    assert_eq!(deeds, [stop, start], "{record}");
}

#[test]
fn where_nothing_may_be_changed_a_key_says_so() {
    let Some(docker) = engines::docker() else { return };
    let container = docker.run("tty-read-only", &["--network", "none"], &["sleep", "600"]);
    let mut console = Stage::containers(docker.address(), container.name()).with("--read-only").open();
    console.wait_row(container.name(), &["running"]);
    console.press("x");
    console.wait_until("a refusal", |screen| screen.contents().matches("read-only").count() > 1);
    assert_eq!(container.inspect("{{.State.Status}}"), "running");
    console.quit();
    assert!(!console.audit_file().exists());
}

#[test]
fn a_table_is_saved_to_a_new_file() {
    let Some(docker) = engines::docker() else { return };
    let container = docker.run("tty-save", &["--network", "none"], &["sleep", "600"]);
    let mut console = Stage::containers(docker.address(), container.name()).open();
    console.wait_row(container.name(), &["running"]);
    console.press("\x13");
    console.wait_for("containers.txt");
    console.press("\r");
    console.wait_for("saved to");
    let text = fs::read_to_string(console.home().join("containers.txt")).unwrap();
    assert!(text.contains(container.name()) && text.contains("running"), "{text}");
    assert_eq!(text.lines().count(), 2, "a head and what the filter shows: {text}");
    console.quit();
}

#[test]
fn a_log_is_followed_from_run_to_run() {
    let Some(docker) = engines::docker() else { return };
    let script = "echo the first words; read -r line </pipe; echo and $line; sleep 600";
    let script = format!("mkfifo /pipe; {script}");
    let container = docker.run("tty-log", &["--network", "none"], &["sh", "-c", &script]);
    let mut console = Stage::containers(docker.address(), container.name()).open();
    console.wait_row(container.name(), &["running"]);
    console.press("l");
    console.wait_for("the first words");
    docker.cli(["exec", container.name(), "sh", "-c", "echo the last ones >/pipe"]);
    console.wait_for("and the last ones");
    // The engine ends the log with each run; what one looks at is the container.
    docker.cli(["restart", "--time", "0", container.name()]);
    let twice = |screen: &vt100::Screen| screen.contents().matches("the first words").count() == 2;
    console.wait_until("the words of the second run", twice);
    console.press("q");
    console.wait_row(container.name(), &["running"]);
    console.quit();
}
