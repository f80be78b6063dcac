//! The verbs side by side with the docker command on one real engine: same standard output, same code, same
//! container. Knows both programs only from outside.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic, in its helpers too")]

mod support;

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use support::engines::{self, Docker, IMAGE, IMAGE_IN_REGISTRY, unique};

/// Both programs, aimed at one engine.
struct Pair {
    docker: Docker,
    home: tempfile::TempDir,
}

impl Pair {
    fn new() -> Option<Self> {
        Some(Self { docker: engines::docker()?, home: tempfile::tempdir().unwrap() })
    }

    fn longshore(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_longshore"));
        command.env("DOCKER_HOST", self.docker.address()).env("DOCKER_CONFIG", self.home.path());
        command.env("LONGSHORE_CONFIG_DIR", self.home.path()).env("LONGSHORE_STATE_DIR", self.home.path());
        command.args(arguments);
        command
    }

    fn docker(&self, arguments: &[&str]) -> Command {
        let mut command = self.docker.client();
        command.args(arguments);
        command
    }

    /// What both do; `words` may hold `NAME`, which is a name of its own for each.
    fn both(&self, input: &str, words: &[&str]) -> [Seen; 2] {
        let run = |who: &str| {
            let name = unique(who);
            let words: Vec<_> = words.iter().map(|word| word.replace("NAME", &name)).collect();
            let words: Vec<_> = words.iter().map(String::as_str).collect();
            let command = if who == "docker" { self.docker(&words) } else { self.longshore(&words) };
            let seen = Seen::of(fed(command, input), &name);
            let _ = self.docker(&["rm", "--force", "--volumes", &name]).output();
            seen
        };
        [run("docker"), run("longshore")]
    }

    /// Prints what it prints when it succeeds.
    fn prints(&self, arguments: &[&str]) -> String {
        engines::output_of(&mut self.longshore(arguments))
    }
}

fn fed(mut command: Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Who reads no input closes it early, and that is fine.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// What a script sees.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    code: Option<i32>,
    out: String,
}

impl Seen {
    /// Names and ids differ from run to run.
    fn of(output: Output, name: &str) -> Self {
        let out = String::from_utf8_lossy(&output.stdout).replace(name, "NAME");
        let is_id = |word: &str| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit());
        let lines = out.lines().map(|line| if is_id(line.trim_start_matches("sha256:")) { "ID" } else { line });
        Self { code: output.status.code(), out: lines.collect::<Vec<_>>().join("\n") }
    }
}

#[test]
fn run_prints_and_ends_as_docker_does() {
    let Some(pair) = Pair::new() else { return };
    let table: &[(&str, &[&str])] = &[
        ("", &["run", "--rm", IMAGE, "echo", "hello"]),
        ("", &["run", "--rm", IMAGE, "sh", "-c", "echo out; echo err >&2; exit 3"]),
        ("typed\n", &["run", "--rm", "-i", IMAGE, "cat"]),
        ("typed\n", &["run", "--rm", IMAGE, "cat"]),
        ("", &["run", "--rm", IMAGE, "no-such-program"]),
        ("", &["run", "--rm", IMAGE, "/etc"]),
        ("", &["run", "--rm", "--pull", "never", "longshore/none:1"]),
        ("", &["run", "--rm", "--no-such-flag", IMAGE]),
        ("", &["run", "--rm", "-e", "A=1", "-w", "/tmp", "-u", "1:2", IMAGE, "sh", "-c", "echo $A; pwd; id -u; id -g"]),
        ("", &["run", "--rm", "--entrypoint", "echo", IMAGE, "-n", "x"]),
        ("", &["run", "--rm", "-h", "inside", IMAGE, "hostname"]),
        ("", &["run", "--rm", "--name", "NAME", "-t", IMAGE, "tty"]),
        (
            "",
            &[
                "run",
                "--rm",
                "--read-only",
                "--tmpfs",
                "/run",
                IMAGE,
                "sh",
                "-c",
                "touch /x || touch /run/x && echo ok",
            ],
        ),
        ("", &["run", "--rm", "--add-host", "far:10.9.8.7", IMAGE, "grep", "far", "/etc/hosts"]),
        ("", &["run", "--rm", "--ulimit", "nofile=77:88", IMAGE, "sh", "-c", "ulimit -n"]),
        ("", &["run", "-d", "--name", "NAME", IMAGE, "sleep", "600"]),
        ("", &["run", "--rm", "--stop-signal", "KILL", IMAGE, "sh", "-c", "kill -9 1; exit 4"]),
        ("", &["create", "--name", "NAME", IMAGE]),
        ("", &["rm", "NAME"]),
        ("", &["rm", "-f", "NAME"]),
        ("", &["stop", "NAME", "NAME"]),
        ("", &["inspect", "NAME"]),
        ("", &["exec", "NAME", "true"]),
        ("", &["rmi", "longshore/none:1"]),
        ("", &["kill", "--signal"]),
    ];
    for (input, words) in table {
        let [docker, longshore] = pair.both(input, words);
        assert_eq!(longshore, docker, "{words:?}");
    }
}

#[test]
fn what_docker_cannot_publish_is_said_with_its_reason() {
    let Some(pair) = Pair::new() else { return };
    let name = unique("fixed");
    pair.prints(&["create", "--name", &name, IMAGE]);
    for verb in ["publish", "unpublish"] {
        let output = pair.longshore(&[verb, &name, "8080:80"]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(&name) && said.contains("only when it makes a container"), "{said}");
    }
    pair.prints(&["rm", &name]);
}

#[test]
fn a_life_is_the_same() {
    let Some(pair) = Pair::new() else { return };
    let life: &[&[&str]] = &[
        &["run", "-d", "--name", "NAME", IMAGE, "sh", "-c", "echo out; echo err >&2; exec sleep 600"],
        &["exec", "NAME", "sh", "-c", "echo in; exit 5"],
        &["exec", "-e", "A=1", "-w", "/tmp", "NAME", "sh", "-c", "echo $A; pwd"],
        &["exec", "-d", "NAME", "touch", "/made"],
        &["logs", "NAME"],
        &["pause", "NAME"],
        &["unpause", "NAME"],
        &["update", "--memory", "64m", "--memory-swap", "64m", "NAME"],
        &["inspect", "-f", "{{.HostConfig.Memory}} {{.State.Status}} {{json .Config.Cmd}}", "NAME"],
        &["kill", "-s", "USR1", "NAME"],
        &["rename", "NAME", "NAMEx"],
        &["rename", "NAMEx", "NAME"],
        &["restart", "-t", "0", "NAME"],
        &["rm", "NAME"],
        &["stop", "-t", "0", "NAME"],
        &["wait", "NAME"],
        &["start", "NAME"],
        &["kill", "NAME"],
        &["commit", "-m", "by hand", "NAME", "longshore/NAME:1"],
        &["tag", "longshore/NAME:1", "longshore/NAME:2"],
        &["rmi", "longshore/NAME:2"],
        &["rm", "NAME", "nobody"],
        // Of one stream: how lines of two are ordered is chance.
        &["run", "--name", "NAME", IMAGE, "sh", "-c", "echo one; echo two"],
        &["logs", "--tail", "1", "NAME"],
        &["rm", "NAME"],
        &["rmi", "longshore/NAME:1"],
        &["volume", "create", "NAME"],
        &["volume", "rm", "NAME"],
        &["network", "create", "NAME"],
        &["network", "rm", "NAME"],
    ];
    let [docker, longshore] = ["docker", "longshore"].map(|who| {
        let name = unique(who);
        let see = |words: &&[&str]| {
            let words: Vec<_> = words.iter().map(|word| word.replace("NAME", &name)).collect();
            let words: Vec<_> = words.iter().map(String::as_str).collect();
            let command = if who == "docker" { pair.docker(&words) } else { pair.longshore(&words) };
            // What was deleted beside the name differs by the content.
            let mut seen = Seen::of(fed(command, ""), &name);
            seen.out = seen.out.lines().filter(|line| !line.starts_with("Deleted: ")).collect::<Vec<_>>().join("\n");
            seen
        };
        let seen: Vec<_> = life.iter().map(see).collect();
        let _ = pair.docker(&["rm", "--force", "--volumes", &name]).output();
        seen
    });
    for (words, (docker, longshore)) in life.iter().zip(docker.into_iter().zip(longshore)) {
        assert_eq!(longshore, docker, "{words:?}");
    }
}

#[test]
fn the_same_flags_make_the_same_container() {
    let Some(pair) = Pair::new() else { return };
    let flags = "-t -i --init -l k=v -e A=1 -w /w -u 1:2 --hostname h -p 127.0.0.1::80/tcp --expose 81 \
                 -v /tmp:/host:ro --mount type=tmpfs,target=/t,tmpfs-size=1m --tmpfs /r:size=2m \
                 -m 64m --memory-swap -1 --memory-reservation 32m --cpus 0.5 --cpuset-cpus 0 --cpu-shares 512 \
                 --pids-limit 99 --oom-score-adj 5 --shm-size 1m --ulimit nofile=10:20 --sysctl net.core.somaxconn=77 \
                 --cap-add NET_ADMIN --cap-drop CHOWN --security-opt no-new-privileges --group-add 7 --read-only \
                 --device /dev/null:/dev/x:r --pid host --ipc host --uts host --restart on-failure:2 \
                 --stop-signal QUIT --stop-timeout 7 --health-cmd true --health-interval 5s --health-retries 4 \
                 --dns 1.1.1.1 --dns-search a.b --dns-option ndots:2 --add-host h:1.2.3.4";
    // The host's name, and that it is set, exclude each other.
    let flags = flags.replace("--hostname h ", "");
    let made = ["docker", "longshore"].map(|who| {
        let name = unique(who);
        let mut words = vec!["create", "--name", &name];
        words.extend(flags.split_whitespace());
        words.extend([IMAGE, "sleep", "5"]);
        let mut command = if who == "docker" { pair.docker(&words) } else { pair.longshore(&words) };
        engines::output_of(&mut command);
        let document = pair.docker.cli(["inspect", &name]);
        pair.docker.cli(["rm", &name]);
        serde_json::from_str::<Vec<Value>>(&document).unwrap().remove(0)
    });
    let [docker, longshore] = made;
    for part in ["Config", "HostConfig", "Mounts"] {
        assert_eq!(in_order(settled(&longshore[part])), in_order(settled(&docker[part])), "{part}");
    }
}

/// A list in an order of its own: the engine tells mounts in none.
fn in_order(mut value: Value) -> Value {
    if let Value::Array(items) = &mut value {
        items.sort_by_key(Value::to_string);
    }
    value
}

/// A document without what both forms of saying nothing make of it, and without names of their own.
fn settled(value: &Value) -> Value {
    let is_nothing = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(true) => false,
    };
    match value {
        Value::Object(fields) => {
            // Whose streams its maker held is no part of what it is; the terminal's size neither.
            let mine = ["AttachStdin", "AttachStdout", "AttachStderr", "Hostname", "ConsoleSize", "LogConfig"];
            let fields = fields.iter().filter(|(key, _)| !mine.contains(&key.as_str()));
            let fields = fields.map(|(key, value)| (key.clone(), settled(value)));
            let mut kept: Vec<_> = fields.filter(|(_, value)| !is_nothing(value)).collect();
            kept.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(kept.into_iter().collect())
        }
        Value::Array(all) => Value::Array(all.iter().map(settled).collect()),
        other => other.clone(),
    }
}

#[test]
fn files_are_copied_as_docker_copies_them() {
    let Some(pair) = Pair::new() else { return };
    let made =
        pair.docker.run("cp", &[], &["sh", "-c", "mkdir -p /d/e; echo deep > /d/e/f; echo top > /d/g; sleep 600"]);
    let name = made.name();
    let exec = |script: &str| pair.docker.cli(["exec", name, "sh", "-c", script]);
    // The script of the container may still be at work.
    exec("while [ ! -e /d/g ]; do sleep 0.05; done");
    let here = tempfile::tempdir().unwrap();
    let here = |path: &str| here.path().join(path).display().to_string();
    let read = |path: &str| std::fs::read_to_string(here(path)).unwrap();

    pair.prints(&["cp", &format!("{name}:/d/g"), &here("file")]);
    pair.prints(&["cp", &format!("{name}:/d"), &here("new")]);
    std::fs::create_dir(here("old")).unwrap();
    pair.prints(&["cp", &format!("{name}:/d"), &here("old")]);
    pair.prints(&["cp", &format!("{name}:/d/."), &here("old")]);
    assert_eq!(
        [read("file"), read("new/e/f"), read("old/d/e/f"), read("old/e/f")],
        ["top\n", "deep\n", "deep\n", "deep\n"]
    );

    pair.prints(&["cp", &here("new"), &format!("{name}:/copy")]);
    pair.prints(&["cp", &here("new"), &format!("{name}:/tmp")]);
    pair.prints(&["cp", &here("file"), &format!("{name}:/tmp/renamed")]);
    assert_eq!(exec("cat /copy/e/f /tmp/new/e/f /tmp/renamed"), "deep\ndeep\ntop");

    let missing = pair.longshore(&["cp", &format!("{name}:/nothing"), &here("x")]).output().unwrap();
    assert_eq!((missing.status.code(), missing.stdout.len()), (Some(1), 0));
    assert!(!std::path::Path::new(&here("x")).exists());
}

#[test]
fn images_travel_in_archives_and_over_the_registry() {
    let Some(pair) = Pair::new() else { return };
    let name = format!("longshore/{}:1", unique("travel"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("image.tar").display().to_string();
    pair.prints(&["tag", IMAGE, &name]);
    pair.prints(&["save", "-o", &file, &name]);
    assert_eq!(pair.prints(&["rmi", &name]), format!("Untagged: {name}"));
    assert_eq!(pair.prints(&["load", "-q", "-i", &file]), format!("Loaded image: {name}"));
    pair.docker.cli(["rmi", &name]);

    let Some(registry) = engines::registry() else { return };
    let pulled = format!("{registry}/{IMAGE_IN_REGISTRY}");
    let seen = pair.both("", &["run", "--rm", "-q", "--name", "NAME", &pulled, "echo", "pulled"]);
    assert_eq!(seen[1], seen[0]);
    assert_eq!(seen[1].out, "pulled");
    assert_eq!(pair.prints(&["pull", "-q", &pulled]), pair.docker.cli(["pull", "-q", &pulled]));
    // Other tests watch it being pulled for the first time.
    pair.docker.cli(["rmi", &pulled]);
}

#[test]
fn a_signal_reaches_the_container() {
    let Some(pair) = Pair::new() else { return };
    let name = unique("signal");
    let script = "trap 'echo heard; exit 9' TERM; echo ready; while :; do sleep 0.1; done";
    let mut command = pair.longshore(&["run", "--rm", "--name", &name, IMAGE, "sh", "-c", script]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut out, &mut line).unwrap();
    assert_eq!(line, "ready\n");
    engines::output_of(Command::new("kill").args(["-TERM", &child.id().to_string()]));
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut out, &mut rest).unwrap();
    assert_eq!((rest.as_str(), child.wait().unwrap().code()), ("heard\n", Some(9)));
    assert!(!pair.docker.client().args(["inspect", &name]).output().unwrap().status.success(), "--rm removed it");
}

#[test]
fn a_container_has_what_another_has_mounted() {
    let Some(pair) = Pair::new() else { return };
    let script = "echo salt > /kept/sack";
    let keeper = pair.docker.run("keeper", &["--volume", "/kept", "--volume", "/tmp:/host:ro"], &["sh", "-c", script]);
    let from = format!("{}:ro", keeper.name());
    for (from, script) in [
        (keeper.name(), "cat /kept/sack; echo > /kept/more && echo written"),
        (&from, "echo > /kept/more || echo refused; grep -c ' /host ' /proc/mounts"),
    ] {
        let [docker, longshore] = pair.both("", &["run", "--rm", "--volumes-from", from, IMAGE, "sh", "-c", script]);
        assert_eq!(longshore, docker, "{script}");
        assert!(docker.code == Some(0) && !docker.out.is_empty(), "{docker:?}");
    }
    let quota = "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu.max 2>/dev/null | cut -d' ' -f1";
    let [docker, longshore] = pair.both("", &["run", "--rm", "--cpu-quota", "50000", IMAGE, "sh", "-c", quota]);
    assert_eq!(longshore, docker);
}
