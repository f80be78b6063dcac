//! Volumes and the host paths that containers have mounted. Knows no driver.

mod archives;
mod files;
mod form;
#[cfg(test)]
mod tests;

use ratatui::text::Line;

use super::{
    Dashboard,
    board::{Board, BoardView, Column, Page, Picked, Sort, cell, gather, maybe, muted, none},
    containers::state_cell,
    detail::{
        InspectPage,
        facts::{Fact, FactsPage},
        related::{self, Field, RelatedPage, Relation},
    },
    prune,
};
use crate::{
    app::{
        cmd::{Cmd, Prune, PruneKind},
        desk::Desk,
        keys::Intent,
        theme::Role,
        view::{Outcome, Wish},
    },
    model::{Age, Container, Kind, MountKind, Part, Refusal, Subject, Volume, VolumeKind},
};

/// The dashboard of volumes.
pub fn dashboard() -> Box<dyn Dashboard> {
    Box::new(BoardView::new(Volumes))
}

struct Volumes;

const COLUMNS: &[Column<Volume>] = &[
    Column::new("NAME", (12, 44), 0, |v: &Volume, desk| shade(v, desk, v.name.short()))
        .grows()
        .by(|a, b, _| a.name.cmp(&b.name)),
    Column::new("KIND", (5, 9), 3, |v: &Volume, desk| shade(v, desk, v.kind.word())).by(|a, b, _| a.kind.cmp(&b.kind)),
    Column::new("DRIVER", (5, 12), 5, |v: &Volume, desk| muted(desk, &v.driver)).by(|a, b, _| a.driver.cmp(&b.driver)),
    Column::new("PATH", (16, 48), 6, |v: &Volume, desk| muted(desk, &v.path)).by(|a, b, _| a.path.cmp(&b.path)),
    Column::new("SIZE", (8, 8), 1, |v: &Volume, desk| maybe(desk, Role::Text, v.size))
        .right()
        .down(|a, b, _| a.size.cmp(&b.size)),
    Column::new("USED BY", (12, 28), 2, users).down(|a, b, _| a.used_by.len().cmp(&b.used_by.len())),
    Column::new("AGE", (4, 6), 4, age).right().by(|a, b, _| b.created.cmp(&a.created)),
];

/// Binds are no objects of the engine: they are there, but nothing can be done with them.
fn shade(volume: &Volume, desk: &Desk, text: &str) -> Line<'static> {
    cell(desk, if volume.kind == VolumeKind::Bind { Role::Muted } else { Role::Text }, text)
}

fn users(volume: &Volume, desk: &Desk) -> Line<'static> {
    match volume.used_by.as_slice() {
        [] => none(desk),
        ids => muted(desk, ids.iter().map(|id| related::container_name(id, desk)).collect::<Vec<_>>().join(", ")),
    }
}

fn age(volume: &Volume, desk: &Desk) -> Line<'static> {
    maybe(desk, Role::Muted, volume.created.map(|at| Age::since(at, desk.now)))
}

impl Board for Volumes {
    type Row = Volume;

    fn title(&self) -> &'static str {
        "Volumes"
    }

    fn intent(&self) -> Intent {
        Intent::Volumes
    }

    fn parts(&self) -> &'static [Part] {
        // Sizes are known once disk use was counted.
        &[Part::Volumes, Part::Containers, Part::Usage]
    }

    fn rows<'a>(&self, desk: &'a Desk) -> Vec<&'a Volume> {
        desk.store.volumes.iter().collect()
    }

    fn id<'a>(&self, row: &'a Volume) -> &'a str {
        row.name.as_str()
    }

    fn subject(&self, row: &Volume) -> Subject {
        Subject::new(Kind::Volume, row.name.as_str(), row.name.short())
    }

    fn columns(&self) -> &'static [Column<Volume>] {
        COLUMNS
    }

    fn sort(&self) -> Option<Sort> {
        Some(Sort { column: 0, down: false })
    }

    fn haystack(&self, row: &Volume, desk: &Desk, text: &mut String) {
        gather(text, [row.name.as_str(), row.kind.word(), &row.driver, &row.path]);
        gather(text, row.used_by.iter().map(|id| related::container_name(id, desk)));
    }

    fn summary(&self, rows: &[&Volume], _desk: &Desk) -> String {
        let unused = rows.iter().filter(|volume| is_unused(volume)).count();
        let size = prune::sum(rows.iter().map(|volume| volume.size));
        let size = size.map(|size| format!(" · {size}")).unwrap_or_default();
        format!("{} · {unused} unused{size}", Kind::Volume.count(rows.len()))
    }

    fn empty(&self, desk: &Desk) -> (String, String) {
        let key = desk.keys.label(Intent::New).unwrap_or_default();
        ("no volumes".into(), format!("{key} makes one; host paths that containers mount are shown here too"))
    }

    fn pages(&self) -> Vec<Box<dyn Page>> {
        vec![
            Box::new(RelatedPage::new(Relation {
                title: "Containers",
                part: Part::Containers,
                fields: &USERS,
                rows: |subject, desk| {
                    find(subject, desk).map(|v| related::containers(&v.used_by, desk)).unwrap_or_default()
                },
                cells: user_cells,
                leads: related::container_subject,
                none: "no container has it mounted",
            })),
            Box::new(files::FilesPage::default()),
            Box::new(InspectPage::new()),
            Box::new(FactsPage::new("Options", options)),
        ]
    }

    fn act(&mut self, intent: Intent, picked: &Picked<'_, Volume>, desk: &Desk) -> Outcome {
        match intent {
            Intent::New => form::open(desk),
            Intent::Remove => picked.each("remove", |volume| removal(volume, desk)),
            Intent::BackUp => picked.on_one("back up", |volume| archives::back_up(volume, desk)),
            Intent::Restore => picked.on_one("restore", |volume| archives::restore(volume, desk)),
            Intent::Prune => prune::offer(prunes(desk), "no volume is unused", desk),
            Intent::Jump => picked.on_one("jump", |volume| jump(volume, desk)),
            // The whole name, of which an anonymous one shows the beginning.
            Intent::Copy => picked.on_one("copy", |v| Outcome::Wish(Wish::Copy(v.name.to_string()))),
            _ => Outcome::Ignored,
        }
    }

    fn actions(&self) -> &'static [Intent] {
        &[Intent::New, Intent::Remove, Intent::Browse, Intent::BackUp, Intent::Restore, Intent::Prune, Intent::Jump]
    }

    fn refusal(&self, intent: Intent, row: Option<&Volume>, desk: &Desk) -> Option<String> {
        match (intent, row) {
            (Intent::New | Intent::Prune, _) => None,
            (Intent::Remove, Some(volume)) => removal(volume, desk).err().map(|refusal| refusal.0),
            (Intent::Jump, Some(volume)) if volume.used_by.is_empty() => Some(unmounted(volume)),
            (Intent::Browse | Intent::BackUp | Intent::Restore, Some(volume)) => {
                archives::refusal(intent, volume, desk).map(|refusal| refusal.0)
            }
            (_, None) => Some("nothing is selected".into()),
            _ => None,
        }
    }
}

/// The columns of [`user_cells`].
const USERS: [Field; 4] = [
    Field::new("NAME", (12, 40), 0),
    Field::new("STATE", (12, 16), 1),
    Field::new("MOUNTED AT", (14, 48), 2),
    Field::new("MODE", (4, 10), 3),
];

fn user_cells(container: &Container, subject: &Subject, desk: &Desk) -> Vec<Line<'static>> {
    let mounts = container.mounts.iter().filter(|mount| mount.source == subject.id);
    let mounts: Vec<_> = mounts.filter(|mount| matches!(mount.kind, MountKind::Volume | MountKind::Bind)).collect();
    let targets: Vec<&str> = mounts.iter().map(|mount| mount.target.as_str()).collect();
    let written = mounts.iter().any(|mount| !mount.read_only);
    vec![
        cell(desk, Role::Text, &container.name),
        state_cell(container, desk),
        muted(desk, targets.join(", ")),
        muted(desk, if written { "read-write" } else { "read-only" }),
    ]
}

fn find<'a>(subject: &Subject, desk: &'a Desk) -> Option<&'a Volume> {
    desk.store.volumes.iter().find(|volume| volume.name.as_str() == subject.id)
}

fn options(subject: &Subject, desk: &Desk) -> Vec<Fact> {
    let Some(volume) = find(subject, desk) else { return Vec::new() };
    let mut facts = vec![Fact::new("name", volume.name.as_str()), Fact::new("kind", volume.kind.word())];
    facts.extend(Fact::known("driver", Some(&volume.driver)));
    facts.extend([Fact::new("path", &volume.path), Fact::new("scope", &volume.scope)]);
    facts.extend(Fact::known("created", volume.created.map(|at| desk.stamp(at))));
    facts.extend(volume.options.iter().map(|(key, value)| Fact::new("option", format!("{key}={value}"))));
    facts.extend(volume.labels.iter().map(|(key, value)| Fact::new("label", format!("{key}={value}"))));
    facts
}

fn is_unused(volume: &Volume) -> bool {
    volume.kind != VolumeKind::Bind && volume.used_by.is_empty()
}

fn removal(volume: &Volume, desk: &Desk) -> Result<Cmd, Refusal> {
    let name = volume.name.short();
    if volume.kind == VolumeKind::Bind {
        return Err(Refusal::new(format!(
            "cannot remove `{name}`: it is a path of the host, not a volume of the engine"
        )));
    }
    if !volume.used_by.is_empty() {
        let users = related::named(volume.used_by.iter().map(|id| related::container_name(id, desk)));
        return Err(Refusal::new(format!("cannot remove `{name}`: {users} has it mounted")));
    }
    Ok(Cmd::RemoveVolume(volume.name.clone(), volume.size))
}

/// What prunes would take.
pub(crate) fn prunes(desk: &Desk) -> Vec<Prune> {
    let prune = |what, lets: fn(&Volume) -> bool| {
        let volumes: Vec<&Volume> = desk.store.volumes.iter().filter(|v| is_unused(v) && lets(v)).collect();
        let targets = volumes.iter().map(|volume| volume.name.short().to_owned()).collect();
        Prune { what, targets, frees: prune::sum(volumes.iter().map(|volume| volume.size)) }
    };
    vec![
        prune(PruneKind::AnonymousVolumes, |volume| volume.kind == VolumeKind::Anonymous),
        prune(PruneKind::AllVolumes, |_| true),
    ]
}

fn jump(volume: &Volume, desk: &Desk) -> Outcome {
    let users = related::containers(&volume.used_by, desk);
    let users = users.into_iter().map(|container| related::container_subject(container, desk)).collect();
    related::jump("Jump to a container", users, unmounted(volume))
}

fn unmounted(volume: &Volume) -> String {
    format!("no container has `{}` mounted", volume.name.short())
}
