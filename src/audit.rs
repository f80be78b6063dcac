//! A record of what was done to engines: one line a deed, only ever appended to.
//! Must not know engines, nor why a deed was done.

use std::fmt::{self, Write as _};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};
use thiserror::Error;

use crate::paths;

/// The size at which the file is put aside, in bytes. One older file is kept.
const LARGEST: u64 = 5 * 1024 * 1024;

/// Why a deed could not be recorded. It was done all the same.
#[derive(Debug, Error)]
#[error("cannot write the audit file `{path}`: {source}", path = .path.display())]
pub struct AuditError {
    path: PathBuf,
    source: io::Error,
}

/// How a deed ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// As wished.
    Done,
    /// Not, and why.
    Failed(&'a str),
    /// Stopped by the user before its end.
    Cancelled,
}

impl fmt::Display for Outcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Failed(why) => write!(f, "failed: {why}"),
            Self::Cancelled => f.write_str("cancelled"),
        }
    }
}

/// One deed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deed<'a> {
    /// When it ended.
    pub time: DateTime<Utc>,
    /// The name of the endpoint.
    pub endpoint: &'a str,
    /// What was done, in the words of the confirmation: `stop container`.
    pub action: &'a str,
    /// To what.
    pub object: &'a str,
    /// How it ended.
    pub outcome: Outcome<'a>,
}

/// The audit file.
#[derive(Debug)]
pub struct Audit {
    path: PathBuf,
    largest: u64,
    complained: bool,
}

impl Audit {
    /// An audit in this file. Nothing is opened before there is something to write.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), largest: LARGEST, complained: false }
    }

    /// Where the record is kept.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a line. Blocks for a short write.
    ///
    /// # Errors
    /// The first failure is told; further ones are not, until a line could be written again.
    pub fn record(&mut self, deed: &Deed<'_>) -> Result<(), AuditError> {
        match self.append(&line(deed)) {
            Ok(()) => {
                self.complained = false;
                Ok(())
            }
            Err(_) if self.complained => Ok(()),
            Err(source) => {
                self.complained = true;
                Err(AuditError { path: self.path.clone(), source })
            }
        }
    }

    fn append(&self, line: &str) -> io::Result<()> {
        if let Some(dir) = self.path.parent() {
            paths::make_private_dir(dir).map_err(io::Error::other)?;
        }
        if fs::metadata(&self.path).is_ok_and(|file| file.len() >= self.largest) {
            fs::rename(&self.path, paths::aside(&self.path))?;
        }
        // One write, so that the lines of two consoles do not mix.
        paths::append_private(&self.path)?.write_all(line.as_bytes())
    }
}

/// The deed as one line of fields with tabs between them.
fn line(deed: &Deed<'_>) -> String {
    let mut line = deed.time.to_rfc3339_opts(SecondsFormat::Millis, true);
    for field in [deed.endpoint, deed.action, deed.object, &deed.outcome.to_string()] {
        line.push('\t');
        push_plain(&mut line, field);
    }
    line.push('\n');
    line
}

/// Escapes what could begin another field or line, or act on the terminal that shows the file.
fn push_plain(line: &mut String, field: &str) {
    for c in field.chars() {
        if c.is_control() || c == '\\' {
            // Writing to a string does not fail.
            let _ = write!(line, "{}", c.escape_default());
        } else {
            line.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deed(object: &str) -> Deed<'_> {
        Deed {
            time: DateTime::from_timestamp(1_700_000_000, 5_000_000).unwrap(),
            endpoint: "prod",
            action: "stop container",
            object,
            outcome: Outcome::Done,
        }
    }

    #[test]
    fn every_deed_is_one_line_whatever_its_object_is_called() {
        let home = tempfile::tempdir().unwrap();
        let mut audit = Audit::new(home.path().join("state/audit.log"));
        audit.record(&deed("web")).unwrap();
        let forged = Deed { outcome: Outcome::Failed("no\nroom"), ..deed("x\n2030\tevil\u{1b}[2J") };
        audit.record(&forged).unwrap();
        let text = fs::read_to_string(audit.path()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "2023-11-14T22:13:20.005Z\tprod\tstop container\tweb\tdone");
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[1].split('\t').count(), 5);
        assert!(lines[1].ends_with("failed: no\\nroom"));
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn a_full_file_is_put_aside_and_kept() {
        let home = tempfile::tempdir().unwrap();
        let mut audit = Audit::new(home.path().join("audit.log"));
        audit.largest = 1;
        audit.record(&deed("first")).unwrap();
        audit.record(&deed("second")).unwrap();
        assert!(fs::read_to_string(audit.path()).unwrap().contains("second"));
        assert!(fs::read_to_string(home.path().join("audit.log.1")).unwrap().contains("first"));
    }

    #[test]
    fn a_failure_is_told_once_until_writing_works_again() {
        let home = tempfile::tempdir().unwrap();
        let blocked = home.path().join("state");
        fs::write(&blocked, "a file where a directory should be").unwrap();
        let mut audit = Audit::new(blocked.join("audit.log"));
        assert!(audit.record(&deed("a")).unwrap_err().to_string().contains("audit.log"));
        assert!(audit.record(&deed("b")).is_ok());
        fs::remove_file(&blocked).unwrap();
        audit.record(&deed("c")).unwrap();
        fs::remove_dir_all(&blocked).unwrap();
        fs::write(&blocked, "").unwrap();
        assert!(audit.record(&deed("d")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let mut audit = Audit::new(home.path().join("audit.log"));
        audit.record(&deed("web")).unwrap();
        assert_eq!(fs::metadata(audit.path()).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
