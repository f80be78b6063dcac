//! Holds the plan of the house: who may name whom, how long a file may be, and what must not be written at all.
//! Knows the text of the sources only.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic, in its helpers too")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Rooms and the rooms that each may name, by path below `src`. The innermost room of a file counts.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("host", &["model", "backend"]),
    ("backend/embedded", &["model", "backend", "runtime", "host"]),
    ("backend", &["model", "runtime"]),
    ("runtime", &["model"]),
    ("app", &["model", "backend", "config", "logging"]),
    ("views/kit", &["app", "model"]),
    ("views", &["model", "app", "backend", "logging"]),
    ("config", &["model", "paths"]),
    ("paths", &[]),
    ("logging", &["model", "paths"]),
    ("audit", &["paths"]),
    ("terminal", &["model"]),
    ("console", &["*"]),
    ("cli", &["*"]),
];

/// Where the client of Docker's API may be named.
const BOLLARD: &[&str] = &["backend/docker", "backend/wire", "backend/connect"];
/// Where it may matter which system this is.
const SYSTEMS: &[&str] = &["backend/connect", "paths.rs", "terminal.rs", "terminal/", "host/mod.rs", "runtime/mod.rs"];
/// What knows a system from within, and the only places where it may be named.
const SYSTEMS_OWN: &[(&str, &[&str])] = &[
    ("libcontainer::", &["runtime/linux/"]),
    ("libcgroups::", &["runtime/linux/"]),
    ("rtnetlink::", &["runtime/linux/"]),
    ("netlink_packet_netfilter::", &["runtime/linux/"]),
    ("windows_sys::", &["runtime/windows/", "host/windows", "terminal/", "terminal.rs"]),
];
/// Where memory may be handled by hand.
const UNSAFE: &[&str] = &["runtime/linux/", "runtime/windows/", "host/linux/memory.rs", "host/windows"];
/// Lines of a file at most.
const LONGEST: usize = 500;

struct Source {
    /// Below the crate's root, with slashes.
    path: String,
    text: String,
    /// Whether it is built for tests only.
    is_test: bool,
}

impl Source {
    /// Lines with their numbers, without comments and without items that only tests are built with.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut skipped: Option<&str> = None;
        let lines = self.text.lines().enumerate().filter(move |(_, line)| {
            let indent = &line[..line.len() - line.trim_start().len()];
            match skipped {
                // As rustfmt has it, an item ends with the first bracket or semicolon as deep as its attribute.
                Some(start) => {
                    let ends = indent == start && (line.trim_start().starts_with('}') || line.ends_with([';', '}']));
                    skipped = skipped.filter(|_| !ends);
                    false
                }
                None => {
                    skipped = (!self.is_test && is_test_only(line)).then_some(indent);
                    skipped.is_none() && !line.trim_start().starts_with("//")
                }
            }
        });
        lines.map(|(at, line)| (at + 1, line))
    }

    /// Files of modules that only tests are built with, as far as this file declares them.
    fn test_modules(&self) -> Vec<String> {
        let lines = self.text.lines().zip(self.text.lines().skip(1));
        let declared = lines.filter(|(attribute, _)| is_test_only(attribute));
        let name = |line: &str| Some(line.strip_suffix(';')?.split_once("mod ")?.1.to_owned());
        let names = declared.filter_map(|(_, line)| name(line));
        let folder = match self.path.strip_suffix(".rs").unwrap() {
            file if file.ends_with("/mod") || file.ends_with("/lib") => file[..file.len() - 4].to_owned(),
            file => file.to_owned(),
        };
        names.flat_map(|name| [format!("{folder}/{name}.rs"), format!("{folder}/{name}/")]).collect()
    }

    /// The path below `src`.
    fn room(&self) -> Option<&str> {
        self.path.strip_prefix("src/")
    }

    fn is_in(&self, places: &[&str]) -> bool {
        self.room().is_some_and(|room| places.iter().any(|place| room.starts_with(place)))
    }
}

fn is_test_only(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("#[cfg(test") || line.starts_with("#[cfg(all(test")
}

fn sources(folders: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut waiting: Vec<PathBuf> = folders.iter().map(|folder| root.join(folder)).collect();
    let mut found = Vec::new();
    while let Some(folder) = waiting.pop() {
        // A folder that there is not has no sources; none at all is noticed below.
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                found.push(Source { path: name, text: fs::read_to_string(&path).unwrap(), is_test: false });
            }
        }
    }
    assert!(!found.is_empty(), "no sources in {folders:?}");
    let tests: Vec<_> = found.iter().flat_map(Source::test_modules).collect();
    for source in &mut found {
        let declared = tests.iter().any(|test| source.path.starts_with(test));
        source.is_test = declared || source.path.starts_with("tests/") || source.path.ends_with("_tests.rs");
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Fails with one line for each breach, each with its place.
fn assert_none(rule: &str, breaches: Vec<String>) {
    assert!(breaches.is_empty(), "{rule}:\n  {}", breaches.join("\n  "));
}

/// Places in code where `is_breach` says so.
fn breaches(sources: &[Source], is_breach: impl Fn(&Source, &str) -> bool) -> Vec<String> {
    let of = |source: &Source| {
        let lines = source.code().filter(|(_, line)| is_breach(source, line));
        lines.map(|(at, line)| format!("{}:{at}: {}", source.path, line.trim())).collect::<Vec<_>>()
    };
    sources.iter().flat_map(of).collect()
}

#[test]
fn rooms_name_only_the_rooms_they_may() {
    let mut breaches = Vec::new();
    for source in sources(&["src"]).iter().filter(|source| !source.is_test) {
        let room = source.room().unwrap();
        let Some((from, allowed)) = MAY_NAME.iter().find(|(name, _)| is_room(room, name)) else {
            continue;
        };
        for (at, named) in named_rooms(source) {
            let own = from.split('/').next() == Some(named.as_str());
            if !own && !allowed.contains(&"*") && !allowed.contains(&named.as_str()) {
                breaches.push(format!("{}:{at}: {from} names {named}", source.path));
            }
        }
    }
    assert_none("a room names one that it must not know", breaches);
}

/// Whether a path below `src` is `name.rs`, or in the folder `name`.
fn is_room(path: &str, name: &str) -> bool {
    path.strip_prefix(name).is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
}

/// Rooms named by `crate::room`, or inside of `use crate::{…}`, with the lines where they are.
fn named_rooms(source: &Source) -> Vec<(usize, String)> {
    let mut named = Vec::new();
    let mut depth = 0;
    for (at, line) in source.code() {
        let mut rest = line;
        if depth > 0 {
            scan_list(line, &mut depth, &mut |room| named.push((at, room)));
            continue;
        }
        while let Some(begin) = rest.find("crate::") {
            let before = rest[..begin].chars().next_back();
            rest = &rest[begin + "crate::".len()..];
            // `pub(in crate::…)` and the end of a longer word are no names of rooms.
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
                continue;
            }
            if rest.starts_with('{') {
                scan_list(rest, &mut depth, &mut |room| named.push((at, room)));
                break;
            }
            named.push((at, word(rest)));
        }
    }
    named.retain(|(_, room)| room.starts_with(|c: char| c.is_ascii_lowercase()));
    named
}

/// Reads a line of a braced list of imports and tells the words at its first level.
fn scan_list(line: &str, depth: &mut usize, tell: &mut impl FnMut(String)) {
    let mut fresh = *depth == 1 && line.starts_with(|c: char| c.is_whitespace());
    for (at, c) in line.char_indices() {
        match c {
            '{' => {
                *depth += 1;
                fresh = *depth == 1;
            }
            '}' => *depth = depth.saturating_sub(1),
            ',' => fresh = *depth == 1,
            c if fresh && (c.is_alphabetic() || c == '_') => {
                tell(word(&line[at..]));
                fresh = false;
            }
            _ => {}
        }
        if *depth == 0 {
            return;
        }
    }
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn the_kit_knows_themes_and_nothing_else_of_the_app() {
    let allowed = ["app::theme", "model::text"];
    let named = |source: &Source, line: &str| {
        let rooms = ["crate::app", "app::", "model::", "crate::backend", "crate::host"];
        source.is_in(&["views/kit"])
            && rooms.iter().any(|room| line.contains(room))
            && !allowed.iter().any(|allowed| line.contains(allowed))
    };
    assert_none("the kit knows too much", breaches(&sources(&["src"]), named));
}

#[test]
fn the_docker_client_is_named_at_its_door_only() {
    let words = ["bollard::", "use bollard", "hyper::", "hyper_util::"];
    let named = |source: &Source, line: &str| !source.is_in(BOLLARD) && words.iter().any(|word| line.contains(word));
    assert_none("bollard or hyper outside of its door", breaches(&sources(&["src"]), named));
}

#[test]
fn the_model_waits_for_nothing() {
    let words = ["async fn", ".await", "std::fs", "TcpStream", "UdpSocket", "tokio::", "std::env"];
    let waits = |source: &Source, line: &str| source.is_in(&["model"]) && words.iter().any(|word| line.contains(word));
    assert_none("the model does no work", breaches(&sources(&["src"]), waits));
}

#[test]
fn only_the_edges_know_the_system() {
    let words =
        ["cfg(unix", "cfg(windows", "cfg(target_os", "cfg(not(unix", "cfg(not(windows", "cfg(not(target_os", "cfg!("];
    let knows = |source: &Source, line: &str| {
        !source.is_test && !source.is_in(SYSTEMS) && words.iter().any(|word| line.contains(word))
    };
    assert_none("a choice of system away from the edges", breaches(&sources(&["src"]), knows));
}

#[test]
fn what_knows_a_system_from_within_is_named_in_its_room_only() {
    let all = sources(&["src"]);
    let mut found = Vec::new();
    for (word, rooms) in SYSTEMS_OWN {
        let named = |source: &Source, line: &str| !source.is_in(rooms) && line.contains(word);
        found.extend(breaches(&all, named));
    }
    assert_none("a system's own crate away from its room", found);
}

#[test]
fn unsafe_code_is_where_no_safe_interface_exists_and_says_why_it_is_sound() {
    let opens = |line: &str| line.contains("unsafe {") || line.contains("unsafe impl");
    let mut found = breaches(&sources(&["src"]), |source, line| opens(line) && !source.is_in(UNSAFE));
    for source in sources(&["src"]).iter().filter(|source| source.is_in(UNSAFE)) {
        let lines: Vec<&str> = source.text.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| opens(line)) {
            let comment = lines[..at].iter().rev().take(12).take_while(|line| !line.trim().is_empty());
            if !comment.clone().any(|line| line.contains("// SAFETY:")) {
                found.push(format!("{}:{}: {}", source.path, at + 1, line.trim()));
            }
        }
    }
    assert_none("memory handled by hand in the wrong place, or without a word on why that is sound", found);
}

#[test]
fn nothing_is_unwrapped_left_open_or_allowed_without_a_reason() {
    let words = [".unwrap()", ".expect(", "todo!(", "unimplemented!(", "dbg!("];
    let panics = |source: &Source, line: &str| !source.is_test && words.iter().any(|word| line.contains(word));
    let mut found = breaches(&sources(&["src"]), panics);
    let allows = |_: &Source, line: &str| {
        line.trim_start().starts_with("#[allow(") && line.contains(")]") && !line.contains("reason")
    };
    found.extend(breaches(&sources(&["src", "tests"]), allows));
    assert_none("a panic in waiting, or a warning silenced without a reason", found);
}

#[test]
fn tests_wait_for_conditions_and_not_for_time() {
    let own = |source: &Source| source.path == "tests/architecture.rs";
    let words = ["thread::sleep", "time::sleep("];
    let sleeps = |source: &Source, line: &str| !own(source) && words.iter().any(|word| line.contains(word));
    assert_none("a test that sleeps", breaches(&sources(&["tests"]), sleeps));
}

#[test]
fn every_file_is_short_and_says_what_it_is() {
    let mut found = Vec::new();
    for source in sources(&["src", "tests", "benches"]) {
        let lines = source.text.lines().count();
        if lines > LONGEST {
            found.push(format!("{}:{LONGEST}: it has {lines} lines", source.path));
        }
        if !source.text.starts_with("//!") && !source.is_test {
            found.push(format!("{}:1: it does not begin with `//!`", source.path));
        }
    }
    assert_none("a file too long, or one that does not say what it is", found);
}
