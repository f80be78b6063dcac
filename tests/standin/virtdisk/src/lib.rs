//! A stand-in for `virtdisk.dll`: the functions that longshore calls. A disk is a file, and attached while the layer
//! that it belongs to is active.

#![cfg(windows)]
#![allow(non_snake_case, reason = "functions are named as in Microsoft's headers")]
#![allow(clippy::missing_safety_doc, reason = "they are called as Microsoft documents them")]

use std::{
    ffi::{OsString, c_void},
    fs::File,
    os::windows::{ffi::OsStringExt, io::IntoRawHandle},
    path::PathBuf,
};

use standin_layers::active;
use windows_sys::{
    Win32::{
        Foundation::{ERROR_FILE_NOT_FOUND, ERROR_NOT_FOUND, HANDLE},
        Storage::FileSystem::GetFinalPathNameByHandleW,
    },
    core::PCWSTR,
};

#[unsafe(no_mangle)]
pub unsafe extern "system" fn OpenVirtualDisk(
    _kind: *const c_void,
    path: PCWSTR,
    _access: i32,
    _flags: i32,
    _parameters: *const c_void,
    handle: *mut HANDLE,
) -> u32 {
    // SAFETY: the caller's text ends with a zero.
    let units = unsafe {
        let length = (0..).take_while(|at| *path.add(*at) != 0).count();
        std::slice::from_raw_parts(path, length)
    };
    match File::open(OsString::from_wide(units)) {
        Ok(file) => {
            // SAFETY: the caller's place may be written to.
            unsafe { *handle = file.into_raw_handle() };
            0
        }
        Err(_) => ERROR_FILE_NOT_FOUND,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn DetachVirtualDisk(handle: HANDLE, _flags: i32, _provider: u32) -> u32 {
    let mut units = vec![0; 1 << 15];
    // SAFETY: the buffer is as long as it says and lives over the call.
    let length = unsafe { GetFinalPathNameByHandleW(handle, units.as_mut_ptr(), units.len() as u32, 0) } as usize;
    let disk = PathBuf::from(OsString::from_wide(&units[..length]));
    let detached = disk.parent().is_some_and(active::detach);
    if detached { 0 } else { ERROR_NOT_FOUND }
}
