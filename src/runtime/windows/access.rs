//! Who may open what longshore makes: descriptors of access, and folders that only administrators see into. Knows no
//! engine.

use std::{fs, io, mem::size_of, path::Path, ptr};

use windows_sys::Win32::{
    Foundation::{ERROR_ALREADY_EXISTS, LocalFree},
    Security::{
        Authorization::{ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1},
        DACL_SECURITY_INFORMATION, OWNER_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, SECURITY_ATTRIBUTES,
        SetFileSecurityW,
    },
    Storage::FileSystem::CreateDirectoryW,
};

use super::wide::Wide;

/// Who may see into a folder and what is made in it, in Windows' own language: it belongs to administrators; everything
/// to them and to SYSTEM, nothing to others, and nothing taken over from above.
const PRIVATE: &str = "O:BAD:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)";

/// Makes a folder into which only administrators see, or makes one that there is such a folder: secrets of containers
/// lie in it, and whoever could write there would be the engine.
///
/// # Errors
/// What the system says.
pub(super) fn make_private(folder: &Path) -> io::Result<()> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    let descriptor = Descriptor::new(PRIVATE)?;
    match create(folder, &descriptor) {
        Err(error) if error.raw_os_error().map(i32::cast_unsigned) == Some(ERROR_ALREADY_EXISTS) => {
            set(folder, &descriptor)
        }
        created => created,
    }
}

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
}
