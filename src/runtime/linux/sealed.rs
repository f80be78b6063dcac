//! This program as a file that nobody can change through a process that runs it: containers meet it as
//! `/proc/self/exe`, and may run it again by that name (CVE-2019-5736). Knows neither containers nor monitors.
//!
//! A mount of its own that may only be read costs no memory: it is the same file, and stays while a process runs it.
//! As long as its descriptor is open, whoever may mount can make it one to write to, even from inside of a container;
//! with the descriptor closed it hangs nowhere, and nobody can. So each start has one of its own, closed as soon as the
//! program runs. Where the kernel has no such mounts (before 5.12), it is a copy in memory, made once.

use std::{
    fs::File,
    io,
    os::fd::{AsRawFd, OwnedFd},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use rustix::{
    fs::{CWD, MemfdFlags, SealFlags, fcntl_add_seals, memfd_create},
    io::Errno,
    mount::{OpenTreeFlags, open_tree},
};

/// Seals the program at a path.
#[derive(Debug)]
pub(super) struct Sealer {
    program: PathBuf,
    /// Where it has to be a copy.
    copy: Mutex<Option<Arc<OwnedFd>>>,
}

impl Sealer {
    /// Of this program.
    pub(super) fn new(program: PathBuf) -> Self {
        Self { program, copy: Mutex::default() }
    }

    /// The program, to be run once, and to be dropped then.
    ///
    /// # Errors
    /// What the kernel says.
    pub(super) fn sealed(&self) -> io::Result<Arc<OwnedFd>> {
        match mount(&self.program) {
            Err(Errno::NOSYS | Errno::INVAL | Errno::PERM) => self.copied(),
            mounted => Ok(Arc::new(mounted?)),
        }
    }

    fn copied(&self) -> io::Result<Arc<OwnedFd>> {
        let mut kept = self.copy.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(copy) = &*kept {
            return Ok(Arc::clone(copy));
        }
        Ok(Arc::clone(kept.insert(Arc::new(copy(&self.program)?))))
    }
}

fn mount(program: &Path) -> rustix::io::Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    let mount = open_tree(CWD, program, flags)?;
    only_read(&mount)?;
    Ok(mount)
}

#[allow(unsafe_code, reason = "rustix has no mount_setattr")]
fn only_read(mount: &OwnedFd) -> rustix::io::Result<()> {
    let set = libc::mount_attr { attr_set: libc::MOUNT_ATTR_RDONLY, attr_clr: 0, propagation: 0, userns_fd: 0 };
    // SAFETY: the path is an empty C string and `set` as large as is said; the kernel only reads them.
    let done = unsafe {
        let (path, size) = (c"".as_ptr(), size_of_val(&set));
        libc::syscall(libc::SYS_mount_setattr, mount.as_raw_fd(), path, libc::AT_EMPTY_PATH, &raw const set, size)
    };
    if done == 0 { Ok(()) } else { Err(Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::IO)) }
}

fn copy(program: &Path) -> io::Result<OwnedFd> {
    let copy = memfd_create("longshore", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    let mut copy = File::from(copy);
    io::copy(&mut File::open(program)?, &mut copy)?;
    fcntl_add_seals(&copy, SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
    Ok(copy.into())
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, OpenOptions},
        os::unix::fs::PermissionsExt,
        process::Command,
    };

    use super::{
        super::{inside::path_of, storage::tests::room},
        *,
    };

    #[test]
    fn what_is_sealed_runs_and_cannot_be_changed() {
        let Some(folder) = room() else { return };
        let program = folder.path().join("program");
        fs::copy("/bin/true", &program).unwrap();
        let sealer = Sealer::new(program.clone());
        for sealed in [sealer.sealed(), sealer.copied()] {
            let sealed = sealed.unwrap();
            let path = path_of(&sealed);
            assert!(Command::new(&path).status().unwrap().success());
            let written =
                OpenOptions::new().write(true).open(&path).and_then(|mut file| io::Write::write(&mut file, b"x"));
            assert!(written.is_err(), "{written:?}");
            assert!(OpenOptions::new().write(true).truncate(true).open(&path).is_err());
        }
        let mounted = mount(&program).unwrap();
        assert!(fs::set_permissions(path_of(&mounted), fs::Permissions::from_mode(0o777)).is_err());
        assert_eq!(fs::read(&program).unwrap(), fs::read("/bin/true").unwrap());
        // Whoever may write to the file itself still may.
        fs::write(&program, "new").unwrap();
    }
}
