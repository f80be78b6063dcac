//! How Linux does what [`super::host`] asks for. Knows neither images nor the database.
//!
//! | room | subject |
//! |---|---|
//! | [`network`] | bridges, links, namespaces, published ports |
//! | [`firewall`] | rules that people make |
//! | `nft` | a table of nftables, written over netlink |
//! | [`storage`] | layers on disk, overlayfs, tars |

pub mod bell;
pub mod firewall;
pub mod network;
mod nft;
//! | `cgroup` | what a container may use and has used, on both versions of cgroups |
//! | `seccomp` | which system calls it may make |
//! | `spec` | an order as an OCI runtime spec |
//! | [`storage`] | layers on disk, overlayfs, tars |

pub mod bell;
mod cgroup;
mod confine;
mod executor;
mod init;
mod inside;
mod seccomp;
mod spec;
pub mod storage;
