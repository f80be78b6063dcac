//! How words leave the program: results to standard output, everything else to standard error. Knows no noun.

use std::io::{self, BufWriter, StdoutLock, Write};

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
    /// Nothing to report beyond what was printed.
    #[error("no endpoint works")]
    NothingWorks,
}

impl Failure {
    /// What to do about it.
    fn hint(&self) -> Option<&str> {
        match self {
            Self::Told(problem) => problem.hint.as_deref(),
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
