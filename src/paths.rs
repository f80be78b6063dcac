//! Where files belong on this platform.
//! Must not know what stands in them.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use thiserror::Error;

/// Names the directory of the settings, instead of the platform's.
pub const CONFIG_VARIABLE: &str = "LONGSHORE_CONFIG_DIR";
/// Names the directory of state, log and cache, instead of the platform's.
pub const STATE_VARIABLE: &str = "LONGSHORE_STATE_DIR";

/// Why a directory cannot be had.
#[derive(Debug, Error)]
pub enum PathError {
    /// The user has no home directory, and no variable names another place.
    #[error("cannot tell where settings belong: there is no home directory")]
    NoHome,
    /// The directory could not be made.
    #[error("cannot make the directory `{path}`: {source}", path = .path.display())]
    Make {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl PathError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoHome => Some("set HOME, or LONGSHORE_CONFIG_DIR and LONGSHORE_STATE_DIR"),
            Self::Make { .. } => None,
        }
    }
}

/// The directories of one user of longshore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// Settings, keys and themes: read by us, written by the user.
    pub config: PathBuf,
    /// What is remembered between two runs: the audit file and the log.
    pub state: PathBuf,
    /// What can be thrown away.
    pub cache: PathBuf,
}

impl Paths {
    /// The platform's directories, unless a variable names others. Makes nothing.
    ///
    /// # Errors
    /// When there is no home directory to put them in.
    pub fn find() -> Result<Self, PathError> {
        Self::from_parts(env::var_os(CONFIG_VARIABLE), env::var_os(STATE_VARIABLE))
    }

    /// The same with the variables given; an empty one counts as none.
    ///
    /// # Errors
    /// When a directory is neither given nor to be had from the platform.
    pub fn from_parts(config: Option<OsString>, state: Option<OsString>) -> Result<Self, PathError> {
        let given = |value: Option<OsString>| value.filter(|value| !value.is_empty()).map(PathBuf::from);
        let platform = ProjectDirs::from("", "", "longshore");
        let or_platform = |given: Option<PathBuf>, choose: fn(&ProjectDirs) -> &Path| {
            given.or_else(|| platform.as_ref().map(|dirs| choose(dirs).to_owned())).ok_or(PathError::NoHome)
        };
        let state = given(state);
        Ok(Self {
            config: or_platform(given(config), ProjectDirs::config_dir)?,
            cache: or_platform(state.as_ref().map(|state| state.join("cache")), ProjectDirs::cache_dir)?,
            // Only Linux has a directory for state; elsewhere it lies with the local data.
            state: or_platform(state, |dirs| dirs.state_dir().unwrap_or(dirs.data_local_dir()))?,
        })
    }

    /// The settings.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The user's keys.
    #[must_use]
    pub fn keys_file(&self) -> PathBuf {
        self.config.join("keys.toml")
    }

    /// The user's themes.
    #[must_use]
    pub fn themes_dir(&self) -> PathBuf {
        self.config.join("themes")
    }

    /// The log.
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        self.state.join("longshore.log")
    }

    /// The record of what was done to engines.
    #[must_use]
    pub fn audit_file(&self) -> PathBuf {
        self.state.join("audit.log")
    }
}

/// Makes a directory and its parents; a new one is for its owner's eyes only.
///
/// # Errors
/// When it cannot be made.
pub fn make_private_dir(path: &Path) -> Result<(), PathError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| PathError::Make { path: path.into(), source })
}

/// Opens a file to append to; a new one is for its owner's eyes only.
///
/// # Errors
/// What the system says.
pub(crate) fn append_private(path: &Path) -> io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The name under which a full file is put aside: the same with `.1` after it.
pub(crate) fn aside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".1");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_take_the_place_of_the_platform() {
        let paths = Paths::from_parts(Some("/c".into()), Some("/s".into())).unwrap();
        assert_eq!(paths.config_file(), Path::new("/c/config.toml"));
        assert_eq!(paths.log_file(), Path::new("/s/longshore.log"));
        assert_eq!(paths.cache, Path::new("/s/cache"));
    }

    #[cfg(unix)]
    #[test]
    fn what_we_make_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("a/b");
        make_private_dir(&dir).unwrap();
        make_private_dir(&dir).unwrap();
        append_private(&dir.join("f")).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&dir), 0o700);
        assert_eq!(mode(&dir.join("f")), 0o600);
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_named() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        std::fs::write(&file, "").unwrap();
        let said = make_private_dir(&file.join("d")).unwrap_err().to_string();
        assert!(said.contains("file"), "{said}");
    }
}
