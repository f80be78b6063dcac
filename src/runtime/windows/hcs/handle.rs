//! Handles of the host compute service. Knows not what they stand for.

use std::{ffi::c_void, ptr::NonNull};

/// A handle that is not null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Handle(NonNull<c_void>);

// SAFETY: a handle is a number to its DLL, which says of all its functions that any thread may call them.
#[allow(unsafe_code, reason = "a raw pointer is not Send by itself")]
unsafe impl Send for Handle {}
// SAFETY: as above; what several threads do with one handle at once the service puts in order.
#[allow(unsafe_code, reason = "a raw pointer is not Sync by itself")]
unsafe impl Sync for Handle {}

impl Handle {
    /// `None` for null.
    pub(super) const fn new(raw: *mut c_void) -> Option<Self> {
        match NonNull::new(raw) {
            Some(raw) => Some(Self(raw)),
            None => None,
        }
    }

    pub(super) const fn raw(self) -> *mut c_void {
        self.0.as_ptr()
    }
}
