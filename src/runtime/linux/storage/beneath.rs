//! Finds folders beneath a root, as a process confined to that root would see them. Knows neither tars nor layers.
//!
//! Symbolic links are followed, but `/` in them is the root and `..` stops there, so that no name a container or an
//! image can make up leads out. The kernel does this itself since 5.6 (`openat2`, `RESOLVE_IN_ROOT`); where it does
//! not, and where folders are to be made on the way, it is done here name by name.

use std::{collections::VecDeque, ffi::OsStr, os::unix::ffi::OsStrExt, path::Path};

use rustix::{
    fd::{AsFd, BorrowedFd, OwnedFd},
    fs::{self, AtFlags, Mode, OFlags, ResolveFlags},
    io::{Errno, Result},
};

use super::{node, whiteout};

/// Symbolic links that are followed on one way, as in Linux (`MAXSYMLINKS`).
const LINKS: usize = 40;
/// Folders that are held open on one way.
const DEPTH: usize = 512;
/// How often the kernel is asked again when something was renamed meanwhile, before it is done here.
const TRIES: usize = 8;

/// Flags for a folder that serves to name what is in it.
pub(crate) const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// A folder that nothing beneath it leads out of.
#[derive(Debug)]
pub(crate) struct Root {
    fd: OwnedFd,
}

impl Root {
    /// Opens `path` of the host, links and all.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self { fd: fs::open(path, flags, Mode::empty())? })
    }

    /// The root itself.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// The folder at `path`, every link on the way and at its end followed.
    pub(crate) fn folder(&self, path: &[u8]) -> Result<OwnedFd> {
        match self.ask(path) {
            Err(Errno::NOSYS | Errno::PERM | Errno::AGAIN) => Walk::new(self, None)?.to(path),
            done => done,
        }
    }

    /// The same; folders that are missing on the way are made, and told to `made` with their paths free of links.
    pub(crate) fn folder_made(&self, path: &[u8], made: &mut dyn FnMut(Made<'_>)) -> Result<OwnedFd> {
        match self.ask(path) {
            Err(Errno::NOENT | Errno::NOTDIR | Errno::NOSYS | Errno::PERM | Errno::AGAIN) => {
                Walk::new(self, Some(made))?.to(path)
            }
            done => done,
        }
    }

    /// Asks the kernel.
    fn ask(&self, path: &[u8]) -> Result<OwnedFd> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        let path = OsStr::from_bytes(if path.is_empty() { b"." } else { path });
        let ask = || fs::openat2(&self.fd, path, flags, Mode::empty(), resolve);
        (1..TRIES).map(|_| ask()).find(|done| !matches!(done, Err(Errno::AGAIN))).unwrap_or_else(ask)
    }

    /// The same as [`Self::folder`] without the kernel's help.
    #[cfg(test)]
    pub(super) fn folder_by_hand(&self, path: &[u8]) -> Result<OwnedFd> {
        Walk::new(self, None)?.to(path)
    }
}

/// A folder that was made on the way.
pub(crate) struct Made<'a> {
    /// Its path beneath the root, free of links.
    pub(crate) path: &'a [u8],
    /// Whether a whiteout stood in its place.
    pub(crate) over_whiteout: bool,
}

/// A way down, name by name.
struct Walk<'w> {
    /// From the root down to where it stands, with each folder's name in the one before.
    stack: Vec<(OwnedFd, Vec<u8>)>,
    ahead: VecDeque<Vec<u8>>,
    links: usize,
    made: Option<&'w mut dyn FnMut(Made<'_>)>,
}

impl<'w> Walk<'w> {
    fn new(root: &Root, made: Option<&'w mut dyn FnMut(Made<'_>)>) -> Result<Self> {
        let fd = fs::openat(&root.fd, ".", FOLDER, Mode::empty())?;
        Ok(Self { stack: vec![(fd, Vec::new())], ahead: VecDeque::new(), links: 0, made })
    }

    fn to(mut self, path: &[u8]) -> Result<OwnedFd> {
        self.put_ahead(path);
        while let Some(name) = self.ahead.pop_front() {
            match name.as_slice() {
                b"" | b"." => {}
                b".." => {
                    if self.stack.len() > 1 {
                        self.stack.pop();
                    }
                }
                _ => self.step(name)?,
            }
        }
        self.stack.pop().map(|(fd, _)| fd).ok_or(Errno::NOENT)
    }

    fn put_ahead(&mut self, path: &[u8]) {
        for name in path.split(|byte| *byte == b'/').rev() {
            self.ahead.push_front(name.to_vec());
        }
    }

    fn step(&mut self, name: Vec<u8>) -> Result<()> {
        let Some((here, _)) = self.stack.last() else { return Err(Errno::NOENT) };
        match fs::openat(here, name.as_slice(), FOLDER, Mode::empty()) {
            Ok(fd) => self.down(fd, name),
            Err(Errno::NOTDIR | Errno::LOOP) => match fs::readlinkat(here, name.as_slice(), Vec::new()) {
                Ok(target) => self.follow(target.as_bytes()),
                Err(_) if whiteout::is_at(here.as_fd(), &name) && self.made.is_some() => {
                    fs::unlinkat(here, name.as_slice(), AtFlags::empty())?;
                    self.make(name, true)
                }
                Err(_) => Err(Errno::NOTDIR),
            },
            Err(Errno::NOENT) if self.made.is_some() => self.make(name, false),
            Err(error) => Err(error),
        }
    }

    fn down(&mut self, fd: OwnedFd, name: Vec<u8>) -> Result<()> {
        if self.stack.len() > DEPTH {
            return Err(Errno::NAMETOOLONG);
        }
        self.stack.push((fd, name));
        Ok(())
    }

    fn follow(&mut self, target: &[u8]) -> Result<()> {
        self.links += 1;
        if self.links > LINKS || target.is_empty() {
            return Err(Errno::LOOP);
        }
        if target.starts_with(b"/") {
            self.stack.truncate(1);
        }
        self.put_ahead(target);
        Ok(())
    }

    fn make(&mut self, name: Vec<u8>, over_whiteout: bool) -> Result<()> {
        let Some((here, _)) = self.stack.last() else { return Err(Errno::NOENT) };
        fs::mkdirat(here, name.as_slice(), Mode::from_raw_mode(0o755))?;
        let fd = fs::openat(here, name.as_slice(), FOLDER, Mode::empty())?;
        // Whatever this process's mask took away.
        fs::chmod(node::itself(fd.as_fd()), Mode::from_raw_mode(0o755))?;
        let names = self.stack[1..].iter().map(|(_, name)| name.as_slice()).chain([name.as_slice()]);
        let path = names.collect::<Vec<_>>().join(&b'/');
        if let Some(made) = &mut self.made {
            made(Made { path: &path, over_whiteout });
        }
        self.down(fd, name)
    }
}
