//! The process beside each container, as far as it is the same on every platform: what it says, and the log it
//! writes. Knows neither how a container is started nor who looks at it.
//!
//! The phases of its life (start, wait, end, exec) are a platform's own business: `runtime::linux::monitor`.

pub mod client;
pub mod frame;
pub mod log;
