//! What is written down when a run of a container begins, or cannot; and what an exec takes from its container. Knows
//! no platform.

use std::path::Path;

use super::folder::{of_exec, read_order};
use crate::runtime::{
    Result, RuntimeError,
    db::Db,
    document::{Order, Process},
    layout::Layout,
    records::{
        container::{self, Alive},
        life,
    },
};

/// Docker's exit code of a container that did not start for no fault of its program's.
const NOT_STARTED: i64 = 128;

/// Why a container is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Somebody asked for it, and waits to hear how it went.
    Asked,
    /// Somebody asked for it to be started again.
    Restart,
    /// Its restart policy wants it.
    Policy,
}

/// Writes down that it runs.
///
/// # Errors
/// `Conflict` when that cannot be in its present state.
pub fn note(db: &Db, order: &Order, alive: &Alive, why: Why) -> Result<()> {
    db.change(&format!("start container `{}`", order.name), |t| {
        life::started(t, &order.id, alive, why == Why::Policy)?;
        if why == Why::Restart { container::get(t, &order.id)?.tell(t, "restart", &[]) } else { Ok(()) }
    })
}

/// Writes down why it does not run.
pub fn note_failure(db: &Db, order: &Order, error: &RuntimeError) {
    let code = if let RuntimeError::Program { code, .. } = error { i64::from(*code) } else { NOT_STARTED };
    // It may have been removed meanwhile; the report says what went wrong either way.
    let _ = db.change("write down a failed start", |t| life::start_failed(t, &order.id, code, &error.to_string()));
}

/// What an exec does not say comes from the container's own process, as Docker has it; its folder is `home` where
/// neither says one.
pub fn complete(process: &mut Process, main: &Process, home: &str) {
    if process.user.is_empty() {
        process.user.clone_from(&main.user);
    }
    if process.cwd.is_empty() {
        process.cwd = if main.cwd.is_empty() { home.to_owned() } else { main.cwd.clone() };
    }
    process.env = main.env.iter().chain(&process.env).cloned().collect();
}

/// Writes down that the process of an exec's folder has ended with this code.
pub fn tell_exec_end(session: &Path, code: i64) {
    let tell = || -> Result<()> {
        let order = read_order(of_exec(session))?;
        let db = Db::open(&Layout::at(&order.data))?;
        let id = session.file_name().unwrap_or_default().to_string_lossy();
        db.change("write down the end of an exec", |t| {
            let record = container::get(t, &order.id)?;
            record.tell(t, "exec_die", &[("exitCode", &code.to_string()), ("execID", &id)])
        })
    };
    // Its container may be gone, and nobody is there to hear of anything else.
    let _ = tell();
}
