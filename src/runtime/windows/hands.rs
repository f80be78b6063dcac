//! What the engine works with on this Windows: the services of containers, disks and networks, put together once.
//! Knows no container.

use std::{path::Path, path::PathBuf, sync::Arc};

use super::hcs::Hcs;
use crate::runtime::{
    Result,
    document::hcs::system::Layer,
    host::{Files, Firewall, Network, Storage},
};

/// Where a root is mounted, and what it stands on, as HCS is told of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mounted {
    /// Its volume: `\\?\Volume{…}`, with or without the backslash at the end.
    pub volume: String,
    /// The layers below, the nearest one first.
    pub layers: Vec<Layer>,
}

/// Knows where roots are mounted.
pub trait Mounts: Send + Sync {
    /// What is mounted at `root`, which stands on `layers`, the lowest first.
    ///
    /// # Errors
    /// When it is not mounted.
    fn mounted(&self, layers: &[PathBuf], root: &Path) -> Result<Mounted>;
}

/// All of it.
#[derive(Clone)]
pub struct Hands {
    /// Under which name containers are made; see [`owner`](crate::runtime::document::hcs::owner).
    pub owner: String,
    /// Containers.
    pub hcs: Hcs,
    /// Layers on disk.
    pub storage: Arc<dyn Storage>,
    /// Where they are mounted.
    pub mounts: Arc<dyn Mounts>,
    /// Files inside of roots and volumes.
    pub files: Arc<dyn Files>,
    /// Networks.
    pub network: Arc<dyn Network>,
    /// Rules of longshore's own.
    pub firewall: Arc<dyn Firewall>,
}

impl Hands {
    /// Those of the engine over this data root.
    ///
    /// # Errors
    /// What is missing.
    pub fn of_this_host(data: &Path) -> Result<Self> {
        let why = format!("there are no disks for the engine in `{}` yet: name an engine with -H", data.display());
        Err(crate::runtime::RuntimeError::Invalid { tried: "open the engine aboard".into(), why })
    }
}
