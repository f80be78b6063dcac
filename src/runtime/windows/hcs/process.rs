//! A process in a container of Windows. Knows not what its pipes are connected to.

use std::{os::windows::io::OwnedHandle, sync::Arc, time::Duration};

use serde::Serialize;

use super::{
    FORCE, LOOK, document,
    error::{HcsError, Result, read},
    events::{Ear, hear},
    handle::Handle,
    operation::{Call, run},
};
use crate::runtime::{
    document::hcs::{
        code::Code,
        process::{ConsoleEvent, Ended, ModifyProcess, ProcessStatus, SignalProcess},
    },
    windows::{table::computecore::ComputeCore, wide::Wide},
};

/// How a process ended of which only that is told.
const UNTOLD: Ended = Ended::Unknown(0);

/// The ends of a process's pipes, as far as it was started with them. They are overlapped: for tokio, or with an event.
#[derive(Debug, Default)]
pub struct Pipes {
    /// What is written here it reads.
    pub input: Option<OwnedHandle>,
    /// What it prints; everything, where it has a console.
    pub output: Option<OwnedHandle>,
    /// Its errors.
    pub error: Option<OwnedHandle>,
}

/// A process; the handle is closed when it is dropped, the process lives on.
#[derive(Debug)]
pub struct Process {
    core: Arc<ComputeCore>,
    handle: Handle,
    pid: u32,
    /// Hears of its end. Lives as long as the handle: fields are dropped after [`Drop::drop`] has closed it.
    ear: Ear,
}

impl Process {
    /// Takes over a handle and listens to it. Looks once whether the process has ended meanwhile: then nobody will say
    /// so any more.
    #[allow(unsafe_code, reason = "a call into computecore.dll")]
    pub(super) fn new(core: &Arc<ComputeCore>, handle: Handle, pid: u32) -> Result<Self> {
        let process = Self { core: Arc::clone(core), handle, pid, ear: Ear::new() };
        let context = process.ear.context();
        // SAFETY: the process is open; the context lives until it is closed.
        let code = unsafe { (core.set_process_callback)(handle.raw(), 0, context, Some(hear)) };
        if code < 0 {
            return Err(HcsError::refused(&format!("listen to process {pid}"), Code::of(code), None));
        }
        Ok(process)
    }

    /// Its number; under process isolation that on the host.
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    /// How it stands.
    ///
    /// # Errors
    /// When it is not answered within [`LOOK`], or the handle is dead.
    pub fn status(&self) -> Result<ProcessStatus> {
        let tried = format!("look after process {}", self.pid);
        let answer = self.run(self.core.process_properties, None, &tried, LOOK)?;
        read(&tried, answer)
    }

    /// Waits until it has ended, so long at most; `None` while it runs. May be asked by one thread at a time.
    ///
    /// # Errors
    /// [`HcsError::is_disconnected`] when the handle is dead and the process may live.
    pub fn wait(&self, at_most: Duration) -> Result<Option<Ended>> {
        let look = || self.status().map(|status| status.ended());
        let read = |document: Option<String>| match document {
            Some(document) => {
                let status: ProcessStatus = read(&format!("read the end of process {}", self.pid), Some(document))?;
                Ok(status.ended().unwrap_or(UNTOLD))
            }
            None => look().map(|ended| ended.unwrap_or(UNTOLD)),
        };
        self.ear.wait(at_most, look, read, || HcsError::disconnected(&format!("wait for process {}", self.pid)))
    }

    /// Tells it of an event. May take until the process has ended.
    ///
    /// # Errors
    /// When it has ended, or does not take note within `patience`.
    pub fn signal(&self, signal: ConsoleEvent, patience: Duration) -> Result<()> {
        let tried = format!("signal process {}", self.pid);
        self.tell(self.core.signal_process, &SignalProcess { signal }, &tried, patience)
    }

    /// Changes its console or ends its input.
    ///
    /// # Errors
    /// When it has ended.
    pub fn modify(&self, change: ModifyProcess) -> Result<()> {
        let tried = format!("change process {}", self.pid);
        self.tell(self.core.modify_process, &change, &tried, LOOK)
    }

    /// Ends it. No error when it has ended before.
    ///
    /// # Errors
    /// When it does not end within [`FORCE`].
    pub fn terminate(&self) -> Result<()> {
        let tried = format!("end process {}", self.pid);
        match self.run(self.core.terminate_process, None, &tried, FORCE) {
            Ok(_) => Ok(()),
            Err(error) if error.is_already_stopped() => Ok(()),
            // One that is just going is no longer anybody's.
            Err(error) if error.code().is_some_and(Code::is_denied) && self.has_ended() => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn has_ended(&self) -> bool {
        self.status().is_ok_and(|status| status.ended().is_some())
    }

    fn tell(&self, call: Call, text: &impl Serialize, tried: &str, patience: Duration) -> Result<()> {
        let text = document(tried, text)?;
        self.run(call, Some(&text), tried, patience).map(drop)
    }

    #[allow(unsafe_code, reason = "a call into computecore.dll")]
    fn run(&self, call: Call, text: Option<&Wide>, tried: &str, patience: Duration) -> Result<Option<String>> {
        // SAFETY: `call` is given by this type only and takes a process; this one is open.
        unsafe { run(&self.core, call, self.handle, text, tried, patience) }
    }
}

impl Drop for Process {
    #[allow(unsafe_code, reason = "a call into computecore.dll")]
    fn drop(&mut self) {
        // SAFETY: the process is open, and this is the only place where it is closed; its ear still lives.
        unsafe { (self.core.close_process)(self.handle.raw()) }
    }
}
