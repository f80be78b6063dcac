//! The processes of this Windows with their parents and sessions, in one look. Knows no container.

use std::mem::size_of;

use windows_sys::Win32::{
    Foundation::{CloseHandle, HANDLE, INVALID_HANDLE_VALUE},
    System::{
        Diagnostics::ToolHelp::{
            CreateToolhelp32Snapshot, PROCESSENTRY32W, Process32FirstW, Process32NextW, TH32CS_SNAPPROCESS,
        },
        RemoteDesktop::ProcessIdToSessionId,
    },
};

use crate::runtime::{Result, RuntimeError, silo::HostProcess};

/// Every process of the host. Needs no rights.
///
/// # Errors
/// When Windows has no room for the snapshot.
pub fn snapshot() -> Result<Vec<HostProcess>> {
    let tried = "list the processes of this Windows";
    let snapshot = Snapshot::new().map_err(RuntimeError::system(tried))?;
    let mut entry = entry();
    let mut all = Vec::new();
    let mut more = snapshot.first(&mut entry);
    while more {
        all.push(process(&entry));
        more = snapshot.next(&mut entry);
    }
    Ok(all)
}

fn entry() -> PROCESSENTRY32W {
    PROCESSENTRY32W { dwSize: size_of::<PROCESSENTRY32W>() as u32, ..Default::default() }
}

fn process(entry: &PROCESSENTRY32W) -> HostProcess {
    let name = entry.szExeFile.iter().position(|unit| *unit == 0).unwrap_or(entry.szExeFile.len());
    HostProcess {
        pid: entry.th32ProcessID,
        parent: entry.th32ParentProcessID,
        threads: entry.cntThreads,
        session: session_of(entry.th32ProcessID),
        image: String::from_utf16_lossy(&entry.szExeFile[..name]),
    }
}

/// The session of a process; none when it has ended meanwhile.
#[allow(unsafe_code, reason = "a call into kernel32.dll")]
fn session_of(pid: u32) -> Option<u32> {
    let mut session = 0;
    // SAFETY: the pointer lives over the call.
    let told = unsafe { ProcessIdToSessionId(pid, &mut session) };
    (told != 0).then_some(session)
}

/// All processes of one moment, freed when it is dropped.
struct Snapshot(HANDLE);

#[allow(unsafe_code, reason = "calls into kernel32.dll")]
impl Snapshot {
    fn new() -> std::io::Result<Self> {
        // SAFETY: takes numbers.
        let handle = unsafe { CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0) };
        if handle == INVALID_HANDLE_VALUE { Err(std::io::Error::last_os_error()) } else { Ok(Self(handle)) }
    }

    fn first(&self, entry: &mut PROCESSENTRY32W) -> bool {
        // SAFETY: the snapshot is open; the entry says its own size.
        unsafe { Process32FirstW(self.0, entry) != 0 }
    }

    fn next(&self, entry: &mut PROCESSENTRY32W) -> bool {
        // SAFETY: the snapshot is open; the entry says its own size.
        unsafe { Process32NextW(self.0, entry) != 0 }
    }
}

impl Drop for Snapshot {
    #[allow(unsafe_code, reason = "a call into kernel32.dll")]
    fn drop(&mut self) {
        // SAFETY: the snapshot is open and closed here only.
        unsafe { CloseHandle(self.0) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_there_with_its_parent_and_session() {
        let all = snapshot().unwrap();
        let own = all.iter().find(|one| one.pid == std::process::id()).unwrap();
        assert!(own.threads > 0 && own.session.is_some() && own.image.ends_with(".exe"), "{own:?}");
        assert_eq!(session_of(u32::MAX - 3), None);
    }
}
