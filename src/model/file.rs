//! Files inside of containers and volumes. Knows no file system.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Bytes;

/// One file, of whatever kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileEntry {
    /// Its name in its folder.
    pub name: String,
    /// What it is.
    pub kind: FileKind,
    /// Bytes in it; of a folder what its list of names takes.
    pub size: Bytes,
    /// Permission bits with setuid, setgid and sticky: `0o4755`.
    pub mode: u32,
    /// Its owner's number.
    pub uid: u32,
    /// Its group's number.
    pub gid: u32,
    /// When its content changed last.
    pub modified: Option<DateTime<Utc>>,
    /// What a symbolic link leads to, as written in it.
    pub target: Option<String>,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// It has others in it.
    Folder,
    /// It has content.
    File,
    /// It leads elsewhere.
    Symlink,
    /// A device, read and written by characters.
    CharDevice,
    /// A device, read and written by blocks.
    BlockDevice,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
}
