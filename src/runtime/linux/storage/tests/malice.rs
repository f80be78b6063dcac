//! Tars that want out, and tars that want too much.

use super::*;
use crate::runtime::{RuntimeError, host::Storage as _};

/// What a hostile tar holds, as a function of a path outside of the layer.
type Trick = (&'static str, fn(&str) -> Vec<(Entry, Vec<u8>)>);

/// Each tries to change something in the folder whose path it is given: absolute, `../../outside` from a layer.
const TRICKS: &[Trick] = &[
    ("an absolute path", |out| vec![file(&format!("{out}/evil"), "x")]),
    ("dots in front", |_| vec![file("../../outside/evil", "x")]),
    ("dots in the middle", |_| vec![folder("a"), file("a/../../../outside/evil", "x")]),
    ("an absolute link and a file through it", |out| vec![symlink("a", out), file("a/evil", "x")]),
    ("a relative link and a file through it", |_| vec![symlink("a", "../../outside"), file("a/evil", "x")]),
    ("a link to a link", |out| vec![symlink("a", out), symlink("b", "a"), file("b/evil", "x")]),
    ("a link to the root", |out| vec![symlink("a", "/"), file(&format!("a/{out}/evil"), "x")]),
    ("a link further down", |out| vec![folder("d/e"), symlink("d/e/a", out), file("d/e/a/f/evil", "x")]),
    ("a folder through a link", |out| vec![symlink("a", out), folder("a"), file("a/evil", "x")]),
    ("a mode through a link", |out| {
        let mut odd = folder("a/");
        odd.0.meta.mode = 0o777;
        vec![symlink("a", out), odd]
    }),
    ("a file over a link to a file", |out| vec![symlink("a", &format!("{out}/secret")), file("a", "overwritten")]),
    ("a hard link by an absolute path", |out| vec![link("a", &format!("{out}/secret")), file("a", "overwritten")]),
    ("a hard link by dots", |_| vec![link("a", "../../outside/secret")]),
    ("a hard link through a link", |out| vec![symlink("d", out), link("a", "d/secret"), file("b", "x")]),
    ("a hard link to a link, written to", |out| {
        vec![symlink("a", &format!("{out}/secret")), link("b", "a"), file("b", "overwritten")]
    }),
    ("a whiteout of dots", |_| vec![folder("d"), file("d/.wh...", "")]),
    ("a whiteout of the folder", |_| vec![folder("d"), file("d/.wh..", "")]),
    ("a whiteout through a link", |out| vec![symlink("a", out), file("a/.wh.secret", "")]),
    ("an opaque mark through a link", |out| vec![symlink("a", out), file("a/.wh..wh..opq", "")]),
    ("a link that replaces a folder in use", |out| {
        vec![folder("d"), file("d/x", "x"), symlink("d", out), file("d/evil", "x")]
    }),
    ("a time for a folder that became a link", |out| vec![folder("d"), file("x", "x"), symlink("d", out)]),
    ("a loop of links", |_| vec![symlink("a", "b"), symlink("b", "a"), file("a/evil", "x")]),
    ("a link to itself in proc", |out| {
        vec![symlink("a", "/proc/self/cwd"), symlink("b", "/proc/self/root"), file(&format!("b/{out}/evil"), "x")]
    }),
    ("the root as a file", |_| vec![file("./", "x")]),
    ("the root as a link", |out| vec![symlink(".", out), file("evil", "x")]),
    ("attributes that steer overlayfs", |out| {
        let mut steering = folder("d");
        steering.0.meta.xattrs = vec![(b"trusted.overlay.redirect".to_vec(), out.as_bytes().to_vec())];
        vec![steering]
    }),
];

#[test]
fn nothing_lands_outside_by_any_trick() {
    for (name, trick) in TRICKS {
        let Some(room) = room() else { return };
        let outside = room.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("secret"), "secret").unwrap();
        let (before, mode) = (seen(room.path()), fs::metadata(&outside).unwrap().mode());
        let target = room.path().join("layers/x");
        let done = storage().unpack(&mut &tar(&trick(outside.to_str().unwrap()))[..], &[], &target);
        if done.is_ok() {
            for path in seen(&target).keys() {
                let attributes = attributes(&target.join(path));
                assert!(attributes.iter().all(|(name, _)| name == "trusted.overlay.opaque"), "{name}: {attributes:?}");
            }
        }
        fs::remove_dir_all(room.path().join("layers")).unwrap();
        assert_eq!(seen(room.path()), before, "{name} reached the outside: {done:?}");
        assert_eq!(fs::metadata(&outside).unwrap().mode(), mode, "{name}");
    }
}

#[test]
fn links_in_the_middle_mean_what_they_mean_inside() {
    let Some(room) = room() else { return };
    let entries = [folder("usr/lib"), symlink("lib", "/usr/lib"), file("lib/so", "x"), file("lib/new/deep", "y")];
    let layer = layer(room.path(), "x", &[], &entries);
    assert_eq!(fs::read_to_string(layer.join("usr/lib/so")).unwrap(), "x");
    assert_eq!(fs::read_to_string(layer.join("usr/lib/new/deep")).unwrap(), "y");
    assert!(fs::symlink_metadata(layer.join("lib")).unwrap().is_symlink());
}

#[test]
fn what_is_refused_is_named_with_its_reason() {
    let Some(room) = room() else { return };
    let cases = [
        (vec![file("../x", "")], "cannot unpack `../x`: it leads out of the tar's folder"),
        (vec![link("a", "b")], "cannot unpack `a`: what it links to, `b`, is not there"),
        (vec![folder("d"), link("a", "d")], "cannot unpack `a`: folders cannot have a second name"),
        (vec![file("d/.wh.", "")], "cannot unpack `d/.wh.`: a whiteout of nothing"),
        (vec![file("a", ""), file("a/b", "")], "cannot unpack `a/b`: Not a directory (os error 20)"),
    ];
    for (entries, expected) in cases {
        let refused = storage().unpack(&mut &tar(&entries)[..], &[], &room.path().join("layers/x"));
        assert_eq!(refused.unwrap_err().to_string(), expected);
    }
    assert_eq!(fs::read_dir(room.path().join("layers")).unwrap().count(), 0);
}

#[test]
fn a_bomb_hits_a_limit() {
    let Some(room) = room() else { return };
    let deep = vec!["d"; 300].join("/");
    let mut attribute = file("a", "");
    attribute.0.meta.xattrs = vec![(b"user.x".to_vec(), vec![b'x'; 70_000])];
    let mut records = file("a", "");
    records.0.meta.xattrs = (0..40).map(|n| (format!("user.{n}").into_bytes(), vec![b'x'; 60_000])).collect();
    let small = crate::runtime::linux::storage::Limits { entries: 10, bytes: 1 << 20, ..Default::default() };
    let many: Vec<_> = (0..11).map(|n| file(&n.to_string(), "")).collect();
    let cases = [
        (many, "more than 10 entries"),
        (vec![file("big", &"x".repeat(2 << 20))], "more than 1048576 bytes"),
        (vec![file(&deep, "")], "more than 256 folders in a path"),
        (vec![file(&"long/".repeat(1000), "")], "more than 4095 bytes in a path"),
        (vec![attribute], "more than 65536 bytes in an attribute"),
        (vec![records], "more than 1048576 bytes in an extended header"),
    ];
    for (entries, expected) in cases {
        let storage = LinuxStorage { limits: small };
        let refused = storage.unpack(&mut &tar(&entries)[..], &[], &room.path().join("layers/x")).unwrap_err();
        assert!(matches!(refused, RuntimeError::Corrupt { .. }), "{refused}");
        assert!(refused.to_string().ends_with(expected), "{refused} does not end with `{expected}`");
    }
    let mut endless = io::Read::chain(&b""[..], io::repeat(0));
    let storage = LinuxStorage { limits: small };
    let refused = storage.unpack(&mut endless, &[], &room.path().join("layers/x")).unwrap_err();
    assert!(refused.to_string().contains("more than 1048576 bytes"), "padding without end: {refused}");
}
