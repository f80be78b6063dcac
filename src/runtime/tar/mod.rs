//! Tars as entries, read and written: ustar, GNU and PAX headers, sparse files. Knows no file system.
//!
//! The `tar` crate gives the shape of a header. Its reader is not used: it takes extension headers of any length
//! into memory, and cuts binary attributes such as `security.capability` at a newline.

mod pax;
mod reader;
mod sparse;
mod writer;

use std::io;

use crate::model::text::cleaned;

pub(crate) use pax::{time, time_text};
pub(crate) use reader::TarReader;
pub(crate) use writer::TarWriter;

/// Bytes of a block: headers and data are padded to it (POSIX.1-2017, pax Interchange Format).
pub(crate) const BLOCK: usize = 512;

/// Beginnings of the keys of PAX records that are handed on as they are: attributes, security and links of Windows (as
/// go-winio's `backuptar` writes them), and times that POSIX or libarchive has a key for.
const VENDORS: [&[u8]; 4] = [b"MSWINDOWS.", b"LIBARCHIVE.creationtime", b"atime", b"ctime"];

/// What a tar may ask for at most. Beyond it an image is a bomb, or a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Entries in one tar.
    pub entries: u64,
    /// Bytes of the whole tar, decompressed.
    pub bytes: u64,
    /// Bytes of a path or of a link's target. Linux takes 4095.
    pub path: usize,
    /// Folders a path may go down.
    pub depth: usize,
    /// Bytes of one extension header: a long name, or all attributes of an entry.
    pub extension: u64,
    /// Bytes of one extended attribute. Linux takes 65536.
    pub attribute: usize,
    /// Pieces of a sparse file.
    pub pieces: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 4_000_000,
            bytes: 256 << 30,
            path: 4095,
            depth: 256,
            extension: 1 << 20,
            attribute: 65_536,
            pieces: 262_144,
        }
    }
}

/// One thing in a tar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its path, as written.
    pub(crate) path: Vec<u8>,
    /// What it is.
    pub(crate) kind: Kind,
    /// Whose, when, and what may be done with it.
    pub(crate) meta: Meta,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A regular file of so many bytes; with `pieces`, the rest of it are holes.
    File { size: u64, pieces: Option<Vec<Piece>> },
    /// A further name of what has this path in the same tar.
    Link(Vec<u8>),
    /// A symbolic link to this.
    Symlink(Vec<u8>),
    /// A folder.
    Folder,
    /// A named pipe.
    Fifo,
    /// A character device: major and minor number.
    Char(u32, u32),
    /// A block device.
    Block(u32, u32),
}

/// A piece of a sparse file that is no hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Where it begins, in bytes.
    pub(crate) at: u64,
    /// Bytes of it.
    pub(crate) len: u64,
}

/// What is told of a file beside its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Meta {
    /// Permission bits with setuid, setgid and sticky.
    pub(crate) mode: u32,
    /// Owner.
    pub(crate) uid: u32,
    /// Group.
    pub(crate) gid: u32,
    /// Last change of its content: seconds since 1970 and nanoseconds of the second.
    pub(crate) mtime: (i64, u32),
    /// Extended attributes, by full name.
    pub(crate) xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    /// What PAX records say that only Windows knows of, by full key: those that [`VENDORS`] name.
    pub(crate) vendor: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Why a tar is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TarError {
    #[error("it cannot be read: {0}")]
    Read(#[source] io::Error),
    #[error("the tar breaks off in the middle")]
    BreaksOff,
    #[error("a header's checksum is wrong")]
    Checksum,
    #[error("its header has no valid {0}")]
    Number(&'static str),
    #[error("its extended header is malformed")]
    Pax,
    #[error("there are two extended headers of a kind for one entry")]
    Twice,
    #[error("its map of holes is wrong: {0}")]
    Sparse(&'static str),
    #[error("entries of kind {:?} are unknown", char::from(*.0))]
    Unknown(u8),
    #[error("a block of zeros is followed by data")]
    LoneZeros,
    #[error("more than {limit} {what}")]
    Limit { what: &'static str, limit: u64 },
}

/// A path for people's eyes.
pub(crate) fn shown(path: &[u8]) -> String {
    cleaned(String::from_utf8_lossy(path))
}

/// Reads a header's number: octal digits, or GNU's base 256 where the first bit is set.
fn number(field: &[u8], what: &'static str) -> Result<i64, TarError> {
    let wrong = TarError::Number(what);
    match field {
        [first, rest @ ..] if first & 0x80 != 0 => {
            let negative = first & 0x40 != 0;
            // The first byte's other bits are the number's highest, with the sign in front.
            let start = i128::from(first & 0x3f) - if negative { 0x40 } else { 0 };
            let whole = rest.iter().try_fold(start, |sum, byte| {
                sum.checked_mul(256).map(|sum| sum + i128::from(*byte)).filter(|sum| sum.unsigned_abs() < 1 << 100)
            });
            whole.and_then(|whole| i64::try_from(whole).ok()).ok_or(wrong)
        }
        _ => {
            let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
            let digits = field[..end].trim_ascii();
            if digits.is_empty() {
                return Ok(0);
            }
            let text = std::str::from_utf8(digits).ok().filter(|text| !text.starts_with(['+', '-']));
            text.and_then(|text| i64::from_str_radix(text, 8).ok()).ok_or(wrong)
        }
    }
}

/// The text before the first NUL.
fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// A tar of these entries with their content, for tests.
#[cfg(test)]
pub(crate) fn tar_of(entries: &[(Entry, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = TarWriter::new(&mut bytes);
    for (entry, content) in entries {
        writer.entry(entry).unwrap();
        writer.data(content).unwrap();
    }
    writer.finish().unwrap();
    bytes
}

#[cfg(test)]
mod tests;
