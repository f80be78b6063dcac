//! What it looks like: views read the desk, answer keys with data and draw. They know no engine.

pub mod board;
pub mod containers;
pub mod detail;
pub mod endpoints;
pub mod events;
pub mod firewall;
mod frame;
pub mod images;
pub mod jobs;
pub mod kit;
pub mod layers;
pub mod nat;
pub mod networks;
mod news;
pub mod overlay;
pub mod overview;
pub mod own_log;
mod prune;
pub mod sessions;
mod shell;
#[cfg(test)]
pub(crate) mod stage;
mod tab_bar;
pub mod terminal;
pub mod volumes;

use crate::app::{
    desk::Desk,
    keys::{self, Intent},
    view::{Outcome, View},
};

pub use shell::Shell;

/// Every dashboard, in the order of the tabs.
pub fn shell() -> Shell {
    let boards = vec![
        overview::dashboard(),
        containers::dashboard(),
        images::dashboard(),
        layers::dashboard(),
        sessions::dashboard(),
        volumes::dashboard(),
        nat::dashboard(),
        firewall::dashboard(),
        networks::dashboard(),
        events::dashboard(),
        endpoints::dashboard(),
        jobs::dashboard(),
        own_log::dashboard(),
    ];
    Shell::new(boards, |id| Box::new(terminal::TerminalView::new(id)))
}

/// A view with a place in the row of tabs.
pub trait Dashboard: View {
    /// Its name.
    fn title(&self) -> &'static str;

    /// What brings it up.
    fn intent(&self) -> Intent;

    /// The number beside its tab, once it is known.
    fn count(&self, _desk: &Desk) -> Option<usize> {
        None
    }

    /// Selects the thing with this id as soon as it is there.
    fn reveal(&mut self, _id: &str) {}

    /// Filters by this text.
    fn set_filter(&mut self, _text: &str) {}

    /// Answers an intent that was picked by name rather than by key.
    fn act(&mut self, intent: Intent, desk: &Desk) -> Outcome;

    /// What can be done now, dearest first.
    fn hints(&self, desk: &Desk) -> Vec<Hint>;

    /// Whether keys are text now.
    fn is_typing(&self) -> bool {
        false
    }
}

/// One key of the hint bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The key as people read it.
    pub key: String,
    /// What it does, in a word or two.
    pub label: &'static str,
    /// Whether it does nothing now, so that it is greyed.
    pub refused: bool,
}

impl Hint {
    /// The hint of an intent that has a key.
    pub fn of(intent: Intent, desk: &Desk) -> Option<Self> {
        let key = desk.keys.label(intent)?;
        Some(Self { key, label: keys::entry(intent).hint, refused: false })
    }

    /// A hint of a key that cannot be changed.
    pub fn fixed(key: &str, label: &'static str) -> Self {
        Self { key: key.to_owned(), label, refused: false }
    }
}
