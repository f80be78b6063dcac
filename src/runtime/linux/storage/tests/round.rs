//! What is packed and unpacked is the same; what is damaged is refused and leaves nothing.

use std::os::unix::fs::{FileExt, symlink as make_symlink};

use proptest::prelude::*;
use rustix::fs::{AtFlags, CWD, FileType, Gid, Mode, Timespec, Timestamps, Uid, XattrFlags};

use super::*;
use crate::runtime::host::{Files as _, Storage as _};

/// Something to be made on disk.
#[derive(Clone, Debug)]
struct Made {
    path: String,
    kind: u8,
    content: Vec<u8>,
    mode: u32,
    owner: (u32, u32),
    time: (i64, u32),
    attribute: Option<Vec<u8>>,
}

fn made() -> impl Strategy<Value = Made> {
    let long = "n".repeat(120);
    let name = prop_oneof![4 => "[a-c]", 1 => Just("ä ö\n".to_owned()), 1 => Just(long)];
    let path = proptest::collection::vec(name, 1..4).prop_map(|names| names.join("/"));
    let time = (-5_000_000_000_i64..15_000_000_000, prop_oneof![Just(0), 0..1_000_000_000_u32]);
    let owner = (prop_oneof![Just(0), 0..u32::MAX], 0..100_000_u32);
    let attribute = proptest::option::of(proptest::collection::vec(any::<u8>(), 0..40));
    (path, 0..7_u8, proptest::collection::vec(any::<u8>(), 0..2000), 0..0o10000_u32, owner, time, attribute).prop_map(
        |(path, kind, content, mode, owner, time, attribute)| Made {
            path,
            kind,
            content,
            mode,
            owner,
            time,
            attribute,
        },
    )
}

/// Makes it where its place is free; folders' times come last.
fn make(root: &Path, wanted: &[Made]) {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut times = Vec::new();
    for one in wanted {
        let path = root.join(&one.path);
        if fs::create_dir_all(path.parent().unwrap()).is_err() || fs::symlink_metadata(&path).is_ok() {
            continue;
        }
        match (one.kind, files.last()) {
            (0, _) => fs::create_dir(&path).unwrap(),
            (1, _) => make_symlink("somewhere/else", &path).unwrap(),
            (2, _) => node(&path, FileType::Fifo, 0),
            (3, _) => node(&path, FileType::CharacterDevice, rustix::fs::makedev(1, 3)),
            (4, Some(first)) => fs::hard_link(first, &path).unwrap(),
            (5, _) => {
                let file = fs::File::create(&path).unwrap();
                file.write_all_at(&one.content, 256 << 10).unwrap();
                file.set_len(1 << 20).unwrap();
                files.push(path.clone());
            }
            _ => {
                fs::write(&path, &one.content).unwrap();
                files.push(path.clone());
            }
        }
        if one.kind != 4 {
            dress(&path, one);
        }
        times.push((path, one.time));
    }
    for (path, (tv_sec, tv_nsec)) in times.into_iter().rev() {
        let time = Timespec { tv_sec, tv_nsec: tv_nsec.into() };
        let both = Timestamps { last_access: time, last_modification: time };
        rustix::fs::utimensat(CWD, &path, &both, AtFlags::SYMLINK_NOFOLLOW).unwrap();
    }
}

fn node(path: &Path, kind: FileType, device: u64) {
    rustix::fs::mknodat(CWD, path, kind, Mode::from_raw_mode(0o600), device).unwrap();
}

fn dress(path: &Path, one: &Made) {
    let (uid, gid) = (Uid::from_raw(one.owner.0), Gid::from_raw(one.owner.1));
    rustix::fs::chownat(CWD, path, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW).unwrap();
    if one.kind != 1 {
        rustix::fs::chmod(path, Mode::from_raw_mode(one.mode)).unwrap();
    }
    if let Some(value) = &one.attribute {
        rustix::fs::lsetxattr(path, "trusted.test", value, XattrFlags::empty()).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_packed_and_unpacked_is_the_same_tree(wanted in proptest::collection::vec(made(), 0..25)) {
        let Some(room) = room() else { return Ok(()) };
        let tree = room.path().join("tree");
        fs::create_dir(&tree).unwrap();
        make(&tree, &wanted);
        let mut packed = Vec::new();
        storage().export(&tree, &mut packed).unwrap();
        let back = room.path().join("layers/back");
        storage().unpack(&mut &packed[..], &[], &back).unwrap();
        prop_assert_eq!(seen(&back), seen(&tree));
    }

    #[test]
    fn a_damaged_tar_is_refused_or_taken_and_nothing_lies_about(
        wanted in proptest::collection::vec(made(), 1..8),
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..12),
        cut in proptest::option::of(any::<proptest::sample::Index>()),
    ) {
        let Some(room) = room() else { return Ok(()) };
        let tree = room.path().join("tree");
        fs::create_dir(&tree).unwrap();
        make(&tree, &wanted);
        let mut packed = Vec::new();
        storage().export(&tree, &mut packed).unwrap();
        for (place, byte) in damage {
            let place = place.index(packed.len());
            packed[place] = byte;
        }
        mend_checksums(&mut packed);
        if let Some(cut) = cut {
            packed.truncate(cut.index(packed.len()));
        }
        let before = seen(&tree);
        let done = storage().unpack(&mut &packed[..], &[], &room.path().join("layers/back"));
        prop_assert_eq!(seen(&tree), before);
        prop_assert_eq!(fs::read_dir(room.path().join("layers")).unwrap().count(), usize::from(done.is_ok()));
        prop_assert_eq!(fs::read_dir(room.path()).unwrap().count(), 2);
    }
}

/// Makes damaged headers pass the first check, so that the later ones are tried. What only looks like a header may
/// be damaged a little more.
fn mend_checksums(tar: &mut [u8]) {
    for block in tar.chunks_exact_mut(512).filter(|block| &block[257..262] == b"ustar") {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}
