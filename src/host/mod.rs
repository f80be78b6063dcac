//! What the host that longshore runs on can tell of containers: its packet filter, its NAT, its processes and
//! its load. Knows no engine's client and no screen.
#![cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "the readers of Linux's own formats are built and tested on every system")
)]

mod addresses;
mod conntrack;
mod explain;
mod filter;
#[cfg(test)]
mod fixtures;
mod iptables;
#[cfg(target_os = "linux")]
mod linux;
mod load;
mod merge;
mod nat;
mod net;
mod nft;
mod process;
mod rules;
mod scene;

use std::sync::Arc;

use crate::{backend::local::LocalHost, model::Refusal};

/// Makes the allocator give large blocks back to the system as soon as they are free, where it does not by itself.
/// To be called before there are threads.
pub fn keep_large_blocks_apart() {
    #[cfg(target_os = "linux")]
    linux::memory::keep_large_blocks_apart();
}

/// Lets go of memory that only the start of longshore has needed, where the system gives it back when it is missed.
pub fn release_start() {
    #[cfg(target_os = "linux")]
    if let Err(error) = linux::memory::release_start() {
        tracing::debug!(%error, "memory of the start stays");
    }
}

/// The host that longshore runs on.
///
/// # Errors
/// On a system whose tables longshore does not read: the reason.
#[cfg(target_os = "linux")]
pub fn local() -> Result<Arc<dyn LocalHost>, Refusal> {
    Ok(Arc::new(linux::Kernel::default()))
}

/// The host that longshore runs on.
///
/// # Errors
/// On a system whose tables longshore does not read: the reason.
#[cfg(not(target_os = "linux"))]
pub fn local() -> Result<Arc<dyn LocalHost>, Refusal> {
    Err(Refusal::new("longshore reads the tables of a host only on Linux so far"))
}
