//! Files written and read with all that belongs to them, by `BackupWrite` and `BackupRead`. Knows no layer.

use std::{
    ffi::c_void,
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    os::windows::{fs::OpenOptionsExt, io::AsRawHandle},
    path::Path,
    ptr,
};

use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, BackupRead, BackupWrite, FILE_BASIC_INFO, FILE_FLAG_BACKUP_SEMANTICS,
    FILE_FLAG_OPEN_REPARSE_POINT, FILE_SHARE_READ, FileBasicInfo, GetFileInformationByHandle,
    GetFileInformationByHandleEx, SetFileInformationByHandle, WRITE_DAC, WRITE_OWNER,
};

use crate::runtime::backup_stream::{BasicInfo, DIRECTORY, FileTime};

/// `GENERIC_READ` and `GENERIC_WRITE`.
const READ_WRITE: u32 = 0xC000_0000;
/// `GENERIC_READ`.
const READ: u32 = 0x8000_0000;
/// `ACCESS_SYSTEM_SECURITY`: also who is watched.
const AUDITED: u32 = 0x0100_0000;
/// Folders are opened as files are, and links themselves instead of what they lead to.
const ITSELF: u32 = FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT;

/// Opens what is at `path` itself, to write all of it; makes it where `new`, as a file.
pub(super) fn open_to_write(path: &Path, new: bool) -> io::Result<File> {
    let mut how = OpenOptions::new();
    how.write(true).create_new(new).access_mode(READ_WRITE | WRITE_DAC | WRITE_OWNER | AUDITED);
    how.share_mode(FILE_SHARE_READ).custom_flags(ITSELF).open(path)
}

/// Opens what is at `path` itself, to read all of it.
pub(in crate::runtime::windows) fn open_to_read(path: &Path) -> io::Result<File> {
    let mut how = OpenOptions::new();
    how.read(true).access_mode(READ | AUDITED).share_mode(FILE_SHARE_READ).custom_flags(ITSELF).open(path)
}

/// Attributes and times of an open file.
#[allow(unsafe_code, reason = "all times of a file have a C interface only")]
pub(in crate::runtime::windows) fn info(file: &File) -> io::Result<BasicInfo> {
    let mut raw = FILE_BASIC_INFO::default();
    let size = size_of::<FILE_BASIC_INFO>() as u32;
    // SAFETY: the file is open; the place for the answer is as large as it says and lives over the call.
    let asked =
        unsafe { GetFileInformationByHandleEx(file.as_raw_handle(), FileBasicInfo, (&raw mut raw).cast(), size) };
    if asked == 0 {
        return Err(io::Error::last_os_error());
    }
    let time = |ticks: i64| FileTime(ticks.cast_unsigned());
    Ok(BasicInfo {
        attributes: raw.FileAttributes,
        created: time(raw.CreationTime),
        accessed: time(raw.LastAccessTime),
        written: time(raw.LastWriteTime),
        changed: time(raw.ChangeTime),
    })
}

/// The number that all names of an open file share, if it has several.
pub(in crate::runtime::windows) fn number(file: &File) -> io::Result<Option<u128>> {
    let raw = by_handle(file)?;
    // A folder counts the folders in it on some systems.
    let is_folder = raw.dwFileAttributes & DIRECTORY != 0;
    Ok((raw.nNumberOfLinks > 1 && !is_folder).then_some(number_of(&raw)))
}

/// The number that no other file of this host has while this one is open.
pub(in crate::runtime::windows) fn identity(file: &File) -> io::Result<u128> {
    by_handle(file).map(|raw| number_of(&raw))
}

fn number_of(raw: &BY_HANDLE_FILE_INFORMATION) -> u128 {
    let words = [raw.dwVolumeSerialNumber, raw.nFileIndexHigh, raw.nFileIndexLow];
    words.into_iter().fold(0, |number, word| number << 32 | u128::from(word))
}

#[allow(unsafe_code, reason = "the number of a file has a C interface only")]
fn by_handle(file: &File) -> io::Result<BY_HANDLE_FILE_INFORMATION> {
    let mut raw = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the file is open; the place for the answer lives over the call.
    if unsafe { GetFileInformationByHandle(file.as_raw_handle(), &raw mut raw) } == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(raw)
}

/// Sets attributes and times of an open file; what is 0 stays.
#[allow(unsafe_code, reason = "all times of a file have a C interface only")]
pub(in crate::runtime::windows) fn set_info(file: &File, info: &BasicInfo) -> io::Result<()> {
    let ticks = |time: FileTime| time.0.cast_signed();
    let raw = FILE_BASIC_INFO {
        CreationTime: ticks(info.created),
        LastAccessTime: ticks(info.accessed),
        LastWriteTime: ticks(info.written),
        ChangeTime: ticks(info.changed),
        FileAttributes: info.attributes,
    };
    let size = size_of::<FILE_BASIC_INFO>() as u32;
    // SAFETY: the file is open; the value is as large as it says and lives over the call.
    let set = unsafe { SetFileInformationByHandle(file.as_raw_handle(), FileBasicInfo, (&raw const raw).cast(), size) };
    if set == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Backup streams on their way to or from a file.
pub(in crate::runtime::windows) struct Backup {
    file: File,
    security: bool,
    context: *mut c_void,
    is_writing: bool,
    #[cfg(debug_assertions)]
    emulated: Option<super::emulated::Emulated>,
}

impl Backup {
    pub(in crate::runtime::windows) fn to(file: File, security: bool) -> Self {
        Self::of(file, security, true)
    }

    pub(in crate::runtime::windows) fn from(file: File, security: bool) -> Self {
        Self::of(file, security, false)
    }

    fn of(file: File, security: bool, is_writing: bool) -> Self {
        #[cfg(debug_assertions)]
        let emulated = super::emulated::Emulated::of(&file, is_writing);
        Self {
            file,
            security,
            context: ptr::null_mut(),
            is_writing,
            #[cfg(debug_assertions)]
            emulated,
        }
    }
}

impl Write for Backup {
    #[allow(unsafe_code, reason = "backup streams have a C interface only")]
    fn write(&mut self, some: &[u8]) -> io::Result<usize> {
        #[cfg(debug_assertions)]
        if let Some(emulated) = &mut self.emulated {
            return emulated.write(some);
        }
        let length = u32::try_from(some.len()).unwrap_or(u32::MAX);
        let mut written = 0;
        let security = i32::from(self.security);
        // SAFETY: the file is open; so many bytes may be read, and all places live over the call. The context is null
        // or what the call before left there.
        let done = unsafe {
            let handle = self.file.as_raw_handle();
            BackupWrite(handle, some.as_ptr(), length, &raw mut written, 0, security, &raw mut self.context)
        };
        if done == 0 { Err(io::Error::last_os_error()) } else { Ok(written as usize) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Backup {
    #[allow(unsafe_code, reason = "backup streams have a C interface only")]
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        #[cfg(debug_assertions)]
        if let Some(emulated) = &mut self.emulated {
            return emulated.read(room);
        }
        let length = u32::try_from(room.len()).unwrap_or(u32::MAX);
        let mut read = 0;
        let security = i32::from(self.security);
        // SAFETY: the file is open; so many bytes may be written, and all places live over the call. The context is
        // null or what the call before left there.
        let done = unsafe {
            let handle = self.file.as_raw_handle();
            BackupRead(handle, room.as_mut_ptr(), length, &raw mut read, 0, security, &raw mut self.context)
        };
        if done == 0 { Err(io::Error::last_os_error()) } else { Ok(read as usize) }
    }
}

impl Drop for Backup {
    #[allow(unsafe_code, reason = "backup streams have a C interface only")]
    fn drop(&mut self) {
        if self.context.is_null() {
            return;
        }
        let (handle, mut count) = (self.file.as_raw_handle(), 0);
        // SAFETY: the file is open; a call that ends the row takes no bytes and frees the context.
        unsafe {
            if self.is_writing {
                BackupWrite(handle, ptr::null(), 0, &raw mut count, 1, 0, &raw mut self.context);
            } else {
                BackupRead(handle, ptr::null_mut(), 0, &raw mut count, 1, 0, &raw mut self.context);
            }
        }
    }
}
