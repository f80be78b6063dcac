//! Links of Windows as the data of their reparse points, both directions. Follows none.
//!
//! A target is written twice: as the kernel takes it (`\??\C:\a`) and as people read it (`C:\a`), each with a NUL
//! that is not counted (\[MS-FSCC\] 2.1.2.4 and 2.1.2.5; go-winio writes the same bytes).

use std::io;

use super::{field, from_utf16, too_long, utf16};

/// `IO_REPARSE_TAG_MOUNT_POINT`.
const MOUNT_POINT: u32 = 0xA000_0003;
/// `IO_REPARSE_TAG_SYMLINK`.
const SYMLINK: u32 = 0xA000_000C;
/// Bytes of tag, length and a reserved field, which the length does not count.
const HEAD: usize = 8;
/// Bytes of the two names' places and lengths.
const PLACES: usize = 8;
/// `SYMLINK_FLAG_RELATIVE`.
const RELATIVE: u32 = 1;

/// Which kind of link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// A symbolic link.
    Symlink,
    /// A junction, or another mount point.
    MountPoint,
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Which kind.
    pub kind: LinkKind,
    /// To where, with backslashes, as people write it: `C:\a`, `\\server\share`, `\\?\Volume{…}\`, `..\b`.
    pub target: String,
}

impl Link {
    /// As `REPARSE_DATA_BUFFER`.
    ///
    /// # Errors
    /// When the target is longer than a reparse point can hold.
    pub fn encode(&self) -> io::Result<Vec<u8>> {
        let (kernel, is_relative) = kernel_form(&self.target);
        let (kernel, shown) = (utf16(&kernel), utf16(&self.target));
        let long = |_| too_long("the target of a link");
        let (tag, flags): (_, Option<u32>) = match self.kind {
            LinkKind::Symlink => (SYMLINK, Some(if is_relative { RELATIVE } else { 0 })),
            LinkKind::MountPoint => (MOUNT_POINT, None),
        };
        let shown_at = kernel.len() + 2;
        let length = PLACES + flags.map_or(0, |_| 4) + shown_at + shown.len() + 2;
        let short = |number: usize| u16::try_from(number).map_err(long).map(u16::to_le_bytes);
        let mut bytes = Vec::with_capacity(HEAD + length);
        bytes.extend(tag.to_le_bytes());
        bytes.extend(short(length)?);
        bytes.extend([0; 2]);
        for number in [0, kernel.len(), shown_at, shown.len()] {
            bytes.extend(short(number)?);
        }
        bytes.extend(flags.map(u32::to_le_bytes).into_iter().flatten());
        for name in [kernel, shown] {
            bytes.extend(name);
            bytes.extend([0; 2]);
        }
        Ok(bytes)
    }

    /// Out of a `REPARSE_DATA_BUFFER`; `None` where it is malformed or of another kind, of which Windows has many.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (kind, names) = match u32::from_le_bytes(field(bytes, 0)?) {
            SYMLINK => (LinkKind::Symlink, HEAD + PLACES + 4),
            MOUNT_POINT => (LinkKind::MountPoint, HEAD + PLACES),
            _ => return None,
        };
        let short = |at| field(bytes, at).map(u16::from_le_bytes).map(usize::from);
        let (at, length) = (short(HEAD)?, short(HEAD + 2)?);
        let name = bytes.get(names..)?.get(at..at + length)?;
        Some(Self { kind, target: shown_form(&from_utf16(name)?) })
    }
}

/// The target as the kernel takes it, and whether it is relative.
fn kernel_form(target: &str) -> (String, bool) {
    if let Some(rest) = target.strip_prefix(r"\\?\") {
        (format!(r"\??\{rest}"), false)
    } else if let Some(rest) = target.strip_prefix(r"\\") {
        (format!(r"\??\UNC\{rest}"), false)
    } else if has_drive(target) {
        (format!(r"\??\{target}"), false)
    } else {
        (target.to_owned(), true)
    }
}

/// The inverse of [`kernel_form`].
fn shown_form(target: &str) -> String {
    match (target.strip_prefix(r"\??\UNC\"), target.strip_prefix(r"\??\")) {
        (Some(share), _) => format!(r"\\{share}"),
        (None, Some(rest)) if has_drive(rest) => rest.to_owned(),
        (None, Some(rest)) => format!(r"\\?\{rest}"),
        (None, None) => target.to_owned(),
    }
}

fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}
