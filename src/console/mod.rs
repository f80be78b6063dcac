//! The running console: the one loop over keys, news and time, the terminal it draws on, the hands it acts with.

mod core;
mod doors;
mod hands;
mod run;

pub use self::core::Core;
pub use doors::Doors;
pub use hands::{Hands, INBOX};
pub use run::{ConsoleError, Setup, run};
