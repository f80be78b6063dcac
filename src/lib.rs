//! longshore: a container console for the terminal. This page is the map of the house.
//!
//! | room | subject | must not know |
//! |---|---|---|
//! | [`model`] | what a container engine holds, as values | IO, async, the screen |
//! | [`backend`] | doors to engines | the screen |

pub mod audit;
pub mod backend;
pub mod model;
pub mod paths;
pub mod terminal;
