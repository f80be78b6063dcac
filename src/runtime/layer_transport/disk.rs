//! What must be done on a disk to make a layer, as calls while its tar is read, and as steps afterwards. Knows no tar.

use std::io;

use super::LayerPath;
use crate::runtime::backup_stream::BasicInfo;

/// Files that the virtual machine's set-up changes, below `UtilityVM\Files`: never hard links to those of a layer
/// below.
pub const CHANGED_BY_SET_UP: [&str; 4] = [
    r"EFI\Microsoft\Boot\BCD",
    r"EFI\Microsoft\Boot\BCD.LOG",
    r"EFI\Microsoft\Boot\BCD.LOG1",
    r"EFI\Microsoft\Boot\BCD.LOG2",
];

/// Below which folder a path is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Root {
    /// The layer's own.
    Layer,
    /// The one that `ImportLayer` reads.
    Transport,
    /// One beside it, for what is restored when the layers below stand.
    Stage,
}

/// How a file's bytes get onto the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum How {
    /// As they are.
    Plain,
    /// By `BackupWrite`: they are backup streams.
    Restored {
        /// With the security descriptor among them.
        security: bool,
    },
}

/// What is left to do when a tar has been read to its end, in the order given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Makes a folder in the transport folder: one that leads elsewhere, which must not be there sooner.
    Folder(LayerPath),
    /// Copies `UtilityVM\Files` of the nearest layer below into this one: by hard links, but folders, links, and
    /// [`CHANGED_BY_SET_UP`], which are copied.
    CloneUtilityVm,
    /// Makes the layer's file what lies under the same path in [`Root::Stage`], by `BackupWrite` with security. What
    /// is there goes first, unless both are folders.
    Restore {
        /// Which.
        path: LayerPath,
        /// Its attributes and times.
        info: BasicInfo,
    },
    /// `ImportLayer` from the transport folder into the layer's.
    Import,
    /// Removes a file, or a folder with all that is in it, from the layer's folder; follows no link.
    Remove {
        /// Which.
        path: LayerPath,
        /// Whether it is an error when it is not there.
        must_be: bool,
    },
    /// Gives a file of the layer a further name, in place of what has that name.
    Link {
        /// The name.
        path: LayerPath,
        /// The file.
        target: LayerPath,
        /// Whether the file is that of the nearest layer below that has it.
        below: bool,
    },
    /// Sets a folder's attributes and times again: what was made in it has changed them.
    Times {
        /// Which.
        path: LayerPath,
        /// Its attributes and times.
        info: BasicInfo,
    },
    /// Makes the lowest layer usable: its scratch disk and hives (`ProcessBaseImage`).
    SetUpBase,
    /// Makes the virtual machine's files usable (`ProcessUtilityImage`).
    SetUpUtilityVm,
}

/// The disk that a layer is written to. No call follows a link in a path; each fails where one is in the way.
pub trait LayerDisk {
    /// Makes a folder that is not there yet, in one that is.
    ///
    /// # Errors
    /// What the system says.
    fn folder(&mut self, root: Root, path: &LayerPath) -> io::Result<()>;
    /// Begins a file that is not there yet, in a folder that is; a folder where `info` says so and it is restored.
    /// Times and attributes of `info` are set first; for a file that is not restored, times only.
    ///
    /// # Errors
    /// What the system says.
    fn begin(&mut self, root: Root, path: &LayerPath, info: &BasicInfo, how: How) -> io::Result<()>;
    /// Writes some of the file begun last, at times only a few bytes.
    ///
    /// # Errors
    /// What the system says.
    fn write(&mut self, some: &[u8]) -> io::Result<()>;
    /// Ends the file begun last.
    ///
    /// # Errors
    /// What the system says.
    fn end(&mut self) -> io::Result<()>;
    /// The self-relative descriptor that a text in SDDL tells of, which tars of 2016 have.
    ///
    /// # Errors
    /// What the system says.
    fn descriptor(&self, sddl: &str) -> io::Result<Vec<u8>>;
    /// Takes a step.
    ///
    /// # Errors
    /// What the system says.
    fn take(&mut self, step: &Step) -> io::Result<()>;
}
