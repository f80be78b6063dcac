//! The compute part of the engine aboard on the real kernel. Needs root and a static busybox.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panic, in its helpers too")]

mod escape;
mod figures;
mod life;
mod limits;
mod log;
mod narrow;
mod rights;
mod sessions;
mod stage;
