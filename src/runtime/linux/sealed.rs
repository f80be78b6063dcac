//! This program as a file that nobody can change through a process that runs it: containers meet it as
//! `/proc/self/exe`, and may run it again by that name (CVE-2019-5736). Knows neither containers nor monitors.
//!
//! A mount of its own that may only be read costs no memory: it is the same file, and stays while a process runs it.
//! It hangs in no namespace, so nobody can mount it otherwise. Where the kernel has no such mounts (before 5.12), it
//! is a copy in memory.

use std::{
    fs::File,
    io,
    os::fd::{AsRawFd, OwnedFd},
    path::Path,
};

use rustix::{
    fs::{CWD, MemfdFlags, SealFlags, fcntl_add_seals, memfd_create},
    io::Errno,
    mount::{OpenTreeFlags, open_tree},
};

/// The program at this path.
///
/// # Errors
/// What the kernel says.
pub(super) fn sealed(program: &Path) -> io::Result<OwnedFd> {
    match mount(program) {
        Err(Errno::NOSYS | Errno::INVAL | Errno::PERM) => copy(program),
        mounted => Ok(mounted?),
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
        for sealed in [super::sealed, copy] {
            let sealed = sealed(&program).unwrap();
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
