//! What the engine aboard must do beyond the contract with every engine: several consoles at once, monitors that are
//! killed, names, ports that come and go live, volumes that are filled, restarts. On the real kernel, as root.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panic, in its helpers too")]

#[path = "../support/mod.rs"]
mod support;

mod arena;
mod consoles;
mod escapes;
mod full;
mod kills;
mod net;
mod restores;
mod root;
mod runs;
mod shore;
mod stops;
