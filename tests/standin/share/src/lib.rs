//! A value that stand-ins in several processes share: a file, of which one of them at a time has the lock. Knows not
//! what the value is.
//!
//! Windows' services are one for all processes; a stand-in is loaded into each of them. Where [`FOLDER`] names a folder
//! they share what lies there; without it each process has a world of its own.

use std::{
    fs::{self, File},
    io::Write,
    path::PathBuf,
};

use serde::{Serialize, de::DeserializeOwned};

/// The variable that names the folder.
pub const FOLDER: &str = "LONGSHORE_STANDIN_WORLD";

/// The shared value, as this process has seen it last.
#[derive(Debug)]
pub struct Share {
    lock: File,
    path: PathBuf,
    seen: Vec<u8>,
}

impl Share {
    /// The value of this name, where values are shared.
    pub fn of_environment(name: &str) -> Option<Self> {
        let folder = PathBuf::from(std::env::var_os(FOLDER)?);
        let how = File::options().read(true).write(true).create(true).truncate(false).clone();
        let lock = how.open(folder.join(name).with_extension("lock")).ok()?;
        Some(Self { lock, path: folder.join(name).with_extension("json"), seen: Vec::new() })
    }

    /// Begins a turn: nobody else has one until it ends. Gives the value where another has changed it.
    pub fn begin<T: DeserializeOwned>(&mut self) -> Option<T> {
        // One that cannot be locked is a test's own fault, and shows in what it sees.
        let _ = self.lock.lock();
        let now = fs::read(&self.path).unwrap_or_default();
        if now == self.seen {
            return None;
        }
        let value = serde_json::from_slice(&now).ok()?;
        self.seen = now;
        Some(value)
    }

    /// Ends it; what the value is now is what the others see.
    pub fn end<T: Serialize>(&mut self, value: &T) {
        if let Ok(text) = serde_json::to_vec(value)
            && text != self.seen
            && fs::write(&self.path, &text).is_ok()
        {
            self.seen = text;
        }
        let _ = self.lock.unlock();
    }
}

/// Writes down what was done that Windows does not forgive, where a world is shared: in `faults.txt`, a line each.
pub fn reproach(words: &str) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let file = File::options().append(true).create(true).open(PathBuf::from(folder).join("faults.txt"));
        let _ = file.and_then(|mut file| file.write_all(format!("{words}\n").as_bytes()));
    }
}
