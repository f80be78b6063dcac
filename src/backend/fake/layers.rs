//! Layers of a fake engine: the forest that follows from its images and containers. Knows no script but the call it is.

use async_trait::async_trait;

use super::{
    Call, FakeEngine,
    world::{Picture, digest},
};
use crate::{
    backend::{Layers, Result, derive},
    model::Layer,
};

#[async_trait]
impl Layers for FakeEngine {
    async fn layers(&self) -> Result<Vec<Layer>> {
        self.call(Call::Layers, "", |world, _| {
            let sources: Vec<_> = world.images.values().map(source).collect();
            Ok(derive::layers(&sources, &world.all_containers()))
        })
        .await
    }
}

fn source(picture: &Picture) -> derive::Source {
    let diffs = picture.image.layers.clone();
    let directory = |diff: &String| format!("/var/lib/docker/overlay2/{}/diff", digest(diff));
    derive::Source {
        image: picture.image.id.clone(),
        directories: diffs.iter().map(directory).collect(),
        diffs,
        history: picture.history(),
    }
}
