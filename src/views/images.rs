//! Images: what they are made of, who uses them, and what can be done with them. Knows no registry.

mod actions;
#[cfg(test)]
mod tests;

use ratatui::text::{Line, Span};

pub(crate) use actions::prunes;

use super::{
    Dashboard,
    board::{Board, BoardView, Column, Page, Picked, Sort, cell, gather, maybe, muted, plain},
    detail::{
        InspectPage, history, instruction,
        related::{self, Field, RelatedPage, Relation},
    },
    prune,
};
use crate::{
    app::{
        desk::Desk,
        keys::Intent,
        theme::Role,
        view::{Outcome, Wish},
    },
    model::{Age, Bytes, Container, Image, Kind, Layer, LayerKind, Part, Subject},
};

/// The dashboard of images.
pub fn dashboard() -> Box<dyn Dashboard> {
    Box::new(BoardView::new(Images))
}

struct Images;

const COLUMNS: &[Column<Image>] = &[
    Column::new("IMAGE", (16, 60), 0, name)
        .grows()
        .by(|a, b, _| (a.is_dangling(), a.name()).cmp(&(b.is_dangling(), b.name()))),
    Column::new("ID", (12, 12), 4, |i: &Image, desk| muted(desk, i.id.short())),
    Column::new("SIZE", (8, 8), 1, |i: &Image, desk| plain(desk, i.size.to_string()))
        .right()
        .down(|a, b, _| a.size.cmp(&b.size)),
    Column::new("UNIQUE", (8, 8), 3, |i: &Image, desk| maybe(desk, Role::Text, i.unique))
        .right()
        .down(|a, b, _| a.unique.cmp(&b.unique)),
    Column::new("LAYERS", (6, 6), 5, |i: &Image, desk| {
        maybe(desk, Role::Muted, Some(i.layers.len()).filter(|n| *n > 0))
    })
    .right()
    .down(|a, b, _| a.layers.len().cmp(&b.layers.len())),
    Column::new("PLATFORM", (11, 32), 6, |i: &Image, desk| maybe(desk, Role::Muted, i.platform.as_ref()))
        .by(|a, b, _| a.platform.cmp(&b.platform)),
    Column::new("USED BY", (7, 7), 2, |i: &Image, desk| maybe(desk, Role::Text, Some(i.containers).filter(|n| *n > 0)))
        .right()
        .down(|a, b, _| a.containers.cmp(&b.containers)),
    Column::new("AGE", (4, 6), 1, |i: &Image, desk| muted(desk, Age::since(i.created, desk.now).to_string()))
        .right()
        .by(|a, b, _| b.created.cmp(&a.created)),
];

fn name(image: &Image, desk: &Desk) -> Line<'static> {
    let Some(first) = image.tags.first() else { return muted(desk, "<none>") };
    let mut line = plain(desk, first);
    if let more @ 1.. = image.tags.len() - 1 {
        line.spans.push(Span::styled(format!(" +{more}"), desk.theme.style(Role::Muted)));
    }
    line
}

impl Board for Images {
    type Row = Image;

    fn title(&self) -> &'static str {
        "Images"
    }

    fn intent(&self) -> Intent {
        Intent::Images
    }

    fn parts(&self) -> &'static [Part] {
        // Layers tell what is shared, containers who uses what.
        &[Part::Images, Part::Layers, Part::Containers]
    }

    fn rows<'a>(&self, desk: &'a Desk) -> Vec<&'a Image> {
        desk.store.images.values().collect()
    }

    fn id<'a>(&self, row: &'a Image) -> &'a str {
        row.id.as_str()
    }

    fn subject(&self, row: &Image) -> Subject {
        related::image_subject(row)
    }

    fn columns(&self) -> &'static [Column<Image>] {
        COLUMNS
    }

    fn sort(&self) -> Option<Sort> {
        Some(Sort { column: 0, down: false })
    }

    fn haystack(&self, row: &Image, _desk: &Desk, text: &mut String) {
        let words = row.tags.iter().chain(&row.platform).map(String::as_str);
        // The short id: in a long one, almost any fuzzy words are found.
        gather(text, words.chain([row.id.short(), if row.is_dangling() { "<none> dangling" } else { "" }]));
    }

    fn summary(&self, rows: &[&Image], desk: &Desk) -> String {
        let dangling = rows.iter().filter(|image| image.is_dangling()).count();
        let layers = desk.store.layers.iter().filter(|layer| layer.kind != LayerKind::Writable);
        let size = prune::sum(layers.map(|layer| layer.size)).map(|size| format!(" · {size}")).unwrap_or_default();
        format!("{} · {dangling} dangling{size}", Kind::Image.count(rows.len()))
    }

    fn empty(&self, desk: &Desk) -> (String, String) {
        ("no images".into(), format!("{} pulls one", desk.keys.label(Intent::New).unwrap_or_default()))
    }

    fn pages(&self) -> Vec<Box<dyn Page>> {
        vec![
            Box::new(InspectPage::new()),
            Box::new(history()),
            Box::new(RelatedPage::new(Relation {
                title: "Layers",
                part: Part::Layers,
                fields: &CHAIN,
                rows: chain,
                cells: chain_cells,
                leads: |layer, _| Subject::new(Kind::Layer, layer.id.as_str(), layer.short()),
                none: "its layers are not known",
            })),
            Box::new(RelatedPage::new(Relation {
                title: "Containers",
                part: Part::Containers,
                fields: &related::CONTAINER,
                rows: |subject, desk| made_from(&subject.id, desk),
                cells: related::container_cells,
                leads: related::container_subject,
                none: "no container is made from it",
            })),
        ]
    }

    fn act(&mut self, intent: Intent, picked: &Picked<'_, Image>, desk: &Desk) -> Outcome {
        let one = |action: &str, act: fn(&Image, &Desk) -> Outcome| picked.on_one(action, |image| act(image, desk));
        match intent {
            Intent::New => actions::pull(picked.selected, desk),
            Intent::StartStop => one("run", actions::run),
            Intent::Tag => one("tag", actions::tag),
            Intent::Remove => actions::remove(picked, desk),
            Intent::Prune => prune::offer(actions::prunes(desk), "every image is used by a container", desk),
            Intent::Jump => one("jump", actions::jump),
            Intent::Copy => one("copy", |image, _| {
                Outcome::Wish(Wish::Copy(image.tags.first().map_or(image.id.as_str(), String::as_str).to_owned()))
            }),
            _ => Outcome::Ignored,
        }
    }

    fn word(&self, intent: Intent) -> Option<&'static str> {
        match intent {
            Intent::New => Some("pull"),
            Intent::StartStop => Some("run"),
            _ => None,
        }
    }

    fn actions(&self) -> &'static [Intent] {
        &[Intent::New, Intent::StartStop, Intent::Tag, Intent::Remove, Intent::Prune, Intent::Jump]
    }

    fn refusal(&self, intent: Intent, row: Option<&Image>, desk: &Desk) -> Option<String> {
        actions::refusal(intent, row, desk).map(|refusal| refusal.0)
    }
}

/// The containers that are made from the image with this id.
fn made_from<'a>(id: &str, desk: &'a Desk) -> Vec<&'a Container> {
    desk.store.containers.values().filter(|container| container.image_id.as_str() == id).collect()
}

/// The layers of an image, from the base up.
fn chain<'a>(subject: &Subject, desk: &'a Desk) -> Vec<&'a Layer> {
    let is_of = |layer: &&Layer| layer.images.iter().any(|image| image.as_str() == subject.id);
    desk.store.layers.iter().filter(is_of).collect()
}

/// The columns of [`chain_cells`].
const CHAIN: [Field; 4] = [
    Field::new("MADE BY", (16, 200), 0),
    Field::new("LAYER", (12, 12), 2),
    Field::new("SIZE", (8, 8), 1).right(),
    Field::new("SHARED", (11, 16), 3),
];

fn chain_cells(layer: &Layer, _subject: &Subject, desk: &Desk) -> Vec<Line<'static>> {
    let others = layer.images.len().saturating_sub(1);
    let shared = if others > 0 {
        muted(desk, format!("with {}", Kind::Image.count(others)))
    } else {
        cell(desk, Role::Good, "its own")
    };
    let empty = layer.size == Some(Bytes(0));
    vec![
        maybe(desk, if empty { Role::Muted } else { Role::Text }, layer.by.as_deref().map(instruction)),
        muted(desk, layer.short()),
        maybe(desk, Role::Text, layer.size),
        shared,
    ]
}
