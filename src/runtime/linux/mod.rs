//! How Linux does what [`super::host`] asks for. Knows neither images nor the database.
//!
//! | room | subject |
//! |---|---|
//! | [`storage`] | layers on disk, overlayfs, tars |

pub mod bell;
pub mod storage;
