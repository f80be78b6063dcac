//! Files in and out of roots and volumes. Knows neither layers nor mounts.

use std::{
    io::{Read, Write},
    path::Path,
};

use chrono::DateTime;
use rustix::{
    fd::{AsFd, OwnedFd},
    fs::{self, FileType},
    io::{Errno, Result as SysResult},
};

use super::{
    beneath::Root,
    clone::Cloner,
    fault::Fault,
    layer::node_at,
    node::{self, Node},
    pack::Packer,
    remove,
    tar::{Limits, TarReader, shown},
    unpack::{self, Manner},
};
use crate::{
    model::{Bytes, FileEntry, FileKind},
    runtime::{Result, RuntimeError},
};

/// What is at `path` in `root`.
pub(crate) fn stat(root: &Path, path: &str) -> Result<FileEntry> {
    let (node, name) = find(root, path).map_err(|error| refused("look at", path, error))?;
    entry(&node, &name).map_err(|error| refused("look at", path, error))
}

/// What is in the folder `path` in `root`.
pub(crate) fn browse(root: &Path, path: &str) -> Result<Vec<FileEntry>> {
    let list = || -> SysResult<Vec<FileEntry>> {
        let folder = Root::open(root)?.folder(path.as_bytes())?;
        let mut entries = Vec::new();
        for name in node::names(folder.as_fd())? {
            match Node::open(folder.as_fd(), &name) {
                Ok(node) => entries.push(entry(&node, &name)?),
                // It went meanwhile.
                Err(Errno::NOENT) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(entries)
    };
    list().map_err(|error| refused("list", path, error))
}

/// Writes what is at `path` in `root` as a tar.
pub(crate) fn copy_out(root: &Path, path: &str, tar: &mut dyn Write) -> Result<()> {
    let (node, name) = find(root, path).map_err(|error| refused("copy", path, error))?;
    let mut packer = Packer::new(tar, false);
    packer.one(&node, &name)?;
    packer.finish()
}

/// Writes all of `root` as a tar.
pub(crate) fn export(root: &Path, tar: &mut dyn Write) -> Result<()> {
    let node = node_at(root).map_err(|error| refused("export", &root.to_string_lossy(), error))?;
    let mut packer = Packer::new(tar, false);
    packer.inside(&node, b"")?;
    packer.finish()
}

/// Unpacks a tar in the folder `path` in `root`.
pub(crate) fn copy_in(root: &Path, path: &str, tar: &mut dyn Read, manner: &Manner) -> Result<()> {
    let open = || -> SysResult<Root> {
        let root = Root::open(root)?;
        root.folder(path.as_bytes())?;
        Ok(root)
    };
    let root = open().map_err(|error| refused("copy into", path, error))?;
    let base = path.trim_matches('/').as_bytes();
    unpack::unpack(&root, base, &mut TarReader::new(tar, manner.limits), manner).map(|_| ())
}

/// Fills an empty volume with what is at `path` in `root`.
pub(crate) fn copy_up(root: &Path, path: &str, volume: &Path) -> Result<bool> {
    let fill = || -> std::io::Result<bool> {
        std::fs::create_dir_all(volume)?;
        // Of two containers that start with a new volume, one fills it, and the other finds it full.
        let together = std::fs::File::open(volume.parent().unwrap_or(volume))?;
        together.lock()?;
        if std::fs::read_dir(volume)?.next().is_some() {
            return Ok(false);
        }
        let from = match Root::open(root)?.folder(path.as_bytes()) {
            Ok(folder) => Node { stat: fs::fstat(&folder)?, fd: folder },
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let aside = Aside::make(volume)?;
        Cloner::default().folder(&from, aside.root.fd())?;
        aside.pour(volume)?;
        Ok(true)
    };
    fill().map_err(RuntimeError::system(format!("fill the volume at `{}` with `{path}`", volume.display())))
}

/// Writes all of a volume as a tar, the folder itself first.
pub(crate) fn backup(volume: &Path, tar: &mut dyn Write) -> Result<()> {
    let node = node_at(volume).map_err(|error| refused("back up", &volume.to_string_lossy(), error))?;
    let mut packer = Packer::new(tar, false);
    packer.one(&node, b".")?;
    packer.finish()
}

/// Makes of `folder` what a tar tells, looking like the volume's where the tar does not say how.
pub(crate) fn restore(volume: &Path, folder: &Path, tar: &mut dyn Read, limits: Limits) -> Result<()> {
    let failed = || RuntimeError::system(format!("restore the volume at `{}`", volume.display()));
    std::fs::create_dir_all(volume).map_err(failed())?;
    let root = dressed(folder, volume).map_err(failed())?;
    let manner = Manner { root: true, limits, ..Manner::default() };
    unpack::unpack(&root, b"", &mut TarReader::whole(tar, limits), &manner)?;
    to_disk(folder).map_err(failed())
}

/// Has two folders change places, at once.
pub(crate) fn swap(volume: &Path, folder: &Path) -> Result<()> {
    let exchange = || -> std::io::Result<()> {
        fs::renameat_with(fs::CWD, folder, fs::CWD, volume, fs::RenameFlags::EXCHANGE)?;
        // The old content goes next: by then the new one's name must be on disk.
        to_disk(volume.parent().unwrap_or(volume))
    };
    exchange().map_err(RuntimeError::system(format!("put new content in the place of `{}`", volume.display())))
}

/// Everything in a folder's file system.
fn to_disk(folder: &Path) -> std::io::Result<()> {
    Ok(fs::syncfs(std::fs::File::open(folder)?)?)
}

/// A new folder that looks like another.
fn dressed(folder: &Path, like: &Path) -> std::io::Result<Root> {
    std::fs::create_dir(folder)?;
    let root = Root::open(folder)?;
    dress(root.fd().try_clone_to_owned()?, &node_at(like)?)?;
    Ok(root)
}

/// A folder beside a volume in which its first content is made, so that a volume is never half full. It is poured into
/// the volume's own folder, which may be mounted somewhere.
struct Aside {
    path: std::path::PathBuf,
    root: Root,
}

impl Aside {
    fn make(volume: &Path) -> std::io::Result<Self> {
        let path = remove::beside(volume, ".new");
        // What a crash has left.
        remove::remove(&path)?;
        Ok(Self { root: dressed(&path, volume)?, path })
    }

    fn pour(self, volume: &Path) -> std::io::Result<()> {
        to_disk(&self.path)?;
        let (from, to) = (node_at(&self.path)?, Root::open(volume)?);
        for name in node::names(from.fd.as_fd())? {
            fs::renameat_with(&from.fd, name.as_slice(), to.fd(), name.as_slice(), fs::RenameFlags::NOREPLACE)?;
        }
        dress(to.fd().try_clone_to_owned()?, &from)?;
        Ok(())
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if let Err(error) = remove::remove(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "a volume's unfinished content is left behind");
        }
    }
}

/// Gives a folder the look of another.
fn dress(folder: OwnedFd, like: &Node) -> SysResult<()> {
    let folder = fs::openat(folder, ".", fs::OFlags::RDONLY | fs::OFlags::CLOEXEC, fs::Mode::empty())?;
    let meta = like.meta()?;
    node::dress(folder.as_fd(), &meta)?;
    fs::futimens(folder, &node::times(meta.mtime))
}

/// What is at `path` in `root`, and the name by which it goes into an archive.
fn find(root: &Path, path: &str) -> SysResult<(Node, Vec<u8>)> {
    let root = Root::open(root)?;
    let bare = path.trim_end_matches('/');
    let (folder, name) = bare.rsplit_once('/').unwrap_or(("", bare));
    let whole = |name: &[u8]| -> SysResult<(Node, Vec<u8>)> {
        let fd = root.folder(path.as_bytes())?;
        Ok((Node { stat: fs::fstat(&fd)?, fd }, name.to_vec()))
    };
    match name {
        "" | "." | ".." => whole(b"."),
        // A `/` behind it means the folder that a link leads to.
        name if bare.len() < path.len() => whole(name.as_bytes()),
        name => Ok((Node::open(root.folder(folder.as_bytes())?.as_fd(), name.as_bytes())?, name.as_bytes().to_vec())),
    }
}

fn entry(node: &Node, name: &[u8]) -> SysResult<FileEntry> {
    let stat = &node.stat;
    let kind = match node.file_type() {
        FileType::Directory => FileKind::Folder,
        FileType::Symlink => FileKind::Symlink,
        FileType::CharacterDevice => FileKind::CharDevice,
        FileType::BlockDevice => FileKind::BlockDevice,
        FileType::Fifo => FileKind::Fifo,
        FileType::Socket => FileKind::Socket,
        FileType::RegularFile | FileType::Unknown => FileKind::File,
    };
    let target = match kind {
        FileKind::Symlink => Some(shown(fs::readlinkat(&node.fd, "", Vec::new())?.as_bytes())),
        _ => None,
    };
    Ok(FileEntry {
        name: shown(name),
        kind,
        size: Bytes(stat.st_size.try_into().unwrap_or(0)),
        mode: stat.st_mode & 0o7777,
        uid: stat.st_uid,
        gid: stat.st_gid,
        modified: DateTime::from_timestamp(stat.st_mtime, stat.st_mtime_nsec as u32),
        target,
    })
}

/// What a path inside that cannot be had means to people.
fn refused(tried: &str, path: &str, error: Errno) -> RuntimeError {
    let what = || format!("{tried} `{}`", shown(path.as_bytes()));
    match error {
        Errno::NOENT => RuntimeError::NotFound { tried: what(), why: "there is no such file or folder".into() },
        Errno::NOTDIR => RuntimeError::Invalid { tried: what(), why: "it is no folder".into() },
        error => Fault::from(error).on(tried, path.as_bytes()),
    }
}
