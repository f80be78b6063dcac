//! Images of the engine aboard, on a real registry and real disks: pulled, pushed, broken off, spoilt, saved, removed.
//! Needs Debian's `docker-registry` and root;
//! what is compared with Docker also the engines of `scripts/test-engines.sh`.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panic, in its helpers too")]

#[path = "../support/mod.rs"]
mod support;

mod archives;
mod docker;
mod faults;
mod kills;
mod proxy;
mod pull;
mod registry;
mod remove;
mod scene;
