//! The engine aboard as an engine: every trait of [`crate::backend`] over [`crate::runtime`]. One file per noun. Knows
//! no platform and no SQL.

mod archive;
mod console;
mod containers;
mod documents;
mod error;
mod harmless;
mod images;
mod meter;
mod networks;
mod rules;
mod sessions;
mod system;
mod volumes;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use self::error::{failed, from_task};
use super::{Result, clocks::Clocks, local::LocalHost, login};
use crate::{
    model::{Bytes, VolumeName},
    runtime::{
        self, Runtime,
        image::{Access, Login, LoginSource},
        layout::Layout,
    },
};

/// The engine aboard. Clones of its runtime may be at work in other processes at the same time.
pub struct EmbeddedEngine {
    runtime: Arc<Runtime>,
    host: Option<Arc<dyn LocalHost>>,
    /// Sizes of volumes as disk use last counted them.
    sizes: Mutex<HashMap<VolumeName, Bytes>>,
    /// Processor time of processes at the last look.
    clocks: Mutex<Clocks>,
}

/// How registries are spoken to: with the logins of docker's settings.
fn access() -> Access {
    let login: LoginSource = Arc::new(|reference| Box::pin(login_for(reference)));
    Access { login, ..Access::default() }
}

async fn login_for(reference: String) -> Option<Login> {
    let (user, secret) = login::of(&reference).await?.into_parts();
    Some(Login { user, secret })
}

impl EmbeddedEngine {
    /// Opens the engine over this data root, the usual one where `None`; makes the folders first where needed.
    ///
    /// # Errors
    /// `Denied` for everybody but root; `Unsupported` where there is no engine aboard for this platform.
    pub async fn open(data_root: Option<PathBuf>, host: Option<Arc<dyn LocalHost>>) -> Result<Self> {
        // Monitors work elsewhere.
        let whole = data_root.map(|root| std::path::absolute(&root).unwrap_or(root));
        let layout = whole.as_deref().map_or_else(Layout::default, Layout::at);
        let open_runtime = move || runtime::open(layout, access());
        let opened = tokio::task::spawn_blocking(open_runtime).await;
        let runtime = opened.unwrap_or_else(|why| Err(from_task("open the engine aboard", &why))).map_err(failed)?;
        Ok(Self::over(Arc::new(runtime), host))
    }

    /// An engine over a runtime that is open.
    pub fn over(runtime: Arc<Runtime>, host: Option<Arc<dyn LocalHost>>) -> Self {
        Self { runtime, host, sizes: Mutex::default(), clocks: Mutex::default() }
    }

    /// What it stands on.
    pub fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    /// Starts what should run after a boot; gives each by its name with the reason where it does not run.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn up(&self) -> Result<Vec<(String, Option<super::EngineError>)>> {
        let tried = self.blocking("start what should run", Runtime::up).await?;
        Ok(tried.into_iter().map(|(name, started)| (name, started.err().map(failed))).collect())
    }

    /// Asks the runtime on a thread that may block.
    async fn blocking<T: Send + 'static>(
        &self,
        what: &'static str,
        deed: impl FnOnce(&Runtime) -> runtime::Result<T> + Send + 'static,
    ) -> Result<T> {
        let runtime = Arc::clone(&self.runtime);
        runtime::blocking(what, move || deed(&runtime)).await.map_err(failed)
    }

    fn volume_sizes(&self) -> HashMap<VolumeName, Bytes> {
        self.sizes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
