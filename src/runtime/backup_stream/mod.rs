//! Win32 backup streams: a file of Windows with all that belongs to it, as the bytes that `BackupRead` gives and
//! `BackupWrite` takes. Knows no disk and no tar.
//!
//! | file | subject |
//! |---|---|
//! | `reader`, `writer` | a file as a row of streams |
//! | `reparse` | links, as the data of a reparse point |
//! | `ea` | extended attributes, as their stream has them |
//! | `basic` | attributes and times |
//!
//! Source of the format: Microsoft's documentation of `WIN32_STREAM_ID` and `BackupWrite`; that of reparse points and
//! extended attributes is \[MS-FSCC\] 2.1.2 and 2.4.16. All numbers are little-endian.

mod basic;
mod ea;
mod reader;
mod reparse;
mod writer;

use std::io;

pub use basic::{BasicInfo, DIRECTORY, EPOCH, FileTime, REPARSE_POINT, SPARSE};
pub use ea::{Attribute, attributes, attributes_of};
pub use reader::{StreamReader, StreamTrouble};
pub use reparse::{Link, LinkKind};
pub use writer::StreamWriter;

/// Bytes of a stream's header before its name (`WIN32_STREAM_ID` without `cStreamName`).
pub const HEADER: usize = 20;
/// Bytes of a stream's name at most: 255 UTF-16 units of NTFS, two colons and a type.
pub const NAME: usize = 2 * 320;
/// The stream is sparse (`STREAM_SPARSE_ATTRIBUTE`).
pub const STREAM_SPARSE: u32 = 8;

/// What a stream holds; the numbers are those of `dwStreamId`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum StreamKind {
    /// The file's content.
    Data = 1,
    /// Extended attributes.
    Ea = 2,
    /// A security descriptor, self-relative.
    Security = 3,
    /// Another stream of the file, with a name.
    Alternate = 4,
    /// Hard link information.
    Link = 5,
    /// Property data.
    Property = 6,
    /// Object id.
    ObjectId = 7,
    /// The data of a reparse point.
    Reparse = 8,
    /// A piece of a sparse file.
    SparseBlock = 9,
    /// Transactional NTFS data.
    Txfs = 10,
}

impl StreamKind {
    const ALL: [Self; 10] = [
        Self::Data,
        Self::Ea,
        Self::Security,
        Self::Alternate,
        Self::Link,
        Self::Property,
        Self::ObjectId,
        Self::Reparse,
        Self::SparseBlock,
        Self::Txfs,
    ];

    fn of(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u32 == number)
    }
}

/// What stands before a stream's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamHeader {
    /// What it holds.
    pub kind: StreamKind,
    /// `STREAM_…_ATTRIBUTE` bits.
    pub attributes: u32,
    /// Bytes that follow, without the offset of a sparse block.
    pub size: u64,
    /// Its name, of [`StreamKind::Alternate`] only: `:NAME:$DATA`.
    pub name: String,
    /// Where a sparse block lies in the file, in bytes.
    pub offset: u64,
}

impl StreamHeader {
    /// Of a stream of `size` bytes that has no name.
    pub fn new(kind: StreamKind, size: u64) -> Self {
        Self { kind, attributes: 0, size, name: String::new(), offset: 0 }
    }

    /// Of the alternate stream `name` (without colons) of `size` bytes.
    pub fn alternate(name: &str, size: u64) -> Self {
        Self { name: format!(":{name}:$DATA"), ..Self::new(StreamKind::Alternate, size) }
    }

    /// Of a piece of a sparse file; one of no bytes at the file's end ends it.
    pub fn sparse_block(offset: u64, size: u64) -> Self {
        Self { attributes: STREAM_SPARSE, offset, ..Self::new(StreamKind::SparseBlock, size) }
    }
}

/// A field of so many bytes at this place; `None` beyond the end.
fn field<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// A text in UTF-16, as bytes.
fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A text out of UTF-16; `None` where it is none, which NTFS allows in names.
fn from_utf16(bytes: &[u8]) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    if rest.is_empty() { String::from_utf16(&units).ok() } else { None }
}

/// Something does not fit into the format.
fn too_long(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("{what} is too long"))
}

#[cfg(test)]
mod tests;
