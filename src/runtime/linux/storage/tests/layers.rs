//! Layers whole or not at all, and what is in them.

use std::{io::Read, os::unix::fs::symlink as make_symlink, process::Command};

use super::*;
use crate::runtime::{host::Storage as _, linux::storage::beneath::Root};
use rustix::fd::AsFd as _;

/// Gives so many bytes and breaks.
struct Breaks<'a>(&'a [u8]);

impl Read for Breaks<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::Error::new(io::ErrorKind::ConnectionReset, "the registry hung up")),
            some => Ok(some),
        }
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn an_interrupted_unpack_leaves_nothing() {
    let Some(room) = room() else { return };
    let whole = tar(&[folder("d"), file("d/a", &"a".repeat(3000)), link("b", "d/a"), file("c", "c")]);
    let target = room.path().join("layers/x");
    for cut in [0, 1, 511, 512, 1024, 1500, 4096, whole.len() - 1024, whole.len() - 1] {
        let refused = storage().unpack(&mut Breaks(&whole[..cut]), &[], &target).unwrap_err();
        assert!(refused.to_string().contains("the registry hung up"), "at {cut}: {refused}");
        assert_eq!(names(&room.path().join("layers")), Vec::<String>::new(), "after {cut} bytes");
    }
    assert_eq!(storage().unpack(&mut &whole[..], &[], &target).unwrap(), 3001);
    assert_eq!(names(&room.path().join("layers")), ["x"]);
}

#[test]
fn a_stream_is_read_to_its_very_end() {
    let Some(room) = room() else { return };
    let mut padded = tar(&[file("a", "a")]);
    padded.resize(padded.len() + 100_000, 0);
    let mut stream = &padded[..];
    storage().unpack(&mut stream, &[], &room.path().join("layers/x")).unwrap();
    assert_eq!(stream.len(), 0, "a digest over the stream would be wrong");
}

#[test]
fn two_that_make_the_same_layer_both_succeed() {
    let Some(room) = room() else { return };
    let made = layer(room.path(), "x", &[], &[file("a", "first")]);
    layer(room.path(), "x", &[], &[file("a", "second")]);
    assert_eq!(fs::read_to_string(made.join("a")).unwrap(), "first");
    assert_eq!(names(&room.path().join("layers")), ["x"]);
}

#[test]
fn later_entries_replace_earlier_ones_of_any_kind() {
    let Some(room) = room() else { return };
    let kinds = ["f", "d", "s"];
    let make = |kind: &str, path: &str| match kind {
        "f" => vec![file(path, "content")],
        "d" => vec![folder(path), file(&format!("{path}/in"), "in")],
        _ => vec![symlink(path, "elsewhere")],
    };
    for first in kinds {
        for second in kinds {
            let entries = [make(first, "x"), make(second, "x")].concat();
            let both = layer(room.path(), &format!("{first}{second}"), &[], &entries);
            let alone = layer(room.path(), &format!("{first}{second}-alone"), &[], &make(second, "x"));
            assert_eq!(seen(&both), seen(&alone), "{first} then {second}");
        }
    }
}

#[test]
fn whiteouts_become_those_of_overlayfs_in_either_order() {
    let Some(room) = room() else { return };
    let gone = file("d/.wh.gone", "");
    let opaque = file("o/.wh..wh..opq", "");
    let again = [file(".wh.again", ""), folder("again"), file("again/new", "")];
    let mut reversed = again.to_vec();
    reversed.rotate_left(1);
    for (name, order) in [("before", again.to_vec()), ("after", reversed)] {
        let entries = [vec![folder("d"), gone.clone(), folder("o"), opaque.clone()], order].concat();
        let layer = layer(room.path(), name, &[], &entries);
        let gone = fs::symlink_metadata(layer.join("d/gone")).unwrap();
        assert!(gone.file_type().is_char_device() && gone.rdev() == 0);
        let mark = vec![("trusted.overlay.opaque".to_owned(), b"y".to_vec())];
        assert_eq!(attributes(&layer.join("o")), mark);
        assert_eq!(attributes(&layer.join("again")), mark, "a folder that replaces one must hide it ({name})");
        assert_eq!(names(&layer), ["again", "d", "o"]);
    }
}

#[test]
fn what_a_tar_does_not_speak_of_looks_as_in_the_layers_below() {
    let Some(room) = room() else { return };
    let mut private = folder("private");
    (private.0.meta.mode, private.0.meta.uid) = (0o2750, 7);
    let below = layer(room.path(), "below", &[], &[private, folder("private/bin"), file("private/bin/tool", "tool")]);
    let above = [file("private/new", "x"), link("private/alias", "private/bin/tool"), file("fresh/x", "")];
    let above = layer(room.path(), "above", std::slice::from_ref(&below), &above);
    let look = |path: &Path| {
        let about = fs::metadata(path).unwrap();
        (about.mode() & 0o7777, about.uid(), about.mtime())
    };
    for path in ["", "private", "private/bin"] {
        assert_eq!(look(&above.join(path)), look(&below.join(path)), "`{path}`");
    }
    assert_eq!(look(&above.join("fresh")), (0o755, 0, 0));
    let inode = |path: &str| fs::metadata(above.join(path)).unwrap().ino();
    assert_eq!(fs::read_to_string(above.join("private/alias")).unwrap(), "tool");
    assert_eq!(inode("private/alias"), inode("private/bin/tool"), "both names mean one file, as over a mount");
}

#[test]
fn a_layer_is_removed_however_deep_and_whatever_marks_it_bears() {
    let Some(room) = room() else { return };
    let layer = layer(room.path(), "x", &[], &[folder("d"), file("d/fixed", "x")]);
    // Deeper than any path can say.
    let mut deep = rustix::fs::open(&layer, rustix::fs::OFlags::PATH, rustix::fs::Mode::empty()).unwrap();
    for _ in 0..3000 {
        rustix::fs::mkdirat(&deep, "down", rustix::fs::Mode::from_raw_mode(0o700)).unwrap();
        deep = rustix::fs::openat(&deep, "down", rustix::fs::OFlags::PATH, rustix::fs::Mode::empty()).unwrap();
    }
    make_symlink("/", layer.join("root")).unwrap();
    let marked = Command::new("chattr").args(["+i"]).arg(layer.join("d/fixed")).status();
    if !marked.is_ok_and(|status| status.success()) {
        let _ = writeln!(io::stderr(), "no chattr here: removing is tried without marks");
    }
    storage().remove_layer(&layer).unwrap();
    storage().remove_layer(&layer).unwrap();
    assert_eq!(names(&room.path().join("layers")), Vec::<String>::new());
}

#[test]
fn finding_folders_by_hand_gives_what_the_kernel_gives() {
    let Some(room) = room() else { return };
    let at = room.path();
    fs::create_dir_all(at.join("a/b/c")).unwrap();
    for (target, name) in [("/a/b", "abs"), ("../a/b", "up"), ("../../../../a", "far"), ("loop", "loop"), ("a/f", "f")]
    {
        make_symlink(target, at.join(name)).unwrap();
    }
    make_symlink("/abs/c", at.join("a/twice")).unwrap();
    fs::write(at.join("a/f"), "").unwrap();
    let root = Root::open(at).unwrap();
    let paths = [
        "",
        "a",
        "/a//b/./c",
        "abs/c",
        "up/c",
        "far/b/c",
        "a/twice",
        "a/../..",
        "loop",
        "f",
        "a/f/x",
        "none",
        "a/b/c/../../twice/..",
    ];
    let id = |fd: rustix::fd::OwnedFd| rustix::fs::fstat(fd.as_fd()).unwrap().st_ino;
    for path in paths {
        let kernel = root.folder(path.as_bytes()).map(id);
        assert_eq!(root.folder_by_hand(path.as_bytes()).map(id), kernel, "`{path}`");
    }
}
