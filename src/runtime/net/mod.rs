//! What a container's network is to be, decided before anything is made: ranges, addresses, ports, names, plans.
//! Pure; knows no platform.
//!
//! | room | subject |
//! |---|---|
//! | [`pools`] | ranges for new networks |
//! | [`ipam`] | addresses in a range |
//! | [`ports`] | host ports, and whom they would clash with |
//! | [`names`] | interfaces, hardware addresses, `hosts`, `resolv.conf` |
//! | [`plan`] | all of it as [`super::document::NetworkPlan`] and [`super::document::BridgePlan`] |

pub mod ipam;
pub mod names;
pub mod plan;
pub mod pools;
pub mod ports;
