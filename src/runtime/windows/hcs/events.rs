//! How a system or a process says that it has ended: HCS calls back on a thread of its own, and what it says goes into
//! a channel. Knows no operation.

use std::{
    ffi::c_void,
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    time::{Duration, Instant},
};

use windows_sys::Win32::System::HostComputeSystem::{
    HCS_EVENT, HcsEventProcessExited as PROCESS_EXITED, HcsEventServiceDisconnect as SERVICE_DISCONNECT,
    HcsEventSystemExited as SYSTEM_EXITED,
};

use super::error::{HcsError, Result};
use crate::runtime::windows::wide;

/// Events that wait to be heard at most: an end comes once, and one loss of the service is as good as many.
const WAITING: usize = 4;

/// How often it is looked whether something has ended that has not said so.
const GLANCE: Duration = Duration::from_secs(1);

/// What was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// It has ended; how, in a document.
    Exited(Option<String>),
    /// The service was restarted: this handle says nothing any more.
    Disconnected,
}

/// Who listens to a handle. Must outlive the handle: HCS has its sender's address.
#[derive(Debug)]
pub(super) struct Ear {
    sender: Box<SyncSender<Event>>,
    said: Mutex<Receiver<Event>>,
}

impl Ear {
    pub(super) fn new() -> Self {
        let (sender, receiver) = sync_channel(WAITING);
        Self { sender: Box::new(sender), said: Mutex::new(receiver) }
    }

    /// What HCS is given together with [`hear`].
    pub(super) fn context(&self) -> *const c_void {
        (&raw const *self.sender).cast()
    }

    /// Waits for the end of what is listened to, so long at most. `look` asks whether it has ended: first thing, since
    /// what ended before somebody listened is never told, and then now and then, since the word gets lost at times.
    /// `read` understands what is said of the end. One thread at a time waits.
    ///
    /// # Errors
    /// What these two say, and `lost` when the service was restarted.
    pub(super) fn wait<T>(
        &self,
        at_most: Duration,
        look: impl Fn() -> Result<Option<T>>,
        read: impl Fn(Option<String>) -> Result<T>,
        lost: impl Fn() -> HcsError,
    ) -> Result<Option<T>> {
        let until = Instant::now() + at_most;
        loop {
            if let Some(ended) = look()? {
                return Ok(Some(ended));
            }
            let left = until.saturating_duration_since(Instant::now());
            match self.said.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(left.min(GLANCE)) {
                Ok(Event::Exited(document)) => return read(document).map(Some),
                Ok(Event::Disconnected) | Err(RecvTimeoutError::Disconnected) => return Err(lost()),
                Err(RecvTimeoutError::Timeout) if left <= GLANCE => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

/// What HCS calls.
#[allow(unsafe_code, reason = "computecore.dll calls back through a C function")]
pub(super) unsafe extern "system" fn hear(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the context is that of an `Ear`, which lives until the handle is closed; closing waits for this call.
    let Some(ear) = (unsafe { context.cast::<SyncSender<Event>>().as_ref() }) else { return };
    // SAFETY: HCS lends the event for the time of this call.
    let Some(event) = (unsafe { event.as_ref() }) else { return };
    let said = match event.Type {
        SYSTEM_EXITED | PROCESS_EXITED => {
            // SAFETY: null, or a text with a zero at its end, lent for the time of this call; it is copied.
            Event::Exited(unsafe { wide::read(event.EventData) })
        }
        SERVICE_DISCONNECT => Event::Disconnected,
        _ => return,
    };
    // A full channel has said all there is to say; a thread of the service must not wait for us.
    let _ = ear.try_send(said);
}
