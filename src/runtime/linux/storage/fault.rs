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
    /// One of its entries is.
    Refused(Refused),
}

/// Why an entry cannot be unpacked that is told without a mistake.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("it leads out of the tar's folder")]
    Outside,
    #[error("there is a NUL in its name")]
    Nul,
    #[error("a whiteout of nothing")]
    Whiteout,
    #[error("the tar's own folder cannot be anything else")]
    Root,
    #[error("what it links to, `{0}`, is not there")]
    NoTarget(String),
    #[error("folders cannot have a second name")]
    LinkedFolder,
    #[error("a folder would replace what is no folder, or the other way round")]
    OtherKind,
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
            Self::Refused(refused) => RuntimeError::Corrupt { tried: at(&path), why: refused.to_string() },
        }
    }

    /// As the caller is told where no entry is at fault.
    pub(crate) fn of_tar(self, tried: &str) -> RuntimeError {
        let tried = format!("{tried} a tar");
        match self {
            Self::System(source) | Self::Tar(TarError::Read(source)) => RuntimeError::System { tried, source },
            Self::Tar(error) => RuntimeError::Corrupt { tried, why: error.to_string() },
            Self::Refused(refused) => RuntimeError::Corrupt { tried, why: refused.to_string() },
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

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}
