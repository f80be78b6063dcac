//! What becomes of entries, byte by byte.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::*;
use crate::runtime::{
    backup_stream::{BasicInfo, FileTime},
    tar::Piece,
};

const WRITTEN: FileTime = FileTime(134_117_966_455_000_000);

#[test]
fn a_file_of_the_transport_folder_is_its_attributes_and_then_its_streams() {
    let security = STANDARD.encode([1, 0, 4, 0x80]);
    let attribute = STANDARD.encode(b"v");
    let records = [
        ("MSWINDOWS.fileattr", "33"),
        ("MSWINDOWS.rawsd", security.as_str()),
        ("MSWINDOWS.xattr.E", attribute.as_str()),
        ("LIBARCHIVE.creationtime", "1"),
    ];
    let (disk, done) = imported(&[
        folder("Files/"),
        (entry("Files/a.txt", Kind::File { size: 2, pieces: None }, &records).0, b"hi".to_vec()),
        file("Files/a.txt:zone", "!"),
    ]);
    let expected = hex("21000000
         03000000 00000000 0400000000000000 00000000  01000480
         02000000 00000000 0c00000000000000 00000000  00000000 00 01 0100 45 00 76 00
         01000000 00000000 0200000000000000 00000000  6869
         04000000 00000000 0100000000000000 16000000
            3a00 7a00 6f00 6e00 6500 3a00 2400 4400 4100 5400 4100  21");
    assert_eq!(disk.bytes(Root::Transport, r"Files\a.txt"), expected);
    let info = BasicInfo {
        attributes: 0,
        created: FileTime::of((1, 0)),
        accessed: WRITTEN,
        written: WRITTEN,
        changed: WRITTEN,
    };
    assert_eq!(disk.info(Root::Transport, r"Files\a.txt"), info);
    assert_eq!(done.bytes, 3);
}

#[test]
fn a_folder_has_its_streams_in_a_file_beside_it() {
    let (disk, done) = imported(&[folder("Files"), folder("Files/Windows/")]);
    assert_eq!(disk.paths(Root::Transport), [r"Files.$wcidirs$", r"Files\Windows.$wcidirs$"]);
    assert_eq!(disk.bytes(Root::Transport, r"Files\Windows.$wcidirs$"), hex("10000000"));
    let info = BasicInfo { attributes: 16, created: WRITTEN, accessed: WRITTEN, written: WRITTEN, changed: WRITTEN };
    let times = |text: &str| Step::Times { path: path(text), info };
    assert_eq!(done.steps, [Step::Import, times(r"Files\Windows"), times("Files")]);
}

#[test]
fn a_junction_is_made_a_folder_only_when_nothing_can_come_to_lie_in_it() {
    let mut junction = symlink("Files/j", "C:/a", "1040");
    junction.0.meta.vendor.push((b"MSWINDOWS.mountpoint".to_vec(), b"1".to_vec()));
    let (disk, done) = imported(&[folder("Files"), junction]);
    let expected = hex("10040000
         08000000 00000000 2c00000000000000 00000000
         030000a0 2400 0000  0000 1000 1200 0800
         5c00 3f00 3f00 5c00 4300 3a00 5c00 6100 0000
         4300 3a00 5c00 6100 0000");
    assert_eq!(disk.bytes(Root::Transport, r"Files\j.$wcidirs$"), expected);
    assert!(!disk.folders.iter().any(|(_, folder)| folder == r"Files\j"));
    assert_eq!(done.steps[..2], [Step::Folder(path(r"Files\j")), Step::Import]);
}

#[test]
fn a_file_with_holes_is_its_pieces_and_its_end() {
    let pieces = vec![Piece { at: 0x1000, len: 2 }];
    let sparse = entry("Files/s", Kind::File { size: 0x3000, pieces: Some(pieces) }, &[("MSWINDOWS.fileattr", "512")]);
    let (disk, done) = imported(&[folder("Files"), (sparse.0, b"hi".to_vec())]);
    let expected = hex("00020000
         01000000 08000000 0000000000000000 00000000
         09000000 08000000 0a00000000000000 00000000  0010000000000000  6869
         09000000 08000000 0800000000000000 00000000  0030000000000000");
    assert_eq!(disk.bytes(Root::Transport, r"Files\s"), expected);
    assert_eq!(done.bytes, 2);
}

#[test]
fn hives_are_restored_without_their_security_and_have_no_attributes_in_front() {
    let (disk, _) = imported(&[folder("Hives"), file("Hives/System_Delta", "regf")]);
    let (_, how, bytes) = &disk.files[&(1, r"Hives\System_Delta".to_owned())];
    assert_eq!(*how, How::Restored { security: false });
    assert_eq!(*bytes, hex("01000000 00000000 0400000000000000 00000000 72656766"));
}

#[test]
fn deletions_and_further_names_come_after_the_import() {
    let (disk, done) = imported(&[
        folder("Files"),
        file("Files/.wh.old.txt", ""),
        file("Files/new.txt", "x"),
        link("Files/other.txt", "Files/new.txt"),
        link("Files/lower.txt", "Files/Windows/notepad.exe"),
    ]);
    let further = |name: &str, target: &str, below| Step::Link { path: path(name), target: path(target), below };
    let expected = [
        Step::Import,
        Step::Remove { path: path(r"Files\old.txt"), must_be: false },
        further(r"Files\other.txt", r"Files\new.txt", false),
        further(r"Files\lower.txt", r"Files\Windows\notepad.exe", true),
    ];
    assert_eq!(done.steps[..4], expected);
    assert!(disk.paths(Root::Transport).iter().all(|path| !path.contains("tombstones")));
}

#[test]
fn what_replaces_a_file_need_not_delete_it() {
    let (_, done) = imported(&[folder("Files"), file("Files/.wh.A", ""), file("Files/a", "")]);
    assert!(!done.steps.iter().any(|step| matches!(step, Step::Remove { .. })));
}

#[test]
fn a_virtual_machine_waits_in_the_stage_until_the_one_below_is_cloned() {
    let (disk, done) = imported(&[
        folder("Files"),
        folder("UtilityVM"),
        folder("UtilityVM/Files"),
        file("UtilityVM/Files/EFI/Microsoft/Boot/BCD", "b"),
        file("UtilityVM/Files/.wh.gone", ""),
    ]);
    let expected = hex("01000000 00000000 0100000000000000 00000000 62");
    assert_eq!(disk.bytes(Root::Stage, r"UtilityVM\Files\EFI\Microsoft\Boot\BCD"), expected);
    let kinds: Vec<_> = done.steps.iter().map(|step| format!("{step:?}")).collect();
    let kinds: Vec<_> = kinds.iter().map(|step| step.split([' ', '{', '(']).next().unwrap()).collect();
    let expected =
        ["CloneUtilityVm", "Restore", "Restore", "Remove", "Import", "Times", "Times", "Times", "SetUpUtilityVm"];
    assert_eq!(kinds, expected);
}

#[test]
fn the_lowest_layer_is_written_as_it_is() {
    let mut old = file("Files/a", "x");
    old.0.meta.vendor.push((b"MSWINDOWS.sd".to_vec(), b"O:BA".to_vec()));
    let entries = [folder("Files"), old, link("Files/b", "Files/a"), folder("UtilityVM"), folder("UtilityVM/Files")];
    let mut disk = MemoryDisk::default();
    let done = import(&mut &tar(&entries)[..], true, &mut disk, Limits::default()).unwrap();
    let (info, how, bytes) = &disk.files[&(0, r"Files\a".to_owned())];
    assert_eq!((info.attributes, *how), (32, How::Restored { security: true }));
    let expected = hex("03000000 00000000 0600000000000000 00000000 3c4f3a42413e
         01000000 00000000 0100000000000000 00000000 78");
    assert_eq!(*bytes, expected);
    assert_eq!(done.steps[0], Step::Link { path: path(r"Files\b"), target: path(r"Files\a"), below: false });
    assert_eq!(done.steps[done.steps.len() - 2..], [Step::SetUpBase, Step::SetUpUtilityVm]);
}
