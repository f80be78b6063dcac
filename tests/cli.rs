//! The command line as scripts see it: exit codes, both outputs, JSON. Knows the built program only.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic, in its helpers too")]

mod support;

use std::{
    io::{BufRead, BufReader},
    process::{Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use serde_json::Value;
use support::engines::{self, Docker, IMAGE};
use tempfile::TempDir;

/// The program, away from the settings, contexts and engines of whoever runs the tests.
struct Program {
    home: TempDir,
}

impl Program {
    fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_longshore"));
        for name in ["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"] {
            command.env_remove(name);
        }
        command.env("DOCKER_CONFIG", self.home.path()).env("HOME", self.home.path());
        command.env("LONGSHORE_CONFIG_DIR", self.home.path()).env("LONGSHORE_STATE_DIR", self.home.path());
        command.args(arguments).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What it prints when it succeeds without complaint.
    fn prints(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", err(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, docker: &Docker, arguments: &[&str]) -> Vec<Value> {
        let mut all = arguments.to_vec();
        all.extend(["--json", "-H", docker.address()]);
        serde_json::from_str(&self.prints(&all)).unwrap()
    }
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn what_is_not_understood_is_code_2_and_goes_to_standard_error() {
    let program = Program::new();
    for wrong in
        [&["no-such-command"][..], &["ps", "--no-such-flag"], &["--read-only", "--write"], &["--keys", "emacs"]]
    {
        let output = program.run(wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{wrong:?}");
    }
    assert!(err(&program.run(&["--keys", "emacs"])).contains("take longshore, k9s or lazydocker"));
}

#[test]
fn the_help_names_every_command_and_engine_flag() {
    let help = Program::new().prints(&["--help"]);
    for word in
        ["ps", "images", "layers", "sessions", "nat", "firewall", "info", "--host", "--tlsverify", "--data-root"]
    {
        assert!(help.contains(word), "{word} is not in the help");
    }
}

#[test]
fn lists_and_scripts_need_no_engine() {
    let program = Program::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(program.prints(&["completions", shell]).contains("longshore"), "{shell}");
    }
    assert!(program.prints(&["man"]).starts_with(".ie"));
    assert!(program.prints(&["themes"]).contains("longshore-dark (default)"));
    assert!(program.prints(&["themes", "--roles"]).lines().any(|role| role == "chart-cpu"));
    let keys = program.prints(&["keys"]);
    assert!(keys.lines().any(|line| line.starts_with('?') && line.contains("help")), "{keys}");
    assert_ne!(keys, program.prints(&["keys", "--keys", "k9s"]));
}

#[test]
fn an_engine_that_is_not_there_is_code_1_with_a_reason_and_a_hint() {
    let program = Program::new();
    let output = program.run(&["ps", "-H", "unix:///no/such/engine.sock"]);
    let said = err(&output);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    assert!(said.starts_with("longshore: cannot ") && said.contains("/no/such/engine.sock"), "{said}");
    assert!(said.lines().nth(1).is_some_and(|line| line.starts_with("  hint: ")), "{said}");

    let output = program.run(&["info", "-H", "unix:///no/such/engine.sock", "--json"]);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told[0]["address"], "unix:///no/such/engine.sock");
    assert!(told[0]["problem"].as_str().is_some_and(|problem| problem.contains("cannot")), "{told}");
}

#[test]
fn without_a_terminal_the_console_points_to_the_reads() {
    let output = Program::new().run(&["-H", "unix:///no/such/engine.sock"]);
    let said = err(&output);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{said}");
    assert!(said.contains("is not a terminal") && said.contains("longshore ps"), "{said}");
}

#[test]
fn a_view_or_theme_that_there_is_not_is_told_with_those_there_are() {
    for (flag, one) in [("--view", "overview"), ("--theme", "longshore-light")] {
        let output = Program::new().run(&[flag, "no-such-thing", "-H", "unix:///no/such/engine.sock"]);
        let said = err(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("no-such-thing") && said.contains(one), "{said}");
    }
}

#[test]
fn a_bad_address_names_what_is_taken() {
    let output = Program::new().run(&["ps", "-H", "bogus://x"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("bogus://x") && err(&output).contains("unix://"), "{}", err(&output));
}

#[test]
fn a_closed_pipe_is_quiet() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = Program::new().command(&["keys"]).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    let output = output.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}: {}", output.status, err(&output));
}

#[test]
fn reads_print_what_the_engine_holds() {
    let Some(docker) = engines::docker() else { return };
    let program = Program::new();
    let container = docker.run("cli", &["--publish", "127.0.0.1::80"], &["sleep", "600"]);
    let ours = |rows: &[Value], field: &str| rows.iter().any(|row| row[field] == container.id());

    let all = program.json(&docker, &["ps"]);
    let row = all.iter().find(|row| row["id"] == container.id()).unwrap();
    assert_eq!(
        (&row["name"], &row["state"], &row["image"]),
        (&container.name().into(), &"running".into(), &IMAGE.into())
    );
    assert!(ours(&program.json(&docker, &["sessions"]), "container"));
    assert!(ours(&program.json(&docker, &["nat"]), "container"));
    assert!(ours(&program.json(&docker, &["layers"]), "id"));
    assert!(program.json(&docker, &["images"]).iter().any(|image| image["tags"][0] == IMAGE));
    assert!(program.json(&docker, &["networks"]).iter().any(|network| network["name"] == "bridge"));
    for noun in ["volumes", "firewall"] {
        program.json(&docker, &[noun]);
    }

    let table = program.prints(&["ps", "-H", docker.address()]);
    let line = table.lines().find(|line| line.starts_with(container.name())).unwrap();
    assert!(line.contains("running") && line.contains("80/tcp"), "{table}");
    let info = program.prints(&["info", "-H", docker.address()]);
    assert!(info.contains(docker.address()) && info.contains("Docker Engine"), "{info}");
}

#[test]
fn events_come_one_a_line_as_they_happen() {
    let Some(docker) = engines::docker() else { return };
    let program = Program::new();
    let mut listening = program.command(&["events", "--json", "-H", docker.address()]);
    let mut listening = listening.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(listening.stdout.take().unwrap()).lines();
    let (sender, heard) = mpsc::channel();
    let reader = thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));

    // It tells of what happens after it began to listen, which nothing tells; so something happens until it does.
    let mut made = Vec::new();
    let event: Value = loop {
        made.push(docker.create("heard", &[], &["true"]));
        let line = heard.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
        let event: Value = serde_json::from_str(&line).unwrap_or_default();
        if made.iter().any(|container| event["id"] == container.id()) {
            break event;
        }
        assert!(made.len() < 60, "no event is heard");
    };
    listening.kill().unwrap();
    listening.wait().unwrap();
    drop(heard);
    let _ = reader.join();
    assert_eq!((&event["kind"], event["at"].is_string()), (&"container".into(), true), "{event}");
}
