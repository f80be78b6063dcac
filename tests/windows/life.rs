//! A container's life, command by command; each command is a process, and each monitor is one of its own.

use std::{
    fs,
    process::{Command, Stdio},
};

use longshore::runtime::windows::sessions;
use serde_json::Value;

use super::ship::{Ship, text};

/// Prints, and runs until it is ended.
const SERVES: [&str; 3] = ["sh", "-c", "echo begun; echo bad >&2; sleep 600"];

/// The one container of a ship, as it is listed.
fn container(ship: &Ship) -> Value {
    ship.list("ps").pop().expect("a container")
}

fn state(ship: &Ship) -> String {
    ship.says(&["inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", "web"])
}

/// `run -d --name web` with these arguments behind it.
fn run(ship: &Ship, arguments: &[&str]) -> String {
    ship.says(&[&["run", "-d", "--name", "web"], arguments].concat())
}

/// Neither the data root nor a service of Windows' has anything of containers any more.
fn is_clear(ship: &Ship) {
    for folder in ["containers", "run/containers"] {
        let left = ship.names(folder);
        let within: Vec<_> = left.iter().map(|name| ship.names(&format!("{folder}/{name}"))).collect();
        assert!(left.is_empty(), "{folder}: {left:?} {within:?}");
    }
    assert_eq!(ship.made(), [""; 0]);
    assert_eq!(ship.faults(), "");
}

#[test]
fn it_is_pulled_run_looked_at_stopped_and_removed() {
    let Some(ship) = Ship::new() else { return };
    let image = ship.image_on_top();
    ship.says(&["pull", &image]);
    assert!(ship.says(&["images"]).contains("longshore/busybox"));
    assert_eq!(ship.names("layers").len(), 2);

    let id = run(&ship, &[&[image.as_str()], &SERVES[..]].concat());
    let running = container(&ship);
    assert_eq!((running["id"].as_str(), running["name"].as_str()), (Some(id.as_str()), Some("web")));
    assert_eq!(state(&ship), "running 0");
    ship.comes("what it prints", |ship| {
        let told = ship.ends(&["logs", "web"], "");
        ((text(&told.stdout), text(&told.stderr)) == ("begun\n".into(), "bad\n".into())).then_some(())
    });
    let told = ship.ends(&["exec", "web", "sh", "-c", "echo inside; echo wrong >&2; exit 3"], "");
    let heard = (text(&told.stdout), text(&told.stderr), told.status.code());
    assert_eq!(heard, ("inside\n".into(), "wrong\n".into(), Some(3)));
    assert!(ship.says(&["top", "web"]).contains("sh"));

    ship.says(&["stop", "-t", "1", "web"]);
    assert!(state(&ship).starts_with("exited"), "{}", state(&ship));
    assert!(ship.made().is_empty(), "{:?}", ship.made());
    ship.says(&["start", "web"]);
    assert_eq!(state(&ship), "running 0");
    assert!(ship.refuses(&["rm", "web"]).contains("running"));
    ship.says(&["rm", "--force", "web"]);
    assert!(ship.list("ps").is_empty());
    ship.says(&["rmi", &image]);
    assert!(ship.list("images").is_empty());
    assert_eq!(ship.names("layers"), [""; 0]);
    is_clear(&ship);
}

#[test]
fn what_runs_in_front_hears_and_prints_and_ends_with_its_code() {
    let Some(ship) = Ship::new() else { return };
    let image = ship.image();
    let told = ship.ends(&["run", "--rm", "-i", &image, "sh", "-c", "cat; exit 5"], "typed\n");
    assert_eq!((text(&told.stdout), told.status.code()), ("typed\n".into(), Some(5)), "{}", text(&told.stderr));
    ship.comes("its removal", |ship| ship.list("ps").is_empty().then_some(()));
    is_clear(&ship);
}

/// The monitors that a program has started and that live.
fn monitors_of(program: u32) -> Vec<u32> {
    let all = sessions::snapshot().unwrap();
    all.iter()
        .filter(|process| process.parent == program && process.pid != program)
        .map(|process| process.pid)
        .collect()
}

#[test]
fn its_monitor_outlives_who_started_it_and_is_accounted_for_when_it_is_killed() {
    let Some(ship) = Ship::new() else { return };
    ship.says(&["pull", &ship.image()]);
    let image = ship.image();
    let child =
        ship.begins(&["run", "-d", "--name", "web", "-p", "127.0.0.1:29443:80", &image, "sh", "-c", "sleep 600"], "");
    let program = child.id();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let monitors = monitors_of(program);
    let [monitor] = monitors[..] else { panic!("one monitor: {monitors:?}") };
    assert_eq!(ship.says(&["exec", "web", "sh", "-c", "echo here"]), "here");
    assert_eq!(monitors_of(program), [monitor]);

    kill(monitor);
    ship.comes("the news of its death", |ship| state(ship).starts_with("exited").then_some(()));
    assert!(ship.made().is_empty(), "{:?}", ship.made());
    ship.says(&["start", "web"]);
    assert_eq!(ship.says(&["exec", "web", "sh", "-c", "echo again"]), "again");
    ship.says(&["stop", "-t", "1", "web"]);
    ship.says(&["rm", "web"]);
    is_clear(&ship);
}

fn kill(pid: u32) {
    let killed = Command::new("taskkill").args(["/F", "/PID", &pid.to_string()]).stdout(Stdio::null()).status();
    assert!(killed.unwrap().success());
}

#[test]
fn one_that_fails_is_started_again_as_often_as_it_was_asked() {
    let Some(ship) = Ship::new() else { return };
    run(&ship, &["--restart", "on-failure:2", &ship.image(), "sh", "-c", "echo once; exit 3"]);
    ship.comes("its last end", |ship| {
        let told =
            ship.says(&["inspect", "--format", "{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}", "web"]);
        (told == "exited 3 2").then_some(())
    });
    assert_eq!(ship.says(&["logs", "web"]).lines().count(), 3);
    ship.says(&["rm", "web"]);
    is_clear(&ship);
}

#[test]
fn its_ports_are_published_and_given_back() {
    let Some(ship) = Ship::new() else { return };
    run(&ship, &[&["-p", "127.0.0.1:29444:80", &ship.image()], &SERVES[..]].concat());
    let nat = ship.list("nat");
    let [mapping] = &nat[..] else { panic!("{nat:?}") };
    assert!(mapping.to_string().contains("29444"), "{mapping}");
    let taken = ship.refuses(&["run", "-d", "-p", "127.0.0.1:29444:80", &ship.image(), "sh", "-c", "sleep 600"]);
    assert!(taken.contains("29444") && taken.contains("web"), "{taken}");
    ship.says(&["stop", "-t", "1", "web"]);
    ship.says(&["run", "-d", "--name", "api", "-p", "127.0.0.1:29444:80", &ship.image(), "sh", "-c", "sleep 600"]);
    assert!(ship.refuses(&["start", "web"]).contains("29444"));
}

#[test]
fn files_go_in_and_out_and_volumes_are_filled() {
    let Some(ship) = Ship::new() else { return };
    let image = ship.image_on_top();
    run(&ship, &[&["-v", r"kept:C:\etc", &image], &SERVES[..]].concat());
    let kept = ship.data().join("volumes").join("kept");
    let filled = fs::read_dir(&kept).map(|entries| entries.count()).unwrap_or_default();
    assert!(filled > 0, "{}: {:?}", kept.display(), ship.names("volumes"));

    let note = ship.file("note.txt", "as it was\n");
    ship.says(&["cp", &note, r"web:C:\tmp"]);
    let back = ship.file("back.txt", "");
    ship.says(&["cp", r"web:C:\tmp\note.txt", &back]);
    assert_eq!(fs::read_to_string(back).unwrap(), "as it was\n");
    ship.says(&["rm", "--force", "web"]);
    ship.says(&["volume", "rm", "kept"]);
    assert!(ship.list("volumes").is_empty());
    is_clear(&ship);
}

#[test]
fn an_image_for_a_newer_windows_is_refused_before_its_layers_are_pulled() {
    let Some(ship) = Ship::new() else { return };
    let why = ship.refuses(&["pull", &ship.newer_image()]);
    assert!(why.contains("Windows runs no image newer than itself"), "{why}");
    assert_eq!(ship.names("layers"), [""; 0]);
}

#[test]
fn many_are_started_and_ended_at_once() {
    let Some(ship) = Ship::new() else { return };
    ship.says(&["pull", &ship.image()]);
    let image = ship.image();
    let all = |arguments: &dyn Fn(&str) -> Vec<String>| {
        let begun: Vec<_> = ["a1", "a2", "a3", "a4", "a5", "a6"]
            .iter()
            .map(|name| {
                let arguments = arguments(name);
                ship.begins(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), "")
            })
            .collect();
        for child in begun {
            let done = child.wait_with_output().unwrap();
            assert!(done.status.success(), "{done:?}");
        }
    };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    all(&|name| words(&["run", "-d", "--name", name, &image, "sh", "-c", "echo begun; sleep 600"]));
    assert_eq!(ship.list("ps").len(), 6);
    all(&|name| words(&["exec", name, "sh", "-c", "exit 0"]));
    all(&|name| words(&["rm", "--force", name]));
    is_clear(&ship);
}
