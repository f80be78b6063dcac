//! The last steps of a process before it becomes a container's program: what it may still do. Knows neither spec nor
//! libcontainer; init and exec take the same steps.

use std::{
    ffi::OsStr,
    io,
    os::{
        fd::RawFd,
        unix::{ffi::OsStrExt, fs::PermissionsExt, process::CommandExt},
    },
    path::{Path, PathBuf},
    process::Command,
};

use rustix::thread::{CapabilitySet, remove_capability_from_bounding_set};

use super::seccomp::{Program, load};

/// Bits that the kernel may know at most.
const CAPABILITIES: u32 = 64;

/// What a process may do in the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Confinement {
    /// Capabilities, as bits.
    pub(crate) capabilities: u64,
    /// The filter of its system calls, where there is one.
    pub(crate) filter: Option<Program>,
}

impl Confinement {
    /// Takes away what the program shall not have. The process must still have `SETPCAP`, and `SYS_ADMIN` or
    /// `no_new_privs`; that these go too is execve's work: root gets what is in its bounding set, others nothing.
    ///
    /// # Errors
    /// What the kernel says.
    pub(crate) fn take(&self) -> io::Result<()> {
        for capability in 0..CAPABILITIES {
            if self.capabilities & (1 << capability) == 0 {
                match remove_capability_from_bounding_set(CapabilitySet::from_bits_retain(1 << capability)) {
                    // The kernel knows no more of them.
                    Err(rustix::io::Errno::INVAL) => break,
                    done => done?,
                }
            }
        }
        self.filter.as_deref().map_or(Ok(()), load)
    }
}

/// A program that could not be started.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct NoProgram {
    /// 127: there is none. 126: it cannot be run. As shells and Docker have it.
    pub(crate) code: i32,
    /// What is wrong, in a sentence with the program's name.
    pub(crate) why: String,
}

/// The command of a container's process, with its last steps to come; and with nothing of ours in its environment.
#[allow(unsafe_code, reason = "what is done between fork and exec cannot be said without it")]
pub(crate) fn command(
    args: &[String],
    env: &[String],
    last_steps: impl FnMut() -> io::Result<()> + Send + Sync + 'static,
) -> Command {
    let mut command = Command::new(args.first().map_or("", String::as_str));
    command.args(args.iter().skip(1)).env_clear();
    command.envs(env.iter().filter_map(|line| line.split_once('=')));
    // SAFETY: the process has only one thread, so that no lock can be held by another one at the fork and what
    // allocates in the child may.
    unsafe {
        command.pre_exec(|| {
            default_signals();
            Ok(())
        });
        command.pre_exec(last_steps)
    };
    command
}

/// Says why a program did not start, from the error and from what there is; called inside the container's root.
pub(crate) fn explain(error: &io::Error, args: &[String], env: &[String], cwd: &Path) -> NoProgram {
    let program = args.first().map_or("", String::as_str);
    let path = env.iter().find_map(|line| line.strip_prefix("PATH=")).unwrap_or_default();
    let found = find(program, path, cwd);
    let (code, why) = match (error.kind(), found) {
        (_, None) if program.contains('/') => (127, format!("executable file not found: there is no `{program}`")),
        (_, None) => (127, format!("executable file not found: there is no program `{program}` in its PATH ({path})")),
        (io::ErrorKind::NotFound, Some(found)) => {
            (127, format!("what `{}` needs to run (its interpreter or loader) is not there", found.display()))
        }
        (io::ErrorKind::PermissionDenied, Some(found)) => (126, format!("`{}` may not be run", found.display())),
        (_, Some(found)) if error.raw_os_error() == Some(libc::ENOEXEC) => {
            (126, format!("`{}` is no program of this machine's kind", found.display()))
        }
        (_, Some(found)) => (126, format!("`{}`: {error}", found.display())),
    };
    NoProgram { code, why }
}

/// The first file that the program's name may mean.
fn find(program: &str, path: &str, cwd: &Path) -> Option<PathBuf> {
    if program.is_empty() {
        return None;
    }
    if program.contains('/') {
        return Some(cwd.join(program)).filter(|path| path.exists());
    }
    let folders = path.split(':').map(|folder| Path::new(OsStr::from_bytes(folder.as_bytes())));
    let mut files = folders.map(|folder| cwd.join(folder).join(program)).filter(|path| path.is_file());
    let first = files.next()?;
    let runs = |path: &PathBuf| path.metadata().is_ok_and(|meta| meta.permissions().mode() & 0o111 != 0);
    if runs(&first) { Some(first) } else { Some(files.find(runs).unwrap_or(first)) }
}

/// Makes each signal do what it does by default, and lets it in. What is ignored or blocked would stay so over
/// `execve`: what the console or its parents ignore, and two of its own that the C library ignores in what it spawns.
#[allow(unsafe_code, reason = "the C library's sigaction and sigprocmask leave out its own signals")]
fn default_signals() {
    /// The kernel's `struct sigaction`: handler, flags, restorer and mask. All zero is the default.
    const DEFAULT: [u64; 4] = [0; 4];
    /// Of a set of 64 signals.
    const MASK_BYTES: usize = 8;
    for signal in 1..=64 {
        // SAFETY: the kernel only reads `DEFAULT`, which is as large as what it expects. It refuses KILL and STOP.
        unsafe {
            let none = std::ptr::null_mut::<u64>();
            libc::syscall(libc::SYS_rt_sigaction, signal, DEFAULT.as_ptr(), none, MASK_BYTES);
        }
    }
    let nothing = 0_u64;
    // SAFETY: the kernel only reads the mask, of the size that it is told.
    unsafe {
        let none = std::ptr::null_mut::<u64>();
        libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const nothing, none, MASK_BYTES);
    }
}

/// Closes every descriptor from 3 on but one, so that a program's name that leads through `/proc/self/fd` leads
/// nowhere.
#[allow(unsafe_code, reason = "rustix has no close_range")]
pub(crate) fn close_all_but(kept: RawFd) {
    let close = |first: RawFd, last: u32| {
        if let Ok(first) = u32::try_from(first) {
            // SAFETY: nothing that is closed here is used afterwards: the process runs its program or ends.
            unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
        }
    };
    if let Ok(before) = u32::try_from(kept - 1)
        && kept > 3
    {
        close(3, before);
    }
    close(kept.max(2) + 1, u32::MAX);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(kind: io::ErrorKind, program: &str, path: &str) -> NoProgram {
        explain(&kind.into(), &[program.to_owned()], &[format!("PATH={path}")], Path::new("/"))
    }

    #[test]
    fn a_missing_program_is_told_from_one_that_cannot_run() {
        let missing = explained(io::ErrorKind::NotFound, "nothing-like-this", "/bin:/usr/bin");
        assert_eq!(missing.code, 127);
        assert!(missing.why.contains("`nothing-like-this` in its PATH"), "{}", missing.why);
        assert_eq!(explained(io::ErrorKind::PermissionDenied, "/etc/passwd", "").code, 126);
        let loader = explained(io::ErrorKind::NotFound, "sh", "/bin");
        assert_eq!((loader.code, loader.why.contains("loader")), (127, true));
        assert_eq!(explained(io::ErrorKind::NotFound, "", "/bin").code, 127);
    }
}
