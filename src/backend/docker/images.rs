//! Images through Docker's API. Knows no JSON.

use async_trait::async_trait;
use serde_json::json;

use super::{
    DockerEngine, LIST, LONG, QUICK,
    call::{Ask, segment},
    named,
};
use crate::{
    backend::{
        Archive, Images, Pruned, Reporter, Result, derive,
        wire::{container, image, login::split, prune},
    },
    model::{HistoryStep, Image, ImageId, ImportSpec},
};

impl DockerEngine {
    /// All but intermediate ones, as the list tells them.
    pub(super) async fn listed_images(&self) -> Result<Vec<Image>> {
        self.call.read("list the images", Ask::get("/images/json"), LIST, image::images).await
    }
}

#[async_trait]
impl Images for DockerEngine {
    async fn images(&self) -> Result<Vec<Image>> {
        let containers = Ask::get("/containers/json").with("all", "1");
        let users = self.call.read("count the containers of images", containers, LIST, container::users_of_images);
        let (images, users) = tokio::join!(self.listed_images(), users);
        let (mut images, users) = (images?, users.unwrap_or_default());
        let ids: Vec<_> = images.iter().map(|image| image.id.clone()).collect();
        let facts = self.facts(&ids).await;
        for image in &mut images {
            image.containers = users.get(&image.id).copied().unwrap_or(0);
            if let Some(facts) = facts.get(&image.id) {
                image.layers.clone_from(&facts.detail.layers);
                image.platform = Some(facts.detail.platform.clone()).filter(|platform| !platform.is_empty());
            }
        }
        let sources = self.sources(&images, &facts);
        derive::unique_sizes(&mut images, &derive::chains(&sources));
        Ok(images)
    }

    async fn history(&self, id: &ImageId) -> Result<Vec<HistoryStep>> {
        let ask = Ask::get(format!("/images/{}/history", segment(id.as_str())));
        self.call.read(&named("read the history of", id.short()), ask, QUICK, image::history).await
    }

    async fn pull(&self, reference: &str, report: &Reporter) -> Result<()> {
        self.pulled(reference, None, report).await
    }

    async fn pull_platform(&self, reference: &str, platform: &str, report: &Reporter) -> Result<()> {
        self.pulled(reference, Some(platform), report).await
    }

    async fn push(&self, reference: &str, report: &Reporter) -> Result<()> {
        self.pushed(reference, report).await
    }

    async fn save(&self, references: &[String]) -> Result<Archive> {
        let ask = references.iter().fold(Ask::get("/images/get"), |ask, name| ask.with("names", name));
        Ok(self.call.stream(named("save", &references.join("`, `")), ask))
    }

    async fn load(&self, archive: Archive, report: &Reporter) -> Result<Vec<String>> {
        self.loaded(archive, report).await
    }

    async fn import(&self, archive: Archive, spec: &ImportSpec) -> Result<ImageId> {
        self.imported(archive, spec).await
    }

    async fn tag(&self, id: &ImageId, reference: &str) -> Result<()> {
        let (repository, tag) = split(reference);
        let ask = Ask::post(format!("/images/{}/tag", segment(id.as_str()))).with("repo", repository).with("tag", tag);
        self.call.done(&named("tag the image as", reference), ask, QUICK).await
    }

    async fn remove_image(&self, reference: &str, force: bool) -> Result<Vec<String>> {
        let ask = Ask::delete(format!("/images/{}", segment(reference))).with("force", if force { "1" } else { "0" });
        self.call.read(&named("remove the image", reference), ask, LONG, image::removed).await
    }

    async fn prune_images(&self, all: bool) -> Result<Pruned> {
        let filters = json!({ "dangling": [if all { "false" } else { "true" }] });
        let ask = Ask::post("/images/prune").with("filters", filters.to_string());
        self.call.read("prune the images", ask, LONG, prune::pruned).await
    }
}
