//! Marks for what is gone: a layer's, which are names in a tar, and overlayfs's, which are files of a kind of their
//! own. Knows no tars and no paths.
//!
//! A layer's: OCI image-spec, `layer.md`, "Whiteouts". Overlayfs's: the kernel's `filesystems/overlayfs.rst`.

use rustix::{
    fd::BorrowedFd,
    fs::{self, AtFlags, FileType, Mode, Stat, XattrFlags},
    io::{Errno, Result},
};

use super::{
    beneath::FOLDER,
    fault::{Fault, Refused},
    node::{self, Node},
};

/// Names that begin so mean that the rest of it is gone.
const PREFIX: &[u8] = b".wh.";
/// Means that its folder hides all below it.
const OPAQUE: &[u8] = b".wh..wh..opq";
/// Other marks of aufs begin so; they say nothing to others.
const OF_AUFS: &[u8] = b".wh..wh.";
/// The attribute by which overlayfs knows a folder that hides all below it.
const ATTRIBUTE: &str = "trusted.overlay.opaque";

/// Whether a name in a layer's tar is a mark.
pub(crate) fn is_name(name: &[u8]) -> bool {
    name.starts_with(PREFIX)
}

/// The mark for `path` in a layer's tar.
pub(crate) fn name_for(folder: &[u8], name: &[u8]) -> Vec<u8> {
    let slash: &[u8] = if folder.is_empty() { b"" } else { b"/" };
    [folder, slash, PREFIX, name].concat()
}

/// The mark for a folder that hides all below it.
pub(crate) fn opaque_name_for(folder: &[u8]) -> Vec<u8> {
    [folder, b"/", OPAQUE].concat()
}

/// Whether this is overlayfs's mark for what is gone: a character device 0:0.
pub(crate) fn is(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice && stat.st_rdev == 0
}

/// The same, by name.
pub(crate) fn is_at(parent: BorrowedFd<'_>, name: &[u8]) -> bool {
    fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW).is_ok_and(|stat| is(&stat))
}

/// Whether a folder hides all below it.
pub(crate) fn is_opaque(folder: &Node) -> bool {
    folder.attribute(ATTRIBUTE).is_ok_and(|value| value == b"y")
}

/// Makes a folder hide all below it.
pub(crate) fn make_opaque(folder: BorrowedFd<'_>) -> Result<()> {
    fs::setxattr(node::itself(folder), ATTRIBUTE, b"y", XattrFlags::empty())
}

/// The same, by name.
pub(crate) fn make_opaque_at(parent: BorrowedFd<'_>, name: &[u8]) -> Result<()> {
    use rustix::fd::AsFd as _;
    make_opaque(fs::openat(parent, name, FOLDER, Mode::empty())?.as_fd())
}

/// Makes a layer's mark into overlayfs's. What this layer has itself stays: marks are about the layers below.
pub(crate) fn apply(parent: BorrowedFd<'_>, mark: &[u8]) -> std::result::Result<(), Fault> {
    if mark == OPAQUE {
        return Ok(make_opaque(parent)?);
    }
    if mark.starts_with(OF_AUFS) {
        return Ok(());
    }
    let gone = &mark[PREFIX.len()..];
    if matches!(gone, b"" | b"." | b"..") {
        return Err(Refused::Whiteout.into());
    }
    match fs::mknodat(parent, gone, FileType::CharacterDevice, Mode::empty(), 0) {
        Err(Errno::EXIST) if node::is_folder(parent, gone) => Ok(make_opaque_at(parent, gone)?),
        // Whatever else is there hides what is below by being there.
        Err(Errno::EXIST) => Ok(()),
        made => Ok(made?),
    }
}
