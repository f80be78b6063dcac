//! Layers on disk: a folder stands whole or not at all. Knows neither images nor mounts.
//!
//! A layer is made in `NAME.part-…` beside its place and renamed when it is on disk. What a crash leaves under such a
//! name, the depot of images sweeps.

use std::{
    collections::BTreeSet,
    io::Read,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    process,
};

use rustix::{
    fd::{AsFd, OwnedFd},
    fs::{self, AtFlags, CWD, FileType, Mode, OFlags, RenameFlags},
    io::Errno,
};

use super::{
    beneath::{Made, Root},
    clone::Cloner,
    fault::{Fault, Refused},
    lower::Lowers,
    names::parted,
    node::{self, Node},
    remove,
    tar::{Limits, Meta, TarReader, shown},
    unpack::{self, Manner, Rest},
};
use crate::runtime::{Result, RuntimeError};

/// What tells a layer in the making, or on its way out, from one that counts.
const PART: &str = ".part-";

/// Unpacks a layer; see [`crate::runtime::host::Storage::unpack`].
pub(crate) fn unpack(tar: &mut dyn Read, parents: &[PathBuf], folder: &Path, limits: Limits) -> Result<u64> {
    let part = Part::make(folder)?;
    let manner = Manner { layer: true, root: true, limits, ..Manner::default() };
    let root =
        Root::open(&part.path).map_err(|error| Fault::from(error).on("open", part.path.as_os_str().as_bytes()))?;
    let rest = unpack::unpack(&root, b"", &mut TarReader::new(tar, limits), &manner)?;
    let bytes = rest.bytes;
    settle(&root, rest, &Lowers::new(parents))?;
    part.stand(folder)?;
    Ok(bytes)
}

/// Gives folders that the tar did not speak of the look they have below, and brings up what it only links to.
fn settle(root: &Root, mut rest: Rest, below: &Lowers) -> Result<()> {
    for link in &rest.dangling {
        let fetched = fetch(root, below, &link.path, &link.target, &mut rest.implied);
        fetched.map_err(|fault| fault.on("unpack", &link.path))?;
    }
    for path in &rest.implied {
        match look_as_below(root, below, path) {
            // It was replaced by an entry that came later.
            Ok(()) | Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => {}
            Err(error) => return Err(Fault::from(error).on("unpack", path)),
        }
    }
    Ok(())
}

fn look_as_below(root: &Root, below: &Lowers, path: &[u8]) -> rustix::io::Result<()> {
    let meta = match below.find(path)? {
        Some(found) if found.file_type() == FileType::Directory => found.meta()?,
        _ => Meta { mode: 0o755, ..Meta::default() },
    };
    let (parent, name) = parted(path);
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let name: &[u8] = if name.is_empty() { b"." } else { name };
    let folder = fs::openat(root.folder(parent)?, name, flags, Mode::empty())?;
    node::dress(folder.as_fd(), &meta)?;
    fs::futimens(&folder, &node::times(meta.mtime))
}

/// Brings a file up from a layer below, as overlayfs does when a file gets a second name, and names it.
fn fetch(
    root: &Root,
    below: &Lowers,
    path: &[u8],
    target: &[u8],
    implied: &mut BTreeSet<Vec<u8>>,
) -> std::result::Result<(), Fault> {
    let made = &mut |made: Made<'_>| {
        implied.insert(made.path.to_vec());
    };
    let (folder, name) = parted(target);
    let folder = root.folder_made(folder, made)?;
    if fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW).is_err() {
        let found = below.find(target)?.ok_or_else(|| Refused::NoTarget(shown(target)))?;
        if found.file_type() == FileType::Directory {
            return Err(Refused::LinkedFolder.into());
        }
        Cloner::default().node(&found, folder.as_fd(), name)?;
    }
    let (place, new_name) = parted(path);
    match fs::linkat(&folder, name, root.folder_made(place, made)?, new_name, AtFlags::empty()) {
        // Something with this name came later in the tar.
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Removes a layer. It loses its name first, so that half of one is never taken for one.
pub(crate) fn remove_layer(folder: &Path) -> Result<()> {
    let tried = || format!("remove the layer `{}`", folder.display());
    match spare(folder, |gone| fs::renameat_with(CWD, folder, CWD, gone, RenameFlags::NOREPLACE)) {
        Ok(gone) => remove::remove(&gone),
        Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error),
    }
    .map_err(|error| RuntimeError::System { tried: tried(), source: error.into() })
}

/// The first of the names for `folder` in the making that nobody has, by what `take` says of it.
fn spare(folder: &Path, take: impl Fn(&Path) -> rustix::io::Result<()>) -> rustix::io::Result<PathBuf> {
    let mut number = 0_u32;
    loop {
        let path = remove::beside(folder, &format!("{PART}{}-{number}", process::id()));
        match take(&path) {
            Err(Errno::EXIST) => number += 1,
            taken => return taken.map(|()| path),
        }
    }
}

/// A layer in the making; gone when dropped before it stands.
struct Part {
    path: PathBuf,
    folder: OwnedFd,
    stands: bool,
}

impl Part {
    fn make(folder: &Path) -> Result<Self> {
        let make = || -> std::io::Result<Self> {
            if let Some(parent) = folder.parent() {
                std::fs::create_dir_all(parent)?;
            }
            let path = spare(folder, |path| fs::mkdir(path, Mode::from_raw_mode(0o755)))?;
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let opened = fs::open(&path, flags, Mode::empty())?;
            Ok(Self { path, folder: opened, stands: false })
        };
        make().map_err(RuntimeError::system(format!("make the layer `{}`", folder.display())))
    }

    /// Brings it to disk and gives it its name. Another that was faster is as good.
    fn stand(mut self, folder: &Path) -> Result<()> {
        let stand = || -> rustix::io::Result<bool> {
            fs::syncfs(&self.folder)?;
            let renamed = fs::renameat_with(CWD, &self.path, CWD, folder, RenameFlags::NOREPLACE);
            match renamed {
                Err(Errno::EXIST) => return Ok(false),
                // A file system that cannot promise it; a layer is never an empty folder's name, so nothing is lost.
                Err(Errno::INVAL) => fs::rename(&self.path, folder)?,
                renamed => renamed?,
            }
            let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            fs::fsync(fs::open(parent, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)?;
            Ok(true)
        };
        let done = stand();
        self.stands = matches!(done, Ok(true));
        let tried = || format!("put the layer to `{}`", folder.display());
        done.map(|_| ()).map_err(|error| RuntimeError::System { tried: tried(), source: error.into() })
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.stands
            && let Err(error) = remove::remove(&self.path)
        {
            tracing::warn!(path = %self.path.display(), %error, "an unfinished layer is left for the next sweep");
        }
    }
}

/// As opened by its path on the host.
pub(crate) fn node_at(path: &Path) -> rustix::io::Result<Node> {
    Node::open(CWD, path.as_os_str().as_bytes())
}
