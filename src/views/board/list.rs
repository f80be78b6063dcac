//! Which rows are shown in what order, which is selected and which are marked. Draws nothing.

use std::collections::{BTreeSet, HashMap};

use super::{Board, filter::Filter};
use crate::app::desk::Desk;

/// What the eye needs of a list.
pub struct List {
    entries: Vec<Entry>,
    known: Option<Known>,
    cursor: usize,
    selected: Option<String>,
    pub(super) marks: BTreeSet<String>,
    pub(super) sort: Option<Sort>,
    pub(super) grouped: bool,
    filter: Filter,
    pub(super) offset: usize,
    pub(super) height: usize,
    shown: usize,
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A group's heading and how many rows follow.
    Group(String, usize),
    /// A row, by its index among the board's rows.
    Row(usize),
}

/// By which column, and whether downwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The column's index.
    pub column: usize,
    /// The greatest first.
    pub down: bool,
}

/// What the entries were worked out from.
#[derive(PartialEq)]
struct Known {
    revision: u64,
    sampled: u64,
    sort: Option<Sort>,
    grouped: bool,
    filter: String,
}

impl List {
    pub(super) fn new(sort: Option<Sort>) -> Self {
        Self {
            entries: Vec::new(),
            known: None,
            cursor: 0,
            selected: None,
            marks: BTreeSet::new(),
            sort,
            grouped: false,
            filter: Filter::default(),
            offset: 0,
            height: 1,
            shown: 0,
        }
    }

    /// Works the entries out anew if anything they depend on changed, and says whether that was so.
    pub(super) fn prepare<B: Board>(&mut self, board: &B, rows: &[&B::Row], desk: &Desk) -> bool {
        let lives = self.order(board).is_some_and(|o| o.lives);
        let known = Known {
            revision: board.revision(desk),
            sampled: if lives { desk.store.sampled } else { 0 },
            sort: self.sort,
            grouped: self.grouped,
            filter: self.filter.text().to_owned(),
        };
        if self.known.as_ref() == Some(&known) {
            return false;
        }
        self.known = Some(known);
        let at_end = self.selected.is_none() || self.cursor + 1 >= self.entries.len();
        let mut order = self.filtered(board, rows, desk);
        self.sort_rows(board, rows, desk, &mut order);
        self.shown = order.len();
        self.entries =
            if self.grouped { grouped(board, rows, &order) } else { order.into_iter().map(Entry::Row).collect() };
        self.find_selected(board, rows);
        if at_end && board.follows() {
            self.cursor = self.entries.len().saturating_sub(1);
            self.note_selected(board, rows);
        }
        if !self.marks.is_empty() {
            let there: BTreeSet<&str> = rows.iter().map(|row| board.id(row)).collect();
            self.marks.retain(|id| there.contains(id.as_str()));
        }
        true
    }

    fn order<'b, B: Board>(&self, board: &'b B) -> Option<&'b super::column::Order<B::Row>> {
        board.columns().get(self.sort?.column)?.order.as_ref()
    }

    fn filtered<B: Board>(&mut self, board: &B, rows: &[&B::Row], desk: &Desk) -> Vec<usize> {
        if self.filter.is_open() {
            return (0..rows.len()).collect();
        }
        let mut text = String::new();
        (0..rows.len())
            .filter(|index| {
                text.clear();
                board.haystack(rows[*index], desk, &mut text);
                self.filter.lets(&text)
            })
            .collect()
    }

    fn sort_rows<B: Board>(&self, board: &B, rows: &[&B::Row], desk: &Desk, order: &mut [usize]) {
        let sort = self.sort.filter(|_| self.order(board).is_some());
        let by = self.order(board).map(|o| o.by);
        if by.is_none() && !self.grouped {
            return;
        }
        // Stable, so that rows of the same worth keep the board's own order.
        order.sort_by(|a, b| {
            let (a, b) = (rows[*a], rows[*b]);
            let groups = if self.grouped { board.group(a).cmp(&board.group(b)) } else { std::cmp::Ordering::Equal };
            groups.then_with(|| {
                let ordering = by.map_or(std::cmp::Ordering::Equal, |by| by(a, b, desk));
                if sort.is_some_and(|s| s.down) { ordering.reverse() } else { ordering }
            })
        });
    }

    /// The selection stays on its thing; when that is gone, on what took its place.
    fn find_selected<B: Board>(&mut self, board: &B, rows: &[&B::Row]) {
        let wanted = self.selected.as_deref();
        let found = wanted.and_then(|wanted| {
            self.entries.iter().position(|e| matches!(e, Entry::Row(i) if board.id(rows[*i]) == wanted))
        });
        self.cursor = found.unwrap_or_else(|| self.cursor.min(self.entries.len().saturating_sub(1)));
        if matches!(self.entries.get(self.cursor), Some(Entry::Group(..))) {
            self.cursor += 1;
        }
        self.note_selected(board, rows);
    }

    fn note_selected<B: Board>(&mut self, board: &B, rows: &[&B::Row]) {
        self.selected = self.row_at(self.cursor).map(|i| board.id(rows[i]).to_owned());
    }

    fn row_at(&self, entry: usize) -> Option<usize> {
        match self.entries.get(entry) {
            Some(Entry::Row(index)) => Some(*index),
            _ => None,
        }
    }

    /// The selected row's index among the board's rows.
    pub(super) fn selected(&self) -> Option<usize> {
        self.row_at(self.cursor)
    }

    /// Where the selection is among the entries.
    pub(super) fn cursor(&self) -> usize {
        self.cursor
    }

    /// Entries, headings included.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// On which line each shown row stands.
    pub(super) fn places(&self) -> HashMap<usize, usize> {
        let row = |(line, entry): (usize, &Entry)| match entry {
            Entry::Row(row) => Some((*row, line)),
            Entry::Group(..) => None,
        };
        self.entries.iter().enumerate().filter_map(row).collect()
    }

    /// Rows that passed the filter.
    pub(super) fn shown(&self) -> usize {
        self.shown
    }

    /// Entries that are visible now.
    pub(super) fn visible(&self) -> &[Entry] {
        let end = (self.offset + self.height).min(self.entries.len());
        &self.entries[self.offset.min(end)..end]
    }

    /// Takes a height and scrolls so that the selection is visible.
    pub(super) fn scroll_to_cursor(&mut self, height: usize) {
        self.height = height.max(1);
        let last = self.entries.len().saturating_sub(self.height);
        // The heading above the first row of a group is shown with it.
        let least = (self.cursor + 1).saturating_sub(self.height);
        let top = if self.cursor == 1 { least } else { self.cursor };
        self.offset = self.offset.clamp(least, top).min(last);
    }

    /// Moves the selection by so many entries, over headings, within the list.
    pub(super) fn step<B: Board>(&mut self, by: isize, board: &B, rows: &[&B::Row]) {
        let last = self.entries.len().saturating_sub(1);
        let mut to = self.cursor.saturating_add_signed(by).min(last);
        if matches!(self.entries.get(to), Some(Entry::Group(..))) {
            to = if by < 0 && to > 0 { to - 1 } else { (to + 1).min(last) };
        }
        self.cursor = to;
        self.note_selected(board, rows);
    }

    /// Selects the thing with this id, if it is shown.
    pub(super) fn select<B: Board>(&mut self, id: &str, board: &B, rows: &[&B::Row]) -> bool {
        let found = self.entries.iter().position(|e| matches!(e, Entry::Row(i) if board.id(rows[*i]) == id));
        if let Some(at) = found {
            self.cursor = at;
            self.selected = Some(id.to_owned());
        }
        found.is_some()
    }

    /// Selects what is shown at this line of the visible ones; says whether a row is there.
    pub(super) fn click<B: Board>(&mut self, line: usize, board: &B, rows: &[&B::Row]) -> bool {
        let at = self.offset + line;
        if self.row_at(at).is_none() {
            return false;
        }
        self.cursor = at;
        self.note_selected(board, rows);
        true
    }

    /// Marks or unmarks the selected row.
    pub(super) fn toggle_mark(&mut self) {
        if let Some(id) = self.selected.clone()
            && !self.marks.remove(&id)
        {
            self.marks.insert(id);
        }
    }

    /// Marks every shown row, or none when all are marked.
    pub(super) fn toggle_all<B: Board>(&mut self, board: &B, rows: &[&B::Row]) {
        let shown: BTreeSet<String> = self
            .entries
            .iter()
            .filter_map(|e| match e {
                Entry::Row(i) => Some(board.id(rows[*i]).to_owned()),
                Entry::Group(..) => None,
            })
            .collect();
        if self.marks.is_superset(&shown) {
            self.marks.clear();
        } else {
            self.marks = shown;
        }
    }

    /// The filter.
    pub(super) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Filters by what was typed.
    pub(super) fn set_filter(&mut self, text: &str) {
        self.filter = Filter::new(text);
    }
}

fn grouped<B: Board>(board: &B, rows: &[&B::Row], order: &[usize]) -> Vec<Entry> {
    let mut entries = Vec::with_capacity(order.len() + 8);
    for chunk in order.chunk_by(|a, b| board.group(rows[*a]) == board.group(rows[*b])) {
        let name = board.group(rows[chunk[0]]).unwrap_or_default().to_owned();
        entries.push(Entry::Group(name, chunk.len()));
        entries.extend(chunk.iter().map(|i| Entry::Row(*i)));
    }
    entries
}
