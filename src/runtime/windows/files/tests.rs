//! Files under Wine, which has no reparse points: links are proved on Linux only as far as their data goes.

use std::fs;

use super::*;
use crate::runtime::{
    tar::{Entry, Kind, Meta, tar_of},
    windows::{load::Shelf, storage::Disks},
};

/// Where nothing is mounted, roots are plain folders.
fn folders() -> Folders {
    let built = std::env::var_os(crate::runtime::windows::load::TEST_DLLS).expect("the folder of the stand-ins");
    Folders::over(Arc::new(Disks::load(&Shelf::of_folder(built.into())).unwrap()))
}

fn tar(entries: &[(&str, Kind, &str)]) -> Vec<u8> {
    let entry = |(path, kind, content): &(&str, Kind, &str)| {
        let meta = Meta { mtime: (1_700_000_000, 500), ..Meta::default() };
        (Entry { path: path.as_bytes().to_vec(), kind: kind.clone(), meta }, content.as_bytes().to_vec())
    };
    tar_of(&entries.iter().map(entry).collect::<Vec<_>>())
}

fn file(content: &str) -> Kind {
    Kind::File { size: content.len() as u64, pieces: None }
}

fn names(entries: &[FileEntry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.name.as_str()).collect()
}

#[test]
fn what_is_copied_in_is_listed_and_comes_out_again() {
    let (folders, root) = (folders(), tempfile::tempdir().unwrap());
    let given = tar(&[
        ("shop", Kind::Folder, ""),
        ("shop/list.txt", file("apples"), "apples"),
        ("shop/again.txt", Kind::Link(b"shop/list.txt".to_vec()), ""),
        ("deep/er/x", file("x"), "x"),
    ]);
    folders.copy_in(root.path(), "/", &mut &given[..], None, false).unwrap();
    assert_eq!(names(&folders.browse(root.path(), "C:\\Shop").unwrap()), ["again.txt", "list.txt"]);
    let list = folders.stat(root.path(), "/shop/list.txt").unwrap();
    assert_eq!((list.kind, list.size, list.modified.unwrap().timestamp()), (FileKind::File, Bytes(6), 1_700_000_000));
    assert_eq!(fs::read_to_string(root.path().join("deep/er/x")).unwrap(), "x");
    fs::write(root.path().join("shop/list.txt"), "pears!").unwrap();
    assert_eq!(fs::read_to_string(root.path().join("shop/again.txt")).unwrap(), "pears!", "two names of one file");

    let mut out = Vec::new();
    folders.copy_out(root.path(), "/shop", &mut out).unwrap();
    let other = tempfile::tempdir().unwrap();
    folders.copy_in(other.path(), "/", &mut &out[..], None, false).unwrap();
    assert_eq!(fs::read_to_string(other.path().join("shop/again.txt")).unwrap(), "pears!");
    fs::write(other.path().join("shop/again.txt"), "plums").unwrap();
    assert_eq!(fs::read_to_string(other.path().join("shop/list.txt")).unwrap(), "plums", "still two names of one file");
    assert!(folders.usage(other.path()).unwrap() > 0);
}

#[test]
fn nothing_leads_out_of_the_root() {
    let (folders, room) = (folders(), tempfile::tempdir().unwrap());
    let root = room.path().join("root");
    fs::create_dir(&root).unwrap();
    fs::write(room.path().join("secret"), "s").unwrap();
    for path in ["../secret", "/../../secret", r"C:\..\secret"] {
        let error = folders.stat(&root, path).unwrap_err();
        assert!(matches!(error, RuntimeError::NotFound { .. }), "{path}: {error}");
    }
    fs::write(root.join("secret"), "s").unwrap();
    // Windows would find the first in the file's own content, and a device behind the second.
    for path in ["/secret:stream", "/secret::$DATA", "/con.txt"] {
        let error = folders.stat(&root, path).unwrap_err();
        assert!(matches!(error, RuntimeError::Invalid { .. }), "{path}: {error}");
    }
    fs::remove_file(root.join("secret")).unwrap();
    for path in [r"\\host\share", "D:/x"] {
        folders.stat(&root, path).unwrap_err();
    }
    for path in ["../x", "a/../../x", "a:b", "nul", "a\\..\\b"] {
        let given = tar(&[(path, file("x"), "x")]);
        let error = folders.copy_in(&root, "/", &mut &given[..], None, false).unwrap_err();
        assert!(matches!(error, RuntimeError::Corrupt { .. }), "{path}: {error}");
    }
    let given = tar(&[("l", Kind::Link(b"../secret".to_vec()), "")]);
    folders.copy_in(&root, "/", &mut &given[..], None, false).unwrap_err();
    let given = tar(&[("pipe", Kind::Fifo, "")]);
    let error = folders.copy_in(&root, "/", &mut &given[..], None, false).unwrap_err();
    assert!(error.to_string().contains("no pipes and devices"), "{error}");
    assert_eq!(fs::read_dir(room.path()).unwrap().count(), 2);
}

#[test]
fn a_folder_and_a_file_do_not_replace_each_other_where_that_is_not_wanted() {
    let (folders, root) = (folders(), tempfile::tempdir().unwrap());
    fs::create_dir_all(root.path().join("a/b")).unwrap();
    fs::write(root.path().join("a/b/c"), "c").unwrap();
    let given = tar(&[("a", file("x"), "x")]);
    folders.copy_in(root.path(), "/", &mut &given[..], None, true).unwrap_err();
    assert!(root.path().join("a/b/c").exists());
    let mut locked = fs::metadata(root.path().join("a/b/c")).unwrap().permissions();
    locked.set_readonly(true);
    fs::set_permissions(root.path().join("a/b/c"), locked).unwrap();
    folders.copy_in(root.path(), "/", &mut &given[..], None, false).unwrap();
    assert_eq!(fs::read_to_string(root.path().join("a")).unwrap(), "x");
}

#[test]
fn a_volume_is_filled_once_and_comes_back_from_its_backup_whatever_it_is_packed_in() {
    let (folders, room) = (folders(), tempfile::tempdir().unwrap());
    let (root, volume) = (room.path().join("root"), room.path().join("volume"));
    fs::create_dir_all(root.join("data/in")).unwrap();
    fs::write(root.join("data/in/x"), "from the image").unwrap();
    assert!(!folders.copy_up(&root, "/nothing", &volume).unwrap());
    assert!(folders.copy_up(&root, "/data", &volume).unwrap());
    assert!(!folders.copy_up(&root, "/data", &volume).unwrap(), "it is full");
    for packing in [Packing::Plain, Packing::Gzip, Packing::Zstd] {
        let mut backup = Vec::new();
        folders.backup(&volume, packing, &mut backup).unwrap();
        fs::write(volume.join("later"), "y").unwrap();
        let (beside, broken) = (room.path().join("beside"), room.path().join("broken"));
        folders.restore(&volume, &beside, &mut &backup[..]).unwrap();
        assert!(volume.join("later").exists(), "{packing:?}: before the swap");
        folders.swap(&volume, &beside).unwrap();
        assert_eq!(fs::read_to_string(volume.join("in/x")).unwrap(), "from the image");
        assert!(!volume.join("later").exists(), "{packing:?}");
        // In the middle of a block: a tar may end where one begins.
        folders.restore(&volume, &broken, &mut &backup[..700.min(backup.len() / 2)]).unwrap_err();
        assert!(beside.join("later").exists(), "the old content is in the other's place");
        [beside, broken].into_iter().for_each(|folder| folders.remove(&folder).unwrap());
    }
    assert_eq!(fs::read_dir(room.path()).unwrap().count(), 2, "something is left beside");
    for _ in 0..2 {
        folders.remove(&volume).unwrap();
        assert!(!volume.exists());
    }
}
