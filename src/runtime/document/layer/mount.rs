//! How a writable layer becomes a volume, step by step, each with its undoing. Knows no DLL.

use std::path::{Path, PathBuf};

use super::{BLANK, SCRATCH};

/// A step to or from a mounted layer. Those that need the layers below are given them when they are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mount {
    /// Copies the lowest layer's empty disk, unless the writable layer has one.
    Copy {
        /// The empty disk. It must stay where it is: the copy tells what it differs from by this path.
        from: PathBuf,
        /// The writable layer's.
        to: PathBuf,
    },
    /// `ActivateLayer`: attaches the disk.
    Activate(PathBuf),
    /// `PrepareLayer`: attaches the filter that shows the layers below through it. One at a time in a process.
    Prepare(PathBuf),
    /// `GetLayerMountPath`: the volume.
    Path(PathBuf),
    /// `UnprepareLayer`.
    Unprepare(PathBuf),
    /// `DeactivateLayer`.
    Deactivate(PathBuf),
}

/// The steps that make `folder` a volume over layers of which the lowest is `base`.
pub fn mount(base: &Path, folder: &Path) -> Vec<Mount> {
    vec![
        Mount::Copy { from: base.join(BLANK), to: folder.join(SCRATCH) },
        Mount::Activate(folder.to_owned()),
        Mount::Prepare(folder.to_owned()),
        Mount::Path(folder.to_owned()),
    ]
}

impl Mount {
    /// What takes the step back; `None` for what leaves nothing, or what is kept: a writable layer's disk.
    pub fn undo(&self) -> Option<Self> {
        match self {
            Self::Activate(folder) => Some(Self::Deactivate(folder.clone())),
            Self::Prepare(folder) => Some(Self::Unprepare(folder.clone())),
            Self::Copy { .. } | Self::Path(_) | Self::Unprepare(_) | Self::Deactivate(_) => None,
        }
    }

    /// What takes all of it back, whatever became of the steps: each to be taken also if the one before fails.
    pub fn unmount(folder: &Path) -> [Self; 2] {
        [Self::Unprepare(folder.to_owned()), Self::Deactivate(folder.to_owned())]
    }
}

/// The path of a volume as a container's document has it: with a backslash at its end, without which HCS knows no such
/// volume.
pub fn volume(path: &str) -> String {
    format!("{}\\", path.trim_end_matches('\\'))
}
