//! How a system or a process says that it has ended: HCS calls back on a thread of its own, and what it says goes into
//! a channel. Knows no operation.

use std::{
    ffi::c_void,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
};

use windows_sys::Win32::System::HostComputeSystem::{
    HCS_EVENT, HcsEventProcessExited as PROCESS_EXITED, HcsEventServiceDisconnect as SERVICE_DISCONNECT,
    HcsEventSystemExited as SYSTEM_EXITED,
};

use crate::runtime::windows::wide;

/// Events that wait to be heard at most: an end comes once, and one loss of the service is as good as many.
const WAITING: usize = 4;

/// What was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// It has ended; how, in a document.
    Exited(Option<String>),
    /// The service was restarted: this handle says nothing any more.
    Disconnected,
}

/// Who listens to a handle. Must outlive the handle: HCS has its address.
#[derive(Debug)]
pub(super) struct Ear(Box<SyncSender<Event>>);

impl Ear {
    /// A new one, and where what it hears comes out.
    pub(super) fn new() -> (Self, Receiver<Event>) {
        let (sender, receiver) = sync_channel(WAITING);
        (Self(Box::new(sender)), receiver)
    }

    /// What HCS is given together with [`hear`].
    pub(super) fn context(&self) -> *const c_void {
        (&raw const *self.0).cast()
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
