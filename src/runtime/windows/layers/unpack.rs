//! A layer's tar to a layer of Windows, whole or not at all. Knows neither images nor the database.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use super::{WindowsDisk, WindowsLayers, enable_privileges};
use crate::runtime::{
    Result, RuntimeError,
    document::layer::{self, CHAIN},
    layer_service::Layers,
    layer_transport::{LayerDisk, import},
    tar::Limits,
};

/// Unpacks a layer's tar into `folder`; see [`crate::runtime::host::Storage::unpack`].
///
/// It is made where it stays: disks of a layer know each other by their paths. What a crash has left there of an
/// earlier time goes first.
///
/// # Errors
/// What of the tar is refused, or what the system or its service for layers says.
pub fn unpack(
    layers: &Layers<WindowsLayers>,
    tar: &mut dyn Read,
    below: &[PathBuf],
    folder: &Path,
    limits: Limits,
) -> Result<u64> {
    let tried = || format!("make the layer `{}`", folder.display());
    enable_privileges().map_err(RuntimeError::system(tried()))?;
    layers.remove(folder)?;
    let mut make = || {
        let data = layers.data(below)?;
        let disk = WindowsDisk::new(layers.service(), folder, below, data);
        let mut disk = disk.map_err(RuntimeError::system(tried()))?;
        let imported = import(tar, below.is_empty(), &mut disk, limits)?;
        for step in &imported.steps {
            disk.take(step).map_err(RuntimeError::system(tried()))?;
        }
        let chain = layer::chain(below);
        let chain = chain.map_err(|error| RuntimeError::Invalid { tried: tried(), why: error.to_string() })?;
        fs::write(folder.join(CHAIN), chain).map_err(RuntimeError::system(tried()))?;
        Ok(imported.bytes)
    };
    let made = make();
    if made.is_err()
        && let Err(error) = layers.remove(folder)
    {
        tracing::warn!(%error, "half of a layer stays until it is made again");
    }
    made
}
