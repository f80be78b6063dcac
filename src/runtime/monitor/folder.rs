//! What lies in a running folder, and in that of an exec inside of it. Knows no process.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    process, thread,
    time::{Duration, Instant},
};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    model::{ContainerId, SessionId},
    runtime::{
        Result, RuntimeError,
        document::{Order, Process},
    },
};

/// Where it is said what the container is to be.
const ORDER: &str = "order.json";
/// Where an exec's process is said, in its folder.
const PROCESS: &str = "process.json";
/// Where the exit code of a run is noted until it is written down.
const ENDED: &str = "ended.json";
/// How long those who read something in a running folder are waited for, and the pause between two looks.
const READERS: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(5);
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
    let path = folder.join(ORDER);
    let tried = format!("read the order `{}`", path.display());
    read_json(&path).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => RuntimeError::Corrupt { tried, why: error.to_string() },
        _ => RuntimeError::System { tried, source: error },
    })
}

/// Says what the container in a running folder is to be; its monitor may read that at any time.
///
/// # Errors
/// What the system says.
pub fn write_order(folder: &Path, order: &Order) -> Result<()> {
    let written = write_json(&folder.join(ORDER), order);
    written.map_err(RuntimeError::system(format!("write the order of `{}`", order.name)))
}

/// Where a running folder goes when its run is over, until that is written down.
pub fn aside(folder: &Path) -> PathBuf {
    folder.with_extension("ended")
}

/// Puts it there, or empties it where it is: Windows moves no folder of which a file is open, and whoever reads one
/// must not keep an end from being written down. Gives where it is now.
pub fn put_aside(folder: &Path) -> PathBuf {
    put_aside_within(folder, READERS)
}

fn put_aside_within(folder: &Path, patience: Duration) -> PathBuf {
    let aside = aside(folder);
    // Nobody has buried an earlier one yet; its container has been started again since, so that nobody needs to.
    let put = || remove_now(&aside).and_then(|()| fs::rename(folder, &aside));
    match again(patience, put) {
        Ok(()) => aside,
        Err(error) => {
            tracing::warn!(folder = %folder.display(), %error, "a running folder stays where it is");
            empty(folder);
            folder.to_owned()
        }
    }
}

/// Tries until it works, or has failed for so long.
fn again(patience: Duration, mut deed: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    let until = Instant::now() + patience;
    loop {
        match deed() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(error),
            Err(_) if Instant::now() < until => thread::sleep(PAUSE),
            done => return done,
        }
    }
}

/// Removes all in a running folder that can be, but what it is buried by.
fn empty(folder: &Path) {
    let all = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in all.filter(|entry| entry.file_name() != ORDER && entry.file_name() != ENDED) {
        let path = entry.path();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let removed = if is_folder { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        if let Err(error) = removed {
            tracing::debug!(path = %path.display(), %error, "it is left behind");
        }
    }
}

/// Notes with what a run has ended, before anything of it is undone: whoever buries it knows it by this.
pub fn note_end(folder: &Path, code: i64) {
    // Without it only a crash before it is written down loses it.
    if let Err(error) = write_json(&folder.join(ENDED), &code) {
        tracing::debug!(folder = %folder.display(), %error, "an exit code is not noted");
    }
}

/// What was noted of the end, if its run got as far.
pub fn noted_end(folder: &Path) -> Option<i64> {
    read_json(&folder.join(ENDED)).ok()
}

/// Another run begins in the same folder.
pub fn forget_end(folder: &Path) {
    // Where it stays, one that is killed later has the code of its run before.
    let _ = fs::remove_file(folder.join(ENDED));
}

/// Removes a folder; no error where there is none. Somebody else may be removing it at the same time, or still have a
/// file in it open for a moment, which keeps its name on some file systems.
///
/// # Errors
/// What the system says.
pub fn remove(folder: &Path) -> io::Result<()> {
    again(READERS, || remove_now(folder))
}

fn remove_now(folder: &Path) -> io::Result<()> {
    let removed = fs::remove_dir_all(folder);
    match removed {
        _ if !folder.exists() => Ok(()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        // What is not found may be any file in it.
        _ => Err(io::ErrorKind::ResourceBusy.into()),
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
    write_json(&session.join(PROCESS), process)
}

/// What an exec is to run.
///
/// # Errors
/// When it is not said, or not understood.
pub fn read_process(session: &Path) -> io::Result<Process> {
    read_json(&session.join(PROCESS))
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
    // Of this thread's own: others may write the same file at this moment.
    let new = path.with_extension(format!("new-{}-{:?}", process::id(), thread::current().id()));
    fs::write(&new, serde_json::to_vec(what)?)?;
    // Windows replaces no file that somebody has just open.
    again(READERS, || fs::rename(&new, path))
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

    const SOON: Duration = Duration::from_secs(60);

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
    fn what_cannot_be_put_aside_is_emptied_but_for_what_it_is_buried_by() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("web");
        fs::create_dir_all(folder.join("exec/a")).unwrap();
        note_end(&folder, 7);
        // No folder, so that it is not removed as one.
        fs::write(aside(&folder), b"").unwrap();
        assert_eq!(put_aside_within(&folder, Duration::ZERO), folder);
        assert_eq!((noted_end(&folder), fs::read_dir(&folder).unwrap().count()), (Some(7), 1));
        fs::remove_file(aside(&folder)).unwrap();
        note_end(&folder, 7);
        assert_eq!(noted_end(&put_aside_within(&folder, Duration::ZERO)), Some(7));
    }

    #[test]
    fn who_reads_for_a_moment_is_waited_for() {
        let mut readers = 3;
        let moved = again(SOON, || {
            readers -= 1;
            if readers == 0 { Ok(()) } else { Err(io::ErrorKind::PermissionDenied.into()) }
        });
        assert!(moved.is_ok() && readers == 0);
    }

    #[test]
    fn those_who_remove_the_same_folder_at_once_all_find_it_gone() {
        let room = tempfile::tempdir().unwrap();
        for round in 0..4 {
            let folder = room.path().join(round.to_string());
            for at in 0..12 {
                fs::create_dir_all(folder.join(format!("{at}/deep"))).unwrap();
                fs::write(folder.join(format!("{at}/file")), "x").unwrap();
            }
            thread::scope(|scope| {
                let removers: Vec<_> = (0..3).map(|_| scope.spawn(|| (remove(&folder), folder.exists()))).collect();
                for remover in removers {
                    let (removed, is_left) = remover.join().unwrap();
                    removed.unwrap();
                    assert!(!is_left);
                }
            });
        }
    }

    #[test]
    fn those_who_write_the_same_file_at_once_never_leave_half_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules.json");
        let whole = |length: usize| "x".repeat(length);
        thread::scope(|scope| {
            for writer in 1..5 {
                let path = &path;
                scope.spawn(move || (0..50).for_each(|_| write_json(path, &whole(writer * 5000)).unwrap()));
            }
        });
        assert!(read_json::<String>(&path).unwrap().len().is_multiple_of(5000));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
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
