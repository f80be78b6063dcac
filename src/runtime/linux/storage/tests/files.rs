//! Files in and out of roots and volumes.

use std::os::unix::fs::{PermissionsExt, symlink as make_symlink};

use super::*;
use crate::{
    model::{Bytes, FileKind},
    runtime::{
        RuntimeError,
        host::{Files as _, Packing},
    },
};

/// A root with links that want out.
fn root(room: &Path) -> PathBuf {
    let root = room.join("root");
    fs::create_dir_all(root.join("etc/app")).unwrap();
    fs::write(root.join("etc/app/conf"), "conf").unwrap();
    fs::set_permissions(root.join("etc/app"), fs::Permissions::from_mode(0o750)).unwrap();
    make_symlink("/etc/app", root.join("link")).unwrap();
    make_symlink("../../../../../..", root.join("out")).unwrap();
    root
}

#[test]
fn a_copy_out_begins_with_the_thing_itself_under_its_own_name() {
    let Some(room) = room() else { return };
    let root = root(room.path());
    let names = |path: &str| {
        let mut tar = Vec::new();
        storage().copy_out(&root, path, &mut tar).unwrap();
        let mut archive = tar::Archive::new(&tar[..]);
        let paths = archive.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string());
        paths.collect::<Vec<_>>()
    };
    assert_eq!(names("/etc/app"), ["app/", "app/conf"]);
    assert_eq!(names("etc/app/conf"), ["conf"]);
    assert_eq!(names("/etc/app/."), ["./", "./conf"]);
    assert_eq!(names("/link"), ["link"], "a link itself");
    assert_eq!(names("/link/"), ["link/", "link/conf"], "where it leads");
    assert_eq!(names("/out/etc/app/conf"), ["conf"], "`..` stops at the root");
}

#[test]
fn files_are_told_with_all_that_is_known_of_them() {
    let Some(room) = room() else { return };
    let root = root(room.path());
    let link = storage().stat(&root, "/link").unwrap();
    assert_eq!((link.kind, link.target.as_deref()), (FileKind::Symlink, Some("/etc/app")));
    let conf = storage().stat(&root, "/link/conf").unwrap();
    assert_eq!((conf.name.as_str(), conf.kind, conf.size), ("conf", FileKind::File, Bytes(4)));
    let listed = storage().browse(&root, "/").unwrap();
    let names: Vec<_> = listed.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["etc", "link", "out"]);
    assert_eq!(storage().browse(&root, "/out").unwrap(), listed);
    assert_eq!(storage().stat(&root, "etc/app").unwrap().mode, 0o750);
    assert!(matches!(storage().stat(&root, "/none"), Err(RuntimeError::NotFound { .. })));
    assert!(matches!(storage().browse(&root, "/etc/app/conf"), Err(RuntimeError::Invalid { .. })));
}

#[test]
fn a_copy_in_stays_inside_and_keeps_to_its_terms() {
    let Some(room) = room() else { return };
    let root = root(room.path());
    let copy = |path: &str, entries: &[(Entry, Vec<u8>)], owner, same| {
        storage().copy_in(&root, path, &mut &tar(entries)[..], owner, same)
    };
    copy("/link", &[file("new", "new"), file(".wh.kept", "")], Some((7, 8)), false).unwrap();
    let new = fs::metadata(root.join("etc/app/new")).unwrap();
    assert_eq!((new.uid(), new.gid()), (7, 8));
    assert!(root.join("etc/app/.wh.kept").is_file(), "names mean themselves outside of layers");
    copy("/", &[file("out/etc/inside", "x")], None, false).unwrap();
    assert!(root.join("etc/inside").is_file());
    assert!(copy("/etc", &[file("../x", "")], None, false).is_err());
    assert!(matches!(copy("/none", &[], None, false), Err(RuntimeError::NotFound { .. })));
    assert!(copy("/etc", &[file("app", "x")], None, true).is_err(), "a file over a folder");
    assert!(copy("/etc/app", &[folder("conf")], None, true).is_err(), "a folder over a file");
    copy("/etc/app", &[folder("conf"), file("conf/x", "x")], None, false).unwrap();
    assert_eq!(fs::read_to_string(root.join("etc/app/conf/x")).unwrap(), "x");
    let mode = fs::metadata(root.join("etc/app")).unwrap().mode() & 0o7777;
    copy("/etc/app", &[folder("./")], None, false).unwrap();
    assert_eq!(fs::metadata(root.join("etc/app")).unwrap().mode() & 0o7777, mode, "the target is not dressed anew");
}

#[test]
fn a_new_volume_is_filled_once_with_what_the_image_has_there() {
    let Some(room) = room() else { return };
    let root = root(room.path());
    fs::hard_link(root.join("etc/app/conf"), root.join("etc/app/twin")).unwrap();
    let holes = fs::File::create(root.join("etc/app/holes")).unwrap();
    holes.set_len(1 << 20).unwrap();
    let volume = room.path().join("volumes/v/_data");
    assert!(storage().copy_up(&root, "/link", &volume).unwrap());
    assert_eq!(seen(&volume), seen(&root.join("etc/app")));
    assert_eq!(fs::metadata(&volume).unwrap().mode() & 0o7777, 0o750);
    fs::remove_file(volume.join("twin")).unwrap();
    assert!(!storage().copy_up(&root, "/link", &volume).unwrap(), "it is not new any more");
    assert!(!volume.join("twin").exists());
    assert!(!storage().copy_up(&root, "/none", &room.path().join("volumes/w/_data")).unwrap());
    assert_eq!(fs::read_dir(room.path().join("volumes/v")).unwrap().count(), 1, "nothing beside it");
}

#[test]
fn a_volume_comes_back_from_its_backup_in_every_packing() {
    let Some(room) = room() else { return };
    let volume = root(room.path());
    fs::set_permissions(&volume, fs::Permissions::from_mode(0o1770)).unwrap();
    let (before, mode) = (seen(&volume), fs::metadata(&volume).unwrap().mode());
    for packing in [Packing::Plain, Packing::Gzip, Packing::Zstd] {
        let mut backup = Vec::new();
        storage().backup(&volume, packing, &mut backup).unwrap();
        fs::write(volume.join("later"), "later").unwrap();
        fs::set_permissions(&volume, fs::Permissions::from_mode(0o700)).unwrap();
        let changed = seen(&volume);
        let (half, beside) = (backup.len() / 2, |n: u8| room.path().join(format!("beside-{n}")));
        assert!(storage().restore(&volume, &beside(0), &mut &backup[..half]).is_err(), "{packing:?} cut in the middle");
        assert!(storage().restore(&volume, &beside(0), &mut &backup[..]).is_err(), "something is there");
        storage().restore(&volume, &beside(1), &mut &backup[..]).unwrap();
        assert_eq!(seen(&volume), changed, "nothing changes before the swap");
        storage().swap(&volume, &beside(1)).unwrap();
        assert_eq!((seen(&volume), seen(&beside(1))), (before.clone(), changed), "{packing:?}");
        assert_eq!(fs::metadata(&volume).unwrap().mode(), mode);
        [0, 1].into_iter().for_each(|n| storage().remove(&beside(n)).unwrap());
    }
    // A tar that says nothing of the folder itself leaves it as it looks.
    let like = room.path().join("like");
    storage().restore(&volume, &like, &mut &[0; 1024][..]).unwrap();
    assert_eq!(fs::metadata(&like).unwrap().mode(), mode);
    storage().remove(&volume).unwrap();
    storage().remove(&volume).unwrap();
    assert!(!volume.exists());
}

#[test]
fn disk_use_counts_files_of_several_names_once_and_no_holes() {
    let Some(room) = room() else { return };
    let at = room.path().join("tree");
    fs::create_dir(&at).unwrap();
    let empty = storage().usage(&at).unwrap();
    fs::write(at.join("a"), vec![1; 1 << 20]).unwrap();
    let one = storage().usage(&at).unwrap();
    assert!(one - empty >= 1 << 20, "{one}");
    fs::hard_link(at.join("a"), at.join("b")).unwrap();
    fs::File::create(at.join("holes")).unwrap().set_len(1 << 30).unwrap();
    assert_eq!(storage().usage(&at).unwrap(), one);
    assert_eq!(storage().usage(&room.path().join("none")).unwrap(), 0);
}
