//! How words leave the program: results to standard output, everything else to standard error. Knows no noun.

use std::io::{self, BufWriter, StdoutLock, Write};

use super::verbs::BadValue;
use crate::{
    backend::EngineError,
    console::{ConsoleError, OpenError, SetupError},
    model::Problem,
};

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// An engine did not do it, or is not there.
    #[error("{}", .0.sentence)]
    Told(Problem),
    /// The console did not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It was done, but could not be written.
    #[error("cannot write the output: {0}")]
    Io(#[from] io::Error),
    /// It cannot be spelt as JSON.
    #[error("cannot write the output as JSON: {0}")]
    Json(serde_json::Error),
    /// A verb was not done, for a reason that has a code of its own.
    #[error("{}", .0.sentence)]
    Coded(Problem, u8),
    /// A process in a container ended with this code, or what went wrong was told already.
    #[error("ended with code {0}")]
    Ended(u8),
    /// Nothing to report beyond what was printed.
    #[error("no endpoint works")]
    NothingWorks,
}

impl Failure {
    /// Our own sentence, with a code.
    pub(super) fn plain(sentence: &str, code: u8) -> Self {
        Self::Coded(Problem::new(sentence), code)
    }

    /// An engine's error, with a code.
    pub(super) fn of(error: &EngineError, code: u8) -> Self {
        Self::Coded(Problem::from(error), code)
    }

    /// What the process ends with.
    pub(super) fn code(&self) -> u8 {
        match self {
            Self::Coded(_, code) | Self::Ended(code) => *code,
            _ => 1,
        }
    }

    /// The same with this code, unless it has one of its own already.
    pub(super) fn with_code_if_plain(self, code: u8) -> Self {
        match self {
            Self::Told(problem) | Self::Coded(problem, 1) => Self::Coded(problem, code),
            coded @ (Self::Coded(..) | Self::Ended(_)) => coded,
            // Whoever read has had enough: no failure of ours, whatever the verb.
            Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe => Self::Io(error),
            other => Self::Coded(Problem { sentence: other.to_string(), hint: None }, code),
        }
    }

    /// What to do about it.
    fn hint(&self) -> Option<&str> {
        match self {
            Self::Told(problem) | Self::Coded(problem, _) => problem.hint.as_deref(),
            Self::Open(OpenError::Console(ConsoleError::Terminal(error))) => error.hint(),
            Self::Open(OpenError::Setup(SetupError::Paths(error))) => error.hint(),
            _ => None,
        }
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self::Told(Problem::from(&error))
    }
}

impl From<BadValue> for Failure {
    fn from(bad: BadValue) -> Self {
        Self::plain(&bad.to_string(), super::verbs::OUR_FAILURE)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        // A closed pipe stays what it is.
        match error.io_error_kind() {
            Some(kind) => Self::Io(kind.into()),
            None => Self::Json(error),
        }
    }
}

/// Standard output, buffered.
pub(super) struct Out(BufWriter<StdoutLock<'static>>);

impl Out {
    pub(super) fn new() -> Self {
        Self(BufWriter::with_capacity(64 << 10, io::stdout().lock()))
    }

    /// Writes what is left.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        Ok(self.0.flush()?)
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Says why nothing came of it, and what to do.
pub(super) fn complain(failure: &Failure) {
    say(&format!("longshore: {failure}"));
    if let Some(hint) = failure.hint() {
        say(&format!("  hint: {hint}"));
    }
}

/// Says something worth knowing besides.
pub(super) fn note(words: &str) {
    say(&format!("longshore: {words}"));
}

fn say(line: &str) {
    // With standard error closed there is nobody left to tell.
    let _ = writeln!(io::stderr(), "{line}");
}
