//! Takes away trees of any depth and with any marks. Knows not what was in them.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt, path::Path};

use rustix::{
    fd::{AsFd, BorrowedFd, OwnedFd},
    fs::{self, AtFlags, FileType, IFlags, Mode, OFlags, RenameFlags},
    io::{Errno, Result},
};

use super::node::{self, Node};

/// Folders that are held open at once. What lies deeper is moved to the top first: a container can nest folders
/// deeper than any stack goes.
const DEPTH: usize = 64;

/// Removes whatever is at `path`; no error when there is nothing, or when somebody else removes it at the same time.
/// Links are removed, not followed.
pub(crate) fn remove(path: &Path) -> Result<()> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Err(Errno::INVAL) };
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    match fs::open(parent, flags, Mode::empty()) {
        Ok(parent) => remove_at(parent.as_fd(), name.as_bytes()),
        Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The same, by name in a folder.
pub(crate) fn remove_at(parent: BorrowedFd<'_>, name: &[u8]) -> Result<()> {
    if unlink(parent, name)? {
        return Ok(());
    }
    let Some(top) = open(parent, name)? else { return Ok(()) };
    empty(top.as_fd())?;
    rmdir(parent, name)
}

/// Removes all that is in a folder, but not the folder.
pub(crate) fn empty(top: BorrowedFd<'_>) -> Result<()> {
    let mut moved = 0;
    loop {
        let before = moved;
        sink(top, top, 0, &mut moved)?;
        if moved == before {
            return Ok(());
        }
    }
}

/// Empties a folder at `depth` below `top`.
fn sink(top: BorrowedFd<'_>, folder: BorrowedFd<'_>, depth: usize, moved: &mut usize) -> Result<()> {
    let names = match node::names(folder) {
        Err(Errno::NOENT) => return Ok(()),
        names => names?,
    };
    for name in names {
        if unlink(folder, &name)? {
            continue;
        }
        if depth == DEPTH {
            raise(top, folder, &name, moved)?;
            continue;
        }
        let Some(inner) = open(folder, &name)? else { continue };
        sink(top, inner.as_fd(), depth + 1, moved)?;
        drop(inner);
        rmdir(folder, &name)?;
    }
    Ok(())
}

/// Moves a folder that lies too deep to the top, under a name that is free there.
fn raise(top: BorrowedFd<'_>, folder: BorrowedFd<'_>, name: &[u8], moved: &mut usize) -> Result<()> {
    loop {
        *moved += 1;
        let free = format!("raised-{moved}");
        match fs::renameat_with(folder, name, top, free.as_str(), RenameFlags::NOREPLACE) {
            Err(Errno::EXIST) => {}
            Err(Errno::NOENT) => return Ok(()),
            done => return done,
        }
    }
}

/// Removes all but a folder; false for a folder.
fn unlink(parent: BorrowedFd<'_>, name: &[u8]) -> Result<bool> {
    let attempt = || fs::unlinkat(parent, name, AtFlags::empty());
    match attempt() {
        Ok(()) | Err(Errno::NOENT) => Ok(true),
        Err(Errno::ISDIR) => Ok(false),
        Err(Errno::PERM) => {
            loosen(parent, name);
            match attempt() {
                Ok(()) | Err(Errno::NOENT) => Ok(true),
                Err(Errno::ISDIR) => Ok(false),
                Err(error) => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}

fn rmdir(parent: BorrowedFd<'_>, name: &[u8]) -> Result<()> {
    let attempt = || fs::unlinkat(parent, name, AtFlags::REMOVEDIR);
    match attempt() {
        Err(Errno::PERM) => {
            loosen(parent, name);
            gone(attempt())
        }
        done => gone(done),
    }
}

/// What somebody else has removed is removed.
fn gone(removed: Result<()>) -> Result<()> {
    if removed == Err(Errno::NOENT) { Ok(()) } else { removed }
}

/// Opens a folder to empty it, and takes away marks that would forbid that; none when it is gone.
fn open(parent: BorrowedFd<'_>, name: &[u8]) -> Result<Option<OwnedFd>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match fs::openat(parent, name, flags, Mode::empty()) {
        Ok(folder) => {
            forgive(folder.as_fd());
            Ok(Some(folder))
        }
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Takes `immutable` and `append only` (chattr +i, +a) from a folder and from what is to be removed in it.
fn loosen(parent: BorrowedFd<'_>, name: &[u8]) {
    forgive(parent);
    // Nothing else is opened: to open a device can mean something to it.
    if let Ok(node) = Node::open(parent, name)
        && matches!(node.file_type(), FileType::RegularFile | FileType::Directory)
        && let Ok(file) = node.read()
    {
        forgive(file.as_fd());
    }
}

/// Failure shows at the next attempt to remove; most file systems have no such marks at all.
fn forgive(file: BorrowedFd<'_>) {
    let marks = IFlags::IMMUTABLE | IFlags::APPEND;
    if let Ok(flags) = fs::ioctl_getflags(file)
        && flags.intersects(marks)
        && let Err(error) = fs::ioctl_setflags(file, flags - marks)
    {
        tracing::debug!(%error, "a file's marks cannot be taken away");
    }
}

/// A name in the same folder as `path`, with an ending of its own.
pub(crate) fn beside(path: &Path, ending: &str) -> std::path::PathBuf {
    let mut name = path.file_name().unwrap_or(OsStr::new("root")).to_owned();
    name.push(ending);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn those_who_remove_the_same_tree_at_once_all_succeed() {
        let room = tempfile::tempdir().unwrap();
        for round in 0..20 {
            let tree = room.path().join(format!("tree-{round}"));
            for at in 0..200 {
                std::fs::create_dir_all(tree.join(format!("{}/{at}/deep", at % 7))).unwrap();
                std::fs::write(tree.join(format!("{}/{at}/file", at % 7)), "x").unwrap();
            }
            let removed: Vec<_> = thread::scope(|scope| {
                let removers: Vec<_> = (0..4).map(|_| scope.spawn(|| remove(&tree))).collect();
                removers.into_iter().map(|remover| remover.join().unwrap()).collect()
            });
            assert!(removed.iter().all(std::result::Result::is_ok), "{removed:?}");
            assert!(!tree.exists());
        }
    }
}
