mod files;
mod formats;
mod layers;
mod malice;
mod mounts;
mod round;

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::{Path, PathBuf},
};

use super::{
    LinuxStorage,
    tar::{Entry, Kind, Meta, tar_of as tar},
};

/// A folder for one test; `None`, said aloud, where the test cannot make devices and mounts.
pub(in crate::runtime::linux) fn room() -> Option<tempfile::TempDir> {
    if rustix::process::geteuid().is_root() {
        return Some(tempfile::tempdir().unwrap());
    }
    assert!(std::env::var("LONGSHORE_CI").as_deref() != Ok("1"), "LONGSHORE_CI=1 forbids to skip: this needs root");
    // Straight to the stream: the test harness swallows what `eprintln!` says in a passing test.
    let _ = writeln!(io::stderr(), "SKIPPED: only root can make devices, owners and mounts");
    None
}

fn storage() -> LinuxStorage {
    LinuxStorage::default()
}

fn meta(mode: u32) -> Meta {
    Meta { mode, mtime: (1_700_000_000, 0), ..Meta::default() }
}

fn entry(path: &str, kind: Kind) -> (Entry, Vec<u8>) {
    let mode = if kind == Kind::Folder { 0o755 } else { 0o644 };
    (Entry { path: path.into(), kind, meta: meta(mode) }, Vec::new())
}

fn file(path: &str, content: &str) -> (Entry, Vec<u8>) {
    let (entry, _) = entry(path, Kind::File { size: content.len() as u64, pieces: None });
    (entry, content.into())
}

fn folder(path: &str) -> (Entry, Vec<u8>) {
    entry(path, Kind::Folder)
}

fn symlink(path: &str, target: &str) -> (Entry, Vec<u8>) {
    entry(path, Kind::Symlink(target.into()))
}

fn link(path: &str, target: &str) -> (Entry, Vec<u8>) {
    entry(path, Kind::Link(target.into()))
}

/// Unpacks a layer and gives its folder.
fn layer(room: &Path, name: &str, below: &[PathBuf], entries: &[(Entry, Vec<u8>)]) -> PathBuf {
    use crate::runtime::host::Storage as _;
    let folder = room.join("layers").join(name);
    storage().unpack(&mut &tar(entries)[..], below, &folder).unwrap();
    folder
}

/// All of a tree by path: kind, mode, owner, time, attributes, content, which of its names a file had first, holes.
fn seen(root: &Path) -> BTreeMap<String, String> {
    let mut seen = BTreeMap::new();
    let mut first = BTreeMap::new();
    look(root, root, &mut seen, &mut first);
    seen
}

fn look(root: &Path, at: &Path, seen: &mut BTreeMap<String, String>, first: &mut BTreeMap<u64, String>) {
    let mut paths: Vec<_> = fs::read_dir(at).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let about = fs::symlink_metadata(&path).unwrap();
        let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        let kind = about.file_type();
        let what = if kind.is_dir() {
            "folder".to_owned()
        } else if kind.is_symlink() {
            format!("-> {}", fs::read_link(&path).unwrap().display())
        } else if kind.is_file() {
            let content = fs::read(&path).unwrap();
            let sparse = about.blocks() * 512 < about.len() / 2;
            let start = String::from_utf8_lossy(&content[..content.len().min(32)]).into_owned();
            format!("{start:?} {} {:x} sparse={sparse}", content.len(), fingerprint(&content))
        } else if kind.is_fifo() {
            "fifo".to_owned()
        } else {
            format!("device {:?} {:x}", kind.is_block_device(), about.rdev())
        };
        let of = if kind.is_dir() { name.clone() } else { first.entry(about.ino()).or_insert(name.clone()).clone() };
        let (mode, owner) = (about.mode() & 0o7777, (about.uid(), about.gid()));
        let time = (about.mtime(), about.mtime_nsec());
        let line = format!("{what} {mode:o} {owner:?} {time:?} {:?} as {of}", attributes(&path));
        seen.insert(name, line);
        if kind.is_dir() {
            look(root, &path, seen, first);
        }
    }
}

fn attributes(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut names = vec![0; 4096];
    let length = rustix::fs::llistxattr(path, &mut names[..]).unwrap();
    let names = String::from_utf8(names[..length].to_vec()).unwrap();
    let names = names.split_terminator('\0').filter(|name| *name != "security.selinux");
    let value = |name: &str| {
        let mut value = vec![0; 4096];
        let length = rustix::fs::lgetxattr(path, name, &mut value[..]).unwrap();
        value[..length].to_vec()
    };
    let mut found: Vec<_> = names.map(|name| (name.to_owned(), value(name))).collect();
    found.sort();
    found
}

fn fingerprint(content: &[u8]) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish()
}
