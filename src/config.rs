//! The user's settings: what stands in `config.toml`, and what is wrong with it.
//! Must not know what a setting brings about.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::endpoint::Endpoint;

mod edit;
mod near;
mod read;
#[cfg(test)]
mod tests;

pub use edit::{EditError, add_endpoint, remove_endpoint};

/// The settings. Whatever the file does not say has its default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `theme`: the name of a theme; `None` leaves the choice to us.
    pub theme: Option<String>,
    /// `keys`: the name of a preset of keys.
    pub keys: Option<String>,
    /// `ascii`: whether to draw with ASCII alone; `None` goes by the locale.
    pub ascii: Option<bool>,
    /// `mouse`: whether mouse events are wanted. On by default.
    pub mouse: bool,
    /// `read_only`: whether nothing may be changed anywhere. Off by default.
    pub read_only: bool,
    /// `default_endpoint`: the name of the endpoint to open.
    pub default_endpoint: Option<String>,
    /// `[[endpoint]]`: in the order of the file, each name once.
    pub endpoints: Vec<Endpoint>,
    /// `stop_grace`: how long a container may take to stop before it is killed; 0 to 3600 s, 10 by default as in docker.
    pub stop_grace: Duration,
    /// `log_lines`: how many lines of a container's log are kept in memory; 100 to 1,000,000, 10,000 by default.
    pub log_lines: usize,
    /// `refresh`: how often that is read again which engines do not tell by themselves; 1 to 3600 s, 5 by default.
    pub refresh: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            theme: None,
            keys: None,
            ascii: None,
            mouse: true,
            read_only: false,
            default_endpoint: None,
            endpoints: Vec::new(),
            stop_grace: crate::model::GRACE,
            log_lines: 10_000,
            refresh: Duration::from_secs(5),
        }
    }
}

/// How much a remark about the file matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gravity {
    /// A setting does not count.
    Error,
    /// Something is there that means nothing.
    Warning,
}

/// A remark about the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The file.
    pub file: PathBuf,
    /// Line and column, both from 1, the column in characters; `None` for the file as a whole.
    pub position: Option<(usize, usize)>,
    /// Whether a setting was lost.
    pub gravity: Gravity,
    /// What is wrong and what is allowed.
    pub message: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some((line, column)) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl Config {
    /// Reads the settings. A file that is missing is the same as an empty one; whatever is wrong
    /// becomes a remark, and everything else counts.
    #[must_use]
    pub fn load(file: &Path) -> (Self, Vec<Remark>) {
        match fs::read_to_string(file) {
            Ok(text) => Self::parse(&text, file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Default::default(),
            Err(error) => {
                let message = format!("cannot read the settings: {error}");
                let remark = Remark { file: file.into(), position: None, gravity: Gravity::Error, message };
                (Self::default(), vec![remark])
            }
        }
    }

    /// Reads settings from a text; `file` is where it came from, and relative paths in it start there.
    #[must_use]
    pub fn parse(text: &str, file: &Path) -> (Self, Vec<Remark>) {
        read::settings(text, file)
    }
}
