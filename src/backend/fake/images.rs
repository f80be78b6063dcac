//! Images of a fake engine. Knows no script but the call it is.

use async_trait::async_trait;
use chrono::TimeDelta;

use super::{
    Call, FakeEngine,
    archives::gather,
    world::{Picture, Step, World, conflict, digest, not_found, refused},
};
use crate::{
    backend::{Archive, Images, Pruned, Reporter, Result},
    model::{Bytes, HistoryStep, Image, ImageId, ImportSpec, Kind, Piece, Progress},
};

#[async_trait]
impl Images for FakeEngine {
    async fn images(&self) -> Result<Vec<Image>> {
        self.call(Call::Images, "", |world, _| {
            let mut all: Vec<_> = world.images.values().map(|picture| world.counted(picture)).collect();
            all.sort_by(|a, b| (b.created, &a.tags).cmp(&(a.created, &b.tags)));
            Ok(all)
        })
        .await
    }

    async fn history(&self, id: &ImageId) -> Result<Vec<HistoryStep>> {
        self.call(Call::History, id.as_str(), |world, tried| Ok(world.picture(tried, id.as_str())?.history())).await
    }

    async fn pull(&self, reference: &str, report: &Reporter) -> Result<()> {
        let whole = with_tag(reference);
        let steps = self
            .call(Call::Pull, reference, |world, tried| {
                if world.offered.contains(&whole) {
                    return Ok(layers_of(&whole));
                }
                Err(not_found(tried, format!("manifest for {whole} not found: manifest unknown: manifest unknown")))
            })
            .await?;
        report.tell(progress(&steps, 0));
        tokio::task::yield_now().await;
        report.tell(progress(&steps, 1));
        self.script.wait(Call::PullRest, reference).await?;
        report.tell(progress(&steps, 2));
        self.world().take_image(&whole, steps);
        Ok(())
    }

    async fn pull_platform(&self, reference: &str, _platform: &str, report: &Reporter) -> Result<()> {
        self.pull(reference, report).await
    }

    async fn push(&self, reference: &str, report: &Reporter) -> Result<()> {
        let steps = self
            .call(Call::Push, reference, |world, tried| {
                let whole = with_tag(reference);
                let picture = world.image_of(&whole).filter(|picture| picture.image.tags.contains(&whole));
                let words = || format!("An image does not exist locally with the tag: {}", repository(&whole));
                Ok(picture.ok_or_else(|| refused(tried, 500, words()))?.steps.clone())
            })
            .await?;
        report.tell(progress(&steps, 2));
        self.world().offered.insert(with_tag(reference));
        Ok(())
    }

    async fn save(&self, references: &[String]) -> Result<Archive> {
        self.call(Call::Save, &references.join(" "), |world, tried| world.save(tried, references)).await
    }

    async fn load(&self, archive: Archive, report: &Reporter) -> Result<Vec<String>> {
        let all = gather(archive).await?;
        report.tell(Progress { note: "loading".to_owned(), ..Progress::default() });
        self.call(Call::Load, "", |world, tried| world.load(tried, &all)).await
    }

    async fn import(&self, archive: Archive, spec: &ImportSpec) -> Result<ImageId> {
        let all = gather(archive).await?;
        self.call(Call::Import, spec.reference.as_deref().unwrap_or_default(), |world, tried| {
            let files = super::archives::unpacked(tried, &all)?;
            let diff = format!("sha256:{}", world.fresh("layer"));
            let size = files.values().map(|content| content.len() as u64).sum();
            let by = spec.message.clone().unwrap_or_default();
            Ok(world.make_image(spec.reference.as_deref(), vec![Step { by, size, diff: Some(diff) }]))
        })
        .await
    }

    async fn tag(&self, id: &ImageId, reference: &str) -> Result<()> {
        self.call(Call::Tag, id.as_str(), |world, tried| {
            if reference.is_empty() || reference.contains(|c: char| c.is_whitespace() || c.is_ascii_uppercase()) {
                return Err(refused(tried, 400, "invalid reference format"));
            }
            let id = world.picture(tried, id.as_str())?.image.id.clone();
            world.name_image(&id, &with_tag(reference));
            world.happened(Kind::Image, "tag", id.as_str(), &with_tag(reference), &[]);
            Ok(())
        })
        .await
    }

    async fn remove_image(&self, reference: &str, force: bool) -> Result<Vec<String>> {
        self.call(Call::RemoveImage, reference, |world, tried| world.remove_image(tried, reference, force)).await
    }

    async fn prune_images(&self, all: bool) -> Result<Pruned> {
        self.call(Call::PruneImages, "", |world, _| {
            let pictures = world.images.values().map(|picture| world.counted(picture));
            let gone: Vec<_> = pictures.filter(|i| i.containers == 0 && (all || i.is_dangling())).collect();
            for image in &gone {
                world.drop_image(&image.id);
            }
            Ok(Pruned { count: gone.len(), freed: gone.iter().map(|image| image.size).sum() })
        })
        .await
    }
}

impl Picture {
    /// How it was made, newest step first.
    pub(super) fn history(&self) -> Vec<HistoryStep> {
        let newest = self.steps.len().saturating_sub(1);
        let step = |(n, step): (usize, &Step)| HistoryStep {
            created: self.image.created - TimeDelta::minutes((newest - n) as i64),
            by: step.by.clone(),
            size: Bytes(step.size),
            comment: String::new(),
            tags: if n == newest { self.image.tags.clone() } else { Vec::new() },
        };
        self.steps.iter().enumerate().rev().map(step).collect()
    }
}

impl World {
    /// The image that a reference, an id or the begin of an id names.
    pub(super) fn image_of(&self, reference: &str) -> Option<&Picture> {
        let tag = with_tag(reference);
        self.images.values().find(|picture| {
            let id = picture.image.id.as_str();
            picture.image.tags.contains(&tag)
                || id == reference
                || (reference.len() >= 12 && id[7..].starts_with(reference))
        })
    }

    fn picture(&self, tried: &str, reference: &str) -> Result<&Picture> {
        self.image_of(reference).ok_or_else(|| not_found(tried, format!("No such image: {reference}")))
    }

    /// An image with how many containers use it, and what it alone takes.
    pub(super) fn counted(&self, picture: &Picture) -> Image {
        let id = &picture.image.id;
        let containers = self.containers.values().filter(|item| item.container.image_id == *id).count();
        let elsewhere = |diff: &String| {
            self.images.values().any(|other| other.image.id != *id && other.image.layers.contains(diff))
        };
        let own = picture.steps.iter().filter(|step| step.diff.as_ref().is_some_and(|diff| !elsewhere(diff)));
        let unique = Some(Bytes(own.map(|step| step.size).sum()));
        Image { containers, unique, ..picture.image.clone() }
    }

    /// Gives a known image this name, or makes one that was loaded.
    pub(super) fn take_or_name(&mut self, id: &ImageId, tag: &str) {
        if self.images.contains_key(id) {
            self.name_image(id, tag);
        } else {
            self.take_image(tag, layers_of(tag));
        }
    }

    /// Makes an image that nobody pulled.
    pub(super) fn make_image(&mut self, reference: Option<&str>, steps: Vec<Step>) -> ImageId {
        let id = ImageId::new(format!("sha256:{}", self.fresh("image")));
        self.insert_image(&id, steps, Vec::new());
        if let Some(reference) = reference {
            self.name_image(&id, &with_tag(reference));
        }
        id
    }

    fn take_image(&mut self, reference: &str, steps: Vec<Step>) {
        let id = ImageId::new(format!("sha256:{}", digest(reference)));
        let known_as = format!("{}@sha256:{}", repository(reference), digest(&format!("manifest {reference}")));
        self.insert_image(&id, steps, vec![known_as]);
        self.name_image(&id, reference);
        self.happened(Kind::Image, "pull", reference, reference, &[]);
    }

    fn insert_image(&mut self, id: &ImageId, steps: Vec<Step>, digests: Vec<String>) {
        let image = Image {
            id: id.clone(),
            tags: Vec::new(),
            digests,
            size: Bytes(steps.iter().map(|step| step.size).sum()),
            unique: None,
            created: self.now - TimeDelta::days(3),
            layers: steps.iter().filter_map(|step| step.diff.clone()).collect(),
            platform: Some("linux/amd64".to_owned()),
            containers: 0,
            parent: None,
        };
        self.images.entry(id.clone()).or_insert(Picture { image, steps });
    }

    /// Gives an image a name, which any other loses.
    fn name_image(&mut self, id: &ImageId, tag: &str) {
        for picture in self.images.values_mut() {
            picture.image.tags.retain(|known| known != tag);
        }
        if let Some(picture) = self.images.get_mut(id) {
            picture.image.tags.push(tag.to_owned());
            picture.image.tags.sort();
        }
    }

    fn remove_image(&mut self, tried: &str, reference: &str, force: bool) -> Result<Vec<String>> {
        let image = self.picture(tried, reference)?.image.clone();
        let tag = with_tag(reference);
        let by_tag = image.tags.contains(&tag);
        if by_tag && image.tags.len() > 1 {
            return Ok(vec![self.untag(&image.id, &tag)]);
        }
        if !by_tag && image.tags.len() > 1 && !force {
            let why = format!(
                "conflict: unable to delete {} (must be forced) - image is referenced in multiple repositories",
                image.id.short()
            );
            return Err(conflict(tried, why));
        }
        self.check_use(tried, reference, &image, force)?;
        let mut gone: Vec<_> = image.tags.iter().map(|tag| self.untag(&image.id, tag)).collect();
        gone.extend(image.layers.iter().rev().map(|layer| format!("deleted {layer}")));
        self.drop_image(&image.id);
        Ok(gone)
    }

    fn check_use(&mut self, tried: &str, reference: &str, image: &Image, force: bool) -> Result<()> {
        let users = self.containers.values().map(|item| &item.container).filter(|c| c.image_id == image.id);
        for user in users {
            let (short, user_id) = (image.id.short(), user.id.short());
            if user.state.is_up() {
                let why = format!(
                    "conflict: unable to delete {short} (cannot be forced) - image is being used by running container \
                     {user_id}"
                );
                return Err(conflict(tried, why));
            }
            if !force {
                let why = format!(
                    "conflict: unable to remove repository reference \"{reference}\" (must force) - container {user_id} \
                     is using its referenced image {short}"
                );
                return Err(conflict(tried, why));
            }
        }
        Ok(())
    }

    fn untag(&mut self, id: &ImageId, tag: &str) -> String {
        if let Some(picture) = self.images.get_mut(id) {
            picture.image.tags.retain(|known| known != tag);
        }
        self.happened(Kind::Image, "untag", id.as_str(), id.as_str(), &[]);
        format!("untagged {tag}")
    }

    fn drop_image(&mut self, id: &ImageId) {
        if self.images.remove(id).is_some() {
            self.happened(Kind::Image, "delete", id.as_str(), id.as_str(), &[]);
        }
    }
}

/// A reference with the tag that is meant where none is written.
pub(super) fn with_tag(reference: &str) -> String {
    let last = reference.rsplit('/').next().unwrap_or(reference);
    if last.contains([':', '@']) { reference.to_owned() } else { format!("{reference}:latest") }
}

fn repository(reference: &str) -> &str {
    reference.rsplit_once(':').map_or(reference, |(repository, _)| repository)
}

/// The layers that a pull of this reference brings: two that all tags of the repository share, and one of its own.
fn layers_of(reference: &str) -> Vec<Step> {
    let repository = repository(reference);
    let layer = |of: &str, n: u64| Step {
        by: format!("COPY file:{n} in /srv"),
        size: (n + 1) << 20,
        diff: Some(format!("sha256:{}", digest(&format!("{of} layer {n}")))),
    };
    vec![layer(repository, 0), layer(repository, 1), layer(reference, 2)]
}

/// How far a pull is, in halves.
fn progress(steps: &[Step], halves: u64) -> Progress {
    let pieces = steps.iter().filter_map(|step| {
        let digest = step.diff.as_ref()?;
        Some(Piece {
            name: digest[7..19].to_owned(),
            step: if halves < 2 { "downloading" } else { "complete" }.to_owned(),
            done: Bytes(step.size * halves / 2),
            total: Some(Bytes(step.size)),
            finished: halves == 2,
        })
    });
    Progress { pieces: pieces.collect(), note: String::new() }
}
