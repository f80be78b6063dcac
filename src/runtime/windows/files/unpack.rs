//! Unpacks tars beneath a root of Windows. Knows neither layers nor mounts.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Seek, SeekFrom, Write},
};

use super::{
    beneath::{Root, is_folder, link_of},
    handle::{self, Way, list, open_at},
    told::told_of,
};
use crate::runtime::{
    Result, RuntimeError,
    backup_stream::{BasicInfo, DIRECTORY, Link},
    layer_transport::is_name,
    tar::{Entry, Kind, Piece, TarReader, shown},
    windows::layers::{file_info, set_file_info},
};

/// Attributes that a tar may set: read-only, hidden, system, archive, not indexed.
const SETTABLE: u32 = 0x1 | 0x2 | 0x4 | 0x20 | 0x2000;
/// `FILE_ATTRIBUTE_READONLY`.
const READ_ONLY: u32 = 1;
/// `FILE_ATTRIBUTE_NORMAL`.
const NORMAL: u32 = 0x80;

/// Unpacks all of a tar into the folder `base` beneath `root`; with `same_kind` a folder replaces folders only, and all
/// else no folder. Folders' times are set last.
///
/// # Errors
/// Of the first entry that is refused or fails; what was unpacked before it stays.
pub(super) fn unpack(root: &Root, base: &str, tar: &mut TarReader<'_>, same_kind: bool) -> Result<()> {
    let base = base.trim_end_matches(['/', '\\']);
    let mut unpacker = Unpacker { root, base, same_kind, folders: Vec::new() };
    let tried = |path: &[u8]| format!("unpack `{}`", shown(path));
    let refused = |path: &[u8], why: String| RuntimeError::Corrupt { tried: tried(path), why };
    while let Some(entry) = tar.next().map_err(|error| refused(b"", error.to_string()))? {
        unpacker.entry(&entry, tar).map_err(|trouble| match trouble {
            Trouble::Refused(why) => refused(&entry.path, why),
            Trouble::System(source) => RuntimeError::System { tried: tried(&entry.path), source },
        })?;
    }
    tar.drain().map_err(|error| refused(b"", error.to_string()))?;
    for (path, info) in unpacker.folders.iter().rev() {
        let dress = || set_file_info(&unpacker.change(path)?, info);
        dress().map_err(RuntimeError::system(tried(path.as_bytes())))?;
    }
    Ok(())
}

/// Why an entry is not unpacked.
enum Trouble {
    Refused(String),
    System(io::Error),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

type Done<T = ()> = std::result::Result<T, Trouble>;

struct Unpacker<'u> {
    root: &'u Root,
    base: &'u str,
    same_kind: bool,
    /// Folders whose times are to be set.
    folders: Vec<(String, BasicInfo)>,
}

impl Unpacker<'_> {
    fn entry(&mut self, entry: &Entry, tar: &mut TarReader<'_>) -> Done {
        let path = inside(&entry.path)?;
        let (info, link) = told_of(entry).map_err(Trouble::Refused)?;
        let info = BasicInfo { attributes: info.attributes & SETTABLE, ..info };
        let Some((folder, name)) = self.place(&path, true)? else {
            // The folder that is unpacked into stays as it is.
            return Ok(());
        };
        let name = OsStr::new(&name);
        if !self.make_room(&folder, name, &entry.kind)? {
            self.folders.push((path, info));
            return Ok(());
        }
        match &entry.kind {
            Kind::Folder => {
                open_at(&folder, name, Way::NewFolder)?;
                self.folders.push((path, info));
            }
            Kind::File { size, pieces } => {
                let mut file = open_at(&folder, name, Way::NewFile)?;
                write(&mut file, *size, pieces.as_deref(), tar)?;
                set_file_info(&file, &info)?;
            }
            Kind::Link(target) => self.link(&folder, name, target)?,
            Kind::Symlink(_) => {
                let link = link.ok_or_else(|| Trouble::Refused("it leads nowhere".into()))?;
                let told = told_of(entry).map_err(Trouble::Refused)?.0;
                self.symlink(&folder, name, &path, &link, told.attributes & DIRECTORY != 0)?;
            }
            Kind::Fifo | Kind::Char(..) | Kind::Block(..) => {
                return Err(Trouble::Refused("Windows has no pipes and devices among its files".into()));
            }
        }
        Ok(())
    }

    /// The folder for what is at `path`, and its name in there; `None` for the folder that is unpacked into.
    fn place(&self, path: &str, make: bool) -> io::Result<Option<(File, String)>> {
        if path.is_empty() {
            return Ok(None);
        }
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        Ok(Some((self.root.folder(&format!("{}/{parent}", self.base), make)?, name.to_owned())))
    }

    /// Takes away what is in the way; false where a folder is there and may stay.
    fn make_room(&self, folder: &File, name: &OsStr, kind: &Kind) -> Done<bool> {
        let there = match open_at(folder, name, Way::Look) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
            there => there?,
        };
        let was_folder = is_folder(&there)? && link_of(&there)?.is_none();
        match (was_folder, *kind == Kind::Folder) {
            (true, true) => return Ok(false),
            (true, false) if self.same_kind => {
                return Err(Trouble::Refused("a folder cannot be overwritten with a file".into()));
            }
            (false, true) if self.same_kind => {
                return Err(Trouble::Refused("a file cannot be overwritten with a folder".into()));
            }
            _ => {}
        }
        drop(there);
        Ok(remove(folder, name, 0).map(|()| true)?)
    }

    fn link(&self, folder: &File, name: &OsStr, target: &[u8]) -> Done {
        let missing = || Trouble::Refused("it is a further name of what is not in the tar".into());
        let (parent, target) = self.place(&inside(target)?, false)?.ok_or_else(missing)?;
        let file = open_at(&parent, target.as_ref(), Way::Change)?;
        Ok(handle::link(&file, folder, name)?)
    }

    fn symlink(&self, folder: &File, name: &OsStr, path: &str, link: &Link, is_told: bool) -> Done {
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        let leads_to_folder = || self.root.folder(&format!("{}/{parent}/{}", self.base, link.target), false).is_ok();
        let way = if is_told || leads_to_folder() { Way::NewFolder } else { Way::NewFile };
        let made = open_at(folder, name, way)?;
        handle::set_reparse_point(&made, &link.encode()?).map_err(|error| {
            // Half of a link is a file that nobody has asked for.
            let _ = handle::delete(&made);
            Trouble::System(error)
        })
    }

    fn change(&self, path: &str) -> io::Result<File> {
        let (folder, name) = self.place(path, false)?.ok_or(io::ErrorKind::NotFound)?;
        open_at(&folder, name.as_ref(), Way::Change)
    }
}

/// Removes what has this name in a folder, with all that is in it; links are removed, not followed.
fn remove(parent: &File, name: &OsStr, depth: usize) -> io::Result<()> {
    /// Folders within folders that are emptied.
    const DEPTH: usize = 512;
    if depth > DEPTH {
        return Err(io::ErrorKind::InvalidFilename.into());
    }
    let file = open_at(parent, name, Way::Change)?;
    let info = file_info(&file)?;
    if info.is_folder() && link_of(&file)?.is_none() {
        let folder = open_at(parent, name, Way::Folder)?;
        list(&folder)?.iter().try_for_each(|listed| remove(&folder, &listed.name, depth + 1))?;
    }
    if info.attributes & READ_ONLY != 0 {
        set_file_info(&file, &BasicInfo { attributes: NORMAL, ..BasicInfo::default() })?;
    }
    handle::delete(&file)
}

/// A path of a tar, free of tricks; empty for the tar's own folder.
fn inside(path: &[u8]) -> Done<String> {
    let text = str::from_utf8(path).map_err(|_| Trouble::Refused("its name is no text in UTF-8".into()))?;
    let names: Vec<_> = text.split('/').filter(|name| !matches!(*name, "" | ".")).collect();
    if names.contains(&"..") {
        return Err(Trouble::Refused("it leads out of the folder".into()));
    }
    match names.iter().find(|name| !is_name(name)) {
        Some(name) => {
            Err(Trouble::Refused(format!("Windows takes no file with the name `{}`", shown(name.as_bytes()))))
        }
        None => Ok(names.join("/")),
    }
}

fn write(file: &mut File, size: u64, pieces: Option<&[Piece]>, tar: &mut TarReader<'_>) -> Done {
    let whole = [Piece { at: 0, len: size }];
    for piece in pieces.unwrap_or(&whole) {
        file.seek(SeekFrom::Start(piece.at))?;
        let mut left = piece.len;
        while left > 0 {
            let some = tar.data().map_err(|error| Trouble::Refused(error.to_string()))?;
            let count = some.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            if count == 0 {
                return Err(Trouble::Refused("its content breaks off".into()));
            }
            file.write_all(&some[..count])?;
            tar.consume(count).map_err(|error| Trouble::Refused(error.to_string()))?;
            left -= count as u64;
        }
    }
    Ok(file.set_len(size)?)
}
