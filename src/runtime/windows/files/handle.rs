//! Files of Windows opened by their names in a folder that is open, so that nothing on the way there can be put in the
//! place of something else. Knows no path.

use std::{
    ffi::{OsStr, OsString, c_void},
    fs::File,
    io,
    mem::offset_of,
    os::windows::{
        ffi::{OsStrExt, OsStringExt},
        io::{AsRawHandle, FromRawHandle},
    },
    ptr,
};

use windows_sys::{
    Wdk::{
        Foundation::OBJECT_ATTRIBUTES,
        Storage::FileSystem::{
            FILE_CREATE, FILE_DIRECTORY_FILE, FILE_LINK_INFORMATION, FILE_NON_DIRECTORY_FILE, FILE_OPEN,
            FILE_OPEN_FOR_BACKUP_INTENT, FILE_OPEN_REPARSE_POINT, FILE_SYNCHRONOUS_IO_NONALERT, FileLinkInformation,
            NtCreateFile, NtSetInformationFile,
        },
    },
    Win32::{
        Foundation::{
            ERROR_NO_MORE_FILES, HANDLE, NTSTATUS, OBJ_CASE_INSENSITIVE, RtlNtStatusToDosError, UNICODE_STRING,
        },
        Storage::FileSystem::{
            DELETE, FILE_ATTRIBUTE_NORMAL, FILE_DISPOSITION_INFO, FILE_GENERIC_READ, FILE_GENERIC_WRITE,
            FILE_ID_BOTH_DIR_INFO, FILE_LIST_DIRECTORY, FILE_READ_ATTRIBUTES, FILE_SHARE_DELETE, FILE_SHARE_READ,
            FILE_SHARE_WRITE, FILE_TRAVERSE, FILE_WRITE_ATTRIBUTES, FileDispositionInfo, FileIdBothDirectoryInfo,
            FileIdBothDirectoryRestartInfo, GetFileInformationByHandleEx, SYNCHRONIZE, SetFileInformationByHandle,
        },
        System::{
            IO::{DeviceIoControl, IO_STATUS_BLOCK},
            Ioctl::{FSCTL_GET_REPARSE_POINT, FSCTL_SET_REPARSE_POINT},
        },
    },
};

/// Bytes of a reparse point at most (`MAXIMUM_REPARSE_DATA_BUFFER_SIZE`).
const REPARSE: usize = 16 << 10;
/// Bytes of a list of names that is read at once.
const LIST: usize = 64 << 10;

/// What a file is opened for. Always it itself is meant, not what it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// To see what it is.
    Look,
    /// To list and open what is in it.
    Folder,
    /// To read it.
    Read,
    /// To read it by way of who keeps its content: what it leads to, if it leads anywhere.
    Through,
    /// To change its times and attributes, or to delete it.
    Change,
    /// To make a folder that is not there.
    NewFolder,
    /// To make a file that is not there.
    NewFile,
}

/// Opens what has this name in `parent`.
#[allow(unsafe_code, reason = "names in an open folder have a C interface only")]
pub(super) fn open_at(parent: &File, name: &OsStr, way: Way) -> io::Result<File> {
    let look = FILE_READ_ATTRIBUTES | SYNCHRONIZE;
    let list = look | FILE_LIST_DIRECTORY | FILE_TRAVERSE;
    let change = look | FILE_WRITE_ATTRIBUTES | DELETE;
    let (access, disposition, kind) = match way {
        Way::Look => (look, FILE_OPEN, FILE_OPEN_REPARSE_POINT),
        Way::Folder => (list, FILE_OPEN, FILE_OPEN_REPARSE_POINT | FILE_DIRECTORY_FILE),
        Way::Read => (FILE_GENERIC_READ, FILE_OPEN, FILE_OPEN_REPARSE_POINT | FILE_NON_DIRECTORY_FILE),
        Way::Through => (FILE_GENERIC_READ, FILE_OPEN, FILE_NON_DIRECTORY_FILE),
        Way::Change => (change, FILE_OPEN, FILE_OPEN_REPARSE_POINT),
        // Without the mark, what a link at this name leads to would be made.
        Way::NewFolder => {
            (change | list | FILE_GENERIC_WRITE, FILE_CREATE, FILE_OPEN_REPARSE_POINT | FILE_DIRECTORY_FILE)
        }
        Way::NewFile => (change | FILE_GENERIC_WRITE, FILE_CREATE, FILE_OPEN_REPARSE_POINT | FILE_NON_DIRECTORY_FILE),
    };
    let mut units: Vec<u16> = name.encode_wide().collect();
    let length = u16::try_from(units.len() * 2).map_err(|_| io::ErrorKind::InvalidFilename)?;
    let text = UNICODE_STRING { Length: length, MaximumLength: length, Buffer: units.as_mut_ptr() };
    let attributes = OBJECT_ATTRIBUTES {
        Length: size_of::<OBJECT_ATTRIBUTES>() as u32,
        RootDirectory: parent.as_raw_handle(),
        ObjectName: &raw const text,
        Attributes: OBJ_CASE_INSENSITIVE,
        ..Default::default()
    };
    let (mut handle, mut about): (HANDLE, _) = (ptr::null_mut(), IO_STATUS_BLOCK::default());
    let share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    let options = kind | FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_FOR_BACKUP_INTENT;
    // SAFETY: the folder is open; the name, which has the length it says, and the places for the answers live over the
    // call.
    done(unsafe {
        NtCreateFile(
            &raw mut handle,
            access,
            &raw const attributes,
            &raw mut about,
            ptr::null(),
            FILE_ATTRIBUTE_NORMAL,
            share,
            disposition,
            options,
            ptr::null(),
            0,
        )
    })?;
    // SAFETY: it was just opened, and is nobody else's.
    Ok(unsafe { File::from_raw_handle(handle) })
}

/// Something in a folder.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub(super) name: OsString,
    /// Bytes on disk.
    pub(super) allocated: u64,
    /// The number that all names of a file share.
    pub(super) number: i64,
    pub(super) attributes: u32,
}

/// All that is in an open folder, sorted by name.
pub(super) fn list(folder: &File) -> io::Result<Vec<Listed>> {
    let mut all = Vec::new();
    let mut class = FileIdBothDirectoryRestartInfo;
    // Of words, so that its beginning is where a record may be.
    let mut buffer = vec![0_u64; LIST / 8];
    while more(folder, class, &mut buffer)? {
        class = FileIdBothDirectoryInfo;
        read_records(&buffer, &mut all);
    }
    all.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(all)
}

/// Reads some of the list; whether there was any more.
#[allow(unsafe_code, reason = "names in an open folder have a C interface only")]
fn more(folder: &File, class: i32, buffer: &mut [u64]) -> io::Result<bool> {
    // SAFETY: the folder is open; the buffer is as large as it says and lives over the call.
    let read =
        unsafe { GetFileInformationByHandleEx(folder.as_raw_handle(), class, buffer.as_mut_ptr().cast(), LIST as u32) };
    if read != 0 {
        return Ok(true);
    }
    let error = io::Error::last_os_error();
    if error.raw_os_error() == Some(ERROR_NO_MORE_FILES.cast_signed()) { Ok(false) } else { Err(error) }
}

#[allow(unsafe_code, reason = "records are read out of a buffer")]
fn read_records(buffer: &[u64], all: &mut Vec<Listed>) {
    const NAME: usize = offset_of!(FILE_ID_BOTH_DIR_INFO, FileName);
    let start = buffer.as_ptr().cast::<u8>();
    let mut at = 0;
    while at + size_of::<FILE_ID_BOTH_DIR_INFO>() <= LIST {
        // SAFETY: the whole record is inside of the buffer, of plain numbers, and where it may be: each begins at a
        // multiple of eight.
        let record = unsafe { &*start.add(at).cast::<FILE_ID_BOTH_DIR_INFO>() };
        let units = (record.FileNameLength as usize / 2).min((LIST - at - NAME) / 2);
        // SAFETY: so many units of the name are inside of the buffer.
        let name = unsafe { std::slice::from_raw_parts(start.add(at + NAME).cast::<u16>(), units) };
        if !matches!(name, [0x2E] | [0x2E, 0x2E]) {
            all.push(Listed {
                name: OsString::from_wide(name),
                allocated: u64::try_from(record.AllocationSize).unwrap_or_default(),
                number: record.FileId,
                attributes: record.FileAttributes,
            });
        }
        match record.NextEntryOffset as usize {
            0 => return,
            next => at += next,
        }
    }
}

/// The data of an open file's reparse point.
#[allow(unsafe_code, reason = "reparse points have a C interface only")]
pub(super) fn reparse_point(file: &File) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; REPARSE];
    let mut length = 0;
    // SAFETY: the file is open; the buffer is as large as it says, and it and the place for the length live over the
    // call.
    let read = unsafe {
        DeviceIoControl(
            file.as_raw_handle(),
            FSCTL_GET_REPARSE_POINT,
            ptr::null(),
            0,
            bytes.as_mut_ptr().cast(),
            REPARSE as u32,
            &raw mut length,
            ptr::null_mut(),
        )
    };
    if read == 0 {
        return Err(io::Error::last_os_error());
    }
    bytes.truncate(length as usize);
    Ok(bytes)
}

/// Makes an open file a reparse point.
#[allow(unsafe_code, reason = "reparse points have a C interface only")]
pub(super) fn set_reparse_point(file: &File, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let mut unused = 0;
    // SAFETY: the file is open; so many bytes may be read, and the places live over the call.
    let set = unsafe {
        DeviceIoControl(
            file.as_raw_handle(),
            FSCTL_SET_REPARSE_POINT,
            bytes.as_ptr().cast(),
            length,
            ptr::null_mut(),
            0,
            &raw mut unused,
            ptr::null_mut(),
        )
    };
    if set == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Deletes an open file when it is closed.
#[allow(unsafe_code, reason = "an open file is deleted through a C interface only")]
pub(super) fn delete(file: &File) -> io::Result<()> {
    let delete = FILE_DISPOSITION_INFO { DeleteFile: true };
    let size = size_of::<FILE_DISPOSITION_INFO>() as u32;
    // SAFETY: the file is open; the value is as large as it says and lives over the call.
    let set = unsafe {
        SetFileInformationByHandle(file.as_raw_handle(), FileDispositionInfo, (&raw const delete).cast(), size)
    };
    if set == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Gives an open file a further name in an open folder.
#[allow(unsafe_code, reason = "names in an open folder have a C interface only")]
pub(super) fn link(file: &File, parent: &File, name: &OsStr) -> io::Result<()> {
    const NAME: usize = offset_of!(FILE_LINK_INFORMATION, FileName);
    let units: Vec<u16> = name.encode_wide().collect();
    // The kernel takes none that is shorter than its head with all its padding, whatever the name.
    let length = (NAME + units.len() * 2).max(size_of::<FILE_LINK_INFORMATION>());
    // Of words, so that it begins where it may.
    let mut buffer = vec![0_u64; length.div_ceil(8)];
    let start = buffer.as_mut_ptr();
    let request = FILE_LINK_INFORMATION {
        RootDirectory: parent.as_raw_handle(),
        FileNameLength: u32::try_from(units.len() * 2).map_err(|_| io::ErrorKind::InvalidFilename)?,
        ..Default::default()
    };
    // SAFETY: the buffer has room for the request and for as many units of the name, which come right behind.
    unsafe {
        start.cast::<FILE_LINK_INFORMATION>().write(request);
        ptr::copy_nonoverlapping(units.as_ptr(), start.cast::<u8>().add(NAME).cast(), units.len());
    }
    let mut about = IO_STATUS_BLOCK::default();
    let bytes: *const c_void = start.cast_const().cast();
    // SAFETY: both are open; the request is as long as it says, and the places live over the call.
    done(unsafe {
        NtSetInformationFile(file.as_raw_handle(), &raw mut about, bytes, length as u32, FileLinkInformation)
    })
}

/// A status of the kernel as an error that people know.
#[allow(unsafe_code, reason = "a call into ntdll.dll")]
fn done(status: NTSTATUS) -> io::Result<()> {
    if status >= 0 {
        return Ok(());
    }
    // SAFETY: takes and gives a number.
    let number = unsafe { RtlNtStatusToDosError(status) };
    Err(io::Error::from_raw_os_error(number.cast_signed()))
}
