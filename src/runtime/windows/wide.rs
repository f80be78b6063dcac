//! Text as Windows takes and gives it: UTF-16 that ends with a zero. Knows no function that takes it.

use std::{iter, os::windows::ffi::OsStrExt, path::Path, ptr};

/// Text to hand to Windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wide(Vec<u16>);

impl Wide {
    /// Text up to its first zero.
    pub(crate) fn new(text: &str) -> Self {
        Self::of(text.encode_utf16())
    }

    /// A path up to its first zero.
    pub(crate) fn of_path(path: &Path) -> Self {
        Self::of(path.as_os_str().encode_wide())
    }

    fn of(units: impl Iterator<Item = u16>) -> Self {
        Self(units.take_while(|unit| *unit != 0).chain(iter::once(0)).collect())
    }

    /// For a call that takes a `PCWSTR`; as long as this lives.
    pub(crate) const fn as_ptr(&self) -> *const u16 {
        self.0.as_ptr()
    }
}

/// For a call that may be given no text.
pub(crate) fn or_null(text: Option<&Wide>) -> *const u16 {
    text.map_or(ptr::null(), Wide::as_ptr)
}

/// Reads text that Windows gave; nothing where it gave none. What is no UTF-16 becomes U+FFFD.
///
/// # Safety
/// `text` is null, or ends with a zero and lives over the call.
#[allow(unsafe_code, reason = "text of Windows has its end in memory only")]
pub(crate) unsafe fn read(text: *const u16) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: as this function's own caller promises, every unit up to the zero may be read.
    let length = (0..).take_while(|at| unsafe { *text.add(*at) } != 0).count();
    // SAFETY: the same; so many units were just read.
    let units = unsafe { std::slice::from_raw_parts(text, length) };
    Some(String::from_utf16_lossy(units))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(unsafe_code, reason = "reads what this test has written")]
    fn text_comes_back_as_it_went_and_ends_at_a_zero() {
        for (text, back) in [("", ""), ("C:\\böses\u{1f40b}", "C:\\böses\u{1f40b}"), ("a\0b", "a")] {
            let wide = Wide::new(text);
            // SAFETY: `wide` ends with a zero and lives.
            assert_eq!(unsafe { read(wide.as_ptr()) }.as_deref(), Some(back));
        }
        // SAFETY: null is allowed.
        assert_eq!(unsafe { read(ptr::null()) }, None);
        assert!(or_null(None).is_null());
    }
}
