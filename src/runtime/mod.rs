//! The engine aboard: pulls, runs, watches, publishes and removes containers by itself, with no daemon installed.
//! Knows neither the traits of [`crate::backend`] nor a screen.
//!
//! | room | subject |
//! |---|---|
//! | [`host`] | what a platform must give: compute, storage, network, firewall |
//! | [`about`] | what a platform says of itself |
//! | [`document`] | what the runtime hands to a platform: a container as it is to be started, links, mappings |
//! | [`db`], [`records`] | what must be true together: SQLite, and its rows as values |
//! | [`layout`] | where what lies on disk |
//! | [`guest`] | what differs between the systems inside of containers |
//! | [`image`] | references, registries, layers, archives |
//! | [`network_service`], [`layer_service`] | what Windows does for networks and layers, step by step |
//! | [`foreigners`] | containers that other programs have made |
//! | [`net`] | address pools, ports, names, plans |
//! | [`backup_stream`], [`layer_transport`] | files of Windows as bytes, layers of them |
//! | [`silo`] | processes of containers of Windows |
//! | `tar` | tars as entries, within limits |
//! | `monitor` | the process beside each container |
//! | `linux` (on Linux only) | libcontainer, overlayfs, rtnetlink, nftables |
//! | `windows` (on Windows only) | HCS, HNS, computestorage, virtdisk |

pub mod about;
pub mod backup_stream;
mod beginning;
mod changing;
mod connecting;
mod copying;
mod creating;
pub mod db;
pub mod document;
mod ending;
mod error;
pub mod files;
pub mod foreigners;
pub mod guest;
mod healing;
pub mod health;
pub mod host;
pub mod image;
mod isolating;
pub mod layer_service;
pub mod layer_transport;
pub mod layout;
#[cfg(target_os = "linux")]
pub mod linux;
mod listing;
mod looking;
pub mod machine;
pub mod made_up;
pub mod monitor;
pub mod net;
pub mod network_service;
mod networking;
pub(crate) mod process_tree;
pub mod records;
pub mod removing;
pub mod restart;
mod restoring;
mod ruling;
pub mod settle;
pub mod silo;
mod starting;
pub(crate) mod tar;
mod telling;
pub mod undo;
mod volumes;
pub mod watch;
#[cfg(windows)]
pub mod windows;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

pub use error::{Result, RuntimeError};
pub use healing::Tried;
pub use looking::{Reading, Running};

use self::{
    about::About,
    db::Db,
    guest::Guest,
    host::{Compute, Files, Firewall, Network, Storage},
    image::{Access, ImageStore},
    layout::Layout,
    records::container::{self, Record},
    watch::{MakeEars, Watch},
};
use crate::model::{Bytes, ContainerId, Verb};

/// What this platform gives.
#[derive(Clone)]
pub struct Platform {
    /// Layers on disk.
    pub storage: Arc<dyn Storage>,
    /// Files inside of roots and volumes.
    pub files: Arc<dyn Files>,
    /// Links, addresses and translated ports.
    pub network: Arc<dyn Network>,
    /// Rules of longshore's own.
    pub firewall: Arc<dyn Firewall>,
    /// Running containers.
    pub compute: Arc<dyn Compute>,
    /// Hears the database's bell.
    pub ears: MakeEars,
    /// What it says of itself.
    pub about: About,
}

/// The engine aboard. Any number of processes may have one open over the same folders; each sees at once what the
/// others do. What blocks is called on a thread that may, what waits is `async`.
pub struct Runtime {
    layout: Layout,
    db: Arc<Db>,
    images: ImageStore,
    platform: Platform,
    watch: Watch,
}

/// Opens the engine aboard on this host.
///
/// # Errors
/// `Denied` for everybody but root; `Invalid` where there is no engine aboard for this system.
pub fn open(layout: Layout, access: Access) -> Result<Runtime> {
    #[cfg(windows)]
    windows::check()?;
    if !is_root() {
        let why = format!("only root may make containers and write below `{}`", layout.data.display());
        return Err(RuntimeError::Denied { tried: "open the engine aboard".into(), why, by_registry: false });
    }
    let layout = layout.as_on_disk();
    let platform = Platform::of_this_host(&layout)?;
    Runtime::open(layout, platform, access)
}

/// What to do for more rights on this host.
const MORE_RIGHTS: &str = if cfg!(windows) {
    "start longshore from a terminal that runs as an administrator"
} else {
    "start longshore as root, with `sudo longshore`"
};

/// Where the engine's data lies where nobody says otherwise, and what of it ends with the boot.
fn usual_folders() -> (PathBuf, PathBuf) {
    #[cfg(windows)]
    return windows::usual_folders();
    #[cfg(not(windows))]
    (layout::DATA_ROOT.into(), layout::RUN_ROOT.into())
}

/// Whether this process may do everything on its host.
pub fn is_root() -> bool {
    #[cfg(unix)]
    return rustix::process::geteuid().is_root();
    #[cfg(windows)]
    return windows::facts::is_elevated();
    #[cfg(not(any(unix, windows)))]
    return false;
}

impl Platform {
    #[cfg(target_os = "linux")]
    fn of_this_host(layout: &Layout) -> Result<Self> {
        linux::make_private(layout)?;
        Ok(linux::platform(layout))
    }

    #[cfg(windows)]
    fn of_this_host(layout: &Layout) -> Result<Self> {
        windows::platform(layout)
    }

    #[cfg(not(any(target_os = "linux", windows)))]
    fn of_this_host(_: &Layout) -> Result<Self> {
        let why = "there is none for this system yet: name an engine with -H".into();
        Err(RuntimeError::Invalid { tried: "open the engine aboard".into(), why })
    }
}

impl Runtime {
    /// Opens the engine whose folders these are, makes them first where needed, and puts right what a crash or a
    /// reboot left.
    ///
    /// # Errors
    /// When the folders cannot be written, or the database is a newer longshore's.
    pub fn open(layout: Layout, platform: Platform, access: Access) -> Result<Self> {
        let db = Arc::new(Db::open(&layout)?);
        for folder in [layout.run.as_path(), &layout.volumes(), &layout.layers(), &layout.blobs()] {
            creating::make_folder(folder)?;
        }
        let watch = Watch::new(layout.bell(), platform.ears);
        let images = ImageStore::new(layout.clone(), Arc::clone(&db), Arc::clone(&platform.storage), access)
            .on(platform.about.platform.clone());
        let runtime = Self { layout, db, images, platform, watch };
        runtime.heal();
        if let Err(error) = runtime.default_network() {
            tracing::warn!(%error, "there is no default network");
        }
        Ok(runtime)
    }

    /// Its folders.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Its database.
    pub fn db(&self) -> &Arc<Db> {
        &self.db
    }

    /// Its images.
    pub fn images(&self) -> &ImageStore {
        &self.images
    }

    /// What the platform gives it.
    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    /// The row of a container by its id, its name or the beginning of its id; `tried` is a verb: "start".
    ///
    /// # Errors
    /// `NotFound` when there is none, `Conflict` when several begin so, or another program has made it.
    pub fn record(&self, id: &ContainerId, tried: &str) -> Result<Record> {
        self.own_record(id, tried).map_err(|error| self.not_ours(id, tried, error))
    }

    fn own_record(&self, id: &ContainerId, tried: &str) -> Result<Record> {
        self.db.look(|c| container::find(c, id.as_str(), &format!("{tried} `{id}`")))
    }

    /// The system inside of its containers.
    fn guest(&self) -> Guest {
        Guest::of(&self.platform.about.platform)
    }

    /// Folders of the layers a container stands on, the lowest first.
    fn layers_of(&self, record: &Record) -> Result<Vec<PathBuf>> {
        record.top.as_ref().map_or_else(|| Ok(Vec::new()), |top| self.images.chain(top))
    }

    /// Bytes on disk below a folder; 0 where it cannot be counted.
    pub fn usage(&self, folder: &Path) -> Bytes {
        Bytes(self.platform.files.usage(folder).unwrap_or_default())
    }

    /// Whether the state of a container allows it.
    fn allowed(&self, verb: Verb, record: &Record) -> Result<()> {
        verb.check(&record.name, record.state).map_err(|refusal| {
            let tried = format!("{} `{}`", verb.word(), record.name);
            let why = refusal.0.split_once(": ").map_or(refusal.0.as_str(), |(_, why)| why).to_owned();
            RuntimeError::Conflict { tried, why }
        })
    }

    fn tell(&self, record: &Record, action: &str) -> Result<()> {
        self.db.change(&format!("write down `{action}`"), |t| record.tell(t, action, &[]))
    }
}

/// A process that removes an image and ends would take the thread with it that deletes the image's files.
impl Drop for Runtime {
    fn drop(&mut self) {
        self.images.settle();
    }
}

/// Runs what blocks on a thread that may.
///
/// # Errors
/// What it says, or that it did not come to its end.
pub async fn blocking<T: Send + 'static>(
    what: &'static str,
    deed: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(deed).await;
    done.unwrap_or_else(|error| Err(RuntimeError::Platform { tried: what.to_owned(), why: error.to_string() }))
}

/// Runs the phase of a monitor that the command line names, if it names one. To be asked first thing in a process,
/// before any thread exists. `rest` is called when a long wait begins: what only the start has needed can go.
pub fn monitor_phase(rest: fn()) -> Option<std::process::ExitCode> {
    #[cfg(target_os = "linux")]
    return linux::monitor::phase(rest);
    #[cfg(windows)]
    return windows::monitor::phase(rest);
    #[cfg(not(any(target_os = "linux", windows)))]
    {
        let _ = rest;
        None
    }
}
