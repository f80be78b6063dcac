//! Layers as a forest: what stands on what, who shares it and what it costs. Knows no storage driver.

mod pages;
#[cfg(test)]
mod tests;
mod twigs;

use std::cell::RefCell;

use ratatui::text::{Line, Span};

use self::twigs::Twigs;
use super::{
    Dashboard,
    board::{Board, BoardView, Column, Page, Picked, cell, gather, maybe, muted, none, plain},
    detail::{
        facts::FactsPage,
        instruction,
        related::{self, Field, RelatedPage, Relation},
    },
    overlay::{Choice, Picker},
    prune,
};
use crate::{
    app::{
        desk::Desk,
        keys::Intent,
        theme::Role,
        view::{Outcome, Wish},
    },
    model::{Age, Image, Kind, Layer, LayerKind, Part, Subject},
};

/// The dashboard of layers.
pub fn dashboard() -> Box<dyn Dashboard> {
    Box::new(BoardView::new(Layers::default()))
}

#[derive(Default)]
struct Layers {
    twigs: RefCell<Twigs>,
}

const COLUMNS: &[Column<Layer>] = &[
    Column::new("LAYER", (14, 30), 0, |l: &Layer, desk| muted(desk, l.short())),
    Column::new("KIND", (8, 8), 3, kind).by(|a, b, _| a.kind.cmp(&b.kind)),
    Column::new("SIZE", (8, 8), 1, |l: &Layer, desk| maybe(desk, Role::Text, l.size))
        .right()
        .down(|a, b, _| a.size.cmp(&b.size)),
    Column::new("MADE BY", (16, 120), 2, made_by).grows().by(|a, b, _| a.by.cmp(&b.by)),
    Column::new("DEPTH", (5, 5), 6, |l: &Layer, desk| muted(desk, l.depth.to_string()))
        .right()
        .down(|a, b, _| a.depth.cmp(&b.depth)),
    Column::new("IMAGES", (6, 6), 4, |l: &Layer, desk| count(l.images.len(), desk))
        .right()
        .down(|a, b, _| a.images.len().cmp(&b.images.len())),
    Column::new("CONTAINERS", (10, 10), 5, |l: &Layer, desk| count(l.containers.len(), desk))
        .right()
        .down(|a, b, _| a.containers.len().cmp(&b.containers.len())),
    Column::new("PATH", (20, 60), 7, |l: &Layer, desk| maybe(desk, Role::Muted, l.path.as_ref())),
];

fn kind(layer: &Layer, desk: &Desk) -> Line<'static> {
    let role = match layer.kind {
        LayerKind::Base => Role::Accent,
        LayerKind::Foreign => Role::Warn,
        LayerKind::Image => Role::Text,
        LayerKind::Writable => Role::Info,
    };
    cell(desk, role, layer.kind.word())
}

/// The instruction; for a writable layer, whose changes they are.
fn made_by(layer: &Layer, desk: &Desk) -> Line<'static> {
    match (&layer.by, layer.kind) {
        (None, _) => none(desk),
        (Some(container), LayerKind::Writable) => {
            let mut line = plain(desk, container);
            line.spans.insert(0, Span::styled("container ", desk.theme.style(Role::Muted)));
            line
        }
        (Some(by), _) => plain(desk, instruction(by)),
    }
}

fn count(count: usize, desk: &Desk) -> Line<'static> {
    maybe(desk, Role::Text, Some(count).filter(|count| *count > 0))
}

impl Board for Layers {
    type Row = Layer;

    fn title(&self) -> &'static str {
        "Layers"
    }

    fn intent(&self) -> Intent {
        Intent::Layers
    }

    fn parts(&self) -> &'static [Part] {
        // Images and containers name those who have a layer.
        &[Part::Layers, Part::Images, Part::Containers]
    }

    fn rows<'a>(&self, desk: &'a Desk) -> Vec<&'a Layer> {
        desk.store.layers.iter().collect()
    }

    fn id<'a>(&self, row: &'a Layer) -> &'a str {
        row.id.as_str()
    }

    fn subject(&self, row: &Layer) -> Subject {
        Subject::new(Kind::Layer, row.id.as_str(), row.short())
    }

    fn columns(&self) -> &'static [Column<Layer>] {
        COLUMNS
    }

    fn twig(&self, row: &Layer, desk: &Desk) -> Option<String> {
        self.twigs.borrow_mut().of(row, desk)
    }

    fn haystack(&self, row: &Layer, desk: &Desk, text: &mut String) {
        let names = related::images(&row.images, desk).into_iter().map(Image::name);
        let users = related::containers(&row.containers, desk).into_iter().map(|container| container.name.as_str());
        // Short ids: in long ones, almost any fuzzy words are found.
        let own = [row.short(), row.id.short(), row.kind.word()];
        let known = row.by.as_deref().map(instruction).into_iter().chain(row.path.as_deref());
        gather(text, own.into_iter().chain(known).chain(names).chain(users));
    }

    fn summary(&self, rows: &[&Layer], _desk: &Desk) -> String {
        let writable = rows.iter().filter(|layer| layer.kind == LayerKind::Writable).count();
        let size = prune::sum(rows.iter().map(|layer| layer.size)).map(|size| format!(" · {size}")).unwrap_or_default();
        format!("{} · {writable} writable{size}", Kind::Layer.count(rows.len()))
    }

    fn empty(&self, desk: &Desk) -> (String, String) {
        let key = desk.keys.label(Intent::Images).unwrap_or_default();
        ("no layers".into(), format!("they come with images: {key} shows those, and pulls them"))
    }

    fn pages(&self) -> Vec<Box<dyn Page>> {
        vec![
            Box::new(FactsPage::new("Info", pages::info)),
            Box::new(RelatedPage::new(Relation {
                title: "Images",
                part: Part::Images,
                fields: &IMAGES,
                rows: |subject, desk| find(subject, desk).map(|l| related::images(&l.images, desk)).unwrap_or_default(),
                cells: |image, _, desk| image_cells(image, desk),
                leads: |image, _| related::image_subject(image),
                none: "no image has it",
            })),
            Box::new(FactsPage::new("Frees", pages::frees)),
        ]
    }

    fn act(&mut self, intent: Intent, picked: &Picked<'_, Layer>, desk: &Desk) -> Outcome {
        let act = match intent {
            Intent::Jump => jump,
            Intent::Copy => copy,
            _ => return Outcome::Ignored,
        };
        picked.on_one(crate::app::keys::entry(intent).name, |layer| act(layer, desk))
    }

    fn actions(&self) -> &'static [Intent] {
        &[Intent::Jump, Intent::Copy]
    }
}

/// The columns of [`image_cells`].
const IMAGES: [Field; 4] = [
    Field::new("IMAGE", (16, 60), 0),
    Field::new("ID", (12, 12), 3),
    Field::new("SIZE", (8, 8), 1).right(),
    Field::new("AGE", (4, 6), 2).right(),
];

fn image_cells(image: &Image, desk: &Desk) -> Vec<Line<'static>> {
    vec![
        plain(desk, image.name()),
        muted(desk, image.id.short()),
        plain(desk, image.size.to_string()),
        muted(desk, Age::since(image.created, desk.now).to_string()),
    ]
}

fn find<'a>(subject: &Subject, desk: &'a Desk) -> Option<&'a Layer> {
    desk.store.layers.iter().find(|layer| layer.id.as_str() == subject.id)
}

fn jump(layer: &Layer, desk: &Desk) -> Outcome {
    let images = related::images(&layer.images, desk).into_iter().map(related::image_subject);
    let containers = related::containers(&layer.containers, desk);
    let containers = containers.into_iter().map(|container| related::container_subject(container, desk));
    let none = format!("no image and no container has `{}`", layer.short());
    related::jump("Jump to", images.chain(containers).collect(), none)
}

/// Lets pick what is copied: the digest, the chain's id, the path.
fn copy(layer: &Layer, _desk: &Desk) -> Outcome {
    let mut known = vec![("chain id", layer.id.to_string())];
    if layer.kind == LayerKind::Writable {
        known = vec![("container id", layer.id.to_string())];
    } else if layer.diff != layer.id.as_str() {
        known.insert(0, ("digest", layer.diff.clone()));
    }
    known.extend(layer.path.clone().map(|path| ("path", path)));
    if let [(_, only)] = known.as_slice() {
        return Outcome::Wish(Wish::Copy(only.clone()));
    }
    let choices = known.iter().map(|(what, text)| Choice::new(*what, text)).collect();
    Outcome::Open(Box::new(Picker::new("Copy", choices, move |at| Outcome::Wish(Wish::Copy(known[at].1.clone())))))
}
