//! What the engine works with on this Windows: the services of containers, disks and networks, put together once.
//! Knows no container.

use std::{path::Path, path::PathBuf, sync::Arc};

use super::{
    files::Folders,
    hcs::Hcs,
    layers::enable_privileges,
    load::{LoadError, Shelf},
    networking::HostNetworks,
    storage::Disks,
};
use crate::{
    model::ContainerId,
    runtime::{
        Result, RuntimeError,
        document::{
            NetworkPlan,
            hcs::{owner, system::Layer},
        },
        host::{Files, Firewall, Network, Storage},
        layout::Layout,
    },
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

/// Counts what goes through containers' places in networks.
pub trait Meters: Send + Sync {
    /// Bytes received and sent; zero where this Windows does not count.
    fn traffic(&self, id: &ContainerId, plan: &NetworkPlan) -> (u64, u64);
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
    /// What goes through them.
    pub meters: Arc<dyn Meters>,
    /// Rules of longshore's own.
    pub firewall: Arc<dyn Firewall>,
}

impl Hands {
    /// Those of the engine over these folders.
    ///
    /// # Errors
    /// What is missing.
    pub fn of_this_host(layout: &Layout) -> Result<Self> {
        let shelf = Shelf::of_this_process();
        // Layers, roots and volumes hold files whose own security lets nobody in; all of them are read and removed.
        enable_privileges().map_err(RuntimeError::system("read and write whatever a file's security says"))?;
        let disks = Arc::new(Disks::load(&shelf).map_err(missing)?);
        let networks = Arc::new(HostNetworks::load(&shelf, layout).map_err(missing)?);
        Ok(Self {
            owner: owner(&layout.data),
            hcs: Hcs::load(&shelf).map_err(missing)?,
            storage: disks.clone(),
            mounts: disks.clone(),
            files: Arc::new(Folders::over(disks)),
            network: networks.clone(),
            meters: networks.clone(),
            firewall: networks,
        })
    }
}

impl Meters for HostNetworks {
    fn traffic(&self, id: &ContainerId, plan: &NetworkPlan) -> (u64, u64) {
        let told = self.statistics(id, plan);
        (told.bytes_received, told.bytes_sent)
    }
}

fn missing(error: LoadError) -> RuntimeError {
    let why = format!("{error}: {}", error.hint());
    RuntimeError::Invalid { tried: "open the engine aboard".into(), why }
}

impl Mounts for Disks {
    fn mounted(&self, layers: &[PathBuf], root: &Path) -> Result<Mounted> {
        let data = self.data(layers)?;
        let layers = data.layers().iter().map(|below| Layer { id: below.id.to_string(), path: below.path.clone() });
        Ok(Mounted { volume: self.volume(root)?, layers: layers.collect() })
    }
}
