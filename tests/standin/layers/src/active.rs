//! Disks that are attached, and layers seen through them. What is in a disk lies in a folder beside it while it is no
//! volume.
//!
//! Volumes are a pool that `scripts/windows/standin.sh` makes known to Wine: `\\?\Volume{…}` by number. One is taken by
//! making a folder of its number below the folder for temporary files, which all processes share.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{BLANK, Below, Done, Failure, SCRATCH, check_chain, tree};

/// How many volumes there are.
const VOLUMES: u32 = 64;
/// In an active layer's folder: the number of its volume.
const ACTIVE: &str = "standin-active";
/// In a prepared layer's folder.
const PREPARED: &str = "standin-prepared";
/// What is in the disk.
const CONTENT: &str = "standin-content";

const NOT_FOUND: u32 = 0x8007_0490;
const NOT_READY: u32 = 0x8007_0015;
const IN_USE: u32 = 0x8007_0020;
const DENIED: u32 = 0x8007_0005;
const NO_FILE: u32 = 0x8007_0002;
const NO_ROOM: u32 = 0x8007_0070;

/// `ActivateLayer`.
pub fn activate(folder: &Path) -> Done {
    if folder.join(ACTIVE).exists() {
        return Err(IN_USE.into());
    }
    let disk = fs::read_to_string(folder.join(SCRATCH)).map_err(|_| Failure::from(NO_FILE))?;
    // It is a copy of an empty disk, and names what it differs from.
    match disk.strip_prefix("differs from ") {
        Some(parent) if Path::new(parent).is_file() => {}
        _ => return Err(Failure::fault(NO_FILE, format!("the disk `{disk}` is not there: its layer was moved"))),
    }
    let volume = take_volume()?;
    Ok(fs::write(folder.join(ACTIVE), volume.to_string())?)
}

/// `DeactivateLayer`.
pub fn deactivate(folder: &Path) -> Done {
    if folder.join(PREPARED).exists() {
        return Err(Failure::fault(IN_USE, "a prepared layer is deactivated"));
    }
    if detach(folder) { Ok(()) } else { Err(NOT_FOUND.into()) }
}

/// `DetachVirtualDisk`, of whatever layer it is; false where the disk is not attached.
pub fn detach(folder: &Path) -> bool {
    let Some(volume) = volume(folder) else { return false };
    // What was written stays in the disk.
    if folder.join(PREPARED).exists() {
        let _ = unprepare(folder);
    }
    let _ = fs::remove_dir(claim(volume));
    fs::remove_file(folder.join(ACTIVE)).is_ok()
}

/// `PrepareLayer`.
pub fn prepare(folder: &Path, below: &[Below]) -> Done {
    let volume = root(volume(folder).ok_or(NOT_READY)?);
    check_chain(below)?;
    tree::empty(&volume)?;
    let content = folder.join(CONTENT);
    if content.is_dir() {
        tree::copy(&content, &volume)?;
    } else {
        for layer in below.iter().rev() {
            tree::copy(&layer.path.join("Files"), &volume)?;
        }
    }
    Ok(fs::write(folder.join(PREPARED), "")?)
}

/// `UnprepareLayer`.
pub fn unprepare(folder: &Path) -> Done {
    let number = volume(folder).ok_or(NOT_FOUND)?;
    fs::remove_file(folder.join(PREPARED)).map_err(|_| Failure::from(NOT_FOUND))?;
    let content = folder.join(CONTENT);
    if content.is_dir() {
        fs::remove_dir_all(&content)?;
    }
    fs::create_dir(&content)?;
    tree::copy(&root(number), &content)?;
    Ok(tree::empty(&root(number))?)
}

/// `GetLayerMountPath`.
pub fn mount_path(folder: &Path) -> Done<String> {
    match volume(folder) {
        Some(volume) if folder.join(PREPARED).exists() => Ok(name(volume)),
        _ => Err(NOT_FOUND.into()),
    }
}

/// `DestroyLayer`.
pub fn destroy(folder: &Path) -> Done {
    if !folder.exists() {
        return Err(NO_FILE.into());
    }
    if volume(folder).is_some() {
        return Err(DENIED.into());
    }
    Ok(fs::remove_dir_all(folder)?)
}

/// `ExpandSandboxSize`.
pub fn grow(folder: &Path) -> Done {
    if folder.join(SCRATCH).is_file() { Ok(()) } else { Err(NO_FILE.into()) }
}

/// What is in a disk that is attached and no volume.
pub(crate) fn content(folder: &Path) -> Done<PathBuf> {
    if volume(folder).is_none() || folder.join(PREPARED).exists() {
        return Err(Failure::fault(NOT_READY, "a layer is exported that is not active, or prepared"));
    }
    Ok(folder.join(CONTENT))
}

/// Makes the empty disk of a base, which names the one it differs from by its path.
pub(crate) fn empty_disk(base: &Path) -> io::Result<()> {
    let parent = base.join(crate::BASE_DISK);
    fs::write(&parent, "a disk")?;
    fs::write(base.join(BLANK), format!("differs from {}", parent.display()))
}

fn volume(folder: &Path) -> Option<u32> {
    fs::read_to_string(folder.join(ACTIVE)).ok()?.parse().ok()
}

fn name(volume: u32) -> String {
    format!(r"\\?\Volume{{10090000-0000-0000-0000-{volume:012}}}")
}

fn root(volume: u32) -> PathBuf {
    PathBuf::from(format!(r"{}\", name(volume)))
}

fn claim(volume: u32) -> PathBuf {
    std::env::temp_dir().join("longshore-volumes").join(volume.to_string())
}

fn take_volume() -> Done<u32> {
    fs::create_dir_all(std::env::temp_dir().join("longshore-volumes"))?;
    (0..VOLUMES).find(|volume| fs::create_dir(claim(*volume)).is_ok()).ok_or_else(|| NO_ROOM.into())
}
