//! The running console: the one loop over keys, news and time, the terminal it draws on, the hands it acts with.

mod core;
mod doors;
mod hands;
mod pace;
mod run;
mod setup;

pub use self::core::Core;
pub use doors::Doors;
pub use hands::{Hands, INBOX};
pub use run::{ConsoleError, Setup, run};
pub(crate) use setup::user_themes;
pub use setup::{OpenError, SetupError, Wishes, open, options};
