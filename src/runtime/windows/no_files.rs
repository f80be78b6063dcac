//! Files inside of roots and volumes of Windows: so far only what a container's life needs of them. Knows no container.

use std::{
    fs,
    io::{Read, Write},
    path::Path,
    sync::Arc,
};

use super::storage::Disks;
use crate::{
    model::FileEntry,
    runtime::{
        Result, RuntimeError,
        host::{Files, Packing},
        monitor::folder::remove,
    },
};

/// Folders on the disks of this Windows.
pub(super) struct Folders(pub(super) Arc<Disks>);

fn not_yet<T>(tried: &str) -> Result<T> {
    let why = "longshore does not reach into containers of Windows yet".into();
    Err(RuntimeError::Invalid { tried: tried.to_owned(), why })
}

impl Files for Folders {
    fn stat(&self, _: &Path, _: &str) -> Result<FileEntry> {
        not_yet("look at a file")
    }

    fn browse(&self, _: &Path, _: &str) -> Result<Vec<FileEntry>> {
        not_yet("list files")
    }

    fn copy_out(&self, _: &Path, _: &str, _: &mut dyn Write) -> Result<()> {
        not_yet("copy files out")
    }

    fn copy_in(&self, _: &Path, _: &str, _: &mut dyn Read, _: Option<(u32, u32)>, _: bool) -> Result<()> {
        not_yet("copy files in")
    }

    fn export(&self, _: &Path, _: &mut dyn Write) -> Result<()> {
        not_yet("export files")
    }

    fn copy_up(&self, _: &Path, _: &str, _: &Path) -> Result<bool> {
        not_yet("fill a new volume")
    }

    fn usage(&self, folder: &Path) -> Result<u64> {
        let mut bytes = 0;
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(about) if about.is_dir() => bytes += self.usage(&entry.path())?,
                Ok(about) => bytes += about.len(),
                // It has gone meanwhile.
                Err(_) => {}
            }
        }
        Ok(bytes)
    }

    fn backup(&self, _: &Path, _: Packing, _: &mut dyn Write) -> Result<()> {
        not_yet("back a volume up")
    }

    fn restore(&self, _: &Path, _: &mut dyn Read) -> Result<()> {
        not_yet("restore a volume")
    }

    fn remove(&self, folder: &Path) -> Result<()> {
        self.0.remove_scratch(folder)?;
        remove(folder).map_err(RuntimeError::system(format!("remove `{}`", folder.display())))
    }
}
