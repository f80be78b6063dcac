//! longshore: a container console for the terminal. This page is the map of the house.
//!
//! | room | subject | must not know |
//! |---|---|---|
//! | [`model`] | what a container engine holds, as values | IO, async, the screen |
//! | [`backend`] | doors to engines | the screen |
//! | [`host`] | what the host itself tells of containers | engines' clients, the screen |
//! | [`app`] | the one writer of what is on screen | IO, clocks, particular views |
//! | [`views`] | what it looks like | engines |
//! | [`console`] | the hands and eyes of the app: clock, terminal, engines, files | what any of it means |
//! | [`cli`] | the command line and its plain reads | how an engine is spoken to, how a screen is drawn |
//! | [`config`] | the config file, read with line numbers and edited in place | what its settings do |
//! | [`terminal`] | the terminal itself: raw mode and back, clipboard, suspend | what is drawn on it |
//! | [`audit`] | a line for everything that was changed | why it was changed |
//! | [`logging`] | longshore's own log: a file and a ring | the screen that shows it |
//! | [`runtime`] | the engine aboard: images, containers, networks with no daemon installed | the traits of engines, the screen |
//! | [`paths`] | where files are on each platform | what is in them |

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
pub mod runtime;
pub mod terminal;
pub mod views;
