//! Who may open what longshore makes: descriptors of access, and folders that only administrators see into. Knows no
//! engine.

use std::{
    fs, io,
    mem::{size_of, size_of_val},
    os::windows::fs::MetadataExt,
    path::Path,
    ptr,
};

use windows_sys::{
    Win32::{
        Foundation::{CloseHandle, ERROR_ALREADY_EXISTS, HANDLE, LocalFree},
        Security::{
            Authorization::{
                ConvertSecurityDescriptorToStringSecurityDescriptorW, ConvertSidToStringSidW,
                ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1,
            },
            DACL_SECURITY_INFORMATION, GetFileSecurityW, GetTokenInformation, OWNER_SECURITY_INFORMATION,
            PSECURITY_DESCRIPTOR, SECURITY_ATTRIBUTES, SetFileSecurityW, TOKEN_QUERY, TOKEN_USER, TokenUser,
        },
        Storage::FileSystem::{CreateDirectoryW, FILE_ATTRIBUTE_REPARSE_POINT},
        System::Threading::{GetCurrentProcess, OpenProcessToken},
    },
    core::PWSTR,
};

use super::wide::{self, Wide};
use crate::runtime::document::windows_access::{distrusted_owner, writers};

/// Who may see into a folder and what is made in it, in Windows' own language: it belongs to administrators; everything
/// to them and to SYSTEM, nothing to others, and nothing taken over from above.
const PRIVATE: &str = "O:BAD:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)";

/// Makes a folder into which only administrators see, or makes one that there is such a folder: secrets of containers
/// lie in it, and whoever could write there would be the engine.
///
/// # Errors
/// What the system says; `PermissionDenied` for one that others than administrators may have filled.
pub(super) fn make_private(folder: &Path) -> io::Result<()> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    let descriptor = Descriptor::new(PRIVATE)?;
    match create(folder, &descriptor) {
        Err(error) if error.raw_os_error().map(i32::cast_unsigned) == Some(ERROR_ALREADY_EXISTS) => {
            examine(folder)?;
            set(folder, &descriptor)
        }
        created => created,
    }
}

/// Whether a folder that is there can be trusted.
fn examine(folder: &Path) -> io::Result<()> {
    let refused = |why: String| Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    if fs::symlink_metadata(folder)?.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
        return refused("it leads elsewhere: name the folder that is meant".into());
    }
    let told = told(folder)?;
    let user = own_user()?;
    let (owner, others) = (distrusted_owner(&told, &user), writers(&told, &user));
    let is_empty = fs::read_dir(folder)?.next().is_none();
    match (owner, others.first()) {
        (Some(owner), _) => refused(format!("it belongs to {owner}, who is no administrator: {REMEDY}")),
        (None, Some(other)) if !is_empty => {
            refused(format!("{other} may write in it, and something lies in it already: {REMEDY}"))
        }
        _ => Ok(()),
    }
}

/// Owner and access list of a folder, in Windows' own language.
#[allow(unsafe_code, reason = "descriptors have a C interface only")]
fn told(folder: &Path) -> io::Result<String> {
    let (path, what) = (Wide::of_path(folder), OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION);
    let mut size = 0;
    // SAFETY: the path ends with a zero; without a buffer only the size is written, whose place lives over the call.
    unsafe { GetFileSecurityW(path.as_ptr(), what, ptr::null_mut(), 0, &raw mut size) };
    // Descriptors are made of numbers of four bytes.
    let mut descriptor = vec![0_u32; (size as usize).div_ceil(size_of::<u32>())];
    // SAFETY: the buffer has as many bytes as are said, and lives over the call like the rest.
    let read = unsafe { GetFileSecurityW(path.as_ptr(), what, descriptor.as_mut_ptr().cast(), size, &raw mut size) };
    if read == 0 {
        return Err(io::Error::last_os_error());
    }
    let (from, mut text) = (descriptor.as_mut_ptr().cast(), ptr::null_mut());
    // SAFETY: the descriptor was just read; the place for the text lives over the call, the size is of no interest.
    let made = unsafe {
        let convert = ConvertSecurityDescriptorToStringSecurityDescriptorW;
        convert(from, SDDL_REVISION_1, what, &raw mut text, ptr::null_mut())
    };
    if made == 0 { Err(io::Error::last_os_error()) } else { Ok(take_local(text)) }
}

/// The id of the user that this process is.
#[allow(unsafe_code, reason = "tokens are read through the C interface only")]
fn own_user() -> io::Result<String> {
    let mut token: HANDLE = ptr::null_mut();
    // SAFETY: the pointer lives over the call; the process's own handle needs no closing.
    if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) } == 0 {
        return Err(io::Error::last_os_error());
    }
    let (mut user, mut written) = ([0_u64; USER], 0);
    // SAFETY: the token is open; as many bytes may be written as are said.
    let read = unsafe {
        let size = size_of_val(&user) as u32;
        GetTokenInformation(token, TokenUser, user.as_mut_ptr().cast(), size, &raw mut written)
    };
    let failed = (read == 0).then(io::Error::last_os_error);
    // SAFETY: the token is open and closed here only.
    unsafe { CloseHandle(token) };
    if let Some(error) = failed {
        return Err(error);
    }
    let mut text = ptr::null_mut();
    // SAFETY: the buffer begins with what the call has written, which names a place in it; it is aligned for pointers.
    let told = unsafe {
        let id = (*user.as_ptr().cast::<TOKEN_USER>()).User.Sid;
        ConvertSidToStringSidW(id, &raw mut text)
    };
    if told == 0 { Err(io::Error::last_os_error()) } else { Ok(take_local(text)) }
}

/// A text that Windows has allocated for its caller.
#[allow(unsafe_code, reason = "text of a DLL is read and freed through the C interface only")]
fn take_local(text: PWSTR) -> String {
    // SAFETY: a text with a zero at its end that is ours since the call gave it.
    let read = unsafe { wide::read(text) };
    // SAFETY: documented to be allocated with LocalAlloc; freed here only.
    unsafe { LocalFree(text.cast()) };
    read.unwrap_or_default()
}

/// What to do about a folder that is not trusted.
const REMEDY: &str = "give it to the administrators and take the others' rights away, or name another folder";
/// Numbers of eight bytes that hold a user's id with what stands before it; an id has at most 68 bytes (winnt.h).
const USER: usize = 16;

#[allow(unsafe_code, reason = "a call into kernel32.dll")]
fn create(folder: &Path, descriptor: &Descriptor) -> io::Result<()> {
    let (path, attributes) = (Wide::of_path(folder), descriptor.attributes());
    // SAFETY: the path ends with a zero; it, the attributes and the descriptor that they name live over the call.
    if unsafe { CreateDirectoryW(path.as_ptr(), &attributes) } == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[allow(unsafe_code, reason = "a call into advapi32.dll")]
fn set(folder: &Path, descriptor: &Descriptor) -> io::Result<()> {
    let path = Wide::of_path(folder);
    let what = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    // SAFETY: the path ends with a zero; it and the descriptor live over the call.
    if unsafe { SetFileSecurityW(path.as_ptr(), what, descriptor.0) } == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// A security descriptor of Windows' making, freed when it is dropped.
pub(super) struct Descriptor(PSECURITY_DESCRIPTOR);

impl Descriptor {
    /// For a call that makes something; as long as this lives.
    pub(super) const fn attributes(&self) -> SECURITY_ATTRIBUTES {
        SECURITY_ATTRIBUTES {
            nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
            lpSecurityDescriptor: self.0,
            bInheritHandle: 0,
        }
    }

    /// What this text says, in Microsoft's Security Descriptor Definition Language.
    ///
    /// # Errors
    /// When it says nothing that Windows understands.
    #[allow(unsafe_code, reason = "a call into advapi32.dll")]
    pub(super) fn new(text: &str) -> io::Result<Self> {
        let text = Wide::new(text);
        let mut descriptor = ptr::null_mut();
        // SAFETY: the text ends with a zero, the pointer lives over the call, the size is of no interest.
        let made = unsafe {
            let convert = ConvertStringSecurityDescriptorToSecurityDescriptorW;
            convert(text.as_ptr(), SDDL_REVISION_1, &mut descriptor, ptr::null_mut())
        };
        if made == 0 { Err(io::Error::last_os_error()) } else { Ok(Self(descriptor)) }
    }
}

impl Drop for Descriptor {
    #[allow(unsafe_code, reason = "a call into kernel32.dll")]
    fn drop(&mut self) {
        // SAFETY: documented to be allocated with LocalAlloc; freed here only.
        unsafe { LocalFree(self.0) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_folder_is_made_and_made_private_again() {
        let folder = tempfile::tempdir().unwrap();
        let private = folder.path().join("above").join("private");
        make_private(&private).unwrap();
        fs::write(private.join("secret"), b"x").unwrap();
        make_private(&private).unwrap();
        assert_eq!(fs::read(private.join("secret")).unwrap(), b"x");
    }

    #[test]
    fn what_others_may_have_filled_is_refused_and_stays_as_it_is() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("data");
        fs::create_dir(&folder).unwrap();
        // In the language of Wine, which keeps what Linux can: everybody's rights.
        set(&folder, &Descriptor::new("O:BAD:P(A;OICI;FA;;;BA)(A;OICI;FA;;;WD)").unwrap()).unwrap();
        fs::write(folder.join("longshore.db"), b"x").unwrap();
        let error = make_private(&folder).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        assert!(error.to_string().starts_with("everybody may write in it"), "{error}");
        assert_eq!(writers(&told(&folder).unwrap(), &own_user().unwrap()), ["everybody"]);
        fs::remove_file(folder.join("longshore.db")).unwrap();
        make_private(&folder).unwrap();
        assert_eq!(writers(&told(&folder).unwrap(), &own_user().unwrap()), [""; 0], "there was nothing in it");
    }
}
