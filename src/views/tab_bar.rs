//! The tabs of the dashboards. What they say is asked again only when something that they count has changed: some
//! dashboards count long lists, and a frame is drawn for each key.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::{
    Dashboard,
    kit::{
        self,
        tabs::{self, Tab},
    },
};
use crate::app::{desk::Desk, keys::Intent};

/// The tabs, and where they were drawn last.
#[derive(Debug, Default)]
pub(super) struct TabBar {
    said: Vec<Said>,
    of: Option<Revision>,
    places: Vec<Rect>,
}

/// What a tab says.
#[derive(Debug)]
struct Said {
    intent: Intent,
    title: &'static str,
    count: Option<usize>,
}

/// What everything that dashboards count was like.
#[derive(Debug, PartialEq, Eq)]
struct Revision {
    store: u64,
    jobs: u64,
    log: u64,
    endpoints: usize,
}

impl Revision {
    fn of(desk: &Desk) -> Self {
        Self {
            store: desk.store.revision,
            jobs: desk.jobs.revision(),
            log: desk.own_log.revision(),
            endpoints: desk.endpoints.len(),
        }
    }
}

impl TabBar {
    /// Forgets what was counted: it was another engine's.
    pub(super) fn forget(&mut self) {
        self.of = None;
    }

    /// The tab at a place of the screen.
    pub(super) fn at(&self, place: Position) -> Option<usize> {
        kit::hit(&self.places, place)
    }

    /// Draws them in the first row of an area.
    pub(super) fn draw(
        &mut self,
        boards: &[Box<dyn Dashboard>],
        open: usize,
        area: Rect,
        buffer: &mut Buffer,
        desk: &Desk,
    ) {
        let now = Some(Revision::of(desk));
        if self.of != now {
            self.said = boards.iter().map(|board| say(board.as_ref(), desk)).collect();
            self.of = now;
        }
        let key = |intent| desk.keys.label(intent).unwrap_or_default();
        let tab = |said: &Said| Tab { key: key(said.intent).into(), title: said.title, count: said.count };
        let tabs: Vec<Tab<'_>> = self.said.iter().map(tab).collect();
        self.places = tabs::draw(&tabs, open, area, buffer, &desk.theme);
    }
}

fn say(board: &dyn Dashboard, desk: &Desk) -> Said {
    Said { intent: board.intent(), title: board.title(), count: board.count(desk) }
}
