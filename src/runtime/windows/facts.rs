//! What this Windows is like: its build, its services, and what this process may. Asks and changes nothing.

use std::{mem::size_of, ptr};

use windows_sys::Win32::{
    Foundation::{CloseHandle, HANDLE},
    Security::{GetTokenInformation, TOKEN_ELEVATION, TOKEN_QUERY, TokenElevation},
    System::{
        Services::{
            CloseServiceHandle, OpenSCManagerW, OpenServiceW, QueryServiceStatus, SC_HANDLE, SC_MANAGER_CONNECT,
            SERVICE_QUERY_STATUS, SERVICE_RUNNING, SERVICE_STATUS,
        },
        SystemInformation::{GlobalMemoryStatusEx, MEMORYSTATUSEX, OSVERSIONINFOW},
        Threading::{GetCurrentProcess, OpenProcessToken},
    },
};

use super::{hcs::Hcs, load::Shelf, table::ntdll::Ntdll, wide::Wide};
use crate::{
    model::Bytes,
    runtime::{
        about::About,
        document::{
            hcs::Version,
            windows_host::{Service, WindowsHost, release},
        },
        image::Platform,
    },
};

/// Looks at this Windows.
pub fn read(shelf: &Shelf) -> WindowsHost {
    WindowsHost {
        build: build().unwrap_or_default(),
        compute: service("vmcompute"),
        network: service("hns"),
        schema: schema(shelf),
        is_elevated: is_elevated(),
    }
}

fn schema(shelf: &Shelf) -> Result<Version, String> {
    let hcs = Hcs::load(shelf).map_err(|error| error.to_string())?;
    let service = hcs.service().map_err(|error| error.to_string())?;
    service.newest().ok_or_else(|| "the host compute service names no version of documents".to_owned())
}

/// What this Windows says of itself.
pub fn about() -> About {
    let version = version().unwrap_or_default();
    let kernel = format!("{}.{}.{}", version.dwMajorVersion, version.dwMinorVersion, version.dwBuildNumber);
    About {
        platform: Platform { os_version: kernel.clone(), ..Platform::own() },
        os: release(version.dwBuildNumber).to_owned(),
        kernel,
        hostname: std::env::var("COMPUTERNAME").unwrap_or_default(),
        memory: memory(),
        storage_driver: "windowsfilter",
        runtime: "hcs",
        isolation: "process",
        ..About::default()
    }
}

/// What programs can use of the machine's memory.
#[allow(unsafe_code, reason = "a call into kernel32.dll")]
fn memory() -> Bytes {
    let size = size_of::<MEMORYSTATUSEX>() as u32;
    let mut status = MEMORYSTATUSEX { dwLength: size, ..Default::default() };
    // SAFETY: the structure has the size that it says and lives over the call.
    let told = unsafe { GlobalMemoryStatusEx(&mut status) };
    Bytes(if told == 0 { 0 } else { status.ullTotalPhys })
}

/// The build's number; nothing where Windows does not say.
fn build() -> Option<u32> {
    version().map(|version| version.dwBuildNumber)
}

#[allow(unsafe_code, reason = "a call into ntdll.dll")]
fn version() -> Option<OSVERSIONINFOW> {
    let ntdll = Ntdll::load(&Shelf::default()).ok()?;
    let size = u32::try_from(size_of::<OSVERSIONINFOW>()).ok()?;
    let mut version = OSVERSIONINFOW { dwOSVersionInfoSize: size, ..Default::default() };
    // SAFETY: the structure has the size that it says and lives over the call.
    let status = unsafe { (ntdll.get_version)(&mut version) };
    (status >= 0).then_some(version)
}

/// Whether this process has an administrator's rights now, and not only could have them.
#[allow(unsafe_code, reason = "tokens are read through the C interface only")]
pub fn is_elevated() -> bool {
    let mut token: HANDLE = ptr::null_mut();
    // SAFETY: the pointer lives over the call; the process's own handle needs no closing.
    if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token) } == 0 {
        return false;
    }
    let mut elevation = TOKEN_ELEVATION::default();
    let mut written = 0;
    // SAFETY: the token is open; as many bytes may be written as are said.
    let told = unsafe {
        let size = size_of::<TOKEN_ELEVATION>() as u32;
        GetTokenInformation(token, TokenElevation, (&raw mut elevation).cast(), size, &mut written)
    };
    // SAFETY: the token is open and closed here only.
    unsafe { CloseHandle(token) };
    told != 0 && elevation.TokenIsElevated != 0
}

/// A handle of the service manager's, closed when it is dropped.
struct Scm(SC_HANDLE);

impl Scm {
    fn new(handle: SC_HANDLE) -> Option<Self> {
        (!handle.is_null()).then_some(Self(handle))
    }
}

impl Drop for Scm {
    #[allow(unsafe_code, reason = "services are asked through the C interface only")]
    fn drop(&mut self) {
        // SAFETY: the handle is open and closed here only.
        unsafe { CloseServiceHandle(self.0) };
    }
}

/// How a service stands; one that this user may not see is absent.
fn service(name: &str) -> Service {
    match state(name) {
        Some(SERVICE_RUNNING) => Service::Running,
        Some(_) => Service::Stopped,
        None => Service::Absent,
    }
}

#[allow(unsafe_code, reason = "services are asked through the C interface only")]
fn state(name: &str) -> Option<u32> {
    let name = Wide::new(name);
    // SAFETY: null stands for this machine and its services.
    let manager = Scm::new(unsafe { OpenSCManagerW(ptr::null(), ptr::null(), SC_MANAGER_CONNECT) })?;
    // SAFETY: the manager is open; the name ends with a zero and lives over the call.
    let service = Scm::new(unsafe { OpenServiceW(manager.0, name.as_ptr(), SERVICE_QUERY_STATUS) })?;
    let mut status = SERVICE_STATUS::default();
    // SAFETY: the service is open; the structure lives over the call.
    let told = unsafe { QueryServiceStatus(service.0, &mut status) };
    (told != 0).then_some(status.dwCurrentState)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_windows_has_a_build_and_services() {
        assert!(about().memory > Bytes::mib(64), "{}", about().memory);
        assert!(build().is_some_and(|build| build > 7000));
        assert_ne!(service("RpcSs"), Service::Absent);
        assert_eq!(service("longshore-has-no-service"), Service::Absent);
    }
}
