//! Rights of this process that are there and not in use until it says so. Knows nothing of what they are for.

use std::{io, ptr};

use windows_sys::Win32::{
    Foundation::{CloseHandle, ERROR_NOT_ALL_ASSIGNED, GetLastError, HANDLE},
    Security::{
        AdjustTokenPrivileges, LUID_AND_ATTRIBUTES, LookupPrivilegeValueW, SE_PRIVILEGE_ENABLED,
        TOKEN_ADJUST_PRIVILEGES, TOKEN_PRIVILEGES, TOKEN_QUERY,
    },
    System::Threading::{GetCurrentProcess, OpenProcessToken},
};

use crate::runtime::windows::wide::Wide;

/// To read and to write whatever a file's own security says, and that itself.
const WANTED: [&str; 3] = ["SeBackupPrivilege", "SeRestorePrivilege", "SeSecurityPrivilege"];

/// Puts the rights in use without which layers can be neither written nor read.
///
/// # Errors
/// `PermissionDenied` when the account does not have them; administrators do, in a process that is elevated.
pub fn enable() -> io::Result<()> {
    let token = Token::open()?;
    WANTED.iter().try_for_each(|name| token.enable(name))
}

struct Token(HANDLE);

impl Token {
    #[allow(unsafe_code, reason = "tokens have a C interface only")]
    fn open() -> io::Result<Self> {
        let mut token = ptr::null_mut();
        // SAFETY: the handle of this process needs no closing; the place for the token lives over the call.
        let opened =
            unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &raw mut token) };
        if opened == 0 { Err(io::Error::last_os_error()) } else { Ok(Self(token)) }
    }

    #[allow(unsafe_code, reason = "tokens have a C interface only")]
    fn enable(&self, name: &str) -> io::Result<()> {
        let name = Wide::new(name);
        let mut wanted = TOKEN_PRIVILEGES {
            PrivilegeCount: 1,
            Privileges: [LUID_AND_ATTRIBUTES { Attributes: SE_PRIVILEGE_ENABLED, ..Default::default() }],
        };
        // SAFETY: the name ends with a zero; it and the place for the number live over the call.
        if unsafe { LookupPrivilegeValueW(ptr::null(), name.as_ptr(), &raw mut wanted.Privileges[0].Luid) } == 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the token is open for this; the list has as many entries as it says and lives over the call.
        let adjusted =
            unsafe { AdjustTokenPrivileges(self.0, 0, &raw const wanted, 0, ptr::null_mut(), ptr::null_mut()) };
        // SAFETY: reads a number of this thread.
        let number = unsafe { GetLastError() };
        match (adjusted, number) {
            (0, _) => Err(io::Error::from_raw_os_error(number.cast_signed())),
            // The call succeeds also when it has done nothing.
            (_, ERROR_NOT_ALL_ASSIGNED) => Err(io::ErrorKind::PermissionDenied.into()),
            _ => Ok(()),
        }
    }
}

impl Drop for Token {
    #[allow(unsafe_code, reason = "tokens have a C interface only")]
    fn drop(&mut self) {
        // SAFETY: it was opened, and is closed here only.
        unsafe { CloseHandle(self.0) };
    }
}
