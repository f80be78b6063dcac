//! What a monitor that is being started says to whoever started it, over a pipe. Knows no container.

use std::{
    fs::File,
    io::{Read, Write},
};

use serde::{Deserialize, Serialize};

use crate::runtime::{Result, RuntimeError, linux::confine::NoProgram};

/// How a start went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Report {
    /// The process runs, under this id on the host.
    Started(u32),
    /// The platform could be prepared, but the program could not be started.
    NoProgram {
        /// An infinitive.
        tried: String,
        /// Why.
        failure: NoProgram,
    },
    /// Something before that failed, for this reason.
    Failed {
        /// An infinitive.
        tried: String,
        /// Why.
        why: String,
    },
}

impl Report {
    /// The report of an error.
    pub(crate) fn of(error: &RuntimeError) -> Self {
        if let RuntimeError::Program { tried, why, code } = error {
            let failure = NoProgram { code: *code, why: why.clone() };
            return Self::NoProgram { tried: tried.clone(), failure };
        }
        // The error's own words begin with what was tried.
        let whole = error.to_string();
        let (tried, why) = whole.strip_prefix("cannot ").and_then(|rest| rest.split_once(": ")).unwrap_or(("", &whole));
        Self::Failed { tried: tried.to_owned(), why: why.to_owned() }
    }

    /// Says it. Whoever asked may have gone, which is no reason to stop.
    pub(crate) fn say(&self, to: &mut impl Write) {
        if let Ok(text) = serde_json::to_vec(self) {
            let _ = to.write_all(&text);
        }
    }

    /// Waits for it. `tried` says what for, in case that there is none.
    ///
    /// # Errors
    /// What went wrong in the monitor.
    pub(crate) fn hear(mut from: File, tried: &str) -> Result<u32> {
        let mut text = Vec::new();
        from.read_to_end(&mut text).map_err(RuntimeError::system(tried))?;
        match serde_json::from_slice(&text) {
            Ok(Self::Started(pid)) => Ok(pid),
            Ok(Self::NoProgram { tried, failure }) => {
                Err(RuntimeError::Program { tried, why: failure.why, code: failure.code })
            }
            Ok(Self::Failed { tried, why }) => Err(RuntimeError::Platform { tried, why }),
            Err(_) => {
                let why = "its monitor ended without a word".to_owned();
                Err(RuntimeError::Platform { tried: tried.to_owned(), why })
            }
        }
    }
}
