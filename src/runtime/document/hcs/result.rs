//! How a system ended, and why something failed, in HCS's own words. Pure.

use serde::Deserialize;

use super::code::{Code, Meaning};

/// Why an operation failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ResultError {
    /// An `HRESULT`; may be of the other family than the call's.
    pub error: i32,
    /// In words, often of little worth.
    pub error_message: String,
    /// What led to it; the last one says most.
    pub error_events: Vec<ErrorEvent>,
}

/// Something that led to a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ErrorEvent {
    /// In words.
    pub message: String,
}

impl ResultError {
    /// The code it carries.
    pub const fn code(&self) -> Code {
        Code::of(self.error)
    }

    /// All its words on one line, each sentence once; empty where there are none.
    pub fn words(&self) -> String {
        let mut words: Vec<&str> = Vec::new();
        let events = self.error_events.iter().map(|event| event.message.as_str());
        for text in std::iter::once(self.error_message.as_str()).chain(events) {
            let text = text.trim().trim_end_matches('.');
            if !text.is_empty() && !words.contains(&text) {
                words.push(text);
            }
        }
        words.join("; ")
    }
}

/// What the exit event of a system carries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SystemExitStatus {
    /// An `HRESULT`.
    pub status: i32,
    /// In which way.
    pub exit_type: ExitType,
}

impl SystemExitStatus {
    /// Whether it ended as it should: by itself, or because it was told to.
    pub fn is_clean(&self) -> bool {
        self.status == 0 || Code::of(self.status).is(Meaning::Terminated)
    }
}

/// In which way a system ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum ExitType {
    /// Not at all.
    None,
    /// It shut down.
    GracefulExit,
    /// It was terminated.
    ForcedExit,
    /// It crashed.
    UnexpectedExit,
    /// Is told nothing of, or something newer than this program.
    #[default]
    #[serde(other)]
    Unknown,
}
