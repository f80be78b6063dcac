//! Functions of `ntdll.dll` that no import library of the target has. Knows their types only.

use windows_sys::Win32::{Foundation::NTSTATUS, System::SystemInformation::OSVERSIONINFOW};

use super::table;

table! {
    /// The functions of `ntdll.dll` that longshore calls.
    struct Ntdll: "ntdll.dll" of Windows;
    required {
        /// Tells the version of Windows, to programs without a manifest too.
        get_version: c"RtlGetVersion" = fn(*mut OSVERSIONINFOW) -> NTSTATUS,
    }
    optional {}
}
