//! Stories of the built program in a real terminal, over real engines: what no test in-process can show.
//! Knows keys and screens only.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

#[cfg(target_os = "linux")]
#[path = "../aboard/arena.rs"]
mod arena;
#[path = "../support/pty.rs"]
mod pty;
mod stage;
#[path = "../support/mod.rs"]
mod support;

#[cfg(target_os = "linux")]
mod aboard;
mod deeds;
mod exec;
mod hostile;
mod list;
mod loss;
mod modest;
mod ways_out;

use support::engines;
