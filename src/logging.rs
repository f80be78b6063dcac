//! Where our own log goes: a file of bounded size and a ring in memory for the log view; never the terminal.
//! Must not know what is logged, nor how it is shown.

use std::io;
use std::path::{Path, PathBuf};

use chrono::Utc;
use thiserror::Error;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

mod file;
mod ring;

pub use ring::{LogRing, Record};

use file::LogFile;

/// Sets what is logged, in the language of `tracing-subscriber`'s `EnvFilter`.
pub const LEVEL_VARIABLE: &str = "LONGSHORE_LOG";

/// What is logged unless the variable says otherwise: ours in detail, the libraries' trouble.
const LEVEL: &str = "warn,longshore=info";

/// Why there is no log file. Logging into memory works all the same.
#[derive(Debug, Error)]
pub enum LogError {
    /// The file cannot be opened.
    #[error("cannot write the log `{path}`: {source}", path = .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody set up logging before us.
    #[error("logging is set up twice")]
    Twice,
}

/// Sets up logging for the process: into `file`, if one is given, and into the ring that is returned.
///
/// `level` is the value of [`LEVEL_VARIABLE`]; one that cannot be understood counts as none.
/// The second value is what kept the log out of its file; the ring fills regardless.
#[must_use]
pub fn start(file: Option<&Path>, level: Option<&str>) -> (LogRing, Option<LogError>) {
    let ring = LogRing::new();
    let (writer, failure) = match file.map(LogFile::open) {
        Some(Ok(writer)) => (Some(writer), None),
        Some(Err(error)) => (None, Some(error)),
        None => (None, None),
    };
    // A log that cannot be written must not complain on the terminal.
    let to_file = writer.map(|writer| fmt::layer().with_ansi(false).log_internal_errors(false).with_writer(writer));
    let subscriber = tracing_subscriber::registry().with(filter(level)).with(to_file).with(IntoRing(ring.clone()));
    let twice = subscriber.try_init().err().map(|_| LogError::Twice);
    (ring, failure.or(twice))
}

fn filter(level: Option<&str>) -> EnvFilter {
    let wanted = level.filter(|level| !level.is_empty()).and_then(|level| level.parse().ok());
    wanted.unwrap_or_else(|| EnvFilter::new(LEVEL))
}

/// Copies each event into the ring.
struct IntoRing(LogRing);

impl<S: Subscriber> Layer<S> for IntoRing {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut words = Words::default();
        event.record(&mut words);
        let meta = event.metadata();
        self.0.push(Record {
            time: Utc::now(),
            level: *meta.level(),
            target: meta.target().to_owned(),
            text: crate::model::text::cleaned(words.0),
        });
    }
}

/// The message of an event, followed by its fields.
#[derive(Default)]
struct Words(String);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            let message = format!("{value:?}");
            self.0.insert_str(0, &message);
        } else {
            self.0.push_str(&format!(" {}={value:?}", field.name()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_reaches_file_and_ring_and_bad_text_is_harmless() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("state/longshore.log");
        let ring = LogRing::new();
        let layer = fmt::layer().with_ansi(false).with_writer(LogFile::open(&path).unwrap());
        let subscriber = tracing_subscriber::registry().with(filter(None)).with(layer).with(IntoRing(ring.clone()));
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(target: "longshore::x", code = 7, "lost \u{1b}[2J");
            tracing::debug!(target: "longshore::x", "too fine");
        });
        let records = ring.latest(10);
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].text, "lost ␛[2J code=7");
        assert_eq!(records[0].level, tracing::Level::WARN);
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains("code=7") && !text.contains("too fine") && !text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn a_level_that_makes_no_sense_counts_as_none() {
        assert_eq!(filter(Some("longshore=loud")).to_string(), filter(None).to_string());
        assert_eq!(filter(Some("debug")).to_string(), "debug");
    }
}
