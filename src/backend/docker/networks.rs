//! Networks through Docker's API. Knows no JSON.

use async_trait::async_trait;
use serde_json::json;

use super::{
    DockerEngine, LIST, QUICK, TIDY,
    call::{Ask, segment},
    named,
};
use crate::{
    backend::{
        Containers, Networks, Pruned, Result, derive,
        wire::{network, prune, spec},
    },
    model::{ContainerId, Network, NetworkId, NetworkSpec},
};

fn path(id: &NetworkId, deed: &str) -> String {
    format!("/networks/{}{deed}", segment(id.as_str()))
}

impl DockerEngine {
    async fn rewire(&self, verb: &str, id: &NetworkId, container: &ContainerId, deed: &str) -> Result<()> {
        let ask = Ask::post(path(id, deed)).body(&json!({ "Container": container.as_str() }));
        self.call.done(&self.tried(verb, container), ask, TIDY).await
    }
}

#[async_trait]
impl Networks for DockerEngine {
    async fn networks(&self) -> Result<Vec<Network>> {
        let list = self.call.read("list the networks", Ask::get("/networks"), LIST, network::networks);
        // The list does not say who is in a network; the containers do, in one question instead of one for each.
        let (networks, containers) = tokio::join!(list, self.containers());
        Ok(derive::networks(networks?, &containers.unwrap_or_default()))
    }

    async fn create_network(&self, wanted: &NetworkSpec) -> Result<NetworkId> {
        let ask = Ask::post("/networks/create").body(&network::create_body(wanted));
        let tried = named("create the network", &wanted.name);
        self.call.read(&tried, ask, TIDY, spec::id).await.map(NetworkId::new)
    }

    async fn remove_network(&self, id: &NetworkId) -> Result<()> {
        self.call.done(&named("remove the network", id.short()), Ask::delete(path(id, "")), TIDY).await
    }

    async fn connect(&self, id: &NetworkId, container: &ContainerId) -> Result<()> {
        self.rewire("connect", id, container, "/connect").await
    }

    async fn disconnect(&self, id: &NetworkId, container: &ContainerId) -> Result<()> {
        self.rewire("disconnect", id, container, "/disconnect").await
    }

    async fn prune_networks(&self) -> Result<Pruned> {
        self.call.read("prune the networks", Ask::post("/networks/prune"), QUICK * 4, prune::pruned).await
    }
}
