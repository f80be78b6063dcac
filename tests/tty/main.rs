//! Stories of the built program in a real terminal, over real engines: what no test in-process can show.
//! Knows keys and screens only.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

#[path = "../support/pty.rs"]
mod pty;
mod stage;
#[path = "../support/mod.rs"]
mod support;

mod deeds;
mod exec;
mod hostile;
mod list;
mod loss;
mod modest;
mod ways_out;

use support::engines;
