//! Images of the engine aboard: from registries and archives to layers on disk, and back. Knows neither containers'
//! processes nor networks.
//!
//! | file | subject |
//! |---|---|
//! | `name` `digest` `platform` `manifest` `config` | what an image is, as values |
//! | `access` `registry` `trouble` | the way to registries |
//! | `pull` `fetch` | from a registry to here |
//! | `push` | from here to a registry |
//! | `archive` `load` | to one tar and back |
//! | `new` `pack` `change` | commit and import |
//! | `intake` `make` `ladder` `depot` | from packed bytes to a layer on disk |
//! | `records` `query` `names` `collect` | what there is, what it is called, what goes |
//! | `board` | how far a job has come |
//!
//! Blobs are digested and layers unpacked while they come. A layer gets its place and its record when both its
//! digests were found right; an image gets its record when all its layers have theirs.

mod access;
mod archive;
mod board;
mod change;
mod collect;
mod config;
mod depot;
mod digest;
mod fetch;
mod intake;
mod ladder;
mod load;
mod make;
mod manifest;
mod name;
mod names;
mod new;
mod pack;
mod platform;
mod pull;
mod push;
mod query;
mod records;
mod registry;
mod trouble;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::Duration,
};

pub use access::{Access, Login, LoginSource};
pub use board::Tell;
pub use config::{Check, Config, RootFs, Settings, Step};
pub use digest::{BadDigest, Digest};
pub use manifest::{BadDocument, Descriptor, Document, Index, Manifest};
pub use name::Name;
pub use new::New;
pub use platform::{BadPlatform, Platform};

use self::{depot::Depot, fetch::blocking, registry::Registry};
use super::{Result, RuntimeError, db::Db, host::Storage, layout::Layout};
use crate::model::{ImageId, LayerId};

/// All images of one engine aboard. Clones are the same store.
///
/// Functions that are not `async` block for as long as a few rows of SQLite take.
#[derive(Clone)]
pub struct ImageStore {
    depot: Depot,
    db: Arc<Db>,
    registry: Arc<Registry>,
    /// For what images are chosen where nobody says otherwise.
    host: Platform,
    /// Before a registry that broke off is asked again.
    pause: Duration,
    /// Threads that delete what was taken away.
    deleting: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

/// An image that is here.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Its id.
    pub id: ImageId,
    /// Its config.
    pub config: Config,
    /// Its layers, the lowest first.
    pub layers: Vec<LayerId>,
    /// Their folders, in the same order.
    pub folders: Vec<PathBuf>,
}

impl ImageStore {
    /// The store over this layout and database, with this way to unpack layers.
    pub fn new(layout: Layout, db: Arc<Db>, storage: Arc<dyn Storage>, access: Access) -> Self {
        let pause = access.pause;
        Self {
            depot: Depot { layout, storage },
            db,
            registry: Arc::new(Registry::new(access)),
            host: Platform::own(),
            pause,
            deleting: Arc::default(),
        }
    }

    /// The store on a host of this platform, which on Windows tells the build.
    #[must_use]
    pub fn on(self, host: Platform) -> Self {
        Self { host, ..self }
    }

    /// Folders of the layers that a container stands on, by the highest, the lowest first.
    ///
    /// # Errors
    /// What the database says; `NotFound` when there is no such layer.
    pub fn chain(&self, top: &LayerId) -> Result<Vec<PathBuf>> {
        let tried = format!("find the layers below {}", top.short());
        let missing = || RuntimeError::NotFound { tried: tried.clone(), why: "there is no such layer".into() };
        let digest: Digest = top.as_str().parse().map_err(|_| missing())?;
        let chain = self.db.read(&tried, |c| records::chain_below(c, digest))?;
        if chain.is_empty() { Err(missing()) } else { Ok(chain.iter().map(|layer| self.depot.layer(*layer)).collect()) }
    }

    /// Reads a reference.
    fn name(&self, tried: &str, reference: &str) -> Result<Name> {
        reference.parse().map_err(|error: crate::model::BadReference| RuntimeError::Invalid {
            tried: tried.to_owned(),
            why: error.to_string(),
        })
    }

    /// Keeps layers from being taken away while an image of them is made.
    async fn held(&self) -> Result<depot::Hold> {
        let depot = self.depot.clone();
        blocking(move || depot.hold()).await
    }
}
