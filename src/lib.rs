//! longshore: a container console for the terminal. This page is the map of the house.
//!
//! | room | subject | must not know |
//! |---|---|---|
//! | [`model`] | what a container engine holds, as values | IO, async, the screen |
//! | [`backend`] | doors to engines | the screen |
//! | [`host`] | what the host itself tells of containers | engines' clients, the screen |
//! | [`app`] | the one writer of what is on screen | IO, clocks, particular views |
//! | [`cli`] | the command line and its plain reads | how an engine is spoken to, how a screen is drawn |
//! | [`views`] | what it looks like | engines |

pub mod app;
pub mod audit;
pub mod backend;
pub mod cli;
pub mod config;
pub mod console;
pub mod host;
pub mod logging;
pub mod model;
pub mod paths;
pub mod terminal;
pub mod views;
