//! What tests tell and ask the stand-in itself.

use std::time::Duration;

use windows_sys::core::{PCWSTR, PWSTR};

use crate::{
    shared::{lock, notify, tell_aside},
    text::{give, read},
};

/// The next calls at this point fail so often: by the call itself, or by its operation.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn FakeInject(point: PCWSTR, code: u32, times: u32, at_once: u32) {
    // SAFETY: the caller's text ends with a zero.
    let point = unsafe { read(point) }.unwrap_or_default();
    lock().world.inject(&point, code, times, at_once != 0);
}

/// Everything that is open, as a document to be freed with `LocalFree`.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn FakeDump(document: *mut PWSTR) {
    let text = lock().world.dump();
    // SAFETY: the caller's pointer is passed on.
    unsafe { give(Some(&text), document) }
}

/// Every operation takes so many milliseconds.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn FakeDelay(milliseconds: u32) {
    lock().delay = Duration::from_millis(milliseconds.into());
}

/// Nobody is told anything any more.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn FakeMute() {
    lock().is_mute = true;
}

/// So many waits for a new process say that an argument is wrong.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn FakeSpurious(times: u32) {
    lock().spurious = times;
}

/// The service is restarted.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn FakeDisconnect() {
    let tellings = lock().world.disconnect();
    notify();
    tell_aside(tellings);
}

/// A process ends by itself.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn FakeExit(id: PCWSTR, pid: u32, code: u32) {
    // SAFETY: the caller's text ends with a zero.
    let id = unsafe { read(id) }.unwrap_or_default().to_lowercase();
    let tellings = {
        let mut inner = lock();
        inner.held.remove(&pid);
        inner.world.exit(&id, pid, code)
    };
    notify();
    tell_aside(tellings);
}
