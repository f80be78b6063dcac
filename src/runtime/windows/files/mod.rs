//! Files inside of containers and volumes of Windows. Knows neither layers' formats nor the database.
//!
//! | file | subject |
//! |---|---|
//! | `handle` | files by their names in an open folder |
//! | `beneath` | paths that never lead out of a root |
//! | `pack`, `unpack`, `told` | trees to tars and back |
//! | `volume` | volumes as a whole |

mod beneath;
mod handle;
mod pack;
#[cfg(test)]
mod tests;
mod told;
mod unpack;
mod volume;

use std::{
    collections::HashSet,
    ffi::{OsStr, OsString},
    fs::{self, File},
    io::{self, Read, Write},
    path::Path,
    sync::Arc,
};

use chrono::DateTime;

use self::{
    beneath::{Root, is_folder, link_of},
    handle::{Listed, Way, list, open_at},
    pack::Packer,
};
use super::{
    layers::{enable_privileges, file_info},
    storage::{Disks, place},
};
use crate::{
    model::{Bytes, FileEntry, FileKind, text::clean},
    runtime::{
        Result, RuntimeError,
        backup_stream::{BasicInfo, DIRECTORY, REPARSE_POINT},
        host::{Files, Packing},
        monitor::folder as running,
        tar::{Limits, TarReader},
    },
};

/// Folders within folders that are looked into.
const DEPTH: usize = 256;
/// `FILE_ATTRIBUTE_READONLY`.
const READ_ONLY: u32 = 1;

/// Files inside of roots and volumes of this Windows.
pub struct Folders {
    disks: Arc<Disks>,
    limits: Limits,
}

impl Folders {
    /// Where roots are mounted by `disks`.
    pub fn over(disks: Arc<Disks>) -> Self {
        Self { disks, limits: Limits::default() }
    }
}

impl Files for Folders {
    fn stat(&self, root: &Path, path: &str) -> Result<FileEntry> {
        let look = || {
            let (folder, name) = open(root)?.find(path)?;
            let node = node(&folder, name.as_deref())?;
            entry(&node, &name.unwrap_or_else(|| ".".into()))
        };
        look().map_err(|error| refused("look at", path, error))
    }

    fn browse(&self, root: &Path, path: &str) -> Result<Vec<FileEntry>> {
        let look = || -> io::Result<Vec<FileEntry>> {
            let folder = open(root)?.folder(path, false)?;
            let mut entries = Vec::new();
            for Listed { name, .. } in list(&folder)? {
                match open_at(&folder, &name, Way::Look).and_then(|node| entry(&node, &name)) {
                    // It went meanwhile.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    found => entries.push(found?),
                }
            }
            Ok(entries)
        };
        look().map_err(|error| refused("list", path, error))
    }

    fn copy_out(&self, root: &Path, path: &str, tar: &mut dyn Write) -> Result<()> {
        let mut copy = || {
            let (folder, name) = open(root)?.find(path)?;
            let mut packer = Packer::new(tar);
            match name {
                Some(name) => packer.one(&folder, &name, &name.to_string_lossy())?,
                None => packer.folder(&folder, &last_name(path))?,
            }
            packer.finish()
        };
        copy().map_err(|error| refused("copy", path, error))
    }

    fn copy_in(
        &self,
        root: &Path,
        path: &str,
        tar: &mut dyn Read,
        // There are no numbers for owners here: what is made belongs to who owns the folder.
        _: Option<(u32, u32)>,
        same_kind: bool,
    ) -> Result<()> {
        let look = || -> io::Result<Root> {
            let root = open(root)?;
            root.folder(path, false)?;
            Ok(root)
        };
        let root = look().map_err(|error| refused("copy into", path, error))?;
        unpack::unpack(&root, path, &mut TarReader::new(tar, self.limits), same_kind)
    }

    fn export(&self, root: &Path, tar: &mut dyn Write) -> Result<()> {
        let mut export = || {
            let root = open(root)?;
            let mut packer = Packer::new(tar);
            packer.inside(root.file(), "", 0)?;
            packer.finish()
        };
        export().map_err(|error| refused("export", &root.to_string_lossy(), error))
    }

    fn copy_up(&self, root: &Path, path: &str, volume: &Path) -> Result<bool> {
        volume::copy_up(&|| open(root), path, volume, self.limits)
    }

    fn usage(&self, folder: &Path) -> Result<u64> {
        match Root::open(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            opened => opened.and_then(|root| usage(root.file(), &mut HashSet::new(), 0)),
        }
        .map_err(RuntimeError::system(format!("measure `{}`", folder.display())))
    }

    fn backup(&self, volume: &Path, packing: Packing, out: &mut dyn Write) -> Result<()> {
        volume::backup(volume, packing, out)
    }

    fn restore(&self, volume: &Path, folder: &Path, tar: &mut dyn Read) -> Result<()> {
        volume::restore(volume, folder, tar, self.limits)
    }

    fn swap(&self, volume: &Path, folder: &Path) -> Result<()> {
        volume::swap(volume, folder)
    }

    fn remove(&self, folder: &Path) -> Result<()> {
        // A writable layer is deleted with rights that only Windows' own service has.
        self.disks.remove_scratch(folder)?;
        let tried = format!("remove `{}`", folder.display());
        match fs::canonicalize(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            // In the spelling that takes names of every length.
            whole => whole.and_then(|whole| running::remove(&whole)).map_err(RuntimeError::system(tried)),
        }
    }
}

/// Opens where a root's or volume's files are, with the rights to see all of them.
fn open(root: &Path) -> io::Result<Root> {
    enable_privileges()?;
    Root::open(&place(root)?)
}

fn node(folder: &File, name: Option<&OsStr>) -> io::Result<File> {
    name.map_or_else(|| folder.try_clone(), |name| open_at(folder, name, Way::Look))
}

/// The name by which a folder that a path leads to goes into an archive.
fn last_name(path: &str) -> String {
    let path = path.replace('\\', "/");
    match path.trim_end_matches('/').rsplit('/').next() {
        None | Some("" | "." | "..") => ".".into(),
        Some(name) if name.ends_with(':') => ".".into(),
        Some(name) => name.to_owned(),
    }
}

fn entry(node: &File, name: &OsString) -> io::Result<FileEntry> {
    let info = file_info(node)?;
    let link = link_of(node)?;
    let kind = match (&link, is_folder(node)?) {
        (Some(_), _) => FileKind::Symlink,
        (None, true) => FileKind::Folder,
        (None, false) => FileKind::File,
    };
    let (seconds, nanos) = info.written.parts();
    Ok(FileEntry {
        name: clean(&name.to_string_lossy()).into_owned(),
        kind,
        size: Bytes(node.metadata()?.len()),
        mode: mode(&info),
        uid: 0,
        gid: 0,
        modified: DateTime::from_timestamp(seconds, nanos),
        target: link.map(|link| clean(&link.target).into_owned()),
    })
}

/// Permission bits that come closest: Windows has lists of who may do what instead.
fn mode(info: &BasicInfo) -> u32 {
    match (info.is_folder(), info.attributes & READ_ONLY != 0) {
        (true, _) => 0o755,
        (false, true) => 0o444,
        (false, false) => 0o644,
    }
}

fn usage(folder: &File, counted: &mut HashSet<i64>, depth: usize) -> io::Result<u64> {
    let mut bytes = 0;
    for Listed { name, allocated, number, attributes } in list(folder)? {
        let is_link = attributes & REPARSE_POINT != 0;
        if attributes & DIRECTORY != 0 && !is_link && depth < DEPTH {
            match open_at(folder, &name, Way::Folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                inner => bytes += usage(&inner?, counted, depth + 1)?,
            }
        } else if counted.insert(number) {
            bytes += allocated;
        }
    }
    Ok(bytes)
}

/// What a path inside that cannot be had means to people.
fn refused(tried: &str, path: &str, error: io::Error) -> RuntimeError {
    let tried = format!("{tried} `{}`", clean(path));
    match error.kind() {
        io::ErrorKind::NotFound => RuntimeError::NotFound { tried, why: "there is no such file or folder".into() },
        io::ErrorKind::NotADirectory => RuntimeError::Invalid { tried, why: "it is no folder".into() },
        io::ErrorKind::InvalidFilename => {
            RuntimeError::Invalid { tried, why: "Windows takes no file with such a name".into() }
        }
        _ => RuntimeError::System { tried, source: error },
    }
}
