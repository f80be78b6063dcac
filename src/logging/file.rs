//! A log file that never grows past a limit: a full one is put aside, and one older one is kept.
//! Must not know what is written.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tracing_subscriber::fmt::MakeWriter;

use super::LogError;
use crate::paths;

/// The size at which the file is put aside, in bytes.
const LARGEST: u64 = 2 * 1024 * 1024;

/// The log file. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct LogFile(Arc<Mutex<Open>>);

#[derive(Debug)]
struct Open {
    path: PathBuf,
    file: File,
    size: u64,
    largest: u64,
}

impl LogFile {
    /// Opens the file to append to; makes its directory.
    pub(super) fn open(path: &Path) -> Result<Self, LogError> {
        Self::open_with(path, LARGEST).map_err(|source| LogError::Open { path: path.into(), source })
    }

    fn open_with(path: &Path, largest: u64) -> io::Result<Self> {
        if let Some(dir) = path.parent() {
            paths::make_private_dir(dir).map_err(io::Error::other)?;
        }
        let file = paths::append_private(path)?;
        let size = file.metadata()?.len();
        Ok(Self(Arc::new(Mutex::new(Open { path: path.into(), file, size, largest }))))
    }
}

impl Open {
    fn put_aside(&mut self) -> io::Result<()> {
        fs::rename(&self.path, paths::aside(&self.path))?;
        self.file = paths::append_private(&self.path)?;
        self.size = 0;
        Ok(())
    }
}

impl Write for &LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.size >= open.largest {
            // Where it cannot be put aside, to lose lines is better than to fill the disk.
            open.put_aside()?;
        }
        let written = open.file.write(bytes)?;
        open.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogFile {
    type Writer = &'a LogFile;

    fn make_writer(&'a self) -> &'a LogFile {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_goes_on_where_it_was_and_is_put_aside_when_full() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("longshore.log");
        fs::write(&path, "before\n").unwrap();
        let log = LogFile::open_with(&path, 10).unwrap();
        for line in ["first\n", "second\n", "third\n"] {
            (&log).write_all(line.as_bytes()).unwrap();
        }
        assert_eq!(fs::read_to_string(home.path().join("longshore.log.1")).unwrap(), "before\nfirst\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "second\nthird\n");
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let home = tempfile::tempdir().unwrap();
        let error = LogFile::open(home.path()).unwrap_err();
        assert!(error.to_string().starts_with("cannot write the log `"), "{error}");
    }
}
