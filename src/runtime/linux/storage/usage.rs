//! How much disk a tree takes. Knows not what is in it.

use std::{collections::HashSet, path::Path};

use rustix::{
    fd::AsFd,
    fs::FileType,
    io::{Errno, Result},
};

use super::{
    layer::node_at,
    node::{self, Node},
};

/// Folders within folders that are looked into.
const DEPTH: usize = 256;

/// Bytes on disk of all below `path`, itself included: holes not counted, files of several names once. Zero where
/// there is nothing. What goes away meanwhile is not counted.
pub(crate) fn usage(path: &Path) -> Result<u64> {
    match node_at(path) {
        Ok(node) => Usage::default().of(&node, 0),
        Err(Errno::NOENT) => Ok(0),
        Err(error) => Err(error),
    }
}

#[derive(Default)]
struct Usage {
    counted: HashSet<(u64, u64)>,
}

impl Usage {
    fn of(&mut self, node: &Node, depth: usize) -> Result<u64> {
        let stat = &node.stat;
        if stat.st_nlink > 1
            && node.file_type() != FileType::Directory
            && !self.counted.insert((stat.st_dev, stat.st_ino))
        {
            return Ok(0);
        }
        let mut bytes = (stat.st_blocks as u64).saturating_mul(512);
        if node.file_type() == FileType::Directory && depth < DEPTH {
            for name in node::names(node.fd.as_fd())? {
                match Node::open(node.fd.as_fd(), &name) {
                    Ok(inner) => bytes += self.of(&inner, depth + 1)?,
                    Err(Errno::NOENT) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(bytes)
    }
}
