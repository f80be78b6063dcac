//! Images and layers of the engine aboard. Knows no registry.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;

use super::{EmbeddedEngine, archive, error::failed};
use crate::{
    backend::{Archive, Images, Layers, Pruned, Reporter, Result},
    model::{HistoryStep, Image, ImageId, ImportSpec, Layer, LayerKind},
    runtime::{
        Runtime, RuntimeError,
        image::{BadPlatform, New, Platform, Tell},
    },
};

fn tell(report: &Reporter) -> Tell {
    let report = report.clone();
    Arc::new(move |progress| report.tell(progress))
}

fn parsed(tried: &str, platform: &str) -> Result<Platform> {
    platform
        .parse()
        .map_err(|error: BadPlatform| failed(RuntimeError::Invalid { tried: tried.to_owned(), why: error.to_string() }))
}

#[async_trait]
impl Images for EmbeddedEngine {
    async fn images(&self) -> Result<Vec<Image>> {
        self.blocking("list the images", |runtime| runtime.images().images()).await
    }

    async fn history(&self, id: &ImageId) -> Result<Vec<HistoryStep>> {
        let id = id.clone();
        self.blocking("read a history", move |runtime| runtime.images().history(id.as_str())).await
    }

    async fn pull(&self, reference: &str, report: &Reporter) -> Result<()> {
        self.pull_for(reference, None, report).await
    }

    async fn tag(&self, id: &ImageId, reference: &str) -> Result<()> {
        let (id, reference) = (id.clone(), reference.to_owned());
        self.blocking("tag an image", move |runtime| runtime.images().tag(id.as_str(), &reference)).await
    }

    async fn remove_image(&self, reference: &str, force: bool) -> Result<Vec<String>> {
        let reference = reference.to_owned();
        self.blocking("remove an image", move |runtime| runtime.images().remove(&reference, force)).await
    }

    async fn prune_images(&self, all: bool) -> Result<Pruned> {
        let (count, freed) = self.blocking("prune the images", move |runtime| runtime.images().prune(all)).await?;
        Ok(Pruned { count, freed })
    }

    async fn push(&self, reference: &str, report: &Reporter) -> Result<()> {
        self.runtime.images().push(reference, &tell(report)).await.map_err(failed)
    }

    async fn save(&self, references: &[String]) -> Result<Archive> {
        let (to, fail, archive) = archive::outgoing();
        let (images, references) = (self.runtime.images().clone(), references.to_vec());
        tokio::spawn(async move {
            if let Err(error) = images.save(&references, Box::new(to)).await {
                fail(failed(error));
            }
        });
        archive::begun(archive).await
    }

    async fn load(&self, archive: Archive, report: &Reporter) -> Result<Vec<String>> {
        let from = Box::new(archive::incoming(archive));
        self.runtime.images().load(from, &tell(report)).await.map_err(failed)
    }

    async fn import(&self, archive: Archive, spec: &ImportSpec) -> Result<ImageId> {
        let platform = spec.platform.as_deref().filter(|platform| !platform.is_empty());
        let platform = platform.map(|platform| parsed("import an image", platform)).transpose()?;
        let new = New {
            platform,
            changes: spec.changes.clone(),
            comment: spec.message.clone().unwrap_or_default(),
            name: spec.reference.clone(),
            ..New::default()
        };
        let from = Box::new(archive::incoming(archive));
        self.runtime.images().import(from, new).await.map_err(failed)
    }

    async fn pull_platform(&self, reference: &str, platform: &str, report: &Reporter) -> Result<()> {
        let platform = parsed(&format!("pull `{reference}`"), platform)?;
        self.pull_for(reference, Some(platform), report).await
    }
}

impl EmbeddedEngine {
    async fn pull_for(&self, reference: &str, platform: Option<Platform>, report: &Reporter) -> Result<()> {
        let pulled = self.runtime.images().pull(reference, platform.as_ref(), &tell(report)).await;
        pulled.map(drop).map_err(failed)
    }
}

#[async_trait]
impl Layers for EmbeddedEngine {
    async fn layers(&self) -> Result<Vec<Layer>> {
        self.blocking("list the layers", weighed_layers).await
    }
}

/// All layers; the writable ones are measured.
fn weighed_layers(runtime: &Runtime) -> crate::runtime::Result<Vec<Layer>> {
    let names: HashMap<_, _> =
        runtime.containers()?.into_iter().map(|container| (container.id.to_string(), container.name)).collect();
    let mut layers = runtime.images().layers()?;
    for layer in layers.iter_mut().filter(|layer| layer.kind == LayerKind::Writable) {
        layer.size = layer.path.as_ref().map(|path| runtime.usage(path.as_ref()));
        layer.by = names.get(layer.id.as_str()).cloned();
    }
    layers.extend(runtime.foreign_layers());
    Ok(layers)
}
