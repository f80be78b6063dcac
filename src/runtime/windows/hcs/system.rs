//! A container of Windows, as the host compute service has it. Knows not what it was made from.

use std::{ptr, sync::Arc, time::Duration};

use serde::Serialize;
use windows_sys::Win32::System::HostComputeSystem::HCS_SYSTEM;

use super::{
    ALL_ACCESS, FORCE, LOOK, MAKE, document,
    error::{HcsError, Result, read},
    events::{Ear, hear},
    handle::Handle,
    operation::{Call, Operation, run},
    process::{Pipes, Process},
};
use crate::runtime::{
    document::hcs::{
        code::Code,
        process::ProcessParameters,
        query::{Properties, PropertyQuery, PropertyType, State},
        result::SystemExitStatus,
        statistics::{ProcessDetails, Statistics},
        system::Modify,
    },
    windows::{table::computecore::ComputeCore, wide::Wide},
};

/// `E_INVALIDARG`.
const INVALID_ARGUMENT: Code = Code(0x8007_0057);

/// A container; the handle is closed when it is dropped, the container lives on.
#[derive(Debug)]
pub struct System {
    core: Arc<ComputeCore>,
    handle: Handle,
    id: String,
    /// Hears of its end, once [`System::listen`] was called. Lives as long as the handle: fields are dropped after [`Drop::drop`] has closed it.
    ear: Option<Ear>,
}

impl System {
    /// Takes over a handle; `None` for null.
    pub(super) fn new(core: &Arc<ComputeCore>, handle: HCS_SYSTEM, id: &str) -> Option<Self> {
        let handle = Handle::new(handle)?;
        Some(Self { core: Arc::clone(core), handle, id: id.to_owned(), ear: None })
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Listens to it from now on: to be called before it is started, or right after it was opened.
    ///
    /// # Errors
    /// When the handle is dead.
    #[allow(unsafe_code, reason = "a call into computecore.dll")]
    pub fn listen(&mut self) -> Result<()> {
        if self.ear.is_some() {
            return Ok(());
        }
        let ear = self.ear.insert(Ear::new());
        // SAFETY: the system is open; the ear's sender stays where it is and lives until the system is closed.
        let code = unsafe { (self.core.set_system_callback)(self.handle.raw(), 0, ear.context(), Some(hear)) };
        if code < 0 { Err(HcsError::refused(&self.tried("listen to"), Code::of(code), None)) } else { Ok(()) }
    }

    /// Waits until it has ended, so long at most; `None` while it lives. Without [`System::listen`] it only looks.
    ///
    /// # Errors
    /// [`HcsError::is_disconnected`] when the handle is dead and the container may live.
    pub fn wait(&self, at_most: Duration) -> Result<Option<SystemExitStatus>> {
        let look = || self.has_ended().map(|ended| ended.then(SystemExitStatus::default));
        let Some(ear) = &self.ear else { return look() };
        let read = |document| read(&self.tried("read the end of"), document);
        ear.wait(at_most, look, read, || HcsError::disconnected(&self.tried("wait for the end of")))
    }

    fn has_ended(&self) -> Result<bool> {
        match self.properties(&[]) {
            Ok(properties) => Ok(properties.stopped || properties.state == State::Stopped),
            Err(error) if error.is_already_stopped() || error.is_not_found() => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Starts it.
    ///
    /// # Errors
    /// What the service says; the container is to be terminated then.
    pub fn start(&self) -> Result<()> {
        self.run(self.core.start_system, None, "start", MAKE).map(drop)
    }

    /// Asks it to end; hears of the end by [`System::wait`]. No error when it has ended before.
    ///
    /// # Errors
    /// When it is not taken note of within `patience`.
    pub fn shut_down(&self, patience: Duration) -> Result<()> {
        ended(self.run(self.core.shut_down_system, None, "shut down", patience))
    }

    /// Ends it with all that runs in it. No error when it has ended before.
    ///
    /// # Errors
    /// When it does not end within [`FORCE`].
    pub fn terminate(&self) -> Result<()> {
        match ended(self.run(self.core.terminate_system, None, "end", FORCE)) {
            // One that is just going is no longer anybody's.
            Err(error) if error.code().is_some_and(Code::is_denied) && self.has_ended().unwrap_or(false) => Ok(()),
            other => other,
        }
    }

    /// Freezes it.
    ///
    /// # Errors
    /// Under process isolation Windows has nothing for it.
    pub fn pause(&self) -> Result<()> {
        self.run(self.core.pause_system, None, "pause", MAKE).map(drop)
    }

    /// Thaws it.
    ///
    /// # Errors
    /// When it is not frozen.
    pub fn resume(&self) -> Result<()> {
        self.run(self.core.resume_system, None, "resume", MAKE).map(drop)
    }

    /// Changes what it may use while it runs.
    ///
    /// # Errors
    /// What the service says.
    #[allow(unsafe_code, reason = "a call into computecore.dll")]
    pub fn modify<T: Serialize>(&self, change: &Modify<T>) -> Result<()> {
        let tried = self.tried("change");
        let text = document(&tried, change)?;
        let operation = Operation::new(&self.core, &tried)?;
        // SAFETY: the system is open, the text ends with a zero and lives over the call; no token is allowed.
        let started =
            unsafe { (self.core.modify_system)(self.handle.raw(), operation.handle(), text.as_ptr(), ptr::null_mut()) };
        operation.finish(started, LOOK).map(drop)
    }

    /// How it stands, and what else is asked for.
    ///
    /// # Errors
    /// [`HcsError::is_of_an_ending`] when it has not begun or is over, for all but the state.
    pub fn properties(&self, types: &[PropertyType]) -> Result<Properties> {
        let tried = self.tried("ask after");
        let query = PropertyQuery { property_types: types.to_vec() };
        let query = if types.is_empty() { None } else { Some(document(&tried, &query)?) };
        let answer = self.run(self.core.system_properties, query.as_ref(), "ask after", LOOK)?;
        read(&tried, answer)
    }

    /// What it uses.
    ///
    /// # Errors
    /// As [`System::properties`].
    pub fn statistics(&self) -> Result<Statistics> {
        Ok(self.properties(&[PropertyType::Statistics])?.statistics.unwrap_or_default())
    }

    /// What runs in it.
    ///
    /// # Errors
    /// As [`System::properties`].
    pub fn process_list(&self) -> Result<Vec<ProcessDetails>> {
        Ok(self.properties(&[PropertyType::ProcessList])?.process_list)
    }

    /// Starts a process in it.
    ///
    /// # Errors
    /// What the service says: there is no such program, no such user.
    #[allow(unsafe_code, reason = "a call into computecore.dll")]
    pub fn create_process(&self, parameters: &ProcessParameters) -> Result<(Process, Pipes)> {
        let tried = self.tried("start a process in");
        let text = document(&tried, parameters)?;
        let operation = Operation::new(&self.core, &tried)?;
        let mut handle = ptr::null_mut();
        // SAFETY: the system is open, the text ends with a zero, all pointers live over the call; no security
        // descriptor is allowed.
        let started = unsafe {
            let create = self.core.create_process;
            create(self.handle.raw(), text.as_ptr(), operation.handle(), ptr::null(), &mut handle)
        };
        let handle = Handle::new(handle).map(|handle| Unclaimed { core: &self.core, handle });
        let made = match (operation.finish_process(started, MAKE), &handle) {
            // Build 20348 does it at once at times, and then knows nothing of what was waited for.
            (Err(error), Some(process)) if error.code() == Some(INVALID_ARGUMENT) => self.ask_again(process.handle),
            (made, _) => made,
        };
        let (pid, pipes) = made?;
        let handle = handle.ok_or_else(|| HcsError::no_handle(&tried))?.claim();
        Ok((Process::new(&self.core, handle, pid)?, pipes))
    }

    #[allow(unsafe_code, reason = "a call into computecore.dll")]
    fn ask_again(&self, process: Handle) -> Result<(u32, Pipes)> {
        let tried = self.tried("start a process in");
        let operation = Operation::new(&self.core, &tried)?;
        // SAFETY: the process is open, the operation open and new.
        let started = unsafe { (self.core.process_info)(process.raw(), operation.handle()) };
        operation.finish_process(started, LOOK)
    }

    /// Opens a process that runs in it. Its pipes stay with who started it.
    ///
    /// # Errors
    /// When there is none of this number.
    #[allow(unsafe_code, reason = "a call into computecore.dll")]
    pub fn open_process(&self, pid: u32) -> Result<Process> {
        let mut handle = ptr::null_mut();
        // SAFETY: the system is open; the pointer lives over the call, which is over when it returns.
        let code = unsafe { (self.core.open_process)(self.handle.raw(), pid, ALL_ACCESS, &mut handle) };
        let handle = Handle::new(handle).map(|handle| Unclaimed { core: &self.core, handle });
        let tried = self.tried(&format!("open process {pid} of"));
        if code < 0 {
            return Err(HcsError::refused(&tried, Code::of(code), None));
        }
        Process::new(&self.core, handle.ok_or_else(|| HcsError::no_handle(&tried))?.claim(), pid)
    }

    fn tried(&self, verb: &str) -> String {
        format!("{verb} container `{}`", self.id)
    }

    #[allow(unsafe_code, reason = "a call into computecore.dll")]
    fn run(&self, call: Call, text: Option<&Wide>, verb: &str, patience: Duration) -> Result<Option<String>> {
        // SAFETY: `call` is given by this type only and takes a system; this one is open.
        unsafe { run(&self.core, call, self.handle, text, &self.tried(verb), patience) }
    }
}

impl Drop for System {
    #[allow(unsafe_code, reason = "a call into computecore.dll")]
    fn drop(&mut self) {
        // SAFETY: the system is open, and this is the only place where it is closed; its ear still lives.
        unsafe { (self.core.close_system)(self.handle.raw()) }
    }
}

/// A process's handle of which the verdict is not known yet; closed unless it is claimed.
struct Unclaimed<'a> {
    core: &'a ComputeCore,
    handle: Handle,
}

impl Unclaimed<'_> {
    fn claim(self) -> Handle {
        std::mem::ManuallyDrop::new(self).handle
    }
}

impl Drop for Unclaimed<'_> {
    #[allow(unsafe_code, reason = "a call into computecore.dll")]
    fn drop(&mut self) {
        // SAFETY: the process is open and nobody else closes it.
        unsafe { (self.core.close_process)(self.handle.raw()) }
    }
}

fn ended(result: Result<Option<String>>) -> Result<()> {
    match result {
        Ok(_) => Ok(()),
        Err(error) if error.is_already_stopped() || error.is_not_found() => Ok(()),
        Err(error) => Err(error),
    }
}
