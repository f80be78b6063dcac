//! Functions of `virtdisk.dll`, which handles virtual disks. Knows their types and no disk.
//!
//! Source: Microsoft's reference of virtual disks, `virtdisk.h`. Each gives an error number of Windows, no `HRESULT`.

use windows_sys::{
    Win32::{
        Foundation::HANDLE,
        Storage::Vhd::{OPEN_VIRTUAL_DISK_PARAMETERS, VIRTUAL_STORAGE_TYPE},
    },
    core::PCWSTR,
};

use super::table;

table! {
    /// The functions of `virtdisk.dll` that longshore calls.
    struct VirtDisk: "virtdisk.dll" of Windows;
    required {
        /// Opens a disk: its type, its path, an access mask, flags, parameters.
        open: c"OpenVirtualDisk"
            = fn(*const VIRTUAL_STORAGE_TYPE, PCWSTR, i32, i32, *const OPEN_VIRTUAL_DISK_PARAMETERS, *mut HANDLE) -> u32,
        /// Detaches an open disk: flags, and flags of its provider.
        detach: c"DetachVirtualDisk" = fn(HANDLE, i32, u32) -> u32,
    }
    optional {}
}
