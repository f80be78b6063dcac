//! What a monitor that is being started says to whoever started it, over a pipe: lines of JSON. Knows no container.

use std::io::{BufRead, Write};

use serde::{Deserialize, Serialize};

use crate::runtime::{Result, RuntimeError};

/// How a start goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Report {
    /// Whoever wants to be attached before the process runs can dial now. Said only where the line is dialled, and
    /// not handed over.
    Listening,
    /// The process runs, under this id on the host.
    Started(u32),
    /// The platform could be prepared, but the program could not be started.
    NoProgram {
        /// An infinitive.
        tried: String,
        /// Why.
        why: String,
        /// As in [`RuntimeError::Program`].
        code: i32,
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
    pub fn of(error: &RuntimeError) -> Self {
        if let RuntimeError::Program { tried, why, code } = error {
            return Self::NoProgram { tried: tried.clone(), why: why.clone(), code: *code };
        }
        // The error's own words begin with what was tried.
        let whole = error.to_string();
        let (tried, why) = whole.strip_prefix("cannot ").and_then(|rest| rest.split_once(": ")).unwrap_or(("", &whole));
        Self::Failed { tried: tried.to_owned(), why: why.to_owned() }
    }

    /// Says it. Whoever asked may have gone, which is no reason to stop.
    pub fn say(&self, to: &mut impl Write) {
        if let Ok(mut text) = serde_json::to_vec(self) {
            text.push(b'\n');
            let _ = to.write_all(&text).and_then(|()| to.flush());
        }
    }

    /// Waits for the process to run; gives its id on the host. `tried` says what for, in case that nothing is said.
    ///
    /// # Errors
    /// What went wrong in the monitor.
    pub fn hear(from: &mut impl BufRead, tried: &str) -> Result<u32> {
        loop {
            if let Some(pid) = Self::next(from, tried)?.started()? {
                return Ok(pid);
            }
        }
    }

    /// The process's id on the host; `None` before it runs.
    ///
    /// # Errors
    /// What went wrong in the monitor.
    pub fn started(self) -> Result<Option<u32>> {
        match self {
            Self::Started(pid) => Ok(Some(pid)),
            Self::Listening => Ok(None),
            Self::NoProgram { tried, why, code } => Err(RuntimeError::Program { tried, why, code }),
            Self::Failed { tried, why } => Err(RuntimeError::Platform { tried, why }),
        }
    }

    /// The next thing it says.
    ///
    /// # Errors
    /// When it ends without a word.
    pub fn next(from: &mut impl BufRead, tried: &str) -> Result<Self> {
        let mut text = String::new();
        from.read_line(&mut text).map_err(RuntimeError::system(tried))?;
        serde_json::from_str(&text).map_err(|_| {
            let why = "its monitor ended without a word".to_owned();
            RuntimeError::Platform { tried: tried.to_owned(), why }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(said: &[Report]) -> Result<u32> {
        let mut pipe = Vec::new();
        said.iter().for_each(|report| report.say(&mut pipe));
        Report::hear(&mut pipe.as_slice(), "start it")
    }

    #[test]
    fn a_start_is_heard_after_whatever_came_before_it() {
        assert_eq!(heard(&[Report::Listening, Report::Started(7)]).unwrap(), 7);
    }

    #[test]
    fn what_went_wrong_is_told_in_its_own_words() {
        let program = RuntimeError::Program { tried: "start `a`".into(), why: "no\nsuch".into(), code: 127 };
        let error = heard(&[Report::Listening, Report::of(&program)]).unwrap_err();
        assert!(matches!(&error, RuntimeError::Program { code: 127, why, .. } if why == "no\nsuch"), "{error}");
        let denied = RuntimeError::Conflict { tried: "mount it".into(), why: "it is: there".into() };
        assert_eq!(heard(&[Report::of(&denied)]).unwrap_err().to_string(), denied.to_string());
        assert!(heard(&[]).unwrap_err().to_string().starts_with("cannot start it: its monitor ended"));
    }
}
