//! Images of the engine aboard, on a real registry and real disks: pulled, pushed, broken off, spoilt, saved, removed.
//! Needs Debian's `docker-registry` and root.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panic, in its helpers too")]

mod archives;
mod faults;
mod kills;
mod proxy;
mod pull;
mod registry;
mod remove;
mod scene;
