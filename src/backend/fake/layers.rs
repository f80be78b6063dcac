//! Layers of a fake engine: the forest that follows from its images and containers. Knows no script but the call it is.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{
    Call, FakeEngine,
    world::{World, digest},
};
use crate::{
    backend::{Layers, Result},
    model::{Bytes, Layer, LayerId, LayerKind},
};

#[async_trait]
impl Layers for FakeEngine {
    async fn layers(&self) -> Result<Vec<Layer>> {
        self.call(Call::Layers, "", |world, _| Ok(world.forest())).await
    }
}

impl World {
    fn forest(&self) -> Vec<Layer> {
        let mut forest: BTreeMap<Vec<String>, Layer> = BTreeMap::new();
        for picture in self.images.values() {
            let users = self.containers.values().filter(|item| item.container.image_id == picture.image.id);
            let users: Vec<_> = users.map(|item| item.container.id.clone()).collect();
            let mut chain = Vec::new();
            for step in &picture.steps {
                let Some(diff) = &step.diff else {
                    continue;
                };
                let parent = (!chain.is_empty()).then(|| chain_id(&chain));
                chain.push(diff.clone());
                let layer = forest.entry(chain.clone()).or_insert_with(|| Layer {
                    id: chain_id(&chain),
                    diff: diff.clone(),
                    kind: if parent.is_some() { LayerKind::Image } else { LayerKind::Base },
                    parent,
                    depth: chain.len() - 1,
                    size: Some(Bytes(step.size)),
                    by: Some(step.by.clone()),
                    images: Vec::new(),
                    containers: Vec::new(),
                    path: Some(format!("/var/lib/docker/overlay2/{}/diff", digest(&chain.join(" ")))),
                });
                layer.images.push(picture.image.id.clone());
                layer.containers.extend(users.iter().cloned());
            }
            self.add_writable(&mut forest, &picture.image.id, chain);
        }
        forest.into_values().collect()
    }

    fn add_writable(
        &self,
        forest: &mut BTreeMap<Vec<String>, Layer>,
        image: &crate::model::ImageId,
        chain: Vec<String>,
    ) {
        for item in self.containers.values().filter(|item| item.container.image_id == *image) {
            let container = &item.container;
            let mut place = chain.clone();
            // Sorted behind all chains that go on: `sha256:` is less.
            place.push(format!("writable {}", container.id));
            let layer = Layer {
                id: LayerId::new(container.id.as_str()),
                diff: String::new(),
                parent: (!chain.is_empty()).then(|| chain_id(&chain)),
                depth: chain.len(),
                kind: LayerKind::Writable,
                size: container.size_rw,
                by: None,
                images: Vec::new(),
                containers: vec![container.id.clone()],
                path: Some(format!("/var/lib/docker/overlay2/{}/diff", digest(container.id.as_str()))),
            };
            forest.insert(place, layer);
        }
    }
}

/// A name for a chain that is the same for the same layers; not the digest that an engine computes.
fn chain_id(chain: &[String]) -> LayerId {
    LayerId::new(format!("sha256:{}", digest(&chain.join(" "))))
}
