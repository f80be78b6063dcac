//! Unpacks a tar's entries beneath a root. Knows neither where layers lie nor how they are mounted.
//!
//! Nothing lands outside: each entry's folder is looked up beneath the root ([`Root`]), and within it only the entry's
//! own name is used, never through a link.

use std::{
    collections::{BTreeSet, HashMap},
    io::Write,
};

use rustix::{
    fd::{AsFd, BorrowedFd, OwnedFd},
    fs::{self, AtFlags, FileType, Mode, OFlags, SeekFrom},
    io::Errno,
};

use super::{
    beneath::{Made, Root},
    fault::{Fault, Refused},
    names::{normal, parted},
    node, remove,
    tar::{Entry, Kind, Limits, Meta, Piece, TarError, TarReader, shown},
    whiteout,
};
use crate::runtime::Result;

/// How a tar is taken.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manner {
    /// It is a layer: `.wh.` names are whiteouts, and become those of overlayfs.
    pub(crate) layer: bool,
    /// Who owns everything, whatever the tar says.
    pub(crate) owner: Option<(u32, u32)>,
    /// A folder replaces folders only, and all else no folder.
    pub(crate) same_kind: bool,
    /// The tar's `./` is about the folder unpacked into.
    pub(crate) root: bool,
    pub(crate) limits: Limits,
}

/// A name whose target is not in the tar before it.
#[derive(Debug)]
pub(crate) struct Dangling {
    /// The name, free of links' tricks as [`normal`] has it.
    pub(crate) path: Vec<u8>,
    /// What it shall be a name of.
    pub(crate) target: Vec<u8>,
}

/// What unpacking left for those who know what lies below.
#[derive(Debug, Default)]
pub(crate) struct Rest {
    /// Bytes in files.
    pub(crate) bytes: u64,
    /// Folders that no entry spoke of, by their paths free of links; the empty one is the tar's own.
    pub(crate) implied: BTreeSet<Vec<u8>>,
    /// Names for what may be in a layer below.
    pub(crate) dangling: Vec<Dangling>,
}

/// Unpacks all of a tar into the folder `base` beneath `root`, and reads it to its end. Folders' times are set last.
///
/// # Errors
/// Of the first entry that is refused or fails; what was unpacked before it stays.
pub(crate) fn unpack(root: &Root, base: &[u8], tar: &mut TarReader<'_>, manner: &Manner) -> Result<Rest> {
    let mut unpacker = Unpacker {
        root,
        base,
        manner,
        at: None,
        times: HashMap::new(),
        whited: Vec::new(),
        rest: Rest { implied: BTreeSet::from([Vec::new()]), ..Rest::default() },
    };
    while let Some(mut entry) = tar.next().map_err(|error| Fault::from(error).of_tar("unpack"))? {
        if let Some((uid, gid)) = manner.owner {
            (entry.meta.uid, entry.meta.gid) = (uid, gid);
        }
        unpacker.entry(&entry, tar).map_err(|fault| fault.on("unpack", &entry.path))?;
    }
    tar.drain().map_err(|error| Fault::from(error).of_tar("unpack"))?;
    unpacker.finish()
}

struct Unpacker<'u> {
    root: &'u Root,
    base: &'u [u8],
    manner: &'u Manner,
    /// The folder the last entry was in: the next one mostly is in it, too.
    at: Option<(Vec<u8>, OwnedFd)>,
    /// Times of folders, set when nothing is put into them any more.
    times: HashMap<Vec<u8>, (i64, u32)>,
    /// Implied folders that stand where a whiteout stood.
    whited: Vec<Vec<u8>>,
    rest: Rest,
}

impl Unpacker<'_> {
    fn entry(&mut self, entry: &Entry, tar: &mut TarReader<'_>) -> std::result::Result<(), Fault> {
        let path = normal(&entry.path, &self.manner.limits)?;
        let (folder, name) = parted(&path);
        if name.is_empty() {
            return self.itself(entry);
        }
        let (at, parent) = match self.at.take() {
            Some((at, parent)) if at == folder => (at, parent),
            _ => (folder.to_vec(), self.folder(folder)?),
        };
        let done = if self.manner.layer && whiteout::is_name(name) {
            whiteout::apply(parent.as_fd(), name).map(|()| false)
        } else {
            self.place(parent.as_fd(), &path, name, entry, tar)
        };
        // An entry that replaced a folder may have replaced the one held.
        let same = !matches!(done, Ok(true));
        self.at = same.then_some((at, parent));
        done.map(|_| ())
    }

    /// The folder beneath the root, made where it is missing.
    fn folder(&mut self, path: &[u8]) -> std::result::Result<OwnedFd, Fault> {
        let full = self.full(path);
        let (implied, whited) = (&mut self.rest.implied, &mut self.whited);
        let made = &mut |made: Made<'_>| {
            implied.insert(made.path.to_vec());
            if made.over_whiteout {
                whited.push(made.path.to_vec());
            }
        };
        let folder = self.root.folder_made(&full, made)?;
        for path in std::mem::take(&mut self.whited) {
            let folder = self.root.folder(&path)?;
            whiteout::make_opaque(folder.as_fd())?;
        }
        Ok(folder)
    }

    fn full(&self, path: &[u8]) -> Vec<u8> {
        if self.base.is_empty() { path.to_vec() } else { [self.base, b"/", path].concat() }
    }

    /// The tar's own folder.
    fn itself(&mut self, entry: &Entry) -> std::result::Result<(), Fault> {
        if entry.kind != Kind::Folder {
            return Err(Refused::Root.into());
        }
        if self.manner.root {
            let folder = self.root.folder(self.base)?;
            let folder = fs::openat(folder, ".", READ, Mode::empty())?;
            node::dress(folder.as_fd(), &entry.meta)?;
            self.times.insert(Vec::new(), entry.meta.mtime);
            self.rest.implied.remove(b"".as_slice());
        }
        Ok(())
    }

    /// Puts an entry in its place; gives whether something else had to go for it.
    fn place(
        &mut self,
        parent: BorrowedFd<'_>,
        path: &[u8],
        name: &[u8],
        entry: &Entry,
        tar: &mut TarReader<'_>,
    ) -> std::result::Result<bool, Fault> {
        match &entry.kind {
            Kind::Folder => self.place_folder(parent, path, name, &entry.meta),
            Kind::Link(target) => self.place_link(parent, path, name, target),
            Kind::File { size, pieces } => {
                let (file, replaced) = self.over(parent, name, || node::make_file(parent, name))?;
                let mut file = std::fs::File::from(file);
                self.rest.bytes += write(&mut file, *size, pieces.as_deref(), tar)?;
                node::dress(file.as_fd(), &entry.meta)?;
                fs::futimens(&file, &node::times(entry.meta.mtime))?;
                Ok(replaced)
            }
            kind => {
                let ((), replaced) = self.over(parent, name, || node::make(parent, name, kind))?;
                node::dress_by_name(parent, name, &entry.meta)?;
                Ok(replaced)
            }
        }
    }

    fn place_folder(
        &mut self,
        parent: BorrowedFd<'_>,
        path: &[u8],
        name: &[u8],
        meta: &Meta,
    ) -> std::result::Result<bool, Fault> {
        let made = node::make(parent, name, &Kind::Folder);
        let mut replaced = false;
        match made {
            Err(Errno::EXIST) => {
                let stat = fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
                if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
                    if self.manner.same_kind {
                        return Err(Refused::OtherKind.into());
                    }
                    let gone = self.manner.layer && whiteout::is(&stat);
                    ((), replaced) = self.over(parent, name, || node::make(parent, name, &Kind::Folder))?;
                    if gone {
                        whiteout::make_opaque_at(parent, name)?;
                    }
                }
            }
            made => made?,
        }
        let folder = fs::openat(parent, name, READ, Mode::empty())?;
        node::dress(folder.as_fd(), meta)?;
        self.times.insert(path.to_vec(), meta.mtime);
        self.rest.implied.remove(path);
        Ok(replaced)
    }

    fn place_link(
        &mut self,
        parent: BorrowedFd<'_>,
        path: &[u8],
        name: &[u8],
        target: &[u8],
    ) -> std::result::Result<bool, Fault> {
        let target = normal(target, &self.manner.limits)?;
        let (folder, target_name) = parted(&target);
        if target_name.is_empty() {
            return Err(Refused::LinkedFolder.into());
        }
        let Ok(folder) = self.root.folder(&self.full(folder)) else { return self.dangle(path, target) };
        let stat = |folder, name| fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok();
        let Some(there) = stat(folder.as_fd(), target_name) else { return self.dangle(path, target) };
        if FileType::from_raw_mode(there.st_mode) == FileType::Directory {
            return Err(Refused::LinkedFolder.into());
        }
        // Two names of the same already: to make room for the one could take away the other.
        if stat(parent, name).is_some_and(|here| (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)) {
            return Ok(false);
        }
        let link = || fs::linkat(&folder, target_name, parent, name, AtFlags::empty());
        Ok(self.over(parent, name, link)?.1)
    }

    fn dangle(&mut self, path: &[u8], target: Vec<u8>) -> std::result::Result<bool, Fault> {
        if !self.manner.layer {
            return Err(Refused::NoTarget(shown(&target)).into());
        }
        self.rest.dangling.push(Dangling { path: path.to_vec(), target });
        Ok(false)
    }

    /// Makes something, over what is in its place if need be. Gives whether there was something.
    fn over<T>(
        &mut self,
        parent: BorrowedFd<'_>,
        name: &[u8],
        make: impl Fn() -> rustix::io::Result<T>,
    ) -> std::result::Result<(T, bool), Fault> {
        match make() {
            Err(Errno::EXIST) => {
                if self.manner.same_kind && node::is_folder(parent, name) {
                    return Err(Refused::OtherKind.into());
                }
                remove::remove_at(parent, name)?;
                Ok((make()?, true))
            }
            made => Ok((made?, false)),
        }
    }

    /// Sets folders' times, deepest first.
    fn finish(mut self) -> Result<Rest> {
        let mut times = std::mem::take(&mut self.times).into_iter().collect::<Vec<_>>();
        times.sort_unstable_by(|a, b| b.0.cmp(&a.0));
        for (path, time) in times {
            let full = self.full(&path);
            let (folder, name) = parted(&full);
            // A folder may have been replaced since, by what has its own time.
            let set = || -> rustix::io::Result<()> {
                let parent = self.root.folder(folder)?;
                let name: &[u8] = if name.is_empty() { b"." } else { name };
                if node::is_folder(parent.as_fd(), name) {
                    fs::utimensat(&parent, name, &node::times(time), AtFlags::SYMLINK_NOFOLLOW)?;
                }
                Ok(())
            };
            match set() {
                Ok(()) | Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => {}
                Err(error) => return Err(Fault::from(error).on("set the time of", &path)),
            }
        }
        Ok(self.rest)
    }
}

/// For a folder that is to be dressed or listed.
const READ: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Writes a file's data, leaving holes where it has them; gives the bytes that are no holes.
fn write(
    file: &mut std::fs::File,
    size: u64,
    pieces: Option<&[Piece]>,
    tar: &mut TarReader<'_>,
) -> std::result::Result<u64, Fault> {
    let whole = [Piece { at: 0, len: size }];
    let mut written = 0;
    for piece in pieces.unwrap_or(&whole) {
        if pieces.is_some() {
            fs::seek(&*file, SeekFrom::Start(piece.at))?;
        }
        let mut left = piece.len;
        while left > 0 {
            let some = tar.data()?;
            let step = some.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            if step == 0 {
                return Err(TarError::BreaksOff.into());
            }
            file.write_all(&some[..step])?;
            tar.consume(step)?;
            left -= step as u64;
        }
        written += piece.len;
    }
    if pieces.is_some() {
        fs::ftruncate(&*file, size)?;
    }
    Ok(written)
}
