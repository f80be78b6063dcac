//! What a tar has had so far, by names as Windows compares them. Knows no disk.

use std::collections::{HashMap, HashSet};

use super::{LayerPath, Trouble};

/// What something in a tar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Is {
    /// A folder in which things may lie.
    Folder,
    /// A file.
    File,
    /// A link, also one that is a folder.
    Elsewhere,
}

/// All that was in a tar so far.
#[derive(Default)]
pub(super) struct Seen {
    by_key: HashMap<String, Is>,
    staged: HashSet<String>,
}

impl Seen {
    /// Adds a path. Its folder must have come before it, unless it is there without the tar's doing.
    pub(super) fn add(&mut self, path: &LayerPath, is: Is, may_lack_folder: bool) -> Result<(), Trouble> {
        match path.parent().map(|parent| self.by_key.get(&parent.key())) {
            None | Some(Some(Is::Folder)) => {}
            Some(None) if may_lack_folder => {}
            Some(None) => return Err(Trouble::Refused("its folder does not come before it")),
            Some(Some(Is::File | Is::Elsewhere)) => return Err(Trouble::Refused("it lies in what is no folder")),
        }
        if self.by_key.insert(path.key(), is).is_some() {
            return Err(Trouble::Refused("its name is in the layer already, perhaps with another case"));
        }
        Ok(())
    }

    /// What a path is, if it was in the tar.
    pub(super) fn get(&self, path: &LayerPath) -> Option<Is> {
        self.by_key.get(&path.key()).copied()
    }

    /// Whether there was a virtual machine in it.
    pub(super) fn has_utility_vm(&self) -> bool {
        self.by_key.contains_key("UTILITYVM\\FILES")
    }

    /// The folder and those above it that are not staged yet, the outermost first; they are from now on.
    pub(super) fn unstaged(&mut self, folder: Option<LayerPath>) -> Vec<LayerPath> {
        let mut missing = Vec::new();
        let mut next = folder;
        while let Some(folder) = next
            && self.staged.insert(folder.key())
        {
            next = folder.parent();
            missing.push(folder);
        }
        missing.reverse();
        missing
    }
}
