//! A dashboard: a table of one sort of thing above, the detail of the selected one below or beside it.
//! What is particular to a dashboard is data and a few functions; how it behaves is the same for all.

pub mod column;
mod draw;
mod filter;
mod keys;
mod list;
pub mod page;
mod picked;

use chrono::{DateTime, TimeDelta, Utc};
use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::Line,
};

pub use column::{Column, cell, maybe, muted, none, plain};
pub(crate) use draw::paragraph;
pub use filter::Filter;
pub use list::{Entry, List, Sort};
pub use page::{LinesPage, Page, Scroll, waiting};
pub use picked::Picked;

use crate::{
    app::{
        desk::Desk,
        keys::Intent,
        view::{News, Outcome, View},
        wants::Wants,
    },
    model::{Part, Subject},
    views::{Dashboard, Hint, kit::input::LineInput},
};

/// What is particular to one dashboard.
pub trait Board: 'static {
    /// One thing of the table.
    type Row: 'static;

    /// The name of the dashboard.
    fn title(&self) -> &'static str;

    /// What brings it up.
    fn intent(&self) -> Intent;

    /// The parts it reads.
    fn parts(&self) -> &'static [Part];

    /// All its rows, in their natural order; the same things at the same places for one [`Board::revision`].
    fn rows<'a>(&self, desk: &'a Desk) -> Vec<&'a Self::Row>;

    /// Grows when rows change.
    fn revision(&self, desk: &Desk) -> u64 {
        desk.store.revision
    }

    /// What names a row for good.
    fn id<'a>(&self, row: &'a Self::Row) -> &'a str;

    /// A row as the subject of questions and jumps.
    fn subject(&self, row: &Self::Row) -> Subject;

    /// Its columns.
    fn columns(&self) -> &'static [Column<Self::Row>];

    /// What stands before a row's first cell while rows are in their natural order: the branches of a tree.
    fn twig(&self, _row: &Self::Row, _desk: &Desk) -> Option<String> {
        None
    }

    /// The sort to begin with; `None`: the natural order, which then is one of those that sorting goes through.
    fn sort(&self) -> Option<Sort> {
        None
    }

    /// Whether the selection stays on the last row while it is there: for what grows at the end.
    fn follows(&self) -> bool {
        false
    }

    /// The group a row belongs to, where rows can be grouped.
    fn group<'a>(&self, _row: &'a Self::Row) -> Option<&'a str> {
        None
    }

    /// What a group's rows are called, where rows can be grouped: "project".
    fn group_word(&self) -> Option<&'static str> {
        None
    }

    /// What the filter looks at.
    fn haystack(&self, row: &Self::Row, desk: &Desk, text: &mut String);

    /// What it wants beside its parts, with these rows visible.
    fn wants(&self, _visible: &[&Self::Row], _desk: &Desk, _wants: &mut Wants) {}

    /// What it wants to know of the selected row.
    fn wants_of(&self, _selected: &Self::Row, _desk: &Desk, _wants: &mut Wants) {}

    /// What the table's border says beside the title: "12 running · 2 exited"; the same for one [`Board::revision`].
    fn summary(&self, rows: &[&Self::Row], desk: &Desk) -> String;

    /// A line above the table that says how true it is.
    fn note(&self, _desk: &Desk) -> Option<Line<'static>> {
        None
    }

    /// What is said when there are no rows: what is not there, and what to do.
    fn empty(&self, desk: &Desk) -> (String, String);

    /// The tabs of the detail.
    fn pages(&self) -> Vec<Box<dyn Page>>;

    /// Answers an action on rows.
    fn act(&mut self, intent: Intent, picked: &Picked<'_, Self::Row>, desk: &Desk) -> Outcome;

    /// What opening a row does, where it is not to show its detail.
    fn open(&self, _row: &Self::Row, _desk: &Desk) -> Option<Outcome> {
        None
    }

    /// What the hint bar calls an action here, where its usual word would mislead.
    fn word(&self, _intent: Intent) -> Option<&'static str> {
        None
    }

    /// The actions that the hint bar shows, dearest first.
    fn actions(&self) -> &'static [Intent];

    /// Whether an action changes the engine, so that it is grey while nothing may be changed.
    fn changes(&self, intent: Intent) -> bool {
        intent.changes()
    }

    /// Why an action cannot be done with the selected row, for greying it; `None` when it can.
    fn refusal(&self, _intent: Intent, _row: Option<&Self::Row>, _desk: &Desk) -> Option<String> {
        None
    }

    /// The number beside the tab.
    fn count(&self, desk: &Desk) -> Option<usize> {
        let known = self.parts().first().is_none_or(|part| desk.store.fetch(*part).is_known());
        known.then(|| self.rows(desk).len())
    }
}

/// Puts words into a haystack, each apart from the next.
pub(crate) fn gather<'a>(text: &mut String, words: impl IntoIterator<Item = &'a str>) {
    for word in words {
        text.push_str(word);
        text.push(' ');
    }
}

/// How long the selection must rest before the detail follows it.
const REST: TimeDelta = TimeDelta::milliseconds(200);

/// A dashboard on screen.
pub struct BoardView<B: Board> {
    pub(super) board: B,
    list: List,
    summary: String,
    pages: Vec<Box<dyn Page>>,
    page: usize,
    shown_subject: Option<Subject>,
    moved_at: Option<DateTime<Utc>>,
    full: bool,
    detail: bool,
    typing: Option<LineInput>,
    widest: Vec<u16>,
    body: Rect,
    detail_area: Rect,
    tab_areas: Vec<Rect>,
    reveal: Option<String>,
}

impl<B: Board> BoardView<B> {
    /// A dashboard that was not looked at yet.
    pub fn new(board: B) -> Self {
        Self {
            list: List::new(board.sort()),
            summary: String::new(),
            pages: board.pages(),
            widest: vec![0; board.columns().len()],
            board,
            page: 0,
            shown_subject: None,
            moved_at: None,
            full: false,
            detail: true,
            typing: None,
            body: Rect::default(),
            detail_area: Rect::default(),
            tab_areas: Vec::new(),
            reveal: None,
        }
    }

    fn picked<'a>(&self, rows: &[&'a B::Row]) -> Picked<'a, B::Row> {
        let selected = self.list.selected().map(|i| rows[i]);
        let mut marked: Vec<usize> =
            (0..rows.len()).filter(|i| self.list.marks.contains(self.board.id(rows[*i]))).collect();
        if marked.len() > 1 {
            // As they stand on screen, so that a question lists them in the order in which they were seen.
            let places = self.list.places();
            marked.sort_by_key(|i| places.get(i).copied().unwrap_or(usize::MAX));
        }
        let marked: Vec<&B::Row> = marked.into_iter().map(|i| rows[i]).collect();
        match marked.is_empty() {
            true => Picked { rows: selected.into_iter().collect(), selected, marked: false },
            false => Picked { rows: marked, selected, marked: true },
        }
    }

    /// Brings list and detail up to what the desk says now.
    fn prepare(&mut self, rows: &[&B::Row], desk: &Desk) {
        if self.list.prepare(&self.board, rows, desk) {
            self.summary = self.board.summary(rows, desk);
        }
        if let Some(id) = self.reveal.take()
            && !self.list.select(&id, &self.board, rows)
            && !desk.store.fetch(*self.board.parts().first().unwrap_or(&Part::Containers)).is_known()
        {
            self.reveal = Some(id);
        }
        let subject = self.list.selected().map(|i| self.board.subject(rows[i]));
        let same = match (&self.shown_subject, &subject) {
            (Some(a), Some(b)) => a.kind == b.kind && a.id == b.id,
            (None, None) => true,
            _ => false,
        };
        if !same && self.shown_subject.is_some() && subject.is_some() && self.is_moving(desk) {
            return;
        }
        self.moved_at = None;
        if !same && let Some(subject) = &subject {
            for page in &mut self.pages {
                page.turn(subject);
            }
        }
        self.shown_subject = subject;
    }

    /// While the selection moves, the detail stays with the thing it names: who runs down a list of thousands
    /// would have every log on the way opened and drawn.
    fn is_moving(&self, desk: &Desk) -> bool {
        !self.full && self.moved_at.is_some_and(|at| desk.now < at + REST)
    }

    fn shows_detail(&self) -> bool {
        self.full || self.detail
    }
}

impl<B: Board> View for BoardView<B> {
    fn wants(&self, desk: &Desk, wants: &mut Wants) {
        for part in self.board.parts() {
            wants.part(*part);
        }
        let rows = self.board.rows(desk);
        let visible: Vec<&B::Row> = match self.full {
            true => self.list.selected().and_then(|i| rows.get(i).copied()).into_iter().collect(),
            false => self
                .list
                .visible()
                .iter()
                .filter_map(|e| match e {
                    Entry::Row(i) => rows.get(*i).copied(),
                    Entry::Group(..) => None,
                })
                .collect(),
        };
        self.board.wants(&visible, desk, wants);
        wants.wake = self.moved_at.map(|at| at + REST);
        if let Some(row) = self.list.selected().and_then(|i| rows.get(i)) {
            self.board.wants_of(row, desk, wants);
        }
        if self.shows_detail()
            && let (Some(subject), Some(page)) = (&self.shown_subject, self.pages.get(self.page))
        {
            page.wants(subject, desk, wants);
        }
    }

    fn key(&mut self, key: KeyEvent, desk: &Desk) -> Outcome {
        self.on_key(key, desk)
    }

    fn mouse(&mut self, mouse: MouseEvent, desk: &Desk) -> Outcome {
        self.on_mouse(mouse, desk)
    }

    fn paste(&mut self, text: &str, desk: &Desk) -> Outcome {
        if let Some(input) = &mut self.typing {
            input.paste(text);
            let typed = input.text().to_owned();
            self.list.set_filter(&typed);
            let rows = self.board.rows(desk);
            self.prepare(&rows, desk);
            return Outcome::Handled;
        }
        if self.full
            && let Some(page) = self.pages.get_mut(self.page)
        {
            page.paste(text);
            return Outcome::Handled;
        }
        Outcome::Ignored
    }

    fn hear(&mut self, news: &News, _desk: &Desk) {
        if *news == News::Switched {
            // Another engine's things: only what the user set stays.
            self.list = List::new(self.list.sort);
            self.pages = self.board.pages();
            self.shown_subject = None;
            self.full = false;
            self.typing = None;
        }
    }

    fn draw(&mut self, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        self.on_draw(area, buffer, desk)
    }
}

impl<B: Board> Dashboard for BoardView<B> {
    fn title(&self) -> &'static str {
        self.board.title()
    }

    fn intent(&self) -> Intent {
        self.board.intent()
    }

    fn count(&self, desk: &Desk) -> Option<usize> {
        self.board.count(desk)
    }

    fn reveal(&mut self, id: &str) {
        self.list.set_filter("");
        self.full = false;
        self.reveal = Some(id.to_owned());
    }

    fn set_filter(&mut self, text: &str) {
        self.list.set_filter(text);
    }

    fn act(&mut self, intent: Intent, desk: &Desk) -> Outcome {
        let rows = self.board.rows(desk);
        self.prepare(&rows, desk);
        self.on_intent(intent, &rows, desk)
    }

    fn hints(&self, desk: &Desk) -> Vec<Hint> {
        self.all_hints(desk)
    }

    fn is_typing(&self) -> bool {
        self.typing.is_some() || (self.full && self.pages.get(self.page).is_some_and(|p| p.is_typing()))
    }
}
