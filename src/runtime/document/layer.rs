//! Chains of layers of Windows, as documents, as steps of mounting, and as other engines keep them. Knows no DLL.

mod mount;
mod store;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use mount::{Mount, mount, volume};
pub use store::{Foreign, Keeper, kept_by_others};

use super::guid::Guid;

/// The file in a layer's folder that names the layers below, the nearest first (Docker's `windowsfilter`).
pub const CHAIN: &str = "layerchain.json";
/// The empty disk of the lowest layer, of which a writable layer's is a copy.
pub const BLANK: &str = "blank.vhdx";
/// A writable layer's disk.
pub const SCRATCH: &str = "sandbox.vhdx";

/// What `computestorage` and HCS are told of the layers below one, the nearest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LayerData {
    schema_version: Version,
    layers: Vec<Below>,
}

/// A layer below another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Below {
    /// What `NameToGuid` gives for its folder's last name. Only Windows can tell: the namespace of these names is not
    /// known, and reparse points in writable layers speak of them.
    pub id: Guid,
    /// Its folder.
    pub path: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    major: u32,
    minor: u32,
}

impl Default for Version {
    /// 2.1, which every build from 17763 on takes.
    fn default() -> Self {
        Self { major: 2, minor: 1 }
    }
}

impl LayerData {
    /// Of these layers, the lowest first, as the runtime has them; `name_to_guid` is Windows' own function.
    ///
    /// # Errors
    /// What `name_to_guid` says.
    pub fn of<E>(lowest_first: &[PathBuf], mut name_to_guid: impl FnMut(&str) -> Result<Guid, E>) -> Result<Self, E> {
        let below =
            |folder: &PathBuf| Ok(Below { id: name_to_guid(&name(folder))?, path: folder.display().to_string() });
        let layers = lowest_first.iter().rev().map(below).collect::<Result<_, E>>()?;
        Ok(Self { schema_version: Version::default(), layers })
    }

    /// The layers, the nearest first.
    pub fn layers(&self) -> &[Below] {
        &self.layers
    }
}

/// The last name of a layer's folder, by which Windows identifies it: two layers of one name are one to it.
pub fn name(folder: &Path) -> String {
    let text = folder.display().to_string();
    // A path of Windows is read on other systems, too.
    text.trim_end_matches(['\\', '/']).rsplit(['\\', '/']).next().unwrap_or_default().to_owned()
}

/// What is written to [`CHAIN`] in the folder of a layer over these, the lowest first.
///
/// # Errors
/// When a path is no text.
pub fn chain(lowest_first: &[PathBuf]) -> serde_json::Result<String> {
    serde_json::to_string(&lowest_first.iter().rev().collect::<Vec<_>>())
}

/// The layers that a [`CHAIN`] tells of, the lowest first; none for the lowest layer, whose file is absent or `null`.
///
/// # Errors
/// When it is no list of paths.
pub fn chain_of(text: &str) -> serde_json::Result<Vec<PathBuf>> {
    #[derive(Deserialize)]
    struct Chain(Option<Vec<PathBuf>>);
    let Chain(paths) = serde_json::from_str(text)?;
    let mut paths = paths.unwrap_or_default();
    paths.reverse();
    Ok(paths)
}

#[cfg(test)]
mod tests;
