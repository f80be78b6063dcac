//! The branches before each layer: a chain stands straight, and only where several layers stand on one it forks.
//! Knows no column.

use std::collections::HashMap;

use crate::{
    app::{desk::Desk, theme::Glyphs},
    model::{Layer, LayerId},
};

/// The branches, worked out anew when the layers change.
#[derive(Default)]
pub(super) struct Twigs {
    of: HashMap<LayerId, String>,
    /// Of which revision of the store, and in which signs.
    known: Option<(u64, bool)>,
}

impl Twigs {
    /// What stands before a layer; nothing where its chain never forked.
    pub(super) fn of(&mut self, layer: &Layer, desk: &Desk) -> Option<String> {
        let glyphs = desk.theme.glyphs();
        let now = Some((desk.store.revision, glyphs.ascii));
        if self.known != now {
            (self.known, self.of) = (now, grown(&desk.store.layers, glyphs));
        }
        self.of.get(&layer.id).filter(|twig| !twig.is_empty()).cloned()
    }
}

/// Layers stand parents before children, each subtree together.
fn grown(layers: &[Layer], glyphs: &Glyphs) -> HashMap<LayerId, String> {
    let mut left: HashMap<&LayerId, usize> = HashMap::new();
    for parent in layers.iter().filter_map(|layer| layer.parent.as_ref()) {
        *left.entry(parent).or_default() += 1;
    }
    let forks: HashMap<&LayerId, bool> = left.iter().map(|(id, children)| (*id, *children > 1)).collect();
    let mut twigs = HashMap::with_capacity(layers.len());
    // What stands before everything on top of a layer.
    let mut above: HashMap<&LayerId, String> = HashMap::new();
    for layer in layers {
        let below = layer.parent.as_ref().and_then(|parent| above.get(parent)).cloned().unwrap_or_default();
        let (twig, next) = match layer.parent.as_ref().filter(|parent| forks.get(parent) == Some(&true)) {
            None => (below.clone(), below),
            Some(parent) => {
                let left = left.entry(parent).or_default();
                *left = left.saturating_sub(1);
                match *left {
                    0 => (format!("{below}{} ", glyphs.last), format!("{below}   ")),
                    _ => (format!("{below}{} ", glyphs.branch), format!("{below}{} ", glyphs.stem)),
                }
            }
        };
        twigs.insert(layer.id.clone(), twig);
        above.insert(&layer.id, next);
    }
    twigs
}
