//! The forest of chains of layers, from what inspects and histories of images tell. Knows no storage driver.

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest, Sha256};

use crate::model::{Bytes, Container, HistoryStep, Image, ImageId, Layer, LayerId, LayerKind};

/// What is known of one image.
pub(crate) struct Source {
    /// Which.
    pub(crate) image: ImageId,
    /// Digests of its layers' content, from the base up.
    pub(crate) diffs: Vec<String>,
    /// Directories of its layers, from the base up; empty where unknown.
    pub(crate) directories: Vec<String>,
    /// How it was made, newest step first.
    pub(crate) history: Vec<HistoryStep>,
}

/// The chains of all images, each layer once, parents before children and chains that share layers together.
pub(crate) fn chains(sources: &[Source]) -> Vec<Layer> {
    let mut known: BTreeMap<LayerId, Layer> = BTreeMap::new();
    for source in sources {
        add_chain(&mut known, source);
    }
    ordered(known)
}

/// As [`chains`], with the writable layer of each container on top of its image's.
pub(crate) fn layers(sources: &[Source], containers: &[Container]) -> Vec<Layer> {
    let tops: HashMap<_, _> = sources.iter().map(|source| (&source.image, chain_ids(&source.diffs).pop())).collect();
    let mut known: BTreeMap<LayerId, Layer> = BTreeMap::new();
    for source in sources {
        add_chain(&mut known, source);
    }
    for container in containers {
        let top = tops.get(&container.image_id).cloned().flatten();
        add_user(&mut known, top.as_ref(), container);
        let layer = writable(container, top.clone(), top.and_then(|top| known.get(&top)).map_or(0, |l| l.depth + 1));
        known.insert(layer.id.clone(), layer);
    }
    ordered(known)
}

/// Sets the bytes that no other image has: the sum of the layers that are in this image alone. Left open where the
/// size of one of them is not known.
pub(crate) fn unique_sizes(images: &mut [Image], chains: &[Layer]) {
    let mut own: HashMap<&ImageId, Option<Bytes>> = HashMap::new();
    let mut seen: Vec<&ImageId> = Vec::new();
    for layer in chains {
        seen.extend(&layer.images);
        if let [only] = layer.images.as_slice() {
            let sum = own.entry(only).or_insert(Some(Bytes(0)));
            *sum = sum.zip(layer.size).map(|(sum, size)| sum + size);
        }
    }
    for id in seen {
        own.entry(id).or_insert(Some(Bytes(0)));
    }
    for image in images {
        image.unique = own.get(&image.id).copied().flatten();
    }
}

fn add_chain(known: &mut BTreeMap<LayerId, Layer>, source: &Source) {
    let steps = steps(source);
    let mut parent: Option<LayerId> = None;
    for (depth, (id, diff)) in chain_ids(&source.diffs).into_iter().zip(&source.diffs).enumerate() {
        let layer = known.entry(id.clone()).or_insert_with(|| Layer {
            id: id.clone(),
            diff: diff.clone(),
            parent: parent.clone(),
            depth,
            kind: if depth == 0 { LayerKind::Base } else { LayerKind::Image },
            size: None,
            by: None,
            images: Vec::new(),
            containers: Vec::new(),
            path: source.directories.get(depth).cloned(),
            keeper: None,
        });
        layer.images.push(source.image.clone());
        if let (None, Some(step)) = (&layer.by, steps.as_ref().and_then(|steps| steps.get(depth))) {
            layer.by = Some(step.by.clone());
            layer.size = Some(step.size);
        }
        parent = Some(id);
    }
}

/// The steps that made the layers, from the base up: those that added bytes. `None` where their number is another
/// than the layers': a step can add a layer of nothing, and then nobody can tell which step made which layer.
fn steps(source: &Source) -> Option<Vec<&HistoryStep>> {
    let added: Vec<_> = source.history.iter().rev().filter(|step| step.size.0 > 0).collect();
    if added.len() == source.diffs.len() {
        return Some(added);
    }
    let all: Vec<_> = source.history.iter().rev().filter(|step| !only_configures(&step.by)).collect();
    (all.len() == source.diffs.len()).then_some(all)
}

/// Whether an instruction adds no layer (Dockerfile reference).
fn only_configures(by: &str) -> bool {
    const WORDS: [&str; 14] = [
        "ARG",
        "CMD",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    ];
    WORDS.contains(&by.split_whitespace().next().unwrap_or(""))
}

/// Chain ids of layers, from their diff ids (OCI image-spec, "Layer ChainID").
fn chain_ids(diffs: &[String]) -> Vec<LayerId> {
    let next = |below: &mut Option<String>, diff: &String| {
        let id = match below.take() {
            None => diff.clone(),
            Some(below) => format!("sha256:{}", hex(&Sha256::digest(format!("{below} {diff}")))),
        };
        *below = Some(id.clone());
        Some(LayerId::new(id))
    };
    diffs.iter().scan(None, next).collect()
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Notes on every layer below that the container stands on it.
fn add_user(known: &mut BTreeMap<LayerId, Layer>, top: Option<&LayerId>, container: &Container) {
    let mut at = top.cloned();
    while let Some(layer) = at.and_then(|id| known.get_mut(&id)) {
        layer.containers.push(container.id.clone());
        at = layer.parent.clone();
    }
}

fn writable(container: &Container, parent: Option<LayerId>, depth: usize) -> Layer {
    Layer {
        id: LayerId::new(container.id.as_str()),
        diff: String::new(),
        parent,
        depth,
        kind: LayerKind::Writable,
        size: container.size_rw,
        by: Some(container.name.clone()),
        images: Vec::new(),
        containers: vec![container.id.clone()],
        path: None,
        keeper: None,
    }
}

/// Parents before children, each subtree together. On one layer, first what containers wrote, then what most images
/// share; then in the order of their ids, so that it is the same every time.
fn ordered(known: BTreeMap<LayerId, Layer>) -> Vec<Layer> {
    let mut children: HashMap<Option<LayerId>, Vec<Layer>> = HashMap::new();
    let ids: std::collections::HashSet<_> = known.keys().cloned().collect();
    for layer in known.into_values().rev() {
        let parent = layer.parent.clone().filter(|parent| ids.contains(parent));
        children.entry(parent).or_default().push(layer);
    }
    for siblings in children.values_mut() {
        // The last is taken first. Stable, so that ids decide among equals.
        siblings.sort_by_key(|layer| (layer.kind == LayerKind::Writable, layer.images.len()));
    }
    let mut todo = children.remove(&None).unwrap_or_default();
    let mut forest = Vec::with_capacity(ids.len());
    while let Some(layer) = todo.pop() {
        todo.extend(children.remove(&Some(layer.id.clone())).unwrap_or_default());
        forest.push(layer);
    }
    forest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::derive::fixtures::container;

    fn source(image: &str, diffs: &[&str], history: &[(&str, u64)]) -> Source {
        let step = |(by, size): &(&str, u64)| HistoryStep {
            created: chrono::DateTime::default(),
            by: (*by).to_owned(),
            size: Bytes(*size),
            comment: String::new(),
            tags: Vec::new(),
        };
        Source {
            image: image.into(),
            diffs: diffs.iter().map(|diff| (*diff).to_owned()).collect(),
            directories: Vec::new(),
            history: history.iter().map(step).collect(),
        }
    }

    fn two_images() -> [Source; 2] {
        [
            source("sha256:a", &["sha256:1", "sha256:2"], &[("CMD x", 0), ("RUN b", 7), ("ADD a", 5)]),
            source("sha256:b", &["sha256:1"], &[("ADD a", 5)]),
        ]
    }

    #[test]
    fn chain_ids_are_those_of_the_specification() {
        let ids = chain_ids(&["sha256:1".to_owned(), "sha256:2".to_owned()]);
        assert_eq!(ids[0].as_str(), "sha256:1");
        // printf 'sha256:1 sha256:2' | sha256sum
        assert_eq!(ids[1].as_str(), CHAIN_OF_TWO);
    }

    const CHAIN_OF_TWO: &str = "sha256:86095f8fe4f778dd9cd1eaa8351228c07b0476d1635c04d136b40abfd6fa0fef";

    #[test]
    fn shared_layers_stand_once_and_under_their_users() {
        let layers = layers(&two_images(), &[container("web")]);
        let shape: Vec<_> = layers.iter().map(|l| (l.depth, l.kind, l.images.len(), l.containers.len())).collect();
        assert_eq!(shape, [(0, LayerKind::Base, 2, 1), (1, LayerKind::Image, 1, 1), (2, LayerKind::Writable, 0, 1)]);
        assert_eq!((layers[1].by.as_deref(), layers[1].size), (Some("RUN b"), Some(Bytes(7))));
    }

    #[test]
    fn a_step_that_added_nothing_still_made_its_layer() {
        let odd = source("sha256:a", &["sha256:1", "sha256:2"], &[("RUN true", 0), ("ENV a=b", 0), ("ADD a", 5)]);
        let by: Vec<_> = chains(&[odd]).into_iter().filter_map(|l| l.by).collect();
        assert_eq!(by, ["ADD a", "RUN true"]);
        let unknown = source("sha256:a", &["sha256:1"], &[("ADD a", 5), ("ADD b", 5)]);
        assert_eq!(chains(&[unknown])[0].size, None);
    }

    #[test]
    fn only_layers_of_one_image_are_its_own() {
        let image = |id: &str| Image {
            id: id.into(),
            tags: Vec::new(),
            digests: Vec::new(),
            size: Bytes(0),
            unique: None,
            created: chrono::DateTime::default(),
            layers: Vec::new(),
            platform: None,
            containers: 0,
            parent: None,
        };
        let mut images = [image("sha256:a"), image("sha256:b"), image("sha256:c")];
        unique_sizes(&mut images, &chains(&two_images()));
        assert_eq!(images.map(|image| image.unique), [Some(Bytes(7)), Some(Bytes(0)), None]);
    }

    #[test]
    fn a_container_whose_image_is_gone_stands_alone() {
        let layers = layers(&[], &[container("web")]);
        assert_eq!((layers.len(), layers[0].depth, &layers[0].parent), (1, 0, &None));
    }
}
