//! What can go wrong between longshore and an engine, in words for people. Knows no client library.

use std::time::Duration;

use crate::model::Problem;

/// Why an engine did not do what was asked. `tried` is an infinitive with its object, such as "stop `web`".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// No connection, or it broke.
    #[error("cannot {tried}: the engine cannot be reached: {why}")]
    Unreachable {
        /// What was tried.
        tried: String,
        /// The cause, from the connection.
        why: String,
        /// What to do, where the door knows better than this room.
        hint: Option<String>,
    },
    /// No answer in time.
    #[error("cannot {tried}: the engine did not answer within {} s", after.as_secs())]
    Timeout {
        /// What was tried.
        tried: String,
        /// How long it was given.
        after: Duration,
    },
    /// There is no such thing.
    #[error("cannot {tried}: {why}")]
    NotFound {
        /// What was tried.
        tried: String,
        /// The engine's words.
        why: String,
    },
    /// The present state does not allow it.
    #[error("cannot {tried}: {why}")]
    Conflict {
        /// What was tried.
        tried: String,
        /// The engine's words.
        why: String,
    },
    /// A disk of the engine's host is full.
    #[error("cannot {tried}: there is no room left: {why}")]
    Full {
        /// What was tried, with the path it was tried on.
        tried: String,
        /// The system's words.
        why: String,
    },
    /// Somebody wants other rights.
    #[error("cannot {tried}: {why}")]
    Denied {
        /// What was tried.
        tried: String,
        /// Who wants them.
        by: Gate,
        /// The words of who denied it.
        why: String,
    },
    /// The engine refused the request or failed at it.
    #[error("cannot {tried}: {why}")]
    Refused {
        /// What was tried.
        tried: String,
        /// The HTTP status or the platform's code.
        code: u32,
        /// The engine's words.
        why: String,
    },
    /// The engine answered something that makes no sense.
    #[error("cannot {tried}: the engine's answer makes no sense: {why}")]
    Nonsense {
        /// What was tried.
        tried: String,
        /// What was wrong with it.
        why: String,
    },
    /// This endpoint has no such thing.
    #[error("cannot {tried}: {why}")]
    Unsupported {
        /// What was tried.
        tried: String,
        /// Why there is no such thing here.
        why: String,
    },
    /// The user called it off.
    #[error("{tried}: cancelled")]
    Cancelled {
        /// What was tried.
        tried: String,
    },
}

/// Who denied something for want of rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// The engine: by a plugin of its own, or because nobody may.
    Engine,
    /// The registry behind it.
    Registry,
    /// The kernel of this host.
    Host,
}

impl Gate {
    /// What the user can do about it.
    const fn hint(self) -> Option<&'static str> {
        match self {
            Self::Engine => None,
            Self::Registry => Some("log in with `docker login`, or use an account that may do this"),
            Self::Host => Some("start longshore as root, with `sudo longshore`"),
        }
    }
}

impl EngineError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Unreachable { hint, .. } => {
                Some(hint.as_deref().unwrap_or("is the engine running, and may you use its socket?"))
            }
            Self::Timeout { .. } => Some("the engine may be hung or busy; it is asked again when you press ^r"),
            Self::Denied { by, .. } => by.hint(),
            Self::Full { .. } => Some("make room: prune images and volumes, or choose another --data-root"),
            Self::Nonsense { .. } => Some("is this address a Docker-compatible engine?"),
            _ => None,
        }
    }

    /// Whether the connection itself is in doubt.
    pub const fn is_link(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Timeout { .. })
    }
}

impl From<&EngineError> for Problem {
    fn from(error: &EngineError) -> Self {
        Self { sentence: error.to_string(), hint: error.hint().map(str::to_owned) }
    }
}
