//! DLLs of the system, loaded when they are needed, and their functions looked up by name. Knows no function of any of
//! them.

use std::{
    ffi::{CStr, c_void},
    io,
    path::PathBuf,
    ptr,
};

use windows_sys::Win32::{
    Foundation::{ERROR_MOD_NOT_FOUND, HMODULE},
    System::LibraryLoader::{
        GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LOAD_WITH_ALTERED_SEARCH_PATH, LoadLibraryExW,
    },
};

use super::wide::Wide;

/// The variable that names a folder of stand-in DLLs. Read by builds with debug assertions only: in a release it would
/// let anybody put code into a console that runs elevated.
#[cfg(any(debug_assertions, test))]
pub const TEST_DLLS: &str = "LONGSHORE_TEST_DLLS";

/// Why a DLL cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It is not there.
    #[error("this Windows has no {dll}: {}", .part.absence())]
    Absent {
        /// Its file's name.
        dll: &'static str,
        /// What it belongs to.
        part: Part,
    },
    /// It is there, and cannot be loaded.
    #[error("cannot load {dll}: {source}")]
    Refused {
        /// Its file's name.
        dll: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// It lacks a function without which nothing works.
    #[error("the {dll} of this Windows has no {function}: it is older than build 17763 (Windows Server 2019)")]
    TooOld {
        /// Its file's name.
        dll: &'static str,
        /// The first function that is missing.
        function: String,
    },
}

impl LoadError {
    /// What the user can do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Absent { part: Part::Containers, .. } => {
                "turn it on with `Enable-WindowsOptionalFeature -Online -FeatureName Containers` and restart Windows"
            }
            Self::Absent { part: Part::Windows, .. } | Self::Refused { .. } => {
                "let Windows mend itself with `sfc /scannow`"
            }
            Self::TooOld { .. } => "update Windows, or name another engine with -H",
        }
    }
}

/// What a DLL belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The Windows feature Containers.
    Containers,
    /// Every Windows.
    Windows,
}

impl Part {
    const fn absence(self) -> &'static str {
        match self {
            Self::Containers => "the Windows feature Containers is off",
            Self::Windows => "a part of Windows itself is missing",
        }
    }
}

/// Where DLLs are taken from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shelf {
    /// A folder of stand-ins; `None`: the system's own, and no other place.
    folder: Option<PathBuf>,
}

impl Shelf {
    /// That of this process: the system's, or in builds with debug assertions the folder that [`TEST_DLLS`] names.
    pub fn of_this_process() -> Self {
        #[cfg(debug_assertions)]
        return Self { folder: std::env::var_os(TEST_DLLS).map(PathBuf::from) };
        #[cfg(not(debug_assertions))]
        Self::default()
    }

    /// A folder of stand-ins, for tests.
    #[cfg(test)]
    pub(crate) const fn of_folder(folder: PathBuf) -> Self {
        Self { folder: Some(folder) }
    }

    /// Loads the DLL of this file name.
    ///
    /// # Errors
    /// That it is not there, or why the system refuses it.
    pub fn open(&self, dll: &'static str, part: Part) -> Result<Dll, LoadError> {
        let (path, how) = match &self.folder {
            // Whole and with backslashes, or Windows looks in other places too.
            Some(folder) => {
                let path = std::path::absolute(folder.join(dll)).unwrap_or_default();
                (Wide::of_path(&path), LOAD_WITH_ALTERED_SEARCH_PATH)
            }
            None => (Wide::new(dll), LOAD_LIBRARY_SEARCH_SYSTEM32),
        };
        let module = load(&path, how);
        if !module.is_null() {
            return Ok(Dll { name: dll, module });
        }
        let source = io::Error::last_os_error();
        let is_absent = source.raw_os_error().is_some_and(|code| code.cast_unsigned() == ERROR_MOD_NOT_FOUND);
        Err(if is_absent { LoadError::Absent { dll, part } } else { LoadError::Refused { dll, source } })
    }
}

#[allow(unsafe_code, reason = "a DLL is loaded through the C interface only")]
fn load(path: &Wide, how: u32) -> HMODULE {
    // SAFETY: the path ends with a zero and lives over the call. What the DLL does when it is loaded is the business
    // of Windows, from whose own folder it comes.
    unsafe { LoadLibraryExW(path.as_ptr(), ptr::null_mut(), how) }
}

/// A DLL that has been loaded. It stays until the process ends, since threads of its own may be inside at any time.
#[derive(Debug)]
pub struct Dll {
    name: &'static str,
    module: HMODULE,
}

impl Dll {
    /// The address of a function; never null.
    pub(crate) fn optional(&self, function: &CStr) -> Option<*const c_void> {
        find(self.module, function)
    }

    /// The address of a function without which nothing works; never null.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn required(&self, function: &CStr) -> Result<*const c_void, LoadError> {
        self.optional(function)
            .ok_or_else(|| LoadError::TooOld { dll: self.name, function: function.to_string_lossy().into_owned() })
    }
}

#[allow(unsafe_code, reason = "functions of a DLL are found through the C interface only")]
fn find(module: HMODULE, function: &CStr) -> Option<*const c_void> {
    // SAFETY: the module was loaded and is never freed; the name ends with a zero and lives over the call.
    let address = unsafe { GetProcAddress(module, function.as_ptr().cast()) };
    address.map(|address| address as *const c_void)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dll_of_windows_and_its_functions_are_found() {
        let dll = Shelf::default().open("kernel32.dll", Part::Windows).unwrap();
        assert!(dll.required(c"GetTickCount64").is_ok());
        assert!(dll.optional(c"NoSuchFunction").is_none());
    }

    #[test]
    fn what_is_missing_is_named() {
        let dll = Shelf::default().open("kernel32.dll", Part::Windows).unwrap();
        let error = dll.required(c"NoSuchFunction").unwrap_err();
        assert!(error.to_string().contains("kernel32.dll of this Windows has no NoSuchFunction"), "{error}");
        assert!(error.hint().starts_with("update Windows"));
    }

    #[test]
    fn an_absent_dll_names_the_feature_it_belongs_to() {
        let error = Shelf::default().open("no-such.dll", Part::Containers).unwrap_err();
        assert_eq!(error.to_string(), "this Windows has no no-such.dll: the Windows feature Containers is off");
        assert!(error.hint().contains("-FeatureName Containers"));
    }

    #[test]
    fn a_dll_beside_the_program_is_not_taken() {
        let folder = std::env::current_exe().unwrap().parent().unwrap().to_owned();
        let planted = folder.join("longshore-planted.dll");
        std::fs::write(&planted, b"MZ").unwrap();
        let found = Shelf::default().open("longshore-planted.dll", Part::Containers);
        std::fs::remove_file(planted).unwrap();
        assert!(matches!(found, Err(LoadError::Absent { .. })), "{found:?}");
    }
}
