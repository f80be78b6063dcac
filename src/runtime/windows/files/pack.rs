//! Packs trees of Windows into tars. Knows neither mounts nor images.
//!
//! Attributes and times go along as go-winio writes them. Security descriptors do not: they name accounts of the host
//! or container that they come from.

use std::{
    collections::HashMap,
    ffi::OsStr,
    fs::File,
    io::{self, Read, Write},
};

use super::{
    beneath::{is_folder, link_of},
    handle::{Way, list, open_at},
    told::entry_of,
};
use crate::runtime::{
    backup_stream::REPARSE_POINT,
    tar::{Kind, TarWriter},
    windows::layers::{file_identity, file_info, file_number},
};

/// Folders within folders that are followed.
const DEPTH: usize = 256;
/// Bytes read at once.
const CHUNK: usize = 128 << 10;

/// A tree being packed.
pub(super) struct Packer<'w> {
    out: TarWriter<'w>,
    /// Files of several names: the first one.
    first: HashMap<u128, String>,
    buffer: Vec<u8>,
}

impl<'w> Packer<'w> {
    pub(super) fn new(out: &'w mut dyn Write) -> Self {
        Self { out: TarWriter::new(out), first: HashMap::new(), buffer: vec![0; CHUNK] }
    }

    /// Ends the tar.
    pub(super) fn finish(self) -> io::Result<()> {
        self.out.finish()
    }

    /// Adds a folder that is open, and all that is in it.
    pub(super) fn folder(&mut self, folder: &File, path: &str) -> io::Result<()> {
        self.entry(folder, path)?;
        self.inside(folder, path, 0)
    }

    /// Adds what has this name in a folder, and all that is in it.
    pub(super) fn one(&mut self, parent: &File, name: &OsStr, path: &str) -> io::Result<()> {
        self.one_at(parent, name, path, 0)
    }

    /// Adds all that is in a folder, with paths below `path`.
    pub(super) fn inside(&mut self, folder: &File, path: &str, depth: usize) -> io::Result<()> {
        if depth > DEPTH {
            return Err(io::ErrorKind::InvalidFilename.into());
        }
        for listed in list(folder)? {
            let name = listed.name.to_string_lossy();
            let inner = if path.is_empty() { name.into_owned() } else { format!("{path}/{name}") };
            match self.one_at(folder, &listed.name, &inner, depth + 1) {
                // A container is at work in it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                done => done?,
            }
        }
        Ok(())
    }

    fn one_at(&mut self, parent: &File, name: &OsStr, path: &str, depth: usize) -> io::Result<()> {
        let node = open_at(parent, name, Way::Look)?;
        if link_of(&node)?.is_some() {
            return self.entry(&node, path).map(drop);
        }
        if is_folder(&node)? {
            self.entry(&node, path)?;
            return self.inside(&open_at(parent, name, Way::Folder)?, path, depth);
        }
        let number = file_number(&node)?;
        if let Some(first) = number.and_then(|number| self.first.get(&number)).cloned() {
            let mut entry = entry_of(file_info(&node)?, None, path, 0);
            entry.kind = Kind::Link(first.into_bytes());
            return self.out.entry(&entry);
        }
        if let Some(number) = number {
            self.first.insert(number, path.to_owned());
        }
        let size = self.entry(&node, path)?;
        self.content(content(parent, name, &node)?, size)
    }

    /// Writes what stands before a file's content; gives its size.
    fn entry(&mut self, node: &File, path: &str) -> io::Result<u64> {
        let size = node.metadata()?.len();
        self.out.entry(&entry_of(file_info(node)?, link_of(node)?, path, size))?;
        Ok(size)
    }

    fn content(&mut self, file: File, size: u64) -> io::Result<()> {
        // What comes while it is read is no part of it, and what goes reads as zeros.
        let mut file = file.take(size);
        loop {
            match file.read(&mut self.buffer)? {
                0 => return self.out.fill(),
                count => self.out.data(&self.buffer[..count])?,
            }
        }
    }
}

/// Opens a file to read it. Content that another driver keeps is read by way of it: then it must be the same file.
fn content(parent: &File, name: &OsStr, node: &File) -> io::Result<File> {
    use std::os::windows::fs::MetadataExt;
    if node.metadata()?.file_attributes() & REPARSE_POINT == 0 {
        return open_at(parent, name, Way::Read);
    }
    let file = open_at(parent, name, Way::Through)?;
    if file_identity(&file)? == file_identity(node)? { Ok(file) } else { Err(io::ErrorKind::NotFound.into()) }
}
