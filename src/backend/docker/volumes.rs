//! Volumes through Docker's API. Knows no JSON.

use async_trait::async_trait;
use serde_json::json;

use super::{
    DockerEngine, LIST, LONG,
    call::{Ask, segment},
    named,
};
use crate::{
    backend::{
        Containers, Pruned, Result, Volumes, derive,
        wire::{prune, spec, volume},
    },
    model::{Volume, VolumeName, VolumeSpec},
};

#[async_trait]
impl Volumes for DockerEngine {
    async fn volumes(&self) -> Result<Vec<Volume>> {
        let ask = Ask::get("/volumes");
        let list = self.call.read("list the volumes", ask, LIST, volume::volumes);
        let (volumes, containers) = tokio::join!(list, self.containers());
        let mut volumes = derive::volumes(volumes?, &containers.unwrap_or_default());
        let sizes = self.sizes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for volume in &mut volumes {
            volume.size = volume.size.or_else(|| sizes.get(&volume.name).copied());
        }
        Ok(volumes)
    }

    async fn create_volume(&self, wanted: &VolumeSpec) -> Result<VolumeName> {
        let tried = named("create the volume", wanted.name.as_deref().unwrap_or("(unnamed)"));
        let ask = Ask::post("/volumes/create").body(&volume::create_body(wanted));
        self.call.read(&tried, ask, LIST, spec::id).await.map(VolumeName::new)
    }

    async fn remove_volume(&self, name: &VolumeName) -> Result<()> {
        let ask = Ask::delete(format!("/volumes/{}", segment(name.as_str())));
        self.call.done(&named("remove the volume", name.short()), ask, LONG).await
    }

    async fn prune_volumes(&self, all: bool) -> Result<Pruned> {
        let mut ask = Ask::post("/volumes/prune");
        // Engines before API 1.42 know no such filter, and prune named ones always.
        if all {
            ask = ask.with("filters", json!({ "all": ["true"] }).to_string());
        }
        self.call.read("prune the volumes", ask, LONG, prune::pruned).await
    }
}
