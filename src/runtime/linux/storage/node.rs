//! Single files of every kind: what they are, and making them so. Knows neither tars' form nor layers.
//!
//! Owner, mode and attributes are set through an open file wherever a name could be swapped for a link meanwhile.

use std::os::fd::AsRawFd;

use rustix::{
    fd::{AsFd, BorrowedFd, OwnedFd},
    fs::{self, AtFlags, FileType, Gid, Mode, OFlags, RawDir, SeekFrom, Stat, Timespec, Timestamps, Uid, XattrFlags},
    io::{Errno, Result},
};

use super::tar::{Kind, Meta, Piece};

/// Attributes by which overlayfs steers itself: no image and no archive may.
const OVERLAY: [&[u8]; 2] = [b"trusted.overlay.", b"user.overlay."];
/// Bytes that Linux takes for the names of all attributes of a file, and for the value of one (`XATTR_LIST_MAX`).
const ATTRIBUTES: usize = 65_536;

/// A file as it lies on disk.
#[derive(Debug)]
pub(crate) struct Node {
    /// What the system says.
    pub(crate) stat: Stat,
    /// Held open, only to name it.
    pub(crate) fd: OwnedFd,
}

impl Node {
    /// Opens what has this name, itself and not what it may link to.
    pub(crate) fn open(parent: BorrowedFd<'_>, name: &[u8]) -> Result<Self> {
        let fd = fs::openat(parent, name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self { stat: fs::fstat(&fd)?, fd })
    }

    /// Its kind.
    pub(crate) fn file_type(&self) -> FileType {
        FileType::from_raw_mode(self.stat.st_mode)
    }

    /// Opens a file or folder for reading; it is the same one, whatever its name means by now.
    pub(crate) fn read(&self) -> Result<OwnedFd> {
        fs::open(itself(self.fd.as_fd()), OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK, Mode::empty())
    }

    /// What an archive tells of it; `None` for a socket, which no archive holds. Files' holes are not looked for.
    pub(crate) fn kind(&self) -> Result<Option<Kind>> {
        let (major, minor) = (fs::major(self.stat.st_rdev), fs::minor(self.stat.st_rdev));
        Ok(Some(match self.file_type() {
            FileType::RegularFile => Kind::File { size: self.stat.st_size.try_into().unwrap_or(0), pieces: None },
            FileType::Directory => Kind::Folder,
            FileType::Symlink => Kind::Symlink(fs::readlinkat(&self.fd, "", Vec::new())?.into_bytes()),
            FileType::Fifo => Kind::Fifo,
            FileType::CharacterDevice => Kind::Char(major, minor),
            FileType::BlockDevice => Kind::Block(major, minor),
            FileType::Socket | FileType::Unknown => return Ok(None),
        }))
    }

    /// Owner, mode, time and attributes.
    pub(crate) fn meta(&self) -> Result<Meta> {
        Ok(Meta {
            mode: self.stat.st_mode & 0o7777,
            uid: self.stat.st_uid,
            gid: self.stat.st_gid,
            mtime: (self.stat.st_mtime, self.stat.st_mtime_nsec as u32),
            xattrs: self.attributes()?,
            vendor: Vec::new(),
        })
    }

    /// The value of one attribute.
    pub(crate) fn attribute(&self, name: &str) -> Result<Vec<u8>> {
        attribute(&itself(self.fd.as_fd()), name.as_bytes())
    }

    fn attributes(&self) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let path = itself(self.fd.as_fd());
        let mut names = Vec::new();
        let mut room = 256;
        loop {
            let mut buffer = vec![0; room];
            match fs::listxattr(&path, &mut buffer[..]) {
                Ok(length) => break names.extend_from_slice(&buffer[..length]),
                Err(Errno::RANGE) if room < ATTRIBUTES => room = ATTRIBUTES,
                Err(Errno::OPNOTSUPP) => return Ok(Vec::new()),
                Err(error) => return Err(error),
            }
        }
        let mut found = Vec::new();
        for name in names.split(|byte| *byte == 0).filter(|name| travels(name)) {
            match attribute(&path, name) {
                Ok(value) => found.push((name.to_vec(), value)),
                Err(Errno::NODATA) => {}
                Err(error) => return Err(error),
            }
        }
        found.sort_unstable();
        Ok(found)
    }
}

/// Whether an attribute belongs to the file, and not to the host it lies on.
fn travels(name: &[u8]) -> bool {
    let steers = OVERLAY.iter().any(|prefix| name.starts_with(prefix));
    let labels = name.starts_with(b"security.") && name != b"security.capability";
    !name.is_empty() && !steers && !labels
}

fn attribute(path: &str, name: &[u8]) -> Result<Vec<u8>> {
    let mut room = 256;
    loop {
        let mut buffer = vec![0; room];
        match fs::getxattr(path, name, &mut buffer[..]) {
            Ok(length) => {
                buffer.truncate(length);
                return Ok(buffer);
            }
            Err(Errno::RANGE) if room < ATTRIBUTES => room = ATTRIBUTES,
            Err(error) => return Err(error),
        }
    }
}

/// A path that means what is open, whatever became of its name.
pub(crate) fn itself(fd: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", fd.as_raw_fd())
}

/// Makes an empty file that was not there, for writing.
pub(crate) fn make_file(parent: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    fs::openat(parent, name, flags, Mode::from_raw_mode(0o600))
}

/// Makes anything that has no content and was not there; not a file, and not a further name.
pub(crate) fn make(parent: BorrowedFd<'_>, name: &[u8], kind: &Kind) -> Result<()> {
    let node = |file_type, device| fs::mknodat(parent, name, file_type, Mode::from_raw_mode(0o600), device);
    match kind {
        Kind::Folder => fs::mkdirat(parent, name, Mode::from_raw_mode(0o700)),
        Kind::Symlink(target) => fs::symlinkat(target.as_slice(), parent, name),
        Kind::Fifo => node(FileType::Fifo, 0),
        Kind::Char(major, minor) => node(FileType::CharacterDevice, fs::makedev(*major, *minor)),
        Kind::Block(major, minor) => node(FileType::BlockDevice, fs::makedev(*major, *minor)),
        Kind::File { .. } | Kind::Link(_) => Err(Errno::INVAL),
    }
}

/// Whether this is a folder, and no link to one.
pub(crate) fn is_folder(parent: BorrowedFd<'_>, name: &[u8]) -> bool {
    let stat = fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW);
    stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory)
}

/// Gives an open file or folder its owner, mode and attributes, in the order in which none undoes another.
pub(crate) fn dress(fd: BorrowedFd<'_>, meta: &Meta) -> Result<()> {
    fs::fchown(fd, Some(uid(meta)), Some(gid(meta)))?;
    fs::fchmod(fd, Mode::from_raw_mode(meta.mode))?;
    for (name, value) in meta.xattrs.iter().filter(|(name, _)| travels(name)) {
        tolerated(name, fs::fsetxattr(fd, name.as_slice(), value, XattrFlags::empty()))?;
    }
    Ok(())
}

/// The same, and the time, for what cannot be opened without side effects: links, pipes and devices.
pub(crate) fn dress_by_name(parent: BorrowedFd<'_>, name: &[u8], meta: &Meta) -> Result<()> {
    let node = Node::open(parent, name)?;
    fs::chownat(&node.fd, "", Some(uid(meta)), Some(gid(meta)), AtFlags::EMPTY_PATH)?;
    if node.file_type() != FileType::Symlink {
        fs::chmod(itself(node.fd.as_fd()), Mode::from_raw_mode(meta.mode))?;
    }
    for (name, value) in meta.xattrs.iter().filter(|(name, _)| travels(name)) {
        let set = fs::setxattr(itself(node.fd.as_fd()), name.as_slice(), value, XattrFlags::empty());
        tolerated(name, set)?;
    }
    fs::utimensat(parent, name, &times(meta.mtime), AtFlags::SYMLINK_NOFOLLOW)
}

/// Attributes that this file system does not know are left out, as Docker does; but a program that needs its
/// capabilities must not come without them.
fn tolerated(name: &[u8], set: Result<()>) -> Result<()> {
    match set {
        Err(Errno::OPNOTSUPP | Errno::PERM) if name != b"security.capability" => Ok(()),
        set => set,
    }
}

/// Both times of a file, for the system.
pub(crate) fn times((seconds, nanos): (i64, u32)) -> Timestamps {
    let time = Timespec { tv_sec: seconds, tv_nsec: nanos.into() };
    Timestamps { last_access: time, last_modification: time }
}

fn uid(meta: &Meta) -> Uid {
    Uid::from_raw_unchecked(meta.uid)
}

fn gid(meta: &Meta) -> Gid {
    Gid::from_raw_unchecked(meta.gid)
}

/// Names in a folder, sorted, so that what is made of them is the same each time.
pub(crate) fn names(folder: BorrowedFd<'_>) -> Result<Vec<Vec<u8>>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = fs::openat(folder, ".", flags, Mode::empty())?;
    let mut buffer = Vec::with_capacity(32 << 10);
    let mut entries = RawDir::new(folder, buffer.spare_capacity_mut());
    let mut names = Vec::new();
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            names.push(name.to_vec());
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Where a file has data and where holes; `None` where it has no holes.
pub(crate) fn pieces(file: BorrowedFd<'_>, stat: &Stat) -> Result<Option<Vec<Piece>>> {
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    // Blocks are counted in 512 bytes whatever the file system's own.
    if (stat.st_blocks as u64).saturating_mul(512) >= size {
        return Ok(None);
    }
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < size {
        let start = match fs::seek(file, SeekFrom::Data(at)) {
            Ok(start) if start < size => start,
            Ok(_) | Err(Errno::NXIO) => break,
            // A file system without holes.
            Err(Errno::INVAL | Errno::OPNOTSUPP) => return Ok(None),
            Err(error) => return Err(error),
        };
        at = fs::seek(file, SeekFrom::Hole(start))?.min(size);
        pieces.push(Piece { at: start, len: at - start });
    }
    let whole = matches!(pieces[..], [Piece { at: 0, len }] if len == size);
    Ok((!whole).then_some(pieces))
}
