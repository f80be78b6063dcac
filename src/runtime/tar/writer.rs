//! Writes a tar entry by entry: ustar headers, with PAX records where those are too narrow. Knows no file system.

use std::io::{self, Write};

use tar::Header;

use super::{BLOCK, Entry, Kind, Meta, Piece, pax};

/// What seven octal digits hold is less than this.
const SHORT: u64 = 1 << 21;
/// What eleven octal digits hold is less than this.
const LONG: u64 = 1 << 33;

/// A tar being written.
pub(crate) struct TarWriter<'w> {
    out: &'w mut dyn Write,
    /// Bytes of the present entry's data still to come, and of the padding after it.
    left: u64,
    padding: usize,
}

impl<'w> TarWriter<'w> {
    pub(crate) fn new(out: &'w mut dyn Write) -> Self {
        Self { out, left: 0, padding: 0 }
    }

    /// Writes an entry's headers. A file's stored data follows through [`Self::data`], all of it.
    pub(crate) fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        let mut records = Vec::new();
        let map = map(entry, &mut records);
        let stored = map.as_ref().map_or(0, Vec::len) as u64 + stored(&entry.kind);
        let header = header(entry, stored, &mut records);
        if !records.is_empty() {
            let mut about = Header::new_ustar();
            about.as_old_mut().linkflag = *b"x";
            let name = b"PaxHeaders/entry";
            about.as_old_mut().name[..name.len()].copy_from_slice(name);
            about.set_mode(0o644);
            about.set_size(records.len() as u64);
            about.set_cksum();
            self.out.write_all(about.as_bytes())?;
            self.out.write_all(&records)?;
            self.pad(padding(records.len() as u64))?;
        }
        self.out.write_all(header.as_bytes())?;
        (self.left, self.padding) = (stored, padding(stored));
        map.map_or(Ok(()), |map| self.data(&map))
    }

    /// Writes some of the present entry's data; what is beyond its size is cut off.
    pub(crate) fn data(&mut self, some: &[u8]) -> io::Result<()> {
        let fits = some.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.out.write_all(&some[..fits])?;
        self.left -= fits as u64;
        if self.left == 0 {
            let padding = std::mem::take(&mut self.padding);
            self.pad(padding)?;
        }
        Ok(())
    }

    /// Fills up with zeros what the file has lost since its header was written.
    pub(crate) fn fill(&mut self) -> io::Result<()> {
        while self.left > 0 {
            self.data(&[0; BLOCK])?;
        }
        Ok(())
    }

    /// Ends the tar.
    pub(crate) fn finish(self) -> io::Result<()> {
        self.out.write_all(&[0; 2 * BLOCK])?;
        self.out.flush()
    }

    fn pad(&mut self, padding: usize) -> io::Result<()> {
        self.out.write_all(&[0; BLOCK][..padding])
    }
}

fn padding(size: u64) -> usize {
    (size.next_multiple_of(BLOCK as u64) - size) as usize
}

/// Bytes of data that are stored of an entry.
fn stored(kind: &Kind) -> u64 {
    match kind {
        Kind::File { pieces: Some(pieces), .. } => pieces.iter().map(|piece| piece.len).sum(),
        Kind::File { size, pieces: None } => *size,
        _ => 0,
    }
}

/// The map that stands before a sparse file's data, of form 1.0, which also those can unpack who do not know it.
fn map(entry: &Entry, records: &mut Vec<u8>) -> Option<Vec<u8>> {
    let Kind::File { size, pieces: Some(pieces) } = &entry.kind else { return None };
    pax::write(records, b"GNU.sparse.major", b"1");
    pax::write(records, b"GNU.sparse.minor", b"0");
    pax::write(records, b"GNU.sparse.name", &entry.path);
    pax::write(records, b"GNU.sparse.realsize", size.to_string().as_bytes());
    // A hole at the end is told by a piece of no bytes: GNU tar takes the end of the last piece for the file's.
    let end = Piece { at: *size, len: 0 };
    let mut map = format!("{}\n", pieces.len() + 1);
    for Piece { at, len } in pieces.iter().chain([&end]) {
        map.push_str(&format!("{at}\n{len}\n"));
    }
    let mut map = map.into_bytes();
    map.resize(map.len().next_multiple_of(BLOCK), 0);
    Some(map)
}

/// An entry's header; what does not fit into it is added to `records`.
fn header(entry: &Entry, stored: u64, records: &mut Vec<u8>) -> Header {
    let mut header = Header::new_ustar();
    let mut path = entry.path.clone();
    if entry.kind == Kind::Folder && !path.ends_with(b"/") {
        path.push(b'/');
    }
    fit(&mut header.as_old_mut().name, &path, b"path", records);
    let (flag, target): (u8, &[u8]) = match &entry.kind {
        Kind::File { .. } => (b'0', b""),
        Kind::Link(target) => (b'1', target),
        Kind::Symlink(target) => (b'2', target),
        Kind::Char(..) => (b'3', b""),
        Kind::Block(..) => (b'4', b""),
        Kind::Folder => (b'5', b""),
        Kind::Fifo => (b'6', b""),
    };
    header.as_old_mut().linkflag = [flag];
    fit(&mut header.as_old_mut().linkname, target, b"linkpath", records);
    if let (Kind::Char(major, minor) | Kind::Block(major, minor), Some(ustar)) = (&entry.kind, header.as_ustar_mut()) {
        ustar.set_device_major(*major);
        ustar.set_device_minor(*minor);
    }
    numbers(&mut header, &entry.meta, stored, records);
    for (name, value) in &entry.meta.xattrs {
        pax::write(records, &[b"SCHILY.xattr.", name.as_slice()].concat(), value);
    }
    for (key, value) in &entry.meta.vendor {
        pax::write(records, key, value);
    }
    header.set_cksum();
    header
}

fn numbers(header: &mut Header, meta: &Meta, stored: u64, records: &mut Vec<u8>) {
    header.set_mode(meta.mode);
    let mut narrow = |value: u64, limit: u64, key: &[u8]| {
        if value < limit {
            return value;
        }
        pax::write(records, key, value.to_string().as_bytes());
        0
    };
    header.set_uid(narrow(u64::from(meta.uid), SHORT, b"uid"));
    header.set_gid(narrow(u64::from(meta.gid), SHORT, b"gid"));
    header.set_size(narrow(stored, LONG, b"size"));
    let whole = u64::try_from(meta.mtime.0).ok().filter(|seconds| *seconds < LONG);
    header.set_mtime(whole.unwrap_or_default());
    if whole.is_none() || meta.mtime.1 != 0 {
        pax::write(records, b"mtime", pax::time_text(meta.mtime).as_bytes());
    }
}

/// Writes a text into its field, and into a record where it is too long or not plain ASCII.
fn fit(field: &mut [u8; 100], value: &[u8], key: &[u8], records: &mut Vec<u8>) {
    let fits = value.len().min(field.len());
    field[..fits].copy_from_slice(&value[..fits]);
    if value.len() > field.len() || !value.is_ascii() {
        pax::write(records, key, value);
    }
}
