mod disk;
mod goldens;
mod malice;
mod round;

use super::{super::tar::Limits, *};
use crate::runtime::tar::{Entry, Kind, Meta, tar_of as tar};
use disk::MemoryDisk;

/// An entry of a tar with its content.
type Given = (Entry, Vec<u8>);

fn entry(path: &str, kind: Kind, records: &[(&str, &str)]) -> Given {
    let vendor = records.iter().map(|(key, value)| (key.as_bytes().to_vec(), value.as_bytes().to_vec())).collect();
    // 2026-01-02 03:04:05.5 UTC
    let meta = Meta { mtime: (1_767_323_045, 500_000_000), vendor, ..Meta::default() };
    (Entry { path: path.as_bytes().to_vec(), kind, meta }, Vec::new())
}

fn folder(path: &str) -> Given {
    entry(path, Kind::Folder, &[("MSWINDOWS.fileattr", "16")])
}

fn file(path: &str, content: &str) -> Given {
    let kind = Kind::File { size: content.len() as u64, pieces: None };
    (entry(path, kind, &[("MSWINDOWS.fileattr", "32")]).0, content.as_bytes().to_vec())
}

fn link(path: &str, target: &str) -> Given {
    entry(path, Kind::Link(target.as_bytes().to_vec()), &[])
}

fn symlink(path: &str, target: &str, attributes: &str) -> Given {
    entry(path, Kind::Symlink(target.as_bytes().to_vec()), &[("MSWINDOWS.fileattr", attributes)])
}

/// The disk after a layer that stands on others was read, and what is left to do.
fn imported(entries: &[Given]) -> (MemoryDisk, Imported) {
    let mut disk = MemoryDisk::default();
    let done = import(&mut &tar(entries)[..], false, &mut disk, Limits::default()).unwrap();
    (disk, done)
}

/// Why a tar is refused.
fn refused(entries: &[Given], is_base: bool) -> String {
    let mut disk = MemoryDisk::default();
    match import(&mut &tar(entries)[..], is_base, &mut disk, Limits::default()) {
        Err(error @ RuntimeError::Corrupt { .. }) => error.to_string(),
        Err(error) => panic!("not a refusal: {error}"),
        Ok(_) => panic!("{:?} was taken", entries.last().map(|(entry, _)| shown(&entry.path))),
    }
}

fn path(text: &str) -> LayerPath {
    LayerPath::of(text.replace('\\', "/").as_bytes(), &Limits::default()).unwrap()
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}
