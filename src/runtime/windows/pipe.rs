//! Named pipes between longshore's processes, open to administrators and to Windows itself only. Knows nothing of what
//! is said over them.

use std::{ffi::c_void, io, time::Duration};

use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeClient, NamedPipeServer, ServerOptions};
use windows_sys::Win32::Foundation::ERROR_PIPE_BUSY;

use super::access::Descriptor;

/// Who may open a pipe, in Windows' own language: everything to SYSTEM and to administrators, nothing to others, and
/// nothing taken over from elsewhere.
const ACCESS: &str = "D:P(A;;GA;;;SY)(A;;GA;;;BA)";
/// How long a caller waits before it knocks again at a door that somebody is just going through.
const KNOCK: Duration = Duration::from_millis(10);
/// How often it knocks.
const KNOCKS: u32 = 200;

/// The path of a pipe by a name without backslashes.
fn path(name: &str) -> String {
    format!(r"\\.\pipe\longshore-{name}")
}

/// Where others connect to this process.
#[derive(Debug)]
pub struct Door {
    path: String,
    /// The instance that the next caller gets.
    next: NamedPipeServer,
}

impl Door {
    /// Opens it. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When another process has a door of this name, so that nobody can be led to a wrong one.
    pub fn open(name: &str) -> io::Result<Self> {
        let path = path(name);
        let next = instance(&path, true)?;
        Ok(Self { path, next })
    }

    /// Waits for the next caller. One that has gone again at once is an error, and the next call waits for the one after. May be dropped at any await: who was about to come is there for the next call.
    ///
    /// # Errors
    /// When Windows cannot make a pipe for the one after.
    pub async fn accept(&mut self) -> io::Result<NamedPipeServer> {
        let come = self.next.connect().await;
        // Also for one that has gone again at once: this pipe is spent.
        let next = instance(&self.path, false)?;
        let line = std::mem::replace(&mut self.next, next);
        come.map(|()| line)
    }
}

/// Connects to another process's door.
///
/// # Errors
/// `NotFound` when there is none of this name, `PermissionDenied` when this user may not, `TimedOut` when nobody opens.
pub async fn dial(name: &str) -> io::Result<NamedPipeClient> {
    let path = path(name);
    for _ in 0..KNOCKS {
        match ClientOptions::new().open(&path) {
            Err(error) if error.raw_os_error().map(i32::cast_unsigned) == Some(ERROR_PIPE_BUSY) => {
                tokio::time::sleep(KNOCK).await;
            }
            other => return other,
        }
    }
    Err(io::ErrorKind::TimedOut.into())
}

#[allow(unsafe_code, reason = "tokio takes security attributes by their address only")]
fn instance(path: &str, first: bool) -> io::Result<NamedPipeServer> {
    let descriptor = Descriptor::new(ACCESS)?;
    let mut attributes = descriptor.attributes();
    let mut options = ServerOptions::new();
    options.first_pipe_instance(first).reject_remote_clients(true);
    let attributes: *mut c_void = (&raw mut attributes).cast();
    // SAFETY: the attributes and the descriptor that they name live over the call, which copies them.
    unsafe { options.create_with_security_attributes_raw(path, attributes) }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn callers_are_served_one_after_the_other_over_pipes_of_their_own() {
        let name = format!("test-{}", std::process::id());
        let mut door = Door::open(&name).unwrap();
        let (first, second) = (dial(&name).await.unwrap(), door.accept().await.unwrap());
        let (mut here, mut there) = (first, second);
        let (mut other_here, mut other_there) = tokio::try_join!(dial(&name), door.accept()).unwrap();
        there.write_all(b"one").await.unwrap();
        other_there.write_all(b"two").await.unwrap();
        let mut word = [0; 3];
        other_here.read_exact(&mut word).await.unwrap();
        assert_eq!(&word, b"two");
        here.read_exact(&mut word).await.unwrap();
        assert_eq!(&word, b"one");
    }

    #[tokio::test]
    async fn nobody_is_found_behind_a_door_that_is_not_there() {
        assert_eq!(dial("no-such").await.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
