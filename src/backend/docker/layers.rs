//! Layers through Docker's API: put together from inspects and histories of images. Knows no JSON.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
};

use async_trait::async_trait;
use futures_util::{StreamExt, stream};

use super::{
    AT_ONCE, DockerEngine, QUICK,
    call::{Ask, segment},
    named,
};
use crate::{
    backend::{
        Containers, Images, Layers, Result, derive,
        wire::image::{self, ImageDetail},
    },
    model::{HistoryStep, Image, ImageId, Layer},
};

/// Images that are inspected for one list; the others follow with the next, so that the first is not kept waiting.
const AT_MOST: usize = 300;

/// What never changes about an image.
pub(super) struct Facts {
    pub(super) detail: ImageDetail,
    pub(super) history: Vec<HistoryStep>,
}

impl DockerEngine {
    /// What is known of these images; what is not is asked, a few at a time. Images that cannot be read are left out.
    pub(super) async fn facts(&self, ids: &[ImageId]) -> HashMap<ImageId, Arc<Facts>> {
        let known = self.known_facts(ids);
        let lacking: Vec<_> = ids.iter().filter(|id| !known.contains_key(*id)).take(AT_MOST).cloned().collect();
        let asked = stream::iter(lacking).map(|id| self.ask_facts(id)).buffer_unordered(AT_ONCE);
        let asked: Vec<_> = asked.filter_map(std::future::ready).collect().await;
        let mut facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        facts.extend(asked);
        // Images that are gone are forgotten.
        facts.retain(|id, _| ids.contains(id));
        facts.clone()
    }

    fn known_facts(&self, ids: &[ImageId]) -> HashMap<ImageId, Arc<Facts>> {
        let facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        ids.iter().filter_map(|id| Some((id.clone(), Arc::clone(facts.get(id)?)))).collect()
    }

    async fn ask_facts(&self, id: ImageId) -> Option<(ImageId, Arc<Facts>)> {
        let ask = Ask::get(format!("/images/{}/json", segment(id.as_str())));
        let tried = named("inspect the image", id.short());
        let (detail, history) = tokio::join!(self.call.read(&tried, ask, QUICK, image::detail), self.history(&id));
        let facts = Facts { detail: detail.ok()?, history: history.unwrap_or_default() };
        Some((id, Arc::new(facts)))
    }

    /// Images with their chains, for [`mod@derive`].
    pub(super) fn sources(&self, images: &[Image], facts: &HashMap<ImageId, Arc<Facts>>) -> Vec<derive::Source> {
        let source = |image: &Image| {
            let facts = facts.get(&image.id)?;
            Some(derive::Source {
                image: image.id.clone(),
                diffs: facts.detail.layers.clone(),
                directories: facts.detail.directories.clone(),
                history: facts.history.clone(),
            })
        };
        images.iter().filter_map(source).collect()
    }
}

#[async_trait]
impl Layers for DockerEngine {
    async fn layers(&self) -> Result<Vec<Layer>> {
        let (images, weighed) = tokio::join!(self.listed_images(), self.weighed());
        let images = images?;
        // Measuring may take too long, or need rights; the layers are worth showing without it.
        let containers = match weighed {
            Ok(containers) => containers,
            Err(_) => self.containers().await?,
        };
        let ids: Vec<_> = images.iter().map(|image| image.id.clone()).collect();
        let facts = self.facts(&ids).await;
        Ok(derive::layers(&self.sources(&images, &facts), &containers))
    }
}
