//! What images and layers there are, as lists and documents show them. Knows no registry and no disk but its paths.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::{
    ImageStore,
    config::{Config, Step},
    digest::Digest,
    manifest::is_foreign,
    names::{find, is_tag},
    pull::read_config,
    records::{self, ContainerRow, ImageRow, LayerRow, NameRow, repository_of},
};
use crate::{
    model::{
        Bytes, ContainerId, HistoryStep, Image, ImageId, Layer, LayerId, LayerKind,
        text::{clean, cleaned},
    },
    runtime::Result,
};

/// All that is recorded of images, read at once.
struct Everything {
    images: Vec<ImageRow>,
    names: BTreeMap<Digest, Vec<NameRow>>,
    chains: BTreeMap<Digest, Vec<Digest>>,
    layers: BTreeMap<Digest, LayerRow>,
    containers: Vec<ContainerRow>,
}

impl ImageStore {
    fn everything(&self, tried: &str) -> Result<Everything> {
        self.db.read(tried, |c| {
            Ok(Everything {
                images: records::images(c)?,
                names: records::names(c)?,
                chains: records::chains(c)?,
                layers: records::layers(c)?.into_iter().map(|layer| (layer.chain, layer)).collect(),
                containers: records::containers(c)?,
            })
        })
    }

    /// All images, the youngest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn images(&self) -> Result<Vec<Image>> {
        let all = self.everything("list the images")?;
        let mut owners: BTreeMap<Digest, usize> = BTreeMap::new();
        for chain in all.chains.values().flatten() {
            *owners.entry(*chain).or_default() += 1;
        }
        Ok(all.images.iter().map(|row| all.image(row, &owners)).collect())
    }

    /// How an image was made, the newest step first.
    ///
    /// # Errors
    /// As [`ImageStore::find`].
    pub fn history(&self, reference: &str) -> Result<Vec<HistoryStep>> {
        let tried = format!("read the history of `{}`", clean(reference));
        let row = self.db.read(&tried, |c| find(c, reference))?.one(&tried, reference)?;
        let (layers, names) =
            self.db.read(&tried, |c| Ok((records::layers_of(c, row.id)?, records::names_of(c, row.id)?)))?;
        let config = read_config(&tried, &row.config)?;
        let mut sizes = layers.iter().map(|layer| layer.size);
        let step = |step: &Step| HistoryStep {
            created: step.created.or(config.created).unwrap_or_default(),
            by: instruction(&step.created_by),
            size: Bytes(if step.empty_layer { 0 } else { sizes.next().unwrap_or(0) }),
            comment: cleaned(step.comment.as_str()),
            tags: Vec::new(),
        };
        let mut steps: Vec<_> = config.history.iter().map(step).collect();
        steps.reverse();
        if let Some(newest) = steps.first_mut() {
            newest.tags = names.into_iter().filter(is_tag).map(|name| name.name).collect();
        }
        Ok(steps)
    }

    /// The whole document about an image, as `docker image inspect` has it.
    ///
    /// # Errors
    /// As [`ImageStore::find`].
    pub fn inspect(&self, reference: &str) -> Result<Value> {
        let tried = format!("inspect the image `{}`", clean(reference));
        let row = self.db.read(&tried, |c| find(c, reference))?.one(&tried, reference)?;
        let (layers, names) =
            self.db.read(&tried, |c| Ok((records::layers_of(c, row.id)?, records::names_of(c, row.id)?)))?;
        let config = read_config(&tried, &row.config)?;
        let document: Value = serde_json::from_str(&row.config).unwrap_or_default();
        let folder = |layer: &LayerRow| self.depot.layer(layer.chain).display().to_string();
        let mut folders: Vec<_> = layers.iter().map(folder).collect();
        let upper = folders.pop();
        folders.reverse();
        let platform = &config.platform;
        Ok(json!({
            "Id": row.id,
            "RepoTags": names.iter().filter(|name| is_tag(name)).map(|name| &name.name).collect::<Vec<_>>(),
            "RepoDigests": digests(&names),
            "Parent": row.parent.map(|parent| parent.to_string()).unwrap_or_default(),
            "Comment": document["comment"].as_str().unwrap_or_default(),
            "Created": config.created.map(moment),
            "Author": config.author,
            "Config": document["config"],
            "Architecture": platform.architecture,
            "Variant": platform.variant,
            "Os": platform.os,
            "OsVersion": platform.os_version,
            "Size": row.size,
            "GraphDriver": {
                "Name": "longshore",
                "Data": { "LowerDir": folders.join(":"), "UpperDir": upper },
            },
            "RootFS": { "Type": "layers", "Layers": config.rootfs.diff_ids },
            "Metadata": { "LastTagTime": moment(row.pulled) },
            "Descriptor": { "Digest": row.manifest },
        }))
    }

    /// Digests of the blobs that an image's layers came in, the lowest first.
    ///
    /// # Errors
    /// As [`ImageStore::find`].
    pub fn packed(&self, reference: &str) -> Result<Vec<Digest>> {
        let tried = format!("find the layers of `{}`", clean(reference));
        let row = self.db.read(&tried, |c| find(c, reference))?.one(&tried, reference)?;
        let layers = self.db.read(&tried, |c| records::layers_of(c, row.id))?;
        Ok(layers.iter().map(|layer| layer.packed.digest).collect())
    }

    /// The forest of chains of all images, parents before children, and the writable layers of all containers.
    ///
    /// # Errors
    /// What the database says.
    pub fn layers(&self) -> Result<Vec<Layer>> {
        let all = self.everything("list the layers")?;
        Ok(Forest::of(self, &all).ordered())
    }
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// The instruction without what the classic builder wraps around it: `/bin/sh -c #(nop)  CMD ["x"]`.
fn instruction(by: &str) -> String {
    let by = by.trim();
    if let Some(rest) = by.strip_prefix("/bin/sh -c #(nop)") {
        return cleaned(rest.trim());
    }
    by.strip_prefix("/bin/sh -c ").map_or_else(|| cleaned(by), |rest| cleaned(format!("RUN {}", rest.trim())))
}

/// `repository@digest` of all names whose digest is known.
fn digests(names: &[NameRow]) -> Vec<String> {
    let digest = |name: &NameRow| Some(format!("{}@{}", repository_of(&name.name), name.digest?));
    let mut digests: Vec<_> = names.iter().filter_map(digest).collect();
    digests.sort_unstable();
    digests.dedup();
    digests
}

impl Everything {
    fn image(&self, row: &ImageRow, owners: &BTreeMap<Digest, usize>) -> Image {
        let none = Vec::new();
        let names = self.names.get(&row.id).unwrap_or(&none);
        let empty = Vec::new();
        let chain = self.chains.get(&row.id).unwrap_or(&empty);
        let layers = || chain.iter().filter_map(|chain| self.layers.get(chain));
        let own = layers().filter(|layer| owners.get(&layer.chain) == Some(&1)).map(|layer| Bytes(layer.size));
        let id = row.id.to_string();
        let config: Option<Config> = serde_json::from_str(&row.config).ok();
        Image {
            tags: names.iter().filter(|name| is_tag(name)).map(|name| name.name.clone()).collect(),
            digests: digests(names),
            size: Bytes(row.size),
            unique: Some(own.sum()),
            created: config.as_ref().and_then(|config| config.created).unwrap_or_default(),
            layers: layers().map(|layer| layer.diff.to_string()).collect(),
            platform: config.map(|config| config.platform.to_string()),
            containers: self.containers.iter().filter(|container| container.image == id).count(),
            parent: row.parent.map(|parent| ImageId::new(parent.to_string())),
            id: ImageId::new(id),
        }
    }
}

/// Layers and what stands on them.
struct Forest {
    layers: BTreeMap<LayerId, Layer>,
}

impl Forest {
    fn of(store: &ImageStore, all: &Everything) -> Self {
        let mut forest = Self { layers: BTreeMap::new() };
        for image in &all.images {
            let chain = all.chains.get(&image.id).map_or(&[][..], Vec::as_slice);
            forest.plant(store, all, chain);
            forest.claim(image, chain);
        }
        for container in &all.containers {
            let chain = container.top.map(|top| all.below(top)).unwrap_or_default();
            forest.plant(store, all, &chain);
            forest.stand(store, container, &chain);
        }
        forest
    }

    /// Adds the layers of a chain that are not there yet.
    fn plant(&mut self, store: &ImageStore, all: &Everything, chain: &[Digest]) {
        for (depth, row) in chain.iter().filter_map(|chain| all.layers.get(chain)).enumerate() {
            let id = layer_id(row.chain);
            let is_foreign = is_foreign(&row.packed.media_type);
            let kind = match depth {
                _ if is_foreign => LayerKind::Foreign,
                0 => LayerKind::Base,
                _ => LayerKind::Image,
            };
            self.layers.entry(id.clone()).or_insert_with(|| Layer {
                id,
                diff: row.diff.to_string(),
                parent: row.parent.map(layer_id),
                depth,
                kind,
                size: Some(Bytes(row.size)),
                by: None,
                images: Vec::new(),
                containers: Vec::new(),
                path: Some(store.depot.layer(row.chain).display().to_string()),
                keeper: None,
            });
        }
    }

    /// Notes that an image has these layers, and which of its instructions made them.
    fn claim(&mut self, image: &ImageRow, chain: &[Digest]) {
        let config: Config = serde_json::from_str(&image.config).unwrap_or_default();
        let made = config.history.iter().filter(|step| !step.empty_layer);
        let made: Vec<_> = made.map(|step| instruction(&step.created_by)).collect();
        for (n, chain) in chain.iter().enumerate() {
            let Some(layer) = self.layers.get_mut(&layer_id(*chain)) else { continue };
            layer.images.push(ImageId::new(image.id.to_string()));
            // A history that counts otherwise cannot say which step made which layer.
            if layer.by.is_none() && made.len() == config.rootfs.diff_ids.len() {
                layer.by = made.get(n).cloned();
            }
        }
    }

    /// Adds a container's own layer.
    fn stand(&mut self, store: &ImageStore, container: &ContainerRow, chain: &[Digest]) {
        let id = ContainerId::new(&container.id);
        for chain in chain {
            if let Some(layer) = self.layers.get_mut(&layer_id(*chain)) {
                layer.containers.push(id.clone());
            }
        }
        let path = store.depot.layout.container(&id).join("upper");
        let layer = Layer {
            id: LayerId::new(&container.id),
            diff: String::new(),
            parent: container.top.map(layer_id),
            depth: chain.len(),
            kind: LayerKind::Writable,
            size: None,
            by: None,
            images: Vec::new(),
            containers: vec![id],
            path: Some(path.display().to_string()),
            keeper: None,
        };
        self.layers.insert(layer.id.clone(), layer);
    }

    /// Each followed by what stands on it.
    fn ordered(mut self) -> Vec<Layer> {
        let mut children: BTreeMap<Option<LayerId>, Vec<LayerId>> = BTreeMap::new();
        for layer in self.layers.values() {
            let parent = layer.parent.clone().filter(|parent| self.layers.contains_key(parent));
            children.entry(parent).or_default().push(layer.id.clone());
        }
        let mut waiting = children.remove(&None).unwrap_or_default();
        waiting.reverse();
        let mut ordered = Vec::with_capacity(self.layers.len());
        while let Some(id) = waiting.pop() {
            waiting.extend(children.remove(&Some(id.clone())).unwrap_or_default().into_iter().rev());
            ordered.extend(self.layers.remove(&id));
        }
        ordered
    }
}

impl Everything {
    /// A layer and all below it, the lowest first.
    fn below(&self, top: Digest) -> Vec<Digest> {
        let mut chain = Vec::new();
        let mut at = Some(top);
        while let Some(row) = at.and_then(|chain| self.layers.get(&chain)) {
            chain.push(row.chain);
            at = row.parent;
        }
        chain.reverse();
        chain
    }
}

fn layer_id(chain: Digest) -> LayerId {
    LayerId::new(chain.to_string())
}
