//! Looking into a container's root from outside, where every name is its own and may be a trap. Knows nothing else of
//! containers.

use std::{
    fs::File,
    io::{self, Read},
    os::fd::{AsFd, OwnedFd},
    path::{Component, Path},
};

use rustix::fs::{Mode, OFlags, ResolveFlags, mkdirat, open, openat2};

/// What is read of a file at most: a user database longer than this is none.
const LARGEST: u64 = 1 << 20;
/// Names are looked up as if the folder were the root, and never through another process's descriptors.
const INSIDE: ResolveFlags = ResolveFlags::IN_ROOT.union(ResolveFlags::NO_MAGICLINKS);

/// A container's root, held open.
#[derive(Debug)]
pub(super) struct Inside(OwnedFd);

impl Inside {
    /// The root at this path of the host.
    pub(super) fn at(root: &Path) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self(open(root, flags, Mode::empty())?))
    }

    /// A file's text; empty when there is none, or none that is a plain file.
    pub(super) fn text(&self, path: &str) -> String {
        // Not to hang where it is a pipe.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        let Ok(file) = openat2(self.0.as_fd(), path, flags, Mode::empty(), INSIDE).map(File::from) else {
            return String::new();
        };
        if !file.metadata().is_ok_and(|meta| meta.is_file()) {
            return String::new();
        }
        let mut bytes = Vec::new();
        // What could be read of it counts.
        let _ = file.take(LARGEST).read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Makes a folder and those above it where they are missing.
    pub(super) fn make_folder(&self, path: &Path) -> io::Result<()> {
        let mut whole = std::path::PathBuf::from("/");
        for part in path.components().filter(|part| matches!(part, Component::Normal(_))) {
            let above = self.folder(&whole)?;
            whole.push(part);
            match self.folder(&whole) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    mkdirat(&above, part.as_os_str(), Mode::from_raw_mode(0o755))?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// A folder inside, held open.
    fn folder(&self, path: &Path) -> io::Result<OwnedFd> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(openat2(self.0.as_fd(), path, flags, Mode::empty(), INSIDE)?)
    }
}

/// An opened folder's path that can be used while it is open, however it was reached.
pub(super) fn path_of(folder: &OwnedFd) -> std::path::PathBuf {
    use std::os::fd::AsRawFd;
    Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::symlink};

    #[test]
    fn links_of_a_root_lead_inside_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        fs::create_dir_all(root.join("real")).unwrap();
        fs::write(folder.path().join("passwd"), "outside").unwrap();
        fs::write(root.join("real/passwd"), "inside").unwrap();
        symlink("/real", root.join("etc")).unwrap();
        symlink("../../../passwd", root.join("up")).unwrap();
        let inside = Inside::at(&root).unwrap();
        assert_eq!(inside.text("/etc/passwd"), "inside");
        assert_eq!(inside.text("/up"), "");
        assert_eq!(inside.text("/real"), "", "a folder has no text");
        inside.make_folder(Path::new("/etc/a/b")).unwrap();
        assert!(root.join("real/a/b").is_dir());
    }
}
