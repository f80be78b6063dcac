//! What lies in a running folder, and in that of an exec inside of it. Knows no process.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    model::{ContainerId, SessionId},
    runtime::{
        Result, RuntimeError,
        document::{Order, Process},
    },
};

/// Where an exec's process is said, in its folder.
const PROCESS: &str = "process.json";
/// Where the execs' folders are, in a running folder.
const EXECS: &str = "exec";

/// The id that a running folder is named after.
pub fn id_of(folder: &Path) -> ContainerId {
    ContainerId::new(folder.file_name().unwrap_or_default().to_string_lossy())
}

/// What the container in a running folder is to be.
///
/// # Errors
/// When it is not there, or no order.
pub fn read_order(folder: &Path) -> Result<Order> {
    let path = folder.join("order.json");
    let tried = || format!("read the order `{}`", path.display());
    let text = fs::read(&path).map_err(RuntimeError::system(tried()))?;
    serde_json::from_slice(&text).map_err(|error| RuntimeError::Corrupt { tried: tried(), why: error.to_string() })
}

/// Where a running folder goes when its run is over, until that is written down.
pub fn aside(folder: &Path) -> PathBuf {
    folder.with_extension("ended")
}

/// Puts it there.
///
/// # Errors
/// What the system says.
pub fn put_aside(folder: &Path) -> io::Result<PathBuf> {
    let aside = aside(folder);
    // Nobody has buried an earlier one yet; its container has been started again since, so that nobody needs to.
    remove(&aside)?;
    fs::rename(folder, &aside)?;
    Ok(aside)
}

/// Removes a folder; no error where there is none.
///
/// # Errors
/// What the system says.
pub fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The folder of an exec, in a running folder.
pub fn exec(folder: &Path, id: &SessionId) -> PathBuf {
    folder.join(EXECS).join(id.as_str())
}

/// The running folder that an exec's is in.
pub fn of_exec(session: &Path) -> &Path {
    session.parent().and_then(Path::parent).unwrap_or(session)
}

/// Says what an exec is to run, and makes its folder.
///
/// # Errors
/// What the system says.
pub fn write_process(session: &Path, process: &Process) -> io::Result<()> {
    fs::create_dir_all(session)?;
    fs::write(session.join(PROCESS), serde_json::to_vec(process)?)
}

/// What an exec is to run.
///
/// # Errors
/// When it is not said, or not understood.
pub fn read_process(session: &Path) -> io::Result<Process> {
    Ok(serde_json::from_slice(&fs::read(session.join(PROCESS))?)?)
}

/// What a file says, as JSON.
///
/// # Errors
/// When it is not there, or not understood.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

/// Says something in a file, as a whole or not at all.
///
/// # Errors
/// What the system says.
pub fn write_json(path: &Path, what: &impl Serialize) -> io::Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, serde_json::to_vec(what)?)?;
    fs::rename(new, path)
}

/// The execs that there are in a running folder, with what they run. One that is just beginning or ending has not all
/// of it, and is left out.
pub fn execs(folder: &Path) -> Vec<(SessionId, Process, PathBuf)> {
    let entries = fs::read_dir(folder.join(EXECS)).into_iter().flatten().flatten();
    let of = |session: PathBuf| {
        let id = SessionId::new(session.file_name()?.to_string_lossy());
        Some((id, read_process(&session).ok()?, session))
    };
    entries.filter_map(|entry| of(entry.path())).collect()
}

/// Takes a monitor's lock; `None` when another has it. Who only looks whether it is taken has it for a moment, and is
/// waited for `patience` long.
///
/// # Errors
/// What the system says.
pub fn lock(path: &Path, patience: Duration) -> io::Result<Option<File>> {
    /// Between two tries.
    const PAUSE: Duration = Duration::from_millis(5);
    let file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
    let mut left = patience;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) if left.is_zero() => return Ok(None),
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        left = left.saturating_sub(PAUSE);
    }
}

/// Whether a monitor has this lock.
pub fn is_locked(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_one_hands_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        assert!(!is_locked(&path), "there is none");
        let held = lock(&path, Duration::ZERO).unwrap().unwrap();
        assert!(is_locked(&path));
        assert!(lock(&path, Duration::ZERO).unwrap().is_none());
        drop(held);
        assert!(!is_locked(&path));
        assert!(lock(&path, Duration::ZERO).unwrap().is_some());
    }

    #[test]
    fn execs_are_found_by_what_they_run_and_lead_back_to_their_container() {
        let folder = tempfile::tempdir().unwrap();
        let (whole, begun) = (exec(folder.path(), &SessionId::new("a")), exec(folder.path(), &SessionId::new("b")));
        let process = Process { args: vec!["ls".into()], ..Process::default() };
        write_process(&whole, &process).unwrap();
        fs::create_dir_all(begun).unwrap();
        assert_eq!(execs(folder.path()), [(SessionId::new("a"), process, whole.clone())]);
        assert_eq!(of_exec(&whole), folder.path());
    }
}
