//! The dashboard of containers: what runs here, how it is, what it takes, and everything that can be done with it.
//! Knows no engine.

mod actions;
mod columns;
mod create;
mod jump;
mod limits;
mod pages;
mod ports;
mod state;

pub(crate) use actions::prunable;
pub(crate) use create::{conflict, of_image as create_form, parse::ports as parse_ports};
pub(crate) use state::cell as state_cell;

use crate::{
    app::{desk::Desk, keys::Intent, view::Outcome, wants::Wants},
    model::{Ask, Container, Feature, Kind, Part, State, Subject},
    views::{
        Dashboard,
        board::{Board, BoardView, Column, Page, Picked, Sort, gather},
        detail::{FilesPage, InspectPage, LogPage, ProcessesPage, StatsPage},
    },
};

/// The dashboard of containers.
pub fn dashboard() -> Box<dyn Dashboard> {
    Box::new(BoardView::new(Containers))
}

struct Containers;

impl Board for Containers {
    type Row = Container;

    fn title(&self) -> &'static str {
        "Containers"
    }

    fn intent(&self) -> Intent {
        Intent::Containers
    }

    fn parts(&self) -> &'static [Part] {
        &[Part::Containers]
    }

    /// By id, which costs nothing; people see them sorted by a column, at first by state.
    fn rows<'a>(&self, desk: &'a Desk) -> Vec<&'a Container> {
        desk.store.containers.values().collect()
    }

    fn count(&self, desk: &Desk) -> Option<usize> {
        desk.store.fetch(Part::Containers).is_known().then_some(desk.store.containers.len())
    }

    fn id<'a>(&self, row: &'a Container) -> &'a str {
        row.id.as_str()
    }

    fn subject(&self, row: &Container) -> Subject {
        Subject::new(Kind::Container, row.id.as_str(), &row.name)
    }

    fn columns(&self) -> &'static [Column<Container>] {
        columns::COLUMNS
    }

    fn sort(&self) -> Option<Sort> {
        Some(Sort { column: columns::STATE, down: false })
    }

    fn group<'a>(&self, row: &'a Container) -> Option<&'a str> {
        row.project()
    }

    fn group_word(&self) -> Option<&'static str> {
        Some("project")
    }

    fn haystack(&self, row: &Container, _desk: &Desk, text: &mut String) {
        let (state, ports) = (state::word(row), ports::short(&row.ports));
        let words = [&row.name, &row.image, row.project().unwrap_or(""), row.id.short(), &state, &ports];
        gather(text, words);
    }

    fn wants(&self, visible: &[&Container], desk: &Desk, wants: &mut Wants) {
        wants.load = desk.store.caps.has(Feature::HostLoad);
        if desk.store.caps.has(Feature::Stats) {
            let up = visible.iter().filter(|row| row.state == State::Running);
            wants.stats.extend(up.map(|row| row.id.clone()));
        }
        // Only an inspect tells whether the kernel ended it; lists have the bare code.
        let killed = visible.iter().filter(|row| row.state == State::Exited(state::KILLED) && row.limits.is_none());
        killed.for_each(|row| wants.ask(Ask::Container(row.id.clone())));
    }

    fn wants_of(&self, selected: &Container, _desk: &Desk, wants: &mut Wants) {
        if selected.limits.is_none() && selected.maker.is_none() {
            wants.ask(Ask::Container(selected.id.clone()));
        }
    }

    fn summary(&self, rows: &[&Container], _desk: &Desk) -> String {
        state::summary(rows)
    }

    fn empty(&self, desk: &Desk) -> (String, String) {
        let key = desk.keys.label(Intent::New).unwrap_or_default();
        (format!("there is no container on `{}`", desk.endpoint.name), format!("{key} makes one"))
    }

    fn pages(&self) -> Vec<Box<dyn Page>> {
        vec![
            Box::new(LogPage::new()),
            Box::new(StatsPage::new()),
            Box::new(ProcessesPage::new()),
            Box::new(InspectPage::new()),
            Box::new(FilesPage::new()),
            pages::mounts(),
            pages::network(),
        ]
    }

    fn act(&mut self, intent: Intent, picked: &Picked<'_, Container>, desk: &Desk) -> Outcome {
        actions::act(intent, picked, desk).unwrap_or_else(Outcome::Refuse)
    }

    fn actions(&self) -> &'static [Intent] {
        &[
            Intent::Logs,
            Intent::Exec,
            Intent::StartStop,
            Intent::Restart,
            Intent::Remove,
            Intent::New,
            Intent::Pause,
            Intent::Kill,
            Intent::Inspect,
            Intent::Attach,
            Intent::Limits,
            Intent::Rename,
            Intent::Jump,
            Intent::Prune,
            Intent::Groups,
        ]
    }

    fn refusal(&self, intent: Intent, row: Option<&Container>, desk: &Desk) -> Option<String> {
        actions::refusal(intent, row, desk)
    }
}

#[cfg(test)]
mod tests;
