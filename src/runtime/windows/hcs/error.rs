//! Why a call to the host compute service failed, in words for people. Knows no handle.

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::runtime::{
    RuntimeError,
    document::hcs::{
        code::{Code, Meaning},
        result::ResultError,
    },
};

/// What every call to the service gives.
pub type Result<T> = std::result::Result<T, HcsError>;

/// Why the service did not do what was asked. `tried` is an infinitive with its object.
#[derive(Debug, thiserror::Error)]
pub enum HcsError {
    /// It refused.
    #[error("cannot {tried}: {code}{words}")]
    Refused {
        /// What was tried.
        tried: String,
        /// The code.
        code: Code,
        /// What else it says: empty, or `: …`.
        words: String,
    },
    /// It did not come to an end.
    #[error("cannot {tried}: Windows does not answer within {after:?}")]
    TimedOut {
        /// What was tried.
        tried: String,
        /// How long was waited.
        after: Duration,
    },
    /// A document is not what it ought to be.
    #[error("cannot {tried}: the document is not understood: {source}")]
    Garbled {
        /// What was tried.
        tried: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// `E_OUTOFMEMORY`: what a call that gave nothing, without a word, is taken for.
const NO_MEMORY: Code = Code(0x8007_000E);

impl HcsError {
    /// A refusal, with the document that came with it.
    pub(super) fn refused(tried: &str, code: Code, document: Option<&str>) -> Self {
        let told: ResultError = document.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let words = told.words();
        let words = if words.is_empty() { words } else { format!(": {words}") };
        Self::Refused { tried: tried.to_owned(), code, words }
    }

    /// The service gave no handle, and no reason either.
    pub(super) fn no_handle(tried: &str) -> Self {
        Self::Refused { tried: tried.to_owned(), code: NO_MEMORY, words: String::new() }
    }

    /// The service was restarted, and what is waited for says nothing any more.
    pub(super) fn disconnected(tried: &str) -> Self {
        Self::refused(tried, Code(0x8037_0000 | Meaning::ServiceDisconnect as u32), None)
    }

    /// The code, where the service gave one.
    pub const fn code(&self) -> Option<Code> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            Self::TimedOut { .. } | Self::Garbled { .. } => None,
        }
    }

    /// Whether there is no such system or process.
    pub fn is_not_found(&self) -> bool {
        self.code().is_some_and(Code::is_not_found)
    }

    /// Whether it has ended before.
    pub fn is_already_stopped(&self) -> bool {
        self.code().is_some_and(Code::is_already_stopped)
    }

    /// Whether the handle is dead while what it stood for may live: it is to be opened again.
    pub fn is_disconnected(&self) -> bool {
        self.code().is_some_and(Code::is_disconnected)
    }

    /// Whether a question failed only because what it is about is just ending.
    pub fn is_of_an_ending(&self) -> bool {
        self.code().is_some_and(Code::is_of_an_ending)
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        self.code().and_then(Code::hint)
    }
}

impl From<HcsError> for RuntimeError {
    fn from(error: HcsError) -> Self {
        match error {
            HcsError::Refused { tried, code, words } => {
                let why = format!("{code}{words}");
                if code.is_denied() {
                    Self::Denied { tried, why, by_registry: false }
                } else if code.is_not_found() {
                    Self::NotFound { tried, why }
                } else if code.is_of_an_ending() {
                    Self::Conflict { tried, why }
                } else {
                    Self::Platform { tried, why }
                }
            }
            HcsError::TimedOut { tried, after } => {
                Self::Platform { tried, why: format!("Windows does not answer within {after:?}") }
            }
            HcsError::Garbled { tried, source } => {
                Self::Corrupt { tried, why: format!("the document is not understood: {source}") }
            }
        }
    }
}

/// Reads an answer; where there is none, everything in it is taken for zero.
pub(super) fn read<T: DeserializeOwned>(tried: &str, answer: Option<String>) -> Result<T> {
    let text = answer.as_deref().unwrap_or("{}");
    serde_json::from_str(text).map_err(|source| HcsError::Garbled { tried: tried.to_owned(), source })
}
