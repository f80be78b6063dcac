//! Widgets: each draws into a rectangle of any size, zero included, in the colours of a theme.
//! They know nothing of containers, the desk or the app.

pub mod ansi;
pub mod cards;
pub mod chart;
pub mod gauge;
pub mod hintbar;
pub mod input;
pub mod logpane;
pub mod panel;
pub mod popup;
#[cfg(test)]
pub(crate) mod probe;
pub mod spark;
pub mod table;
pub mod tabs;
pub mod terminal;
pub mod text;
pub mod tree;
pub mod wrap;

use ratatui::layout::{Position, Rect};

/// Which of these areas is at a position: for clicks. An empty area is never hit.
pub fn hit(areas: &[Rect], at: Position) -> Option<usize> {
    areas.iter().position(|area| area.contains(at))
}
