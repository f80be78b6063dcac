//! Operations: `HcsCreateOperation` and what waits for it.

use std::{
    ffi::c_void,
    time::{Duration, Instant},
};

use standin_core::{Failure, Handle, Kind, codes};
use windows_sys::{
    Win32::System::HostComputeSystem::{HCS_OPERATION_COMPLETION, HCS_PROCESS_INFORMATION},
    core::{HRESULT, PWSTR},
};

use crate::{
    shared::{Op, Status, close, lock, wait},
    text::give,
};

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCreateOperation(
    context: *const c_void,
    done: HCS_OPERATION_COMPLETION,
) -> *mut c_void {
    let mut inner = lock();
    let handle = inner.world.open(Kind::Operation);
    let done = done.map(|done| (done, context as usize));
    inner.operations.insert(handle, Op { status: Status::Unused, is_process: false, process: None, done });
    handle.0 as *mut c_void
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCloseOperation(operation: *mut c_void) {
    close(Handle(operation as usize), "HcsCloseOperation");
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCancelOperation(_operation: *mut c_void) -> HRESULT {
    codes::NOT_IMPLEMENTED.cast_signed()
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetOperationResult(operation: *mut c_void, document: *mut PWSTR) -> HRESULT {
    // SAFETY: the caller's pointers are passed on.
    match unsafe { HcsWaitForOperationResult(operation, 0, document) }.cast_unsigned() {
        codes::OPERATION_TIMEOUT => codes::OPERATION_PENDING.cast_signed(),
        code => code.cast_signed(),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsWaitForOperationResult(
    operation: *mut c_void,
    timeout: u32,
    document: *mut PWSTR,
) -> HRESULT {
    let verdict = verdict(Handle(operation as usize), timeout).map(|(text, _)| text);
    // SAFETY: the caller's pointer is passed on.
    unsafe { answer(verdict, document) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsWaitForOperationResultAndProcessInfo(
    operation: *mut c_void,
    timeout: u32,
    info: *mut HCS_PROCESS_INFORMATION,
    document: *mut PWSTR,
) -> HRESULT {
    let handle = Handle(operation as usize);
    let makes_one = lock().operations.get(&handle).is_some_and(|operation| operation.is_process);
    if !makes_one {
        return codes::INVALID_ARGUMENT.cast_signed();
    }
    let verdict = verdict(handle, timeout);
    if verdict.is_ok() {
        let mut inner = lock();
        if inner.spurious > 0 {
            inner.spurious -= 1;
            return codes::INVALID_ARGUMENT.cast_signed();
        }
    }
    if let Ok((_, Some(pid))) = &verdict {
        let [input, output, error] = lock().ends.remove(pid).unwrap_or_default();
        let told = HCS_PROCESS_INFORMATION {
            ProcessId: *pid,
            Reserved: 0,
            StdInput: input as *mut c_void,
            StdOutput: output as *mut c_void,
            StdError: error as *mut c_void,
        };
        // SAFETY: the caller's pointer may be written to.
        unsafe { *info = told }
    }
    // SAFETY: the caller's pointer is passed on.
    unsafe { answer(verdict.map(|(text, _)| text), document) }
}

/// A document, and the number of a process.
type Told = (Option<String>, Option<u32>);

/// What an operation came to, waited for so many milliseconds at most.
fn verdict(handle: Handle, timeout: u32) -> Result<Told, Failure> {
    let until = Instant::now() + Duration::from_millis(timeout.into());
    let mut inner = lock();
    inner.world.at(handle, "HcsWaitForOperationResult")?;
    loop {
        let operation = inner.operations.get(&handle).ok_or(codes::INVALID_HANDLE)?;
        match &operation.status {
            Status::Unused => return Err(codes::OPERATION_NOT_STARTED.into()),
            Status::Over(Err(failure)) => return Err(failure.clone()),
            Status::Over(Ok(text)) => return Ok((text.clone(), operation.process)),
            Status::Busy => {}
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(codes::OPERATION_TIMEOUT.into());
        }
        inner = wait(inner, left);
    }
}

unsafe fn answer(verdict: Result<Option<String>, Failure>, document: *mut PWSTR) -> HRESULT {
    let (code, text) = match verdict {
        Ok(text) => (0, text),
        Err(failure) => {
            // What the wait itself says comes without a document.
            let waits =
                matches!(failure.code, codes::OPERATION_TIMEOUT | codes::OPERATION_NOT_STARTED | codes::INVALID_HANDLE);
            (failure.code.cast_signed(), (!waits).then(|| failure.document()))
        }
    };
    // SAFETY: the caller's pointer is passed on.
    unsafe { give(text.as_deref(), document) };
    code
}
