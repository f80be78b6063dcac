//! A column as one value: title, width, cell, order. Knows no dashboard.

use std::cmp::Ordering;

use ratatui::text::{Line, Span};

use crate::{
    app::{desk::Desk, theme::Role},
    views::kit::table::Width,
};

/// One column of a table of `R`.
pub struct Column<R: 'static> {
    /// Its title, which is also its name in a saved table.
    pub title: &'static str,
    /// Its least and its greatest width.
    pub width: (u16, u16),
    /// The higher, the sooner it drops out; 0 stays to the last.
    pub drop: u8,
    /// Whether it stands to the right.
    pub right: bool,
    /// Whether it takes what is left of the width.
    pub grows: bool,
    /// What stands in a row's cell.
    pub cell: fn(&R, &Desk) -> Line<'static>,
    /// How it sorts; `None`: not at all.
    pub order: Option<Order<R>>,
    /// Whether it is of use at this endpoint.
    pub shown: fn(&Desk) -> bool,
}

/// How a column sorts.
pub struct Order<R: 'static> {
    /// The order upwards.
    pub by: fn(&R, &R, &Desk) -> Ordering,
    /// Whether the first press sorts downwards: the greatest first.
    pub down: bool,
    /// Whether it changes with every sample.
    pub lives: bool,
}

impl<R> Column<R> {
    /// A column of text on the left that is always shown and does not sort.
    pub const fn new(title: &'static str, width: (u16, u16), drop: u8, cell: fn(&R, &Desk) -> Line<'static>) -> Self {
        Self { title, width, drop, right: false, grows: false, cell, order: None, shown: |_| true }
    }

    /// On the right: for numbers.
    pub const fn right(self) -> Self {
        Self { right: true, ..self }
    }

    /// Takes what is left of the width.
    pub const fn grows(self) -> Self {
        Self { grows: true, ..self }
    }

    /// Sorts upwards at first.
    pub const fn by(self, by: fn(&R, &R, &Desk) -> Ordering) -> Self {
        Self { order: Some(Order { by, down: false, lives: false }), ..self }
    }

    /// Sorts downwards at first.
    pub const fn down(self, by: fn(&R, &R, &Desk) -> Ordering) -> Self {
        Self { order: Some(Order { by, down: true, lives: false }), ..self }
    }

    /// Sorts downwards at first, by something that changes with every sample.
    pub const fn lives(self, by: fn(&R, &R, &Desk) -> Ordering) -> Self {
        Self { order: Some(Order { by, down: true, lives: true }), ..self }
    }

    /// Shown only where this says so.
    pub const fn only(self, shown: fn(&Desk) -> bool) -> Self {
        Self { shown, ..self }
    }

    pub(super) fn space(&self, widest: u16) -> Width {
        let (min, max) = self.width;
        let title = self.title.len() as u16;
        Width {
            min: min.max(title.min(max)),
            ideal: widest.clamp(min.max(title), max.max(title)),
            drop: self.drop,
            grows: self.grows,
        }
    }
}

/// A cell of one role.
pub fn cell(desk: &Desk, role: Role, text: impl Into<String>) -> Line<'static> {
    Line::from(Span::styled(text.into(), desk.theme.style(role)))
}

/// A cell of ordinary text.
pub fn plain(desk: &Desk, text: impl Into<String>) -> Line<'static> {
    cell(desk, Role::Text, text)
}

/// A cell of text of less weight.
pub fn muted(desk: &Desk, text: impl Into<String>) -> Line<'static> {
    cell(desk, Role::Muted, text)
}

/// A cell that has nothing to tell.
pub fn none(desk: &Desk) -> Line<'static> {
    cell(desk, Role::Faint, desk.theme.glyphs().none)
}

/// A cell of what may not be known.
pub fn maybe(desk: &Desk, role: Role, value: Option<impl ToString>) -> Line<'static> {
    value.map_or_else(|| none(desk), |v| cell(desk, role, v.to_string()))
}
