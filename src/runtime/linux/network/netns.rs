//! Network namespaces that a file keeps alive. Knows nothing of what is in them. Each entering takes a thread that ends
//! before the call does, since a namespace belongs to a thread and ours must keep its own.

use std::{fs::File, io, os::fd::AsFd, path::Path, thread};

use rustix::{
    mount::{UnmountFlags, mount_bind, unmount},
    thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space},
};

/// The namespace of the thread that looks.
const OWN: &str = "/proc/thread-self/ns/net";

/// Makes a namespace and keeps it by a mount on `path`, whose folder there must be.
///
/// # Errors
/// What the system says; the file is gone then.
pub(super) fn create(path: &Path) -> io::Result<()> {
    File::create(path)?;
    let made = on_a_thread(|| {
        leave()?;
        Ok(mount_bind(OWN, path)?)
    });
    if made.is_err() {
        let _ = std::fs::remove_file(path);
    }
    made
}

/// Puts this thread into a namespace of its own.
#[allow(unsafe_code, reason = "rustix marks the call unsafe for its other flags")]
pub(super) fn leave() -> io::Result<()> {
    // SAFETY: unsafe for `CLONE_FILES` alone, which would give this thread descriptors of its own.
    Ok(unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET) }?)
}

/// Does something inside of a namespace.
///
/// # Errors
/// When it cannot be entered, or what `work` gives.
pub(super) fn inside<T: Send>(path: &Path, work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    let namespace = File::open(path)?;
    on_a_thread(|| {
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
        work()
    })
}

/// Lets a namespace go; no error when it is gone. It ends when the last of its processes does.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match unmount(path, UnmountFlags::DETACH) {
        // Not a mount, or not there: the file, if any, is what is left to remove.
        Ok(()) | Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOENT) => {}
        Err(error) => return Err(error.into()),
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn on_a_thread<T: Send>(work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().name("namespace".into()).spawn_scoped(scope, work)?;
        thread.join().unwrap_or_else(|_| Err(io::Error::other("the thread inside of the namespace broke down")))
    })
}
