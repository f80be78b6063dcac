//! Text and ids in and out.

use windows_sys::{
    Win32::System::Com::CoTaskMemAlloc,
    core::{GUID, PCWSTR, PWSTR},
};

/// Text of a caller's; nothing for null.
pub(crate) unsafe fn read(text: PCWSTR) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: a caller's text ends with a zero.
    let units = unsafe {
        let length = (0..).take_while(|at| *text.add(*at) != 0).count();
        std::slice::from_raw_parts(text, length)
    };
    String::from_utf16_lossy(units)
}

/// Hands a text out, to be freed with `CoTaskMemFree`; null where there is none.
pub(crate) unsafe fn give(text: Option<&str>, out: *mut PWSTR) {
    if out.is_null() {
        return;
    }
    let given = match text {
        Some(text) => {
            let units: Vec<u16> = text.encode_utf16().chain([0]).collect();
            // SAFETY: as many bytes as are written are allocated.
            unsafe {
                let memory: PWSTR = CoTaskMemAlloc(units.len() * 2).cast();
                memory.copy_from_nonoverlapping(units.as_ptr(), units.len());
                memory
            }
        }
        None => std::ptr::null_mut(),
    };
    // SAFETY: the caller's pointer may be written to.
    unsafe { *out = given }
}

/// An id of a caller's, as text.
pub(crate) unsafe fn id(guid: *const GUID) -> String {
    // SAFETY: the caller's pointer may be read.
    let guid = unsafe { *guid };
    let [a, b, rest @ ..] = guid.data4;
    let rest: String = rest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{:08x}-{:04x}-{:04x}-{a:02x}{b:02x}-{rest}", guid.data1, guid.data2, guid.data3)
}
