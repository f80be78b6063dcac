//! Layers seen through each other, without a mount: what a path is in the uppermost layer that has it. Knows no tars.

use std::{collections::BTreeSet, ffi::OsStr, os::unix::ffi::OsStrExt, path::PathBuf};

use rustix::{
    fd::AsFd,
    fs::FileType,
    io::{Errno, Result},
};

use super::{
    layer::node_at,
    node::{self, Node},
    whiteout,
};

/// One folder as it is in several layers at once.
#[derive(Clone, Debug)]
pub(crate) struct Lowers {
    /// The folder in each layer that has it and is not hidden, uppermost first. None of them has a link in its path.
    folders: Vec<PathBuf>,
}

impl Lowers {
    /// The root of these layers, lowest first. Those that do not exist (yet) are passed over.
    pub(crate) fn new(layers: &[PathBuf]) -> Self {
        Self { folders: layers.iter().rev().filter(|layer| layer.is_dir()).cloned().collect() }
    }

    /// What has this name, in the uppermost layer that has it.
    pub(crate) fn get(&self, name: &[u8]) -> Result<Option<Node>> {
        for folder in &self.folders {
            match node_at(&folder.join(OsStr::from_bytes(name))) {
                Ok(found) if whiteout::is(&found.stat) => return Ok(None),
                Ok(found) => return Ok(Some(found)),
                Err(Errno::NOENT) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// The folder with this name.
    pub(crate) fn enter(&self, name: &[u8]) -> Result<Self> {
        let mut folders = Vec::new();
        for folder in &self.folders {
            let path = folder.join(OsStr::from_bytes(name));
            match node_at(&path) {
                Ok(found) if found.file_type() == FileType::Directory => {
                    folders.push(path);
                    if whiteout::is_opaque(&found) {
                        break;
                    }
                }
                // A whiteout, or something that is no folder, hides all below it.
                Ok(_) => break,
                Err(Errno::NOENT) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self { folders })
    }

    /// What is at a normal path, the root itself where it is empty; links are not followed.
    pub(crate) fn find(&self, path: &[u8]) -> Result<Option<Node>> {
        if path.is_empty() {
            return self.folders.first().map(|folder| node_at(folder)).transpose();
        }
        let mut names = path.split(|byte| *byte == b'/').collect::<Vec<_>>();
        let last = names.pop().unwrap_or_default();
        let mut at = self.clone();
        for name in names {
            at = at.enter(name)?;
        }
        at.get(last)
    }

    /// All names there are.
    pub(crate) fn names(&self) -> Result<BTreeSet<Vec<u8>>> {
        let (mut names, mut hidden) = (BTreeSet::new(), BTreeSet::new());
        for folder in &self.folders {
            let folder = node_at(folder)?;
            for name in node::names(folder.fd.as_fd())? {
                if hidden.contains(&name) || names.contains(&name) {
                    continue;
                }
                if whiteout::is_at(folder.fd.as_fd(), &name) {
                    hidden.insert(name);
                } else {
                    names.insert(name);
                }
            }
        }
        Ok(names)
    }
}
