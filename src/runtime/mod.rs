//! The engine aboard: pulls, runs, watches, publishes and removes containers by itself, with no daemon installed.
//! Knows neither the traits of [`crate::backend`] nor a screen.
//!
//! | room | subject |
//! |---|---|
//! | [`host`] | what a platform must give: compute, storage, network, firewall |
//! | [`document`] | what the runtime hands to a platform: a container as it is to be started, links, mappings |
//! | [`db`] | what must be true together: SQLite |
//! | [`layout`] | where what lies on disk |
//! | `image` | references, registries, layers, archives |
//! | [`net`] | address pools, ports, names, plans |
//! | `monitor` | the process beside each container |
//! | `linux` (on Linux only) | libcontainer, overlayfs, rtnetlink, nftables |

pub mod db;
pub mod document;
mod error;
pub mod health;
pub mod host;
pub mod layout;
#[cfg(target_os = "linux")]
pub mod linux;
pub mod machine;
pub mod made_up;
pub mod monitor;
pub mod net;
pub mod records;
pub mod restart;
pub mod settle;
pub mod undo;
pub mod watch;

pub use error::{Result, RuntimeError};
