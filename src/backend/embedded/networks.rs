//! Networks of the engine aboard. Knows no bridge.

use async_trait::async_trait;

use super::{EmbeddedEngine, harmless};
use crate::{
    backend::{Networks, Pruned, Result, derive},
    model::{Bytes, ContainerId, Naming, Network, NetworkId, NetworkSpec},
};

#[async_trait]
impl Networks for EmbeddedEngine {
    async fn networks(&self) -> Result<Vec<Network>> {
        let (networks, containers) =
            self.blocking("list the networks", |runtime| Ok((runtime.networks()?, runtime.containers()?))).await?;
        Ok(derive::networks(networks, &containers).into_iter().map(harmless::network).collect())
    }

    async fn create_network(&self, spec: &NetworkSpec) -> Result<NetworkId> {
        let spec = spec.clone();
        self.blocking("create a network", move |runtime| runtime.create_network(&spec)).await
    }

    async fn remove_network(&self, id: &NetworkId) -> Result<()> {
        let id = id.clone();
        self.blocking("remove a network", move |runtime| runtime.remove_network(&id)).await
    }

    async fn connect(&self, id: &NetworkId, container: &ContainerId) -> Result<()> {
        let (id, container) = (id.clone(), container.clone());
        self.blocking("connect a container", move |runtime| {
            let container = runtime.record(&container, "connect")?.id;
            runtime.connect(&id, &container, &Naming::default())
        })
        .await
    }

    async fn disconnect(&self, id: &NetworkId, container: &ContainerId) -> Result<()> {
        let (id, container) = (id.clone(), container.clone());
        self.blocking("disconnect a container", move |runtime| {
            let container = runtime.record(&container, "disconnect")?.id;
            runtime.disconnect(&id, &container)
        })
        .await
    }

    async fn prune_networks(&self) -> Result<Pruned> {
        let count = self.blocking("prune the networks", crate::runtime::Runtime::prune_networks).await?;
        Ok(Pruned { count, freed: Bytes(0) })
    }
}
