//! Starts monitors: this program once more, without the console's window, handles and job. Knows not what they do.

use std::{
    io::{self, BufReader},
    os::windows::process::CommandExt,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use windows_sys::Win32::{
    Foundation::{HANDLE_FLAG_INHERIT, INVALID_HANDLE_VALUE, SetHandleInformation},
    System::{
        Console::{GetStdHandle, STD_ERROR_HANDLE, STD_INPUT_HANDLE, STD_OUTPUT_HANDLE},
        Threading::{CREATE_BREAKAWAY_FROM_JOB, CREATE_NEW_PROCESS_GROUP, DETACHED_PROCESS},
    },
};

use super::{Compute, dial};
use crate::runtime::{Result, RuntimeError, host::Started, monitor::report::Report, windows::monitor::ATTACHED};

/// What a monitor has nothing to do with: a console, and what its console's window sends to all programs in it.
const ALONE: u32 = DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP;

impl Compute {
    /// Starts a monitor and waits until its process runs.
    pub(super) fn launch(&self, phase: &str, folder: &Path, tried: &str) -> Result<u32> {
        let mut said = self.spawn(phase, folder, false).map_err(RuntimeError::system(tried))?;
        Report::hear(&mut said, tried)
    }

    /// The same with a line that is there before the process.
    pub(super) fn launch_attached(&self, phase: &str, folder: &Path, tried: &str) -> Result<Started> {
        let mut said = self.spawn(phase, folder, true).map_err(RuntimeError::system(tried))?;
        // It listens, or says what is wrong.
        Report::next(&mut said, tried)?.started()?;
        let line = dial(folder).map_err(RuntimeError::system(tried))?;
        Ok(Started { pid: Report::hear(&mut said, tried)?, line })
    }

    fn spawn(&self, phase: &str, folder: &Path, attached: bool) -> io::Result<BufReader<ChildStdout>> {
        keep_standard_streams();
        let mut command = Command::new(&self.program);
        command.args(["monitor".as_ref(), phase.as_ref(), folder.as_os_str()]);
        if attached {
            command.arg(ATTACHED);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        // Where it works cannot be renamed or removed: neither the console's folder nor one of a container, as those of
        // execs are. Its program cannot be removed anyway.
        if let Some(its_own) = self.program.parent() {
            command.current_dir(its_own);
        }
        let mut child = spawned(&mut command)?;
        child.stdout.take().map(BufReader::new).ok_or_else(|| io::ErrorKind::BrokenPipe.into())
    }
}

/// Out of the job that ends with a session over SSH, where that is allowed.
fn spawned(command: &mut Command) -> io::Result<Child> {
    match command.creation_flags(ALONE | CREATE_BREAKAWAY_FROM_JOB).spawn() {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => command.creation_flags(ALONE).spawn(),
        spawned => spawned,
    }
}

/// Whoever reads what this program prints must not wait for a monitor's end: children get every handle that may be
/// handed down, and those that this program was itself given may be.
#[allow(unsafe_code, reason = "handles are marked through the C interface only")]
fn keep_standard_streams() {
    for which in [STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE] {
        // SAFETY: takes a number; what it gives is this process's own and is not closed.
        let handle = unsafe { GetStdHandle(which) };
        if !handle.is_null() && handle != INVALID_HANDLE_VALUE {
            // SAFETY: the handle is open as long as this process; a failure leaves it as it was.
            unsafe { SetHandleInformation(handle, HANDLE_FLAG_INHERIT, 0) };
        }
    }
}
