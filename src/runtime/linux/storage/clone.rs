//! Copies trees on the host with all that belongs to them: owners, modes, times, attributes, further names, holes.
//! Knows neither tars nor layers.

use std::collections::HashMap;

use rustix::{
    fd::{AsFd, BorrowedFd, OwnedFd},
    fs::{self, AtFlags, FileType, Mode, SeekFrom},
    io::{Errno, Result},
};

use super::{
    beneath::FOLDER,
    node::{self, Node},
    tar::{Kind, Piece},
};

/// Folders within folders that are followed.
const DEPTH: usize = 256;
/// Bytes copied at once: the kernel shares or moves them itself where it can.
const CHUNK: usize = 1 << 30;

/// Copies, and knows what it has copied already.
#[derive(Debug, Default)]
pub(crate) struct Cloner {
    /// Files of several names: where the first copy is.
    first: HashMap<(u64, u64), (OwnedFd, Vec<u8>)>,
}

impl Cloner {
    /// Copies what is in a folder into another, and gives that the same look.
    pub(crate) fn folder(&mut self, from: &Node, to: BorrowedFd<'_>) -> Result<()> {
        self.fill(from, to, 0)
    }

    /// Copies one thing, with all that is in it.
    pub(crate) fn node(&mut self, from: &Node, parent: BorrowedFd<'_>, name: &[u8]) -> Result<()> {
        self.copy(from, parent, name, 0)
    }

    fn fill(&mut self, from: &Node, to: BorrowedFd<'_>, depth: usize) -> Result<()> {
        if depth > DEPTH {
            return Err(Errno::NAMETOOLONG);
        }
        for name in node::names(from.fd.as_fd())? {
            match Node::open(from.fd.as_fd(), &name) {
                Ok(inner) => self.copy(&inner, to, &name, depth)?,
                Err(Errno::NOENT) => {}
                Err(error) => return Err(error),
            }
        }
        let meta = from.meta()?;
        let to = fs::openat(to, ".", fs::OFlags::RDONLY | fs::OFlags::CLOEXEC, Mode::empty())?;
        node::dress(to.as_fd(), &meta)?;
        fs::futimens(to, &node::times(meta.mtime))
    }

    fn copy(&mut self, from: &Node, parent: BorrowedFd<'_>, name: &[u8], depth: usize) -> Result<()> {
        let id = (from.stat.st_dev, from.stat.st_ino);
        let several = from.stat.st_nlink > 1 && from.file_type() != FileType::Directory;
        if several && let Some((folder, first)) = self.first.get(&id) {
            return fs::linkat(folder, first.as_slice(), parent, name, AtFlags::empty());
        }
        match from.kind()? {
            Some(Kind::Folder) => {
                node::make(parent, name, &Kind::Folder)?;
                self.fill(from, fs::openat(parent, name, FOLDER, Mode::empty())?.as_fd(), depth + 1)?;
            }
            Some(Kind::File { .. }) => file(from, parent, name)?,
            Some(kind) => {
                node::make(parent, name, &kind)?;
                node::dress_by_name(parent, name, &from.meta()?)?;
            }
            // A socket is nothing without the process that made it.
            None => return Ok(()),
        }
        if several {
            self.first.insert(id, (fs::openat(parent, ".", FOLDER, Mode::empty())?, name.to_vec()));
        }
        Ok(())
    }
}

fn file(from: &Node, parent: BorrowedFd<'_>, name: &[u8]) -> Result<()> {
    let source = from.read()?;
    let copy = node::make_file(parent, name)?;
    let size = u64::try_from(from.stat.st_size).unwrap_or(0);
    let pieces = node::pieces(source.as_fd(), &from.stat)?;
    for piece in pieces.unwrap_or_else(|| vec![Piece { at: 0, len: size }]) {
        content(source.as_fd(), copy.as_fd(), piece)?;
    }
    fs::ftruncate(&copy, size)?;
    let meta = from.meta()?;
    node::dress(copy.as_fd(), &meta)?;
    fs::futimens(copy, &node::times(meta.mtime))
}

fn content(from: BorrowedFd<'_>, to: BorrowedFd<'_>, piece: Piece) -> Result<()> {
    let (mut read, mut write, end) = (piece.at, piece.at, piece.at + piece.len);
    while read < end {
        let step = CHUNK.min(usize::try_from(end - read).unwrap_or(CHUNK));
        match fs::copy_file_range(from, Some(&mut read), to, Some(&mut write), step) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            // Two file systems that cannot do it between them.
            Err(Errno::XDEV | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => return by_hand(from, to, read, end),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn by_hand(from: BorrowedFd<'_>, to: BorrowedFd<'_>, start: u64, end: u64) -> Result<()> {
    fs::seek(to, SeekFrom::Start(start))?;
    let mut buffer = vec![0; 128 << 10];
    let mut at = start;
    while at < end {
        let room = buffer.len().min(usize::try_from(end - at).unwrap_or(usize::MAX));
        let count = rustix::io::pread(from, &mut buffer[..room], at)?;
        if count == 0 {
            break;
        }
        let mut rest = &buffer[..count];
        while !rest.is_empty() {
            rest = &rest[rustix::io::write(to, rest)?..];
        }
        at += count as u64;
    }
    Ok(())
}
