//! From an endpoint to an engine: the only place that knows which door leads to which.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    backend::{
        EngineError, Result, SharedEngine,
        connect::{self, ConnectError, Options},
        docker::DockerEngine,
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
}

impl Doors {
    /// Doors that connect so.
    pub fn new(options: Options) -> Self {
        Self { options, host: host::local().ok() }
    }
}

#[async_trait]
impl Connector for Doors {
    async fn connect(&self, endpoint: &Endpoint) -> Result<SharedEngine> {
        let tried = || format!("connect to `{}`", endpoint.name);
        if endpoint.address == Address::Embedded {
            let why = "this version comes without the engine aboard; name an engine with -H, or start one".to_owned();
            return Err(EngineError::Unsupported { tried: tried(), why });
        }
        let link = connect::connect(endpoint, &self.options).await.map_err(|error| unreachable(tried(), &error))?;
        let host = self.host.clone().filter(|_| endpoint.is_local());
        Ok(Arc::new(DockerEngine::new(link.docker, endpoint.clone(), host)))
    }
}

fn unreachable(tried: String, error: &ConnectError) -> EngineError {
    EngineError::Unreachable { tried, why: error.to_string(), hint: error.hint().map(str::to_owned) }
}
