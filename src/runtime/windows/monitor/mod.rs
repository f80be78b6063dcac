//! The process beside each container and each exec: this program, started once more, detached from the console. Knows
//! no console.
//!
//! On Windows a process stays what it is, so that all phases are one process: start, wait, end, and start again.
//!
//! | file | subject |
//! |---|---|
//! | `check` | health checks |
//! | `ending` | orders to end a process |
//! | `exec` | a process in a container that runs |
//! | `hall` | everybody who is connected |
//! | `main_process` | a container from its start to its end |
//! | `start` | what is made for a container, and undone when a step fails |
//! | `state` | what is written beside a process that runs |
//! | `streams` | its pipes |
//! | `traces` | what is taken away when a run is over |
//! | `watch` | while a process runs |

mod check;
mod ending;
mod exec;
mod hall;
mod main_process;
mod start;
mod state;
mod streams;
#[cfg(test)]
mod tests;
mod traces;
mod watch;

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

pub(crate) use ending::SIGKILL;
pub(crate) use main_process::bury;
pub(crate) use state::Live;
pub(crate) use traces::end_system;

use super::hands::Hands;
use crate::runtime::{
    Result, RuntimeError,
    document::guid::Guid,
    monitor::{folder, report::Report},
};

/// Says that whoever starts a monitor dials it before the process runs.
pub(crate) const ATTACHED: &str = "attached";
/// Where the locks of monitors are, beside the running folders: a folder with an open file in it cannot be renamed.
const LOCKS: &str = "locks";

/// Runs the monitor that the command line names, if it names one. `rest` is called when a long wait begins.
pub fn phase(rest: fn()) -> Option<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    if words.next()? != "monitor" {
        return None;
    }
    let (phase, folder) = (words.next().unwrap_or_default(), PathBuf::from(words.next().unwrap_or_default()));
    let attached = words.next().is_some_and(|word| word == ATTACHED);
    let ran = match phase.to_str() {
        Some("start") => {
            in_tokio(&folder, async |hands| main_process::run(hands, &folder, attached, &mut io::stdout(), rest).await)
        }
        Some("exec") => {
            in_tokio(&folder, async |hands| exec::run(hands, &folder, attached, &mut io::stdout(), rest).await)
        }
        _ => return Some(ExitCode::FAILURE),
    };
    if let Err(error) = &ran {
        Report::of(error).say(&mut io::stdout());
        // Nobody may listen any more; whoever looks for the reason finds it there.
        let _ = fs::write(folder.join("error"), error.to_string());
    }
    Some(if ran.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs what waits on this thread, with what it works with.
fn in_tokio(folder: &Path, deed: impl AsyncFnOnce(Hands) -> Result<()>) -> Result<()> {
    let tried = || format!("watch over `{}`", folder.display());
    let hands = super::hands_of(folder)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(RuntimeError::system(tried()))?;
    let done = runtime.block_on(deed(hands));
    // What blocks for good must not keep a monitor that has nothing to watch.
    runtime.shutdown_background();
    done
}

/// The name of the pipe of the monitor of this folder.
///
/// # Errors
/// When there is no such folder.
pub(crate) fn door_of(folder: &Path) -> io::Result<String> {
    // However the folder is spelled.
    let folder = fs::canonicalize(folder)?;
    Ok(format!("monitor-{}", Guid::named("door", &folder.to_string_lossy())))
}

/// Locked as long as the monitor of this running folder lives.
pub(crate) fn lock_of(folder: &Path) -> PathBuf {
    let run = folder.parent().and_then(Path::parent).unwrap_or(folder);
    run.join(LOCKS).join(folder.file_name().unwrap_or_default())
}

/// Whether a monitor has the lock of this running folder.
pub(crate) fn is_locked(folder: &Path) -> bool {
    folder::is_locked(&lock_of(folder))
}
