//! Packs trees into tars, each time the same for the same tree. Knows neither mounts nor images.

use std::{collections::HashMap, io::Write};

use rustix::{fd::AsFd, fs::FileType, io::Errno};

use super::{
    fault::Fault,
    node::{self, Node},
    tar::{Entry, Kind, Meta, Piece, TarWriter},
    whiteout,
};
use crate::runtime::{Result, RuntimeError};

/// Folders within folders that are followed.
const DEPTH: usize = 256;
/// Bytes read at once.
const CHUNK: usize = 128 << 10;

/// A tree being packed.
pub(crate) struct Packer<'w> {
    out: TarWriter<'w>,
    /// Files of several names: the first one.
    first: HashMap<(u64, u64), Vec<u8>>,
    /// It is a writable layer: overlayfs's marks become a layer's.
    layer: bool,
    buffer: Vec<u8>,
}

impl<'w> Packer<'w> {
    pub(crate) fn new(out: &'w mut dyn Write, layer: bool) -> Self {
        Self { out: TarWriter::new(out), first: HashMap::new(), layer, buffer: vec![0; CHUNK] }
    }

    /// Ends the tar.
    pub(crate) fn finish(self) -> Result<()> {
        self.out.finish().map_err(RuntimeError::system("write a tar"))
    }

    /// Adds all that is in a folder, with paths below `path`.
    pub(crate) fn inside(&mut self, folder: &Node, path: &[u8]) -> Result<()> {
        self.inside_at(folder, path, 0)
    }

    /// Adds one thing at `path`, with all that is in it.
    pub(crate) fn one(&mut self, node: &Node, path: &[u8]) -> Result<()> {
        self.one_at(node, path, 0)
    }

    fn inside_at(&mut self, folder: &Node, path: &[u8], depth: usize) -> Result<()> {
        if depth > DEPTH {
            return Err(Fault::from(Errno::NAMETOOLONG).on("pack", path));
        }
        for name in node::names(folder.fd.as_fd()).map_err(|error| Fault::from(error).on("pack", path))? {
            let inner = if path.is_empty() { name.clone() } else { [path, b"/", &name].concat() };
            match Node::open(folder.fd.as_fd(), &name) {
                Ok(node) if self.layer && whiteout::is(&node.stat) => {
                    self.mark(&whiteout::name_for(path, &name))?;
                }
                Ok(node) => self.one_at(&node, &inner, depth + 1)?,
                // A container is at work in it.
                Err(Errno::NOENT) => {}
                Err(error) => return Err(Fault::from(error).on("pack", &inner)),
            }
        }
        Ok(())
    }

    fn one_at(&mut self, node: &Node, path: &[u8], depth: usize) -> Result<()> {
        self.entry(node, path).map_err(|fault| fault.on("pack", path))?;
        if node.file_type() != FileType::Directory {
            return Ok(());
        }
        if self.layer && whiteout::is_opaque(node) {
            self.mark(&whiteout::opaque_name_for(path))?;
        }
        self.inside_at(node, path, depth)
    }

    /// Adds a whiteout: an empty file whose name says it.
    fn mark(&mut self, path: &[u8]) -> Result<()> {
        let kind = Kind::File { size: 0, pieces: None };
        let entry = Entry { path: path.to_vec(), kind, meta: Meta { mode: 0o600, ..Meta::default() } };
        self.out.entry(&entry).map_err(|error| Fault::from(error).on("pack", path))
    }

    fn entry(&mut self, node: &Node, path: &[u8]) -> std::result::Result<(), Fault> {
        let Some(mut kind) = node.kind()? else { return Ok(()) };
        let mut meta = node.meta()?;
        let id = (node.stat.st_dev, node.stat.st_ino);
        if node.stat.st_nlink > 1 && kind != Kind::Folder {
            if let Some(first) = self.first.get(&id) {
                meta.xattrs.clear();
                let entry = Entry { path: path.to_vec(), kind: Kind::Link(first.clone()), meta };
                return Ok(self.out.entry(&entry)?);
            }
            self.first.insert(id, path.to_vec());
        }
        let Kind::File { size, pieces } = &mut kind else {
            return Ok(self.out.entry(&Entry { path: path.to_vec(), kind, meta })?);
        };
        let file = node.read()?;
        *pieces = node::pieces(file.as_fd(), &node.stat)?;
        let parts = pieces.clone().unwrap_or_else(|| vec![Piece { at: 0, len: *size }]);
        self.out.entry(&Entry { path: path.to_vec(), kind, meta })?;
        for part in parts {
            self.content(file.as_fd(), part)?;
        }
        Ok(self.out.fill()?)
    }

    fn content(&mut self, file: rustix::fd::BorrowedFd<'_>, part: Piece) -> std::result::Result<(), Fault> {
        let (mut at, end) = (part.at, part.at + part.len);
        while at < end {
            let room = self.buffer.len().min(usize::try_from(end - at).unwrap_or(usize::MAX));
            let count = rustix::io::pread(file, &mut self.buffer[..room], at)?;
            if count == 0 {
                // It has become shorter since: what is missing reads as zeros.
                self.buffer[..room].fill(0);
            }
            let count = if count == 0 { room } else { count };
            self.out.data(&self.buffer[..count])?;
            at += count as u64;
        }
        Ok(())
    }
}
