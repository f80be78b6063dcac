//! A disk in memory that is as strict as Windows: nothing is made twice, and nothing without its folder.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use super::super::*;
use crate::runtime::backup_stream::BasicInfo;

#[derive(Debug, Default)]
pub(super) struct MemoryDisk {
    pub(super) folders: BTreeSet<(u8, String)>,
    /// By root and path: attributes and times, how, and the bytes.
    pub(super) files: BTreeMap<(u8, String), (BasicInfo, How, Vec<u8>)>,
    pub(super) open: Option<(u8, String)>,
    /// What a transport folder's list says is deleted.
    pub(super) tombstones: Option<String>,
}

fn number(root: Root) -> u8 {
    match root {
        Root::Layer => 0,
        Root::Transport => 1,
        Root::Stage => 2,
    }
}

impl MemoryDisk {
    pub(super) fn bytes(&self, root: Root, path: &str) -> &[u8] {
        &self.files[&(number(root), path.to_owned())].2
    }

    pub(super) fn info(&self, root: Root, path: &str) -> BasicInfo {
        self.files[&(number(root), path.to_owned())].0
    }

    pub(super) fn paths(&self, root: Root) -> Vec<&str> {
        let of_root = self.files.keys().filter(|(of, _)| *of == number(root));
        of_root.map(|(_, path)| path.as_str()).collect()
    }

    fn room(&self, root: Root, path: &str) -> io::Result<()> {
        let key = (number(root), path.to_owned());
        if self.folders.contains(&key) || self.files.contains_key(&key) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let parent = path.rsplit_once('\\').map(|(parent, _)| (number(root), parent.to_owned()));
        if parent.is_some_and(|parent| !self.folders.contains(&parent)) {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(())
    }
}

impl LayerDisk for MemoryDisk {
    fn folder(&mut self, root: Root, path: &LayerPath) -> io::Result<()> {
        self.room(root, path.as_str())?;
        self.folders.insert((number(root), path.as_str().to_owned()));
        Ok(())
    }

    fn begin(&mut self, root: Root, path: &LayerPath, info: &BasicInfo, how: How) -> io::Result<()> {
        assert_eq!(self.open, None, "the file before is still open");
        self.room(root, path.as_str())?;
        let key = (number(root), path.as_str().to_owned());
        if info.is_folder() {
            assert!(matches!(how, How::Restored { .. }), "a folder has no bytes of its own");
            self.folders.insert(key.clone());
        }
        self.files.insert(key.clone(), (*info, how, Vec::new()));
        self.open = Some(key);
        Ok(())
    }

    fn write(&mut self, some: &[u8]) -> io::Result<()> {
        let open = self.open.as_ref().expect("no file is open");
        self.files.get_mut(open).unwrap().2.extend(some);
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.open.take().expect("no file is open");
        Ok(())
    }

    fn descriptor(&self, sddl: &str) -> io::Result<Vec<u8>> {
        Ok(format!("<{sddl}>").into_bytes())
    }

    fn take(&mut self, step: &Step) -> io::Result<()> {
        unreachable!("{step:?} was not asked for");
    }
}

/// The transport folder, as `ExportLayer` would have left it.
impl LayerSource for MemoryDisk {
    fn list(&mut self, folder: &str) -> io::Result<Vec<Found>> {
        let all = self.folders.iter().map(|key| (key, true)).chain(self.files.keys().map(|key| (key, false)));
        let mut found = Vec::new();
        for ((_, path), is_folder) in all.filter(|((root, _), _)| *root == number(Root::Transport)) {
            let (parent, name) = path.rsplit_once('\\').unwrap_or(("", path));
            if parent == folder {
                found.push(Found { name: name.to_owned(), is_folder });
            }
        }
        if folder.is_empty() && self.tombstones.is_some() {
            found.push(Found { name: TOMBSTONES.to_owned(), is_folder: false });
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    fn info(&mut self, path: &str) -> io::Result<BasicInfo> {
        let beside = format!("{path}{WCIDIRS}");
        let found = [path, &beside].into_iter().find_map(|path| self.files.get(&(1, path.to_owned())));
        let info = found.ok_or(io::ErrorKind::NotFound)?.0;
        let attributes = if self.folders.contains(&(1, path.to_owned())) { 16 } else { 32 };
        Ok(BasicInfo { attributes, ..info })
    }

    fn open(&mut self, path: &str, how: How) -> io::Result<Box<dyn io::Read + '_>> {
        if let (TOMBSTONES, Some(text)) = (path, &self.tombstones) {
            return Ok(Box::new(text.as_bytes()));
        }
        match self.files.get(&(1, path.to_owned())) {
            Some((_, told, bytes)) if *told == how => Ok(Box::new(&bytes[..])),
            // A folder's own streams are nothing that is exported.
            None if self.folders.contains(&(1, path.to_owned())) => Ok(Box::new(io::empty())),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn shared(&mut self, path: &str) -> io::Result<Option<u128>> {
        // Files whose name begins so are one.
        Ok(path.rsplit('\\').next().is_some_and(|name| name.starts_with("twin")).then_some(7))
    }
}
