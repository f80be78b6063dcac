//! Layers and roots of containers of Windows, by Windows' own service for layers. Knows neither images nor the database.
//!
//! A container's writable layer lies in a folder of its own within the container's (`ID/ID`): Windows knows a layer by
//! its folder's last name, and deletes that folder as a whole. What is mounted where is written down in the root's
//! folder before it is done, so that any later process can take it away.
//!
//! | file | subject |
//! |---|---|
//! | `root` | what is written down of a mounted root |
//! | `exported` | what a writable layer changes |

mod exported;
mod root;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    fs::{self, File, TryLockError},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

pub use root::{Mounted, mounted, place};

use super::{
    layers::{WindowsLayers, enable_privileges, unpack},
    load::{LoadError, Shelf},
};
use crate::{
    model::PathChange,
    runtime::{
        Result, RuntimeError,
        document::layer::{CHAIN, Foreign, SCRATCH, chain, chain_of, kept_by_others, name},
        host::Storage,
        layer_service::{Layers, PAUSE},
        layer_transport, tar,
        undo::Undo,
    },
};

/// Times that a writable layer which another process has mounted is tried again.
const TRIES: u32 = 50;
/// Between two of them.
const BETWEEN: Duration = Duration::from_millis(100);
/// The file beside a writable layer that is locked while it is mounted. The lock ends with the process.
const LOCK: &str = "mount.lock";

/// Layers on the disks of this Windows.
pub struct Disks {
    layers: Layers<WindowsLayers>,
    limits: tar::Limits,
    /// What this process has mounted, by root.
    held: Mutex<HashMap<PathBuf, Held>>,
}

/// A container's writable layer that is mounted.
struct Held {
    container: PathBuf,
    _lock: File,
}

impl Disks {
    /// Loads the DLLs.
    ///
    /// # Errors
    /// What is missing.
    pub fn load(shelf: &Shelf) -> std::result::Result<Self, LoadError> {
        let layers = Layers::new(WindowsLayers::load(shelf)?, PAUSE);
        Ok(Self { layers, limits: tar::Limits::default(), held: Mutex::default() })
    }

    /// The volume of the root that is mounted at `root`, with a backslash at its end, as a container's document names
    /// it.
    ///
    /// # Errors
    /// `Conflict` when nothing is mounted there.
    pub fn volume(&self, root: &Path) -> Result<String> {
        let tried = || format!("find the volume of `{}`", root.display());
        let mounted = mounted(root).map_err(RuntimeError::system(tried()))?;
        mounted
            .and_then(|mounted| mounted.volume)
            .ok_or_else(|| RuntimeError::Conflict { tried: tried(), why: "nothing is mounted there".into() })
    }

    /// What a container's document and the service itself are told of these layers, the lowest first.
    ///
    /// # Errors
    /// What the service says.
    pub fn data(&self, layers: &[PathBuf]) -> Result<crate::runtime::document::layer::LayerData> {
        self.layers.data(layers)
    }

    /// Removes a container's writable layer, mounted or not; no error when there is none.
    ///
    /// # Errors
    /// What the service says.
    pub fn remove_scratch(&self, container: &Path) -> Result<()> {
        let scratch = scratch(container);
        // A file that is open stays in its folder until it is closed.
        self.held().retain(|_, held| held.container != container);
        if scratch.exists() { self.layers.remove(&scratch) } else { Ok(()) }
    }

    /// Waits a moment for whoever has the writable layer mounted.
    fn lock(container: &Path) -> Result<File> {
        let path = container.join(LOCK);
        let tried = || format!("lock `{}`", path.display());
        let file = File::create(&path).map_err(RuntimeError::system(tried()))?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => thread::sleep(BETWEEN),
                Err(TryLockError::Error(error)) => return Err(RuntimeError::system(tried())(error)),
            }
        }
        let why = "another longshore has its disk mounted".into();
        Err(RuntimeError::Conflict { tried: format!("mount the files of `{}`", name(container)), why })
    }

    /// The steps of [`Storage::mount`] after those that can be left: what is made is written down first.
    fn mount_scratch(&self, layers: &[PathBuf], scratch: &Path, root: &Path) -> Result<()> {
        let tried = || format!("mount `{}`", root.display());
        // Nobody who lives has it: this is what a crash has left mounted under another root.
        if let Err(error) = self.layers.unmount(scratch) {
            tracing::debug!(%error, "a writable layer was not mounted");
        }
        let chain = chain(layers).map_err(|error| RuntimeError::system(tried())(error.into()))?;
        fs::write(scratch.join(CHAIN), chain).map_err(RuntimeError::system(tried()))?;
        let mut written = Mounted { scratch: scratch.to_owned(), volume: None };
        root::write(root, &written).map_err(RuntimeError::system(tried()))?;
        let mut undo = Undo::new();
        undo.push(|| root::forget(root));
        written.volume = Some(self.layers.mount(layers, scratch)?);
        undo.push(|| {
            if let Err(error) = self.layers.unmount(scratch) {
                tracing::warn!(%error, "a mount cannot be taken back");
            }
        });
        root::write(root, &written).map_err(RuntimeError::system(tried()))?;
        undo.keep();
        Ok(())
    }

    /// Shows what a container's writable layer changes, as a transport folder; `None` where it has none yet.
    fn exported<T>(&self, container: &Path, look: impl FnOnce(&Path, &[PathBuf]) -> Result<T>) -> Result<Option<T>> {
        let scratch = scratch(container);
        if !scratch.join(SCRATCH).exists() {
            return Ok(None);
        }
        let tried = || format!("look at what `{}` changes", name(container));
        if self.layers.is_mounted(&scratch) {
            let why = "Windows tells what a container changes only while it is stopped".into();
            return Err(RuntimeError::Conflict { tried: tried(), why });
        }
        let _lock = Self::lock(container)?;
        enable_privileges().map_err(RuntimeError::system(tried()))?;
        let text = fs::read_to_string(scratch.join(CHAIN)).map_err(RuntimeError::system(tried()))?;
        let layers =
            chain_of(&text).map_err(|error| RuntimeError::Corrupt { tried: tried(), why: error.to_string() })?;
        let transport = exported::Transport::make(&container.join("export")).map_err(RuntimeError::system(tried()))?;
        self.layers
            .opened(&layers, &scratch, |below| self.layers.service().export(&scratch, transport.path(), below))?;
        look(transport.path(), &layers).map(Some)
    }

    fn held(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Storage for Disks {
    fn unpack(&self, tar: &mut dyn Read, parents: &[PathBuf], folder: &Path) -> Result<u64> {
        unpack(&self.layers, tar, parents, folder, self.limits).map_err(|error| error.on_disk(folder))
    }

    fn remove_layer(&self, folder: &Path) -> Result<()> {
        self.layers.remove(folder)
    }

    fn mount(&self, layers: &[PathBuf], container: &Path, root: &Path) -> Result<()> {
        self.unmount(root)?;
        let scratch = scratch(container);
        for folder in [scratch.as_path(), root] {
            let tried = format!("make the folder `{}`", folder.display());
            fs::create_dir_all(folder).map_err(RuntimeError::system(tried))?;
        }
        let lock = Self::lock(container)?;
        self.mount_scratch(layers, &scratch, root)?;
        self.held().insert(root.to_owned(), Held { container: container.to_owned(), _lock: lock });
        Ok(())
    }

    fn unmount(&self, root: &Path) -> Result<()> {
        let tried = || format!("unmount `{}`", root.display());
        let Some(mounted) = mounted(root).map_err(RuntimeError::system(tried()))? else { return Ok(()) };
        self.layers.unmount(&mounted.scratch)?;
        root::forget(root);
        self.held().remove(root);
        Ok(())
    }

    fn changes(&self, _: &[PathBuf], container: &Path) -> Result<Vec<PathChange>> {
        Ok(self.exported(container, exported::changes)?.unwrap_or_default())
    }

    fn pack(&self, container: &Path, tar: &mut dyn Write) -> Result<()> {
        let packed = self.exported(container, |folder, _| {
            let mut source = exported::Source::new(folder);
            layer_transport::export(&mut source, tar, self.limits)
        })?;
        match packed {
            Some(()) => Ok(()),
            None => tar::TarWriter::new(tar).finish().map_err(RuntimeError::system("write a tar")),
        }
    }

    fn foreign(&self) -> Vec<Foreign> {
        kept_by_others(&super::shared_data())
    }

    fn tells_while_up(&self) -> bool {
        false
    }

    fn stays(&self) -> bool {
        // An empty disk names the one that it differs from by its path, and a file the layer it is in by its name.
        true
    }
}

/// Where a container's writable layer lies.
pub(super) fn scratch(container: &Path) -> PathBuf {
    container.join(name(container))
}

/// For `map_err`: an error of JSON as the system's.
fn json(error: serde_json::Error) -> io::Error {
    error.into()
}
