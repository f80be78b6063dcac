//! What can go wrong in the engine aboard, in words for people. Knows no screen.

use std::{io, path::Path};

/// What every call of the runtime gives.
pub type Result<T> = std::result::Result<T, RuntimeError>;

/// Why the engine aboard did not do what was asked. `tried` is an infinitive with its object: "start `web`".
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The system refused a step.
    #[error("cannot {tried}: {source}")]
    System {
        /// What was tried, with the path or name it was tried on.
        tried: String,
        /// What the system said.
        source: io::Error,
    },
    /// The database refused a step.
    #[error("cannot {tried}: the database says: {source}")]
    Database {
        /// What was tried.
        tried: String,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// There is no such thing.
    #[error("cannot {tried}: {why}")]
    NotFound {
        /// What was tried.
        tried: String,
        /// What there is not: "there is no image `alpine:3`".
        why: String,
    },
    /// The present state does not allow it, or the name or port is taken.
    #[error("cannot {tried}: {why}")]
    Conflict {
        /// What was tried.
        tried: String,
        /// What stands in the way.
        why: String,
    },
    /// What was asked for makes no sense, or this host cannot do it.
    #[error("cannot {tried}: {why}")]
    Invalid {
        /// What was tried.
        tried: String,
        /// What is wrong with it.
        why: String,
    },
    /// More rights are needed.
    #[error("cannot {tried}: {why}")]
    Denied {
        /// What was tried.
        tried: String,
        /// Whose rights are missing: "only root may", "the registry asks for a login".
        why: String,
        /// Whether a registry denied it, and not this host.
        by_registry: bool,
    },
    /// A registry, an archive or a stored file is not what it ought to be.
    #[error("cannot {tried}: {why}")]
    Corrupt {
        /// What was tried.
        tried: String,
        /// What is wrong: "layer sha256:… has the digest sha256:…".
        why: String,
    },
    /// A registry cannot be reached or broke off.
    #[error("cannot {tried}: {why}")]
    Unreachable {
        /// What was tried.
        tried: String,
        /// The cause.
        why: String,
    },
    /// A program could not be started inside a container.
    #[error("cannot {tried}: {why}")]
    Program {
        /// What was tried.
        tried: String,
        /// What is wrong with it.
        why: String,
        /// 127: there is none. 126: it cannot be run. As shells and Docker have it.
        code: i32,
    },
    /// The platform's own runtime (libcontainer, HCS) refused.
    #[error("cannot {tried}: {why}")]
    Platform {
        /// What was tried.
        tried: String,
        /// Its words, down to the cause.
        why: String,
    },
}

impl RuntimeError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Denied { by_registry: true, .. } => {
                Some("log in with `docker login`, or use an account that may do this")
            }
            Self::Denied { .. } => Some(super::MORE_RIGHTS),
            _ if self.is_full() => Some("make room: prune images and volumes, or choose another --data-root"),
            Self::System { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => Some(super::MORE_RIGHTS),
            _ => None,
        }
    }

    /// Whether a disk has no room left.
    pub fn is_full(&self) -> bool {
        match self {
            Self::System { source, .. } => {
                matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
            }
            Self::Database { source, .. } => source.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull),
            _ => false,
        }
    }

    /// The same, with the folder of the disk that is full, if one is: then that is what people must know.
    pub fn on_disk(mut self, folder: &Path) -> Self {
        if self.is_full()
            && let Self::System { tried, .. } | Self::Database { tried, .. } = &mut self
        {
            *tried = format!("{tried} in `{}`", folder.display());
        }
        self
    }

    /// The same trouble, met in trying something that a person asked for.
    pub fn in_trying(self, whole: impl Into<String>) -> Self {
        let mut error = self;
        match &mut error {
            Self::System { tried, .. }
            | Self::Database { tried, .. }
            | Self::NotFound { tried, .. }
            | Self::Conflict { tried, .. }
            | Self::Invalid { tried, .. }
            | Self::Denied { tried, .. }
            | Self::Corrupt { tried, .. }
            | Self::Unreachable { tried, .. }
            | Self::Program { tried, .. }
            | Self::Platform { tried, .. } => *tried = whole.into(),
        }
        error
    }

    /// For `map_err`: what was tried when the system refused.
    pub fn system(tried: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let tried = tried.into();
        move |source| Self::System { tried, source }
    }

    /// For `map_err`: what was tried when the database refused.
    pub fn database(tried: impl Into<String>) -> impl FnOnce(rusqlite::Error) -> Self {
        let tried = tried.into();
        move |source| Self::Database { tried, source }
    }
}
