//! The engine aboard: pulls, runs, watches, publishes and removes containers by itself, with no daemon installed.
//! Knows neither the traits of [`crate::backend`] nor a screen.
//!
//! | room | subject |
//! |---|---|
//! | [`host`] | what a platform must give: compute, storage, network, firewall |
//! | [`document`] | what the runtime hands to a platform: a container as it is to be started, links, mappings |
//! | [`db`], [`records`] | what must be true together: SQLite, and its rows as values |
//! | [`layout`] | where what lies on disk |
//! | [`image`] | references, registries, layers, archives |
//! | [`net`] | address pools, ports, names, plans |
//! | `monitor` | the process beside each container |
//! | `linux` (on Linux only) | libcontainer, overlayfs, rtnetlink, nftables |

mod changing;
mod creating;
pub mod db;
pub mod disk;
pub mod document;
mod ending;
mod error;
pub mod files;
mod healing;
pub mod health;
pub mod host;
pub mod image;
pub mod layout;
#[cfg(target_os = "linux")]
pub mod linux;
mod listing;
pub mod machine;
pub mod made_up;
pub mod monitor;
pub mod net;
mod networking;
pub mod records;
pub mod removing;
pub mod restart;
pub mod settle;
mod starting;
mod telling;
pub mod undo;
mod volumes;
pub mod watch;

use std::sync::Arc;

pub use error::{Result, RuntimeError};
pub use healing::Tried;

use self::{
    db::Db,
    host::{Compute, Firewall, Network, Storage},
    layout::Layout,
    records::container::{self, Record},
    watch::{MakeEars, Watch},
};
use crate::model::{ContainerId, Verb};

/// What this platform gives.
#[derive(Clone)]
pub struct Platform {
    /// Layers on disk.
    pub storage: Arc<dyn Storage>,
    /// Links, addresses and translated ports.
    pub network: Arc<dyn Network>,
    /// Rules of longshore's own.
    pub firewall: Arc<dyn Firewall>,
    /// Running containers.
    pub compute: Arc<dyn Compute>,
    /// Hears the database's bell.
    pub ears: MakeEars,
}

/// The engine aboard. Any number of processes may have one open over the same folders; each sees at once what the
/// others do. What blocks is called on a thread that may, what waits is `async`.
pub struct Runtime {
    layout: Layout,
    db: Arc<Db>,
    platform: Platform,
    watch: Watch,
}

impl Runtime {
    /// Opens the engine whose folders these are, makes them first where needed, and puts right what a crash or a
    /// reboot left.
    ///
    /// # Errors
    /// When the folders cannot be written, or the database is a newer longshore's.
    pub fn open(layout: Layout, platform: Platform) -> Result<Self> {
        let db = Arc::new(Db::open(&layout)?);
        for folder in [layout.run.as_path(), &layout.volumes(), &layout.layers(), &layout.blobs()] {
            creating::make_folder(folder)?;
        }
        let watch = Watch::new(layout.bell(), platform.ears);
        let runtime = Self { layout, db, platform, watch };
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

    /// What the platform gives it.
    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    /// The row of a container by its id, its name or the beginning of its id; `tried` is a verb: "start".
    ///
    /// # Errors
    /// `NotFound` when there is none, `Conflict` when several begin so.
    pub fn record(&self, id: &ContainerId, tried: &str) -> Result<Record> {
        self.db.look(|c| container::find(c, id.as_str(), &format!("{tried} `{id}`")))
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
/// before any thread exists.
pub fn monitor_phase() -> Option<std::process::ExitCode> {
    #[cfg(target_os = "linux")]
    return linux::monitor::phase();
    #[cfg(not(target_os = "linux"))]
    None
}
