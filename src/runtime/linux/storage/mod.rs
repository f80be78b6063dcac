//! Layers as folders, roots as overlay mounts, both to and from tars. Knows neither images nor the database.
//!
//! | file | subject |
//! |---|---|
//! | `names` | paths of tars, free of tricks |
//! | `beneath` | paths that never lead out of a root |
//! | `node` | single files: what they are, making them so |
//! | `unpack`, `layer` | entries to files, with a layer's whiteouts; a layer whole or not at all |
//! | `whiteout` | marks for what is gone |
//! | `lower` | layers seen through each other without a mount |
//! | `overlay` | the mount |
//! | `changes`, `pack`, `usage` | what is in a tree |
//! | `clone`, `remove` | trees copied and taken away |
//! | `transfer` | files in and out of containers and volumes |

mod beneath;
mod changes;
mod clone;
mod fault;
mod layer;
mod lower;
mod names;
mod node;
mod overlay;
mod pack;
mod remove;
mod transfer;
mod unpack;
mod usage;
mod whiteout;

use std::{
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
};

use crate::{
    model::{FileEntry, PathChange},
    runtime::{
        Result, RuntimeError,
        host::{Files, Packing, Storage},
        tar,
    },
};
pub use tar::Limits;

/// Layers, roots and files on Linux. Needs root's rights.
#[derive(Clone, Copy, Debug, Default)]
pub struct LinuxStorage {
    /// What a tar may ask for at most.
    pub limits: Limits,
}

impl Storage for LinuxStorage {
    fn unpack(&self, tar: &mut dyn Read, parents: &[PathBuf], folder: &Path) -> Result<u64> {
        layer::unpack(tar, parents, folder, self.limits).map_err(|error| error.on_disk(folder))
    }

    fn remove_layer(&self, folder: &Path) -> Result<()> {
        layer::remove_layer(folder)
    }

    fn mount(&self, layers: &[PathBuf], container: &Path, root: &Path) -> Result<()> {
        overlay::mount(layers, container, root)
    }

    fn unmount(&self, root: &Path) -> Result<()> {
        overlay::unmount(root)
    }

    fn changes(&self, layers: &[PathBuf], container: &Path) -> Result<Vec<PathChange>> {
        match upper(container)? {
            Some(upper) => changes::changes(&upper, &lower::Lowers::new(layers)),
            None => Ok(Vec::new()),
        }
    }

    fn pack(&self, container: &Path, tar: &mut dyn Write) -> Result<()> {
        let mut packer = pack::Packer::new(tar, true);
        if let Some(upper) = upper(container)? {
            packer.inside(&upper, b"")?;
        }
        packer.finish()
    }

    fn seen_by(&self, pid: u32) -> Option<PathBuf> {
        Some(format!("/proc/{pid}/root").into())
    }
}

impl Files for LinuxStorage {
    fn stat(&self, root: &Path, path: &str) -> Result<FileEntry> {
        transfer::stat(root, path)
    }

    fn browse(&self, root: &Path, path: &str) -> Result<Vec<FileEntry>> {
        transfer::browse(root, path)
    }

    fn copy_out(&self, root: &Path, path: &str, tar: &mut dyn Write) -> Result<()> {
        transfer::copy_out(root, path, tar)
    }

    fn copy_in(
        &self,
        root: &Path,
        path: &str,
        tar: &mut dyn Read,
        owner: Option<(u32, u32)>,
        same_kind: bool,
    ) -> Result<()> {
        let manner = unpack::Manner { owner, same_kind, limits: self.limits, ..unpack::Manner::default() };
        transfer::copy_in(root, path, tar, &manner)
    }

    fn export(&self, root: &Path, tar: &mut dyn Write) -> Result<()> {
        transfer::export(root, tar)
    }

    fn copy_up(&self, root: &Path, path: &str, volume: &Path) -> Result<bool> {
        transfer::copy_up(root, path, volume)
    }

    fn usage(&self, folder: &Path) -> Result<u64> {
        let tried = || format!("measure `{}`", folder.display());
        usage::usage(folder).map_err(|error| RuntimeError::System { tried: tried(), source: error.into() })
    }

    fn backup(&self, volume: &Path, packing: Packing, out: &mut dyn Write) -> Result<()> {
        let failed = || RuntimeError::system(format!("back up the volume at `{}`", volume.display()));
        match packing {
            Packing::Plain => transfer::backup(volume, out),
            Packing::Gzip => {
                let mut packed = flate2::write::GzEncoder::new(out, flate2::Compression::default());
                transfer::backup(volume, &mut packed)?;
                packed.finish().map(|_| ()).map_err(failed())
            }
            Packing::Zstd => {
                let mut packed = zstd::Encoder::new(out, zstd::DEFAULT_COMPRESSION_LEVEL).map_err(failed())?;
                transfer::backup(volume, &mut packed)?;
                packed.finish().map(|_| ()).map_err(failed())
            }
        }
    }

    fn restore(&self, volume: &Path, folder: &Path, tar: &mut dyn Read) -> Result<()> {
        let failed = || RuntimeError::system(format!("restore the volume at `{}`", volume.display()));
        let mut tar = BufReader::new(tar);
        let mut plain: Box<dyn Read> = match tar.fill_buf().map_err(failed())? {
            // Magic numbers of RFC 1952 and RFC 8878.
            [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(tar)),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(zstd::Decoder::with_buffer(tar).map_err(failed())?),
            _ => Box::new(tar),
        };
        transfer::restore(volume, folder, &mut plain, self.limits).map_err(|error| error.on_disk(volume))
    }

    fn swap(&self, volume: &Path, folder: &Path) -> Result<()> {
        transfer::swap(volume, folder)
    }

    fn remove(&self, folder: &Path) -> Result<()> {
        let tried = || format!("remove `{}`", folder.display());
        remove::remove(folder).map_err(|error| RuntimeError::System { tried: tried(), source: error.into() })
    }
}

/// A container's writable layer; none before it was mounted first.
fn upper(container: &Path) -> Result<Option<node::Node>> {
    let path = container.join("upper");
    match layer::node_at(&path) {
        Ok(node) => Ok(Some(node)),
        Err(rustix::io::Errno::NOENT) => Ok(None),
        Err(error) => Err(RuntimeError::System { tried: format!("read `{}`", path.display()), source: error.into() }),
    }
}

#[cfg(test)]
pub(super) mod tests;
