//! Tars that want more than a layer, or that Windows would understand otherwise than they read.

use super::*;

#[test]
fn nothing_is_named_outside_of_the_layer_or_otherwise_than_it_reads() {
    for name in [
        "../x",
        "Files/../../x",
        "/Files/x",
        "//server/share",
        "C:/x",
        "C:x",
        "x",
        "sandbox.vhdx",
        "files/x",
        "UtilityVM/SystemTemplate.vhdx",
        "tombstones.txt",
        "Files/a:b",
        "Files/a:b:$DATA",
        r"Files/..\x",
        r"Files\x",
        r"\\?\C:\x",
        "Files/nul",
        "Files/NUL.txt",
        "Files/aux .c",
        "Files/COM1",
        "Files/lpt¹.x",
        "Files/CONIN$",
        "Files/x.",
        "Files/x ",
        "Files/...",
        "Files/a*",
        "Files/a?",
        "Files/a\u{1}",
        "Files/x.$WCIdirs$",
    ] {
        refused(&[folder("Files"), file(name, "")], false);
    }
    refused(&[folder("Files"), file(&format!("Files/{}", "x".repeat(256)), "")], false);
    refused(&[folder("Files"), file(&format!("Files{}", "/x".repeat(300)), "")], false);
    let (mut odd, content) = file("Files/", "");
    odd.path.push(0xff);
    assert!(refused(&[folder("Files"), (odd, content)], false).contains("UTF-8"));
}

#[test]
fn names_that_differ_by_case_only_are_one() {
    let twice = refused(&[folder("Files"), file("Files/Straße", ""), file("Files/STRAßE", "")], false);
    assert_eq!(twice, "cannot import `Files/STRAßE`: its name is in the layer already, perhaps with another case");
    refused(&[folder("Files"), folder("Files/ä"), file("Files/Ä", "")], true);
    imported(&[folder("Files"), file("Files/ß", ""), file("Files/ss", "")]);
}

#[test]
fn nothing_comes_to_lie_in_a_link_or_in_a_file() {
    let link_to_windows = symlink("Files/w", r"C:\Windows", "1040");
    for is_base in [false, true] {
        let inside = refused(&[folder("Files"), link_to_windows.clone(), file("Files/W/x", "")], is_base);
        assert!(inside.contains("no folder"), "{inside}");
        refused(&[folder("Files"), file("Files/f", ""), file("Files/f/x", "")], is_base);
        refused(&[folder("Files"), file("Files/missing/x", "")], is_base);
        refused(&[symlink("Files", r"C:\", "1040")], is_base);
        refused(&[file("Files", "")], is_base);
    }
}

#[test]
fn further_names_stay_among_files() {
    for (name, target) in [
        ("Files/b", "../secret"),
        ("Files/b", "Hives/System_Delta"),
        ("Hives/b", "Files/a"),
        ("Files/b", "Files"),
        ("Files/b", "sandbox.vhdx"),
        ("Files/b", "Files/d"),
        ("Files/b", "Files/l"),
        ("Files/b", "C:/Windows/System32/config/SAM"),
    ] {
        let before = [folder("Files"), folder("Hives"), folder("Files/d"), symlink("Files/l", "a", "1024")];
        refused(&[before.as_slice(), &[link(name, target)]].concat(), false);
    }
    refused(&[folder("Files"), link("Files/b", "Files/not-there")], true);
}

#[test]
fn only_what_is_below_can_be_deleted() {
    for name in [".wh.Files", "Files/.wh..", "Files/.wh.", "Files/.wh..wh.x", "Hives/.wh.x", "Files/.wh.a:b", ".wh.x"] {
        refused(&[folder("Files"), folder("Hives"), file(name, "")], false);
    }
    refused(&[folder("Files"), file("Files/.wh.x", "")], true);
    refused(&[folder("Files"), file("Files/.wh.X", ""), folder("Files/x")], false);
}

#[test]
fn streams_beside_content_belong_to_the_file_before_them() {
    for entries in [
        [file("Files/a", ""), file("Files/b:s", "")],
        [file("Files/a", ""), file("Files/a:s:$DATA", "")],
        [file("Files/a", ""), file("Files/a:", "")],
        [file("Files/a", ""), file(r"Files/a:..\s", "")],
        [file("Files/a", ""), folder("Files/a:s")],
    ] {
        refused(&[&[folder("Files")], entries.as_slice()].concat(), false);
    }
}

#[test]
fn what_is_told_must_make_sense() {
    let odd =
        |kind: Kind, records: &[(&str, &str)]| refused(&[folder("Files"), entry("Files/x", kind, records)], false);
    let empty = || Kind::File { size: 0, pieces: None };
    assert!(odd(empty(), &[("MSWINDOWS.fileattr", "16")]).contains("a file and a folder"));
    assert!(odd(empty(), &[("MSWINDOWS.fileattr", "-1")]).contains("no number"));
    assert!(odd(empty(), &[("MSWINDOWS.rawsd", "?")]).contains("base64"));
    assert!(odd(empty(), &[("LIBARCHIVE.creationtime", "soon")]).contains("time"));
    assert!(odd(Kind::Fifo, &[]).contains("named pipes"));
    assert!(odd(Kind::Char(1, 3), &[]).contains("devices"));
}

#[test]
fn a_bomb_is_stopped_at_its_limit() {
    let mut disk = MemoryDisk::default();
    let bytes = tar(&[folder("Files"), file("Files/big", &"x".repeat(20_000))]);
    let limits = Limits { bytes: 10_000, ..Limits::default() };
    let error = import(&mut &bytes[..], false, &mut disk, limits).unwrap_err();
    assert_eq!(error.to_string(), "cannot import `Files/big`: more than 10000 bytes");
    let many: Vec<_> = [folder("Files")].into_iter().chain((0..20).map(|n| file(&format!("Files/{n}"), ""))).collect();
    let limits = Limits { entries: 10, ..Limits::default() };
    let error = import(&mut &tar(&many)[..], false, &mut MemoryDisk::default(), limits).unwrap_err();
    assert!(error.to_string().contains("entries"), "{error}");
}

#[test]
fn a_folder_that_is_no_export_is_refused() {
    let wrong = |tombstones: &str| {
        let mut disk = MemoryDisk { tombstones: Some(tombstones.to_owned()), ..MemoryDisk::default() };
        export(&mut disk, &mut Vec::new(), Limits::default()).unwrap_err().to_string()
    };
    assert!(wrong("\u{feff}Version 2.0\n").contains("no list"));
    assert!(wrong("Version 1.0\n").contains("no list"));
    assert!(wrong("\u{feff}Version 1.0\nx\n").contains("no path"));
    let (mut disk, _) = imported(&[folder("Files"), file("Files/x", "abc")]);
    disk.files.get_mut(&(1, r"Files\x".to_owned())).unwrap().2.truncate(25);
    assert!(export(&mut disk, &mut Vec::new(), Limits::default()).unwrap_err().to_string().contains("breaks off"));
}
