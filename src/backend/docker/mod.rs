//! An engine that speaks Docker's API: Docker, Podman's service, another longshore. One file per noun.
//! Knows neither how the connection was made (`connect` does) nor the screen.

mod call;
mod containers;
mod error;
mod images;
mod layers;
mod networks;
mod pull;
mod rules;
mod sessions;
mod stats;
mod system;
mod terminal;
mod volumes;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
    time::Duration,
};

use bollard::Docker;

use self::{call::Call, layers::Facts};
use super::{clocks::Clocks, local::LocalHost};
use crate::model::{Bytes, Container, ContainerId, ImageId, VolumeName, endpoint::Endpoint, text::clean};

/// Time for a small question: a ping, an inspect.
const QUICK: Duration = Duration::from_secs(5);
/// Time for a list, or for work that ends soon: thousands of containers take an engine a while.
const LIST: Duration = Duration::from_secs(20);
/// Time for work on files: removing, pruning, counting disk use.
const LONG: Duration = Duration::from_secs(120);
/// Time on top of a grace, for the engine to kill and tidy up.
const TIDY: Duration = Duration::from_secs(30);
/// Time for what a person waits for as long as it takes: the end of a container, a transfer. 136 years.
const UNBOUND: Duration = Duration::from_secs(u32::MAX as u64);
/// Questions asked of an engine at the same time.
const AT_ONCE: usize = 8;

/// An engine behind a bollard client.
pub struct DockerEngine {
    call: Call,
    docker: Docker,
    endpoint: Endpoint,
    host: Option<Arc<dyn LocalHost>>,
    /// Names of containers as last told, for words about errors.
    names: Mutex<HashMap<ContainerId, String>>,
    /// What inspects of images told; an image's id is its content, so it never changes.
    facts: Mutex<HashMap<ImageId, Arc<Facts>>>,
    /// Sizes of volumes as disk use last counted them.
    sizes: Mutex<HashMap<VolumeName, Bytes>>,
    /// Where the engine keeps its data, once it has said.
    data_root: Mutex<PathBuf>,
    /// Whether the engine takes no arguments for `ps`.
    plain_ps: AtomicBool,
    measured: stats::Measured,
    /// Processor time of processes at the last look.
    clocks: Mutex<Clocks>,
}

impl DockerEngine {
    /// An engine reached through `docker`. `host` is what this machine adds, if the engine runs on it.
    pub fn new(docker: Docker, endpoint: Endpoint, host: Option<Arc<dyn LocalHost>>) -> Self {
        // Every call here has its own limit; bollard's would cut long ones short.
        let docker = docker.with_timeout(LONG * 30);
        Self {
            call: Call::new(docker.clone()),
            docker,
            endpoint,
            host,
            names: Mutex::default(),
            facts: Mutex::default(),
            sizes: Mutex::default(),
            data_root: Mutex::default(),
            plain_ps: AtomicBool::default(),
            measured: stats::Measured::default(),
            clocks: Mutex::default(),
        }
    }

    /// Where it is.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// "stop `web`": what is tried, on what, as an error tells it.
    fn tried(&self, verb: &str, id: &ContainerId) -> String {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        format!("{verb} `{}`", names.get(id).map_or_else(|| id.short(), String::as_str))
    }

    fn learn_names(&self, all: &[Container]) {
        let learnt = all.iter().map(|c| (c.id.clone(), c.name.clone())).collect();
        *self.names.lock().unwrap_or_else(PoisonError::into_inner) = learnt;
    }

    fn learn_name(&self, one: &Container) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.insert(one.id.clone(), one.name.clone());
    }
}

/// "remove the image `nginx:1.27`".
fn named(what: &str, name: &str) -> String {
    format!("{what} `{}`", clean(name))
}
