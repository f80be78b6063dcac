//! A layer that is exported and imported again is the same.

use proptest::prelude::*;

use super::*;
use crate::runtime::tar::{Piece, TarReader};

/// Entries and contents of a tar.
fn read(mut tar: &[u8]) -> Vec<Given> {
    let mut reader = TarReader::new(&mut tar, Limits::default());
    let mut all = Vec::new();
    while let Some(entry) = reader.next().unwrap() {
        let mut content = Vec::new();
        loop {
            let some = reader.data().unwrap().to_vec();
            if some.is_empty() {
                break;
            }
            reader.consume(some.len()).unwrap();
            content.extend(some);
        }
        all.push((entry, content));
    }
    all
}

fn exported(disk: &mut MemoryDisk) -> Vec<Given> {
    let mut bytes = Vec::new();
    export(disk, &mut bytes, Limits::default()).unwrap();
    read(&bytes)
}

#[test]
fn what_is_deleted_is_told_after_its_folder() {
    let (mut disk, _) = imported(&[folder("Files"), folder("Files/Temp"), file("Files/Temp/x", "")]);
    // Not every Windows writes the first line.
    for head in ["Version 1.0\r\n", ""] {
        disk.tombstones = Some(format!("\u{feff}{head}\\temp\\old.txt\r\n\\gone\r\n"));
        let paths: Vec<_> = exported(&mut disk).iter().map(|(entry, _)| shown(&entry.path)).collect();
        assert_eq!(paths, ["Files/", "Files/.wh.gone", "Files/Temp/", "Files/Temp/.wh.old.txt", "Files/Temp/x"]);
    }
}

#[test]
fn a_file_of_several_names_is_told_once() {
    let (mut disk, _) = imported(&[folder("Files"), file("Files/twin1", "x"), file("Files/twin2", "x")]);
    let told = exported(&mut disk);
    assert_eq!(told[2].0.kind, Kind::Link(b"Files/twin1".to_vec()));
}

#[test]
fn times_that_an_export_makes_up_are_those_of_the_hives() {
    let mut delta = file("Hives/System_Delta", "regf");
    delta.0.meta.mtime = (1_000_000_000, 0);
    let (mut disk, _) = imported(&[folder("Files"), folder("Hives"), delta]);
    let told = exported(&mut disk);
    assert!(told.iter().all(|(entry, _)| entry.meta.mtime == (1_000_000_000, 0)), "{told:?}");
}

#[test]
fn the_recycle_bin_stays_behind() {
    let (mut disk, _) = imported(&[folder("Files"), folder("Files/$recycle.bin"), file("Files/$recycle.bin/x", "")]);
    assert_eq!(exported(&mut disk).len(), 1);
}

fn content() -> impl Strategy<Value = (Kind, Vec<u8>)> {
    let plain = proptest::collection::vec(any::<u8>(), 0..700)
        .prop_map(|bytes| (Kind::File { size: bytes.len() as u64, pieces: None }, bytes));
    let holes = (1..9_u64, proptest::collection::vec(any::<u8>(), 1..99), 0..9_u64).prop_map(|(at, bytes, behind)| {
        let piece = Piece { at, len: bytes.len() as u64 };
        (Kind::File { size: at + piece.len + behind, pieces: Some(vec![piece]) }, bytes)
    });
    let link = "[a-z]{1,20}".prop_map(|target| (Kind::Symlink(target.into_bytes()), Vec::new()));
    prop_oneof![plain, holes, link]
}

proptest! {
    #[test]
    fn a_layer_comes_back_as_it_was(
        files in proptest::collection::btree_map("[a-hä]{1,3}", (content(), 0..4_u32, any::<bool>()), 0..6),
        seconds in -11_000_000_000_i64..100_000_000_000,
    ) {
        let mut given = vec![folder("Files"), folder("Files/in")];
        for (name, ((kind, bytes), attributes, has_stream)) in files {
            let records = [
                ("MSWINDOWS.fileattr", attributes.to_string()),
                ("MSWINDOWS.rawsd", "AQAEgA==".into()),
                ("MSWINDOWS.xattr.K", "dg==".into()),
            ];
            let records: Vec<_> = records.iter().map(|(key, value)| (*key, value.as_str())).collect();
            let path = format!("Files/in/z{name}");
            let (mut told, _) = entry(&path, kind, &records);
            told.meta.mtime = (seconds, 100);
            given.push((told, bytes));
            if has_stream {
                given.push(file(&format!("{path}:s"), "stream"));
            }
        }
        let (mut disk, first) = imported(&given);
        let again = exported(&mut disk);
        let (other, second) = imported(&again);
        // What the tar says of times of `Files` itself, an export does not keep.
        let inside = |disk: &MemoryDisk| {
            disk.files.iter().filter(|((_, path), _)| path.starts_with(r"Files\"))
                .map(|(key, value)| (key.clone(), value.clone())).collect::<Vec<_>>()
        };
        prop_assert_eq!(inside(&disk), inside(&other));
        prop_assert_eq!(first.bytes, second.bytes);
    }

    #[test]
    fn no_name_leads_out_or_is_another_ones(name in r"[a-zA-Z./\\: ~$?*]{0,12}") {
        let Ok(path) = LayerPath::of(format!("Files/{name}").as_bytes(), &Limits::default()) else { return Ok(()) };
        prop_assert!(path.as_str().starts_with("Files"));
        for part in path.as_str().split('\\') {
            prop_assert!(!part.is_empty() && !part.ends_with(['.', ' ']) && !part.contains([':', '?', '*', '/']));
        }
    }
}
