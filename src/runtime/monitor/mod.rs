//! The process beside each container, as far as it is the same on every platform: what it says, the log it writes,
//! and what it writes down. Knows neither how a container is started nor who looks at it.
//!
//! The phases of its life (start, wait, end, exec) are a platform's own business: `linux::monitor`,
//! `windows::monitor`.
//!
//! | room | subject |
//! |---|---|
//! | [`asking`] | something said until it is taken note of |
//! | [`check`] | what health checks make of a container |
//! | [`client`] | the side of an attached console |
//! | [`end`] | what is undone and written down when a run is over |
//! | [`folder`] | what lies in a running folder |
//! | [`frame`] | what a monitor and consoles say to each other |
//! | [`log`] | a container's log on disk |
//! | [`printed`] | the log, and the last of it for who comes late |
//! | [`report`] | how a start goes |
//! | [`start`] | what is written down when a run begins, or cannot |
//! | [`wish`] | what people want of a container that has ended |

pub mod asking;
pub mod check;
pub mod client;
pub mod end;
pub mod folder;
pub mod frame;
pub mod log;
pub mod printed;
pub mod report;
pub mod start;
pub mod wish;
