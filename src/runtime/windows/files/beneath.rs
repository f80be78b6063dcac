//! Finds what is beneath a root, as a process in the container would. Knows neither tars nor layers.
//!
//! Links are followed, but `C:\` in them is the root and `..` stops there; what leads to another volume or host leads
//! nowhere. Each name is opened in the folder before it ([`open_at`]), so that nothing a container does meanwhile leads
//! out.

use std::{
    collections::VecDeque,
    ffi::{OsStr, OsString},
    fs::{File, OpenOptions},
    io,
    os::windows::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
};

use windows_sys::Win32::Storage::FileSystem::FILE_FLAG_BACKUP_SEMANTICS;

use super::handle::{Way, open_at, reparse_point};
use crate::runtime::{
    backup_stream::{DIRECTORY, Link, REPARSE_POINT},
    layer_transport::is_name,
};

/// Links that are followed on one way, as in Windows.
const LINKS: usize = 63;
/// Folders that are held open on one way.
const DEPTH: usize = 512;
/// The bit of a reparse point's tag that says that it stands for another file (`IsReparseTagNameSurrogate`).
const SURROGATE: u8 = 0x20;

/// A folder that nothing beneath it leads out of.
#[derive(Debug)]
pub(super) struct Root(File);

impl Root {
    /// Opens `path` of the host, links and all.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        OpenOptions::new().read(true).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(path).map(Self)
    }

    /// The root itself.
    pub(super) fn file(&self) -> &File {
        &self.0
    }

    /// The folder at `path`, every link on the way and at its end followed; with `make`, folders that are missing are
    /// made.
    pub(super) fn folder(&self, path: &str, make: bool) -> io::Result<File> {
        let mut stack = vec![self.0.try_clone()?];
        let (mut names, mut links) = (names(path)?, 0);
        while let Some(name) = names.pop_front() {
            if name == ".." {
                stack.truncate(stack.len().saturating_sub(1).max(1));
                continue;
            }
            let top = stack.last().unwrap_or(&self.0);
            if stack.len() > DEPTH || !is_name(&name) {
                return Err(io::ErrorKind::InvalidFilename.into());
            }
            let found = match open_at(top, name.as_ref(), Way::Look) {
                Err(error) if error.kind() == io::ErrorKind::NotFound && make => {
                    open_at(top, name.as_ref(), Way::NewFolder)
                }
                found => found,
            }?;
            let Some(target) = leads_to(&found)? else {
                let next = open_at(top, name.as_ref(), Way::Folder)?;
                stack.push(next);
                continue;
            };
            links += 1;
            if links > LINKS {
                return Err(io::Error::other("there are too many links on the way"));
            }
            if is_absolute(&target) {
                stack.truncate(1);
            }
            for name in self::names(&target)?.into_iter().rev() {
                names.push_front(name);
            }
        }
        Ok(stack.pop().unwrap_or(self.0.try_clone()?))
    }

    /// The folder that `path` is in, and its last name; no name where the folder itself is meant.
    pub(super) fn find(&self, path: &str) -> io::Result<(File, Option<OsString>)> {
        let path = path.replace('\\', "/");
        let bare = path.trim_end_matches('/');
        let (folder, name) = bare.rsplit_once('/').unwrap_or(("", bare));
        let is_itself = matches!(name, "" | "." | "..") || bare.len() < path.len() || is_drive(name);
        if is_itself {
            return Ok((self.folder(&path, false)?, None));
        }
        if !is_name(name) {
            return Err(io::ErrorKind::InvalidFilename.into());
        }
        Ok((self.folder(folder, false)?, Some(OsStr::new(name).to_owned())))
    }
}

/// Where an open file leads, if it leads anywhere.
pub(super) fn leads_to(file: &File) -> io::Result<Option<String>> {
    Ok(link_of(file)?.map(|link| link.target))
}

/// The link that an open file is.
pub(super) fn link_of(file: &File) -> io::Result<Option<Link>> {
    if file.metadata()?.file_attributes() & REPARSE_POINT == 0 {
        return Ok(None);
    }
    let bytes = reparse_point(file)?;
    let stands_for_another = bytes.get(3).is_some_and(|tag| tag & SURROGATE != 0);
    match Link::decode(&bytes) {
        None if stands_for_another => Err(io::Error::new(io::ErrorKind::InvalidData, "it leads where nobody knows")),
        link => Ok(link),
    }
}

/// Whether an open file is a folder itself.
pub(super) fn is_folder(file: &File) -> io::Result<bool> {
    Ok(file.metadata()?.file_attributes() & DIRECTORY != 0)
}

/// The names of a path inside; `C:` is the root.
fn names(path: &str) -> io::Result<VecDeque<String>> {
    let path = path.replace('\\', "/");
    if path.starts_with("//") {
        return Err(io::Error::new(io::ErrorKind::NotFound, "it leads out of the container"));
    }
    let inner = match path.split_once(':') {
        Some((drive, rest)) if drive.eq_ignore_ascii_case("c") => rest,
        Some((drive, _)) if drive.len() == 1 => {
            return Err(io::Error::new(io::ErrorKind::NotFound, "it is on another drive"));
        }
        _ => &path,
    };
    Ok(inner.split('/').filter(|name| !matches!(*name, "" | ".")).map(str::to_owned).collect())
}

fn is_absolute(target: &str) -> bool {
    target.starts_with(['\\', '/']) || target.split(['\\', '/']).next().is_some_and(is_drive)
}

fn is_drive(name: &str) -> bool {
    matches!(name.as_bytes(), [letter, b':'] if letter.is_ascii_alphabetic())
}
