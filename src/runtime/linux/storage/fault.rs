//! What can go wrong with one entry or file, before it is said which. Knows no path.

use std::io;

use rustix::io::Errno;

use super::tar::{TarError, shown};
use crate::runtime::RuntimeError;

/// Why a step failed.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The system refused.
    System(io::Error),
    /// The tar is refused.
    Tar(TarError),
}

impl Fault {
    /// As the caller is told: what was tried (`unpack`), on which path.
    pub(crate) fn on(self, tried: &str, path: &[u8]) -> RuntimeError {
        let path = shown(path);
        // The stream broke, not the file at hand.
        let at = |what: &str| format!("{tried} `{}`", if what.is_empty() { "/" } else { what });
        match self {
            Self::System(source) => RuntimeError::System { tried: at(&path), source },
            Self::Tar(TarError::Read(source)) => RuntimeError::System { tried: format!("{tried} a tar"), source },
            Self::Tar(error) => RuntimeError::Corrupt { tried: at(&path), why: error.to_string() },
        }
    }

    /// As the caller is told where no entry is at fault.
    pub(crate) fn of_tar(self, tried: &str) -> RuntimeError {
        let tried = format!("{tried} a tar");
        match self {
            Self::System(source) | Self::Tar(TarError::Read(source)) => RuntimeError::System { tried, source },
            Self::Tar(error) => RuntimeError::Corrupt { tried, why: error.to_string() },
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl From<Errno> for Fault {
    fn from(error: Errno) -> Self {
        Self::System(error.into())
    }
}

impl From<TarError> for Fault {
    fn from(error: TarError) -> Self {
        Self::Tar(error)
    }
}
