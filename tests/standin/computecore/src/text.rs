//! Text in and out.

use windows_sys::{
    Win32::System::Memory::{LMEM_FIXED, LocalAlloc},
    core::{PCWSTR, PWSTR},
};

/// Text of a caller's; `None` for null.
pub(crate) unsafe fn read(text: PCWSTR) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: a caller's text ends with a zero.
    let units = unsafe {
        let length = (0..).take_while(|at| *text.add(*at) != 0).count();
        std::slice::from_raw_parts(text, length)
    };
    Some(String::from_utf16_lossy(units))
}

/// With a zero at the end.
pub(crate) fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// Hands a text out, to be freed with `LocalFree`; null where there is none.
pub(crate) unsafe fn give(text: Option<&str>, out: *mut PWSTR) {
    if out.is_null() {
        return;
    }
    let given = match text.map(wide) {
        // SAFETY: as many bytes as are written are allocated.
        Some(units) => unsafe {
            let memory: PWSTR = LocalAlloc(LMEM_FIXED, units.len() * 2).cast();
            memory.copy_from_nonoverlapping(units.as_ptr(), units.len());
            memory
        },
        None => std::ptr::null_mut(),
    };
    // SAFETY: the caller's pointer may be written to.
    unsafe { *out = given }
}
