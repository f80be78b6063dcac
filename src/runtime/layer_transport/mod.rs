//! The tar of a Windows layer into what `ImportLayer` reads, and what `ExportLayer` writes into a tar. Knows neither
//! the disk, which is behind a trait, nor images.
//!
//! | file | subject |
//! |---|---|
//! | `path` | names that Windows takes, free of tricks |
//! | `told` | what an entry of the tar tells of its file |
//! | `disk` | what must be done on a disk, as calls and as steps |
//! | `import` | a tar to files and steps |
//! | `export` | a transport folder to a tar |
//!
//! A layer has `Files` (what becomes `C:\`), `Hives` (the registry, or what changes in it) and, where it can run in a
//! virtual machine, `UtilityVM\Files`. The lowest layer is written as it is. Of all others the *transport folder* is
//! written first: each of its files begins with four bytes of attributes, and what follows are backup streams; a
//! folder has its own in a file beside it ([`WCIDIRS`]). `ImportLayer` merges that with the layers below. What comes
//! after it is told as [`Step`]s.
//!
//! Formats: hcsshim's `internal/wclayer` and go-winio's `backuptar`, read as documentation of what Windows takes.
//!
//! What is deleted is *not* handed to `ImportLayer` in its `tombstones.txt`, but removed after it, by a path that
//! follows no link: with the list, a tar could make Windows delete outside of the layer (CVE-2018-8115).

mod disk;
mod export;
mod import;
mod path;
pub(crate) mod told;

use std::io;

pub use disk::{CHANGED_BY_SET_UP, How, LayerDisk, Root, Step};
pub use export::{Found, LayerSource, deleted_of, export, is_beside};
pub use import::{Imported, import};
pub use path::{BadPath, LayerPath, Part, is_name};

use super::{
    RuntimeError,
    backup_stream::StreamTrouble,
    tar::{TarError, shown},
};

/// End of the name of the file that holds the streams of the folder beside it, in a transport folder.
pub const WCIDIRS: &str = ".$wcidirs$";
/// List of what an exported layer deletes, in a transport folder.
pub const TOMBSTONES: &str = "tombstones.txt";
/// Its first line, after a byte order mark.
pub const TOMBSTONES_HEAD: &str = "Version 1.0";
/// Beginning of the name of an entry that deletes what is named behind it (OCI image-spec, "Whiteouts").
const WHITEOUT: &str = ".wh.";
/// Bytes of a stream that is taken into memory: a security descriptor, attributes, a reparse point.
const SMALL: u64 = 1 << 20;

/// Why an entry or file cannot be taken, before it is said which.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error(transparent)]
    Tar(#[from] TarError),
    #[error(transparent)]
    Path(#[from] BadPath),
    #[error(transparent)]
    Stream(#[from] StreamTrouble),
    #[error("{0}")]
    Refused(&'static str),
    #[error(transparent)]
    System(#[from] io::Error),
}

impl Trouble {
    /// As the caller is told: what was tried (`import`), on which path.
    fn on(self, tried: &str, path: &[u8]) -> RuntimeError {
        let tried = format!("{tried} `{}`", shown(path));
        match self {
            Self::System(source) | Self::Tar(TarError::Read(source)) | Self::Stream(StreamTrouble::Read(source)) => {
                RuntimeError::System { tried, source }
            }
            refused => RuntimeError::Corrupt { tried, why: refused.to_string() },
        }
    }
}

#[cfg(test)]
mod tests;
