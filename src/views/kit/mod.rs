//! Widgets: each draws into a rectangle of any size, zero included, in the colours of a theme.
//! They know nothing of containers, the desk or the app.

pub mod input;
pub mod panel;
pub mod popup;
pub mod table;
pub mod text;
