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
pub mod storage;
