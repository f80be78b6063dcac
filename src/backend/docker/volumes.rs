//! Volumes through Docker's API. Knows no JSON.

use std::path::PathBuf;

use async_trait::async_trait;
use serde_json::json;

use super::{
    DockerEngine, LIST, LONG, QUICK,
    call::{Ask, segment},
    named,
};
use crate::{
    backend::{
        Containers, EngineError, Pruned, Result, Volumes, derive,
        wire::{prune, spec, volume},
    },
    model::{FileEntry, Volume, VolumeName, VolumeSpec},
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

    async fn browse_volume(&self, name: &VolumeName, folder: &str) -> Result<Vec<FileEntry>> {
        let tried = named("look into the volume", name.short());
        let unsupported = |why: &str| EngineError::Unsupported { tried: tried.clone(), why: why.into() };
        let host = self.host.clone().ok_or_else(|| unsupported("the engine runs on another machine"))?;
        let ask = Ask::get(format!("/volumes/{}", segment(name.as_str())));
        let volume = self.call.read(&tried, ask, QUICK, volume::one).await?;
        if volume.driver != "local" || volume.path.is_empty() {
            return Err(unsupported("its driver keeps it where only the engine knows"));
        }
        let (root, folder) = (PathBuf::from(volume.path), folder.to_owned());
        let listed = tokio::task::spawn_blocking(move || host.folder(&root, &folder)).await;
        listed.unwrap_or_else(|why| Err(unsupported(&why.to_string())))
    }
}
