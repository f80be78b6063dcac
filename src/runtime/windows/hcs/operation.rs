//! One call to the host compute service, from its start to its verdict. Knows not what is called.
//!
//! The service accepts a call at once and does it later; the operation carries the verdict. It is waited for on the
//! thread that called, never longer than a call may take: what calls here is on a thread that may block. A callback
//! of the operation's own would need memory of ours of which nobody says who frees it when the operation is given up.

use std::{
    os::windows::io::{FromRawHandle, OwnedHandle},
    ptr,
    sync::Arc,
    time::Duration,
};

use windows_sys::{
    Win32::{
        Foundation::{HANDLE, LocalFree},
        System::HostComputeSystem::{HCS_OPERATION, HCS_PROCESS_INFORMATION},
    },
    core::{HRESULT, PCWSTR, PWSTR},
};

use super::{
    error::{HcsError, Result},
    handle::Handle,
    process::Pipes,
};
use crate::runtime::{
    document::hcs::code::{Code, Meaning},
    windows::{
        table::computecore::ComputeCore,
        wide::{self, Wide, or_null},
    },
};

/// A call that takes a system or a process, an operation, and a document that may be missing.
pub(super) type Call = unsafe extern "system" fn(*mut std::ffi::c_void, HCS_OPERATION, PCWSTR) -> HRESULT;

/// An operation, closed when it is dropped; what it stands for goes on then, and nobody hears how it ends.
#[derive(Debug)]
pub(super) struct Operation<'a> {
    core: &'a ComputeCore,
    handle: Handle,
    tried: &'a str,
}

impl<'a> Operation<'a> {
    /// A new one, for one call. `tried` is an infinitive with its object.
    #[allow(unsafe_code, reason = "a call into computecore.dll")]
    pub(super) fn new(core: &'a Arc<ComputeCore>, tried: &'a str) -> Result<Self> {
        // SAFETY: neither context nor callback is allowed.
        let handle = unsafe { (core.create_operation)(ptr::null(), None) };
        let handle = Handle::new(handle).ok_or_else(|| HcsError::no_handle(tried))?;
        Ok(Self { core, handle, tried })
    }

    /// For the call that it stands for.
    pub(super) const fn handle(&self) -> HCS_OPERATION {
        self.handle.raw()
    }

    /// Waits for the verdict of a call that began with `started`; gives its document.
    ///
    /// # Errors
    /// Why the call was not accepted, why it failed, or that it takes longer than `patience`.
    #[allow(unsafe_code, reason = "a call into computecore.dll")]
    pub(super) fn finish(self, started: HRESULT, patience: Duration) -> Result<Option<String>> {
        let mut document: PWSTR = ptr::null_mut();
        let code = if started < 0 {
            started
        } else {
            // SAFETY: the operation is open and was begun; the pointer lives over the call.
            unsafe { (self.core.wait_for_result)(self.handle(), millis(patience), &mut document) }
        };
        let document = take_text(document);
        self.verdict(code, document.as_deref(), patience)?;
        Ok(document)
    }

    /// The same for a call that makes a process: gives its number and the ends of its pipes.
    #[allow(unsafe_code, reason = "a call into computecore.dll")]
    pub(super) fn finish_process(self, started: HRESULT, patience: Duration) -> Result<(u32, Pipes)> {
        let mut document: PWSTR = ptr::null_mut();
        let mut info = HCS_PROCESS_INFORMATION::default();
        let code = if started < 0 {
            started
        } else {
            // SAFETY: the operation is open and was begun; both pointers live over the call.
            unsafe { (self.core.wait_for_process)(self.handle(), millis(patience), &mut info, &mut document) }
        };
        let document = take_text(document);
        let pipes = Pipes { input: owned(info.StdInput), output: owned(info.StdOutput), error: owned(info.StdError) };
        self.verdict(code, document.as_deref(), patience)?;
        Ok((info.ProcessId, pipes))
    }

    fn verdict(&self, code: HRESULT, document: Option<&str>, patience: Duration) -> Result<()> {
        let code = match code {
            0.. => return Ok(()),
            code => Code::of(code),
        };
        if code.is(Meaning::OperationTimeout) {
            return Err(HcsError::TimedOut { tried: self.tried.to_owned(), after: patience });
        }
        Err(HcsError::refused(self.tried, code, document))
    }
}

impl Drop for Operation<'_> {
    #[allow(unsafe_code, reason = "a call into computecore.dll")]
    fn drop(&mut self) {
        // SAFETY: the operation is open, and this is the only place where it is closed.
        unsafe { (self.core.close_operation)(self.handle.raw()) }
    }
}

/// Makes a call on an open system or process and waits for its verdict.
///
/// # Safety
/// `call` must be a function of the table of `core` for what `target` stands for, which is open.
#[allow(unsafe_code, reason = "a call into computecore.dll")]
pub(super) unsafe fn run(
    core: &Arc<ComputeCore>,
    call: Call,
    target: Handle,
    document: Option<&Wide>,
    tried: &str,
    patience: Duration,
) -> Result<Option<String>> {
    let operation = Operation::new(core, tried)?;
    // SAFETY: as this function's own caller promises; the operation is open and new, the document ends with a zero and
    // lives over the call.
    let started = unsafe { call(target.raw(), operation.handle(), or_null(document)) };
    operation.finish(started, patience)
}

/// What of a patience HCS can be told; never its "for ever".
fn millis(patience: Duration) -> u32 {
    u32::try_from(patience.as_millis()).unwrap_or(u32::MAX).min(u32::MAX - 1)
}

/// Takes over a text that `computecore.dll` has made.
#[allow(unsafe_code, reason = "text of a DLL is read and freed through the C interface only")]
pub(super) fn take_text(text: PWSTR) -> Option<String> {
    // SAFETY: null, or a text with a zero at its end that is ours since the call gave it.
    let read = unsafe { wide::read(text) };
    // SAFETY: documented to be allocated with LocalAlloc and to be freed by the caller; null is allowed, and nobody
    // has it any more.
    unsafe { LocalFree(text.cast()) };
    read
}

/// Takes over a handle of Windows; null where there is none.
#[allow(unsafe_code, reason = "a handle comes out of a C structure")]
fn owned(handle: HANDLE) -> Option<OwnedHandle> {
    // SAFETY: the call that gave it has handed it over, and it is wrapped here only.
    (!handle.is_null()).then(|| unsafe { OwnedHandle::from_raw_handle(handle) })
}
