//! Calls about systems and the service.

use std::ffi::c_void;

use standin_core::{Failure, Handle, Kind, codes};
use windows_sys::{
    Win32::{Security::SECURITY_DESCRIPTOR, System::HostComputeSystem::HCS_EVENT_CALLBACK},
    core::{HRESULT, PCWSTR, PWSTR},
};

use crate::{
    doing::{Deed, accept, plain, telling},
    shared::{Inner, close, lock},
    text::{give, read},
};

/// The id of the system that a handle stands for.
pub(crate) fn system_of(kind: &Kind) -> Result<&str, Failure> {
    match kind {
        Kind::System(id) => Ok(id),
        _ => Err(codes::INVALID_HANDLE.into()),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetServiceProperties(_query: PCWSTR, answer: *mut PWSTR) -> HRESULT {
    if let Err(failure) = lock().world.injected("service", true) {
        return failure.code.cast_signed();
    }
    // SAFETY: the caller's pointer is passed on.
    unsafe { give(Some(standin_core::SERVICE), answer) };
    0
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsEnumerateComputeSystems(query: PCWSTR, operation: *mut c_void) -> HRESULT {
    // SAFETY: the caller's text ends with a zero.
    let query = unsafe { read(query) };
    let work = plain(move |inner, _| inner.world.enumerate(query.as_deref()));
    accept(None, Handle(operation as usize), "enumerate", work)
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCreateComputeSystem(
    id: PCWSTR,
    document: PCWSTR,
    operation: *mut c_void,
    _security: *const SECURITY_DESCRIPTOR,
    system: *mut *mut c_void,
) -> HRESULT {
    // SAFETY: the caller's texts end with a zero.
    let (Some(id), Some(document)) = (unsafe { (read(id), read(document)) }) else {
        return codes::INVALID_ARGUMENT.cast_signed();
    };
    let own = lock().world.open(Kind::System(id.to_lowercase()));
    let work = plain(move |inner, _| inner.world.create(&id, &document));
    let code = accept(None, Handle(operation as usize), "create", work);
    if code < 0 {
        close(own, "HcsCreateComputeSystem");
        return code;
    }
    // SAFETY: the caller's pointer may be written to.
    unsafe { *system = own.0 as *mut c_void };
    code
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsOpenComputeSystem(id: PCWSTR, _access: u32, system: *mut *mut c_void) -> HRESULT {
    // SAFETY: the caller's text ends with a zero.
    let Some(id) = (unsafe { read(id) }) else { return codes::INVALID_ARGUMENT.cast_signed() };
    match lock().world.open_system(&id) {
        Ok(handle) => {
            // SAFETY: the caller's pointer may be written to.
            unsafe { *system = handle.0 as *mut c_void };
            0
        }
        Err(failure) => failure.code.cast_signed(),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCloseComputeSystem(system: *mut c_void) {
    close(Handle(system as usize), "HcsCloseComputeSystem");
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsStartComputeSystem(
    system: *mut c_void,
    operation: *mut c_void,
    _options: PCWSTR,
) -> HRESULT {
    let work = plain(|inner, kind| inner.world.start(system_of(kind)?));
    accept(Some(Handle(system as usize)), Handle(operation as usize), "start", work)
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsPauseComputeSystem(
    system: *mut c_void,
    operation: *mut c_void,
    _options: PCWSTR,
) -> HRESULT {
    let work = plain(|inner, kind| inner.world.pause(system_of(kind)?));
    accept(Some(Handle(system as usize)), Handle(operation as usize), "pause", work)
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsResumeComputeSystem(
    system: *mut c_void,
    operation: *mut c_void,
    _options: PCWSTR,
) -> HRESULT {
    let work = plain(|inner, kind| inner.world.resume(system_of(kind)?));
    accept(Some(Handle(system as usize)), Handle(operation as usize), "resume", work)
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsShutDownComputeSystem(
    system: *mut c_void,
    operation: *mut c_void,
    _options: PCWSTR,
) -> HRESULT {
    let deed = |inner: &mut Inner, kind: &Kind| {
        let id = match system_of(kind) {
            Ok(id) => id,
            Err(failure) => return Deed::Over(Err(failure), Vec::new()),
        };
        match inner.world.shut_down(id) {
            Ok(true) => Deed::Later,
            Ok(false) => Deed::Over(Ok(None), inner.world.end(id, 0)),
            Err(failure) => Deed::Over(Err(failure), Vec::new()),
        }
    };
    accept(Some(Handle(system as usize)), Handle(operation as usize), "shut down", Box::new(deed))
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsTerminateComputeSystem(
    system: *mut c_void,
    operation: *mut c_void,
    _options: PCWSTR,
) -> HRESULT {
    let own = Handle(system as usize);
    let mut end = telling(|inner, kind| {
        let tellings = inner.world.terminate(system_of(kind)?)?;
        inner.held.clear();
        Ok(tellings)
    });
    // What comes behind a signal that is stuck waits for it.
    let work = move |inner: &mut Inner, kind: &Kind| match inner.stuck.contains(&own) {
        true => Deed::Later,
        false => end(inner, kind),
    };
    accept(Some(own), Handle(operation as usize), "terminate", Box::new(work))
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetComputeSystemProperties(
    system: *mut c_void,
    operation: *mut c_void,
    query: PCWSTR,
) -> HRESULT {
    // SAFETY: the caller's text ends with a zero.
    let query = unsafe { read(query) };
    let work = plain(move |inner, kind| inner.world.properties(system_of(kind)?, query.as_deref()));
    accept(Some(Handle(system as usize)), Handle(operation as usize), "properties", work)
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsModifyComputeSystem(
    system: *mut c_void,
    operation: *mut c_void,
    document: PCWSTR,
    _identity: *mut c_void,
) -> HRESULT {
    // SAFETY: the caller's text ends with a zero.
    let document = unsafe { read(document) }.unwrap_or_default();
    let work = plain(move |inner, kind| inner.world.modify(system_of(kind)?, &document));
    accept(Some(Handle(system as usize)), Handle(operation as usize), "modify", work)
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSetComputeSystemCallback(
    system: *mut c_void,
    _options: i32,
    context: *const c_void,
    listener: HCS_EVENT_CALLBACK,
) -> HRESULT {
    listen(Handle(system as usize), context, listener)
}

/// From now on what happens to the handle is told.
pub(crate) fn listen(handle: Handle, context: *const c_void, listener: HCS_EVENT_CALLBACK) -> HRESULT {
    let mut inner = lock();
    let listened = inner.world.injected("listen", true).and_then(|()| inner.world.listen(handle));
    match (listened, listener) {
        (Ok(()), Some(listener)) => {
            inner.listeners.insert(handle, (listener, context as usize));
            0
        }
        (Ok(()), None) => codes::INVALID_ARGUMENT.cast_signed(),
        (Err(failure), _) => failure.code.cast_signed(),
    }
}
