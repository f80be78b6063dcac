//! What is written down of a mounted root, in its folder, which holds nothing else. Knows no DLL.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::json;

/// The file that tells of the mount.
const FILE: &str = "mounted.json";

/// A root that is mounted, or was being mounted when a process ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mounted {
    /// The folder of the writable layer.
    pub scratch: PathBuf,
    /// The volume, with a backslash at its end; `None` while it is being mounted.
    pub volume: Option<String>,
}

/// What is mounted at `root`.
///
/// # Errors
/// What the system says; `InvalidData` when the file is not what was written there.
pub fn mounted(root: &Path) -> io::Result<Option<Mounted>> {
    match fs::read(root.join(FILE)) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(json),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Where the files of a root or volume are: the volume mounted there, or else the folder itself.
///
/// # Errors
/// As [`mounted`].
pub fn place(root: &Path) -> io::Result<PathBuf> {
    Ok(mounted(root)?.and_then(|mounted| mounted.volume).map_or_else(|| root.to_owned(), PathBuf::from))
}

/// Writes it down, whole or not at all.
pub(super) fn write(root: &Path, mounted: &Mounted) -> io::Result<()> {
    let part = root.join("mounted.part");
    fs::write(&part, serde_json::to_vec(mounted).map_err(json)?)?;
    fs::rename(part, root.join(FILE))
}

/// There is no mount any more.
pub(super) fn forget(root: &Path) {
    if let Err(error) = fs::remove_file(root.join(FILE)) {
        tracing::warn!(root = %root.display(), %error, "a root is still said to be mounted");
    }
}
