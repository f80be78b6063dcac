//! From an endpoint to an engine: the only place that knows which door leads to which.

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;

use crate::{
    backend::{
        EngineError, Result, SharedEngine,
        connect::{self, ConnectError, Options},
        docker::DockerEngine,
        embedded::EmbeddedEngine,
        feed::Connector,
        local::LocalHost,
    },
    host,
    model::endpoint::{Address, Endpoint},
};

/// The doors to every sort of engine.
pub struct Doors {
    options: Options,
    host: Option<Arc<dyn LocalHost>>,
    /// Where the engine aboard keeps its data; the usual place where `None`.
    data_root: Option<PathBuf>,
}

impl Doors {
    /// Doors that connect so; the engine aboard keeps its data below `data_root`, or in the usual place.
    pub fn new(options: Options, data_root: Option<PathBuf>) -> Self {
        Self { options, host: host::local().ok(), data_root }
    }

    /// The engine aboard.
    ///
    /// # Errors
    /// As [`EmbeddedEngine::open`].
    pub async fn aboard(&self) -> Result<EmbeddedEngine> {
        EmbeddedEngine::open(self.data_root.clone(), self.host.clone()).await
    }
}

#[async_trait]
impl Connector for Doors {
    async fn connect(&self, endpoint: &Endpoint) -> Result<SharedEngine> {
        if endpoint.address == Address::Embedded {
            return Ok(Arc::new(self.aboard().await?));
        }
        let link = connect::connect(endpoint, &self.options)
            .await
            .map_err(|error| unreachable(format!("connect to `{}`", endpoint.name), &error))?;
        let host = self.host.clone().filter(|_| endpoint.is_local());
        Ok(Arc::new(DockerEngine::new(link.docker, endpoint.clone(), host)))
    }
}

fn unreachable(tried: String, error: &ConnectError) -> EngineError {
    EngineError::Unreachable { tried, why: error.to_string(), hint: error.hint().map(str::to_owned) }
}
