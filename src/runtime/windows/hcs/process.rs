//! A process in a container of Windows. Knows not what its pipes are connected to.

use std::{
    os::windows::io::OwnedHandle,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};

use serde::Serialize;

use super::{
    FORCE, LOOK, document,
    error::{HcsError, Result, read},
    events::{Ear, Event, hear},
    handle::Handle,
    operation::{Call, run},
};
use crate::runtime::{
    document::hcs::{
        code::{Code, Meaning},
        process::{ConsoleEvent, Ended, ModifyProcess, ProcessStatus, SignalProcess},
    },
    windows::{table::computecore::ComputeCore, wide::Wide},
};

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
    /// Where its end is told.
    said: Mutex<Receiver<Event>>,
    /// Lives as long as the handle: fields are dropped after [`Drop::drop`] has closed it.
    ear: Ear,
}

impl Process {
    /// Takes over a handle and listens to it. Looks once whether the process has ended meanwhile: then nobody will say
    /// so any more.
    #[allow(unsafe_code, reason = "a call into computecore.dll")]
    pub(super) fn new(core: &Arc<ComputeCore>, handle: Handle, pid: u32) -> Result<Self> {
        let (ear, said) = Ear::new();
        let process = Self { core: Arc::clone(core), handle, pid, said: Mutex::new(said), ear };
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
        // What ended before somebody listened is never told.
        if let Some(ended) = self.status()?.ended() {
            return Ok(Some(ended));
        }
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(at_most);
        match said {
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Ok(Event::Disconnected) | Err(RecvTimeoutError::Disconnected) => {
                let tried = format!("wait for the end of process {}", self.pid);
                Err(HcsError::refused(&tried, Code(0x8037_0000 | Meaning::ServiceDisconnect as u32), None))
            }
            Ok(Event::Exited(Some(document))) => {
                let status: ProcessStatus = read(&format!("read the end of process {}", self.pid), Some(document))?;
                Ok(status.ended().or(Some(Ended::Unknown(0))))
            }
            Ok(Event::Exited(None)) => self.status().map(|status| status.ended().or(Some(Ended::Unknown(0)))),
        }
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
