//! A connection to a far engine through the user's own `ssh` program, one process each.
//! Must not know HTTP: it hands out a stream of bytes.

use std::ffi::OsString;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::ConnectError;

mod failure;

pub use failure::SshFailure;

/// Connections to one host at a time: OpenSSH's server allows ten sessions on a shared
/// connection (`MaxSessions` in sshd_config(5)), and the user's own shell may be one of them.
pub(super) const LIMIT: usize = 8;

/// How much of ssh's last words is kept, in bytes.
const STDERR_KEPT: usize = 8 * 1024;

/// How long ssh's last words are waited for once its output has ended; a shared master
/// connection can hold the other end open for ever.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Where ssh is to go, and how.
#[derive(Debug, Clone)]
pub(super) struct Route {
    /// The program and the arguments that come before ours.
    pub(super) command: Vec<OsString>,
    /// The login name.
    pub(super) user: Option<String>,
    /// The host.
    pub(super) host: String,
    /// The port.
    pub(super) port: Option<u16>,
    /// The engine's socket on the far side.
    pub(super) socket: Option<String>,
    /// How long ssh may take to connect; rounded to seconds.
    pub(super) timeout: Duration,
}

impl Route {
    /// The host as the user would write it to ssh.
    pub(super) fn label(&self) -> String {
        self.user.as_ref().map_or_else(|| self.host.clone(), |user| format!("{user}@{}", self.host))
    }

    /// The arguments after the program's own. ssh must never ask on a terminal that we are drawing on.
    fn arguments(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = vec!["-T".into()];
        let timeout = format!("ConnectTimeout={}", self.timeout.as_secs().max(1));
        for option in ["BatchMode=yes", &timeout, "ServerAliveInterval=15", "ServerAliveCountMax=3"] {
            arguments.extend(["-o".into(), option.into()]);
        }
        if let Some(user) = &self.user {
            arguments.extend(["-l".into(), user.into()]);
        }
        if let Some(port) = self.port {
            arguments.extend(["-p".into(), port.to_string().into()]);
        }
        arguments.extend(["--".into(), OsString::from(&self.host), "docker".into()]);
        if let Some(socket) = &self.socket {
            arguments.extend(["--host".into(), quoted(&format!("unix://{socket}")).into()]);
        }
        arguments.extend(["system".into(), "dial-stdio".into()]);
        arguments
    }
}

/// A word as a POSIX shell takes it literally: ssh joins its arguments and lets the far shell split them.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Starts ssh, once there is room for one more connection.
pub(super) async fn dial(route: Route, room: Arc<Semaphore>) -> Result<SshStream, ConnectError> {
    let busy = || ConnectError::Busy { host: route.label(), limit: LIMIT };
    let wait = timeout(route.timeout, room.acquire_owned());
    let permit = wait.await.ok().and_then(Result::ok).ok_or_else(busy)?;
    let failed = |why| ConnectError::Ssh { host: route.label(), why };
    let mut child = command(&route).spawn().map_err(|error| failed(SshFailure::from_spawn(&error)))?;
    match (child.stdin.take(), child.stdout.take(), child.stderr.take()) {
        (Some(stdin), Some(stdout), Some(stderr)) => {
            Ok(SshStream::new(route.label(), child, stdin, stdout, stderr, permit))
        }
        _ => Err(failed(SshFailure::Silent { code: None })),
    }
}

fn command(route: &Route) -> Command {
    let (program, before) = match route.command.split_first() {
        Some((program, before)) => (program.clone(), before),
        None => ("ssh".into(), &[][..]),
    };
    let mut command = Command::new(program);
    command.args(before).args(route.arguments());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true);
    // A signal typed at our terminal is meant for us alone.
    #[cfg(unix)]
    command.process_group(0);
    command
}

/// The standard streams of one ssh process. Dropping it ends the process.
pub(super) struct SshStream {
    label: String,
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    /// Whether a byte has come from the far engine: from then on an end is an ordinary end.
    spoke: bool,
    last_words: Option<LastWords>,
    child: Option<Child>,
    heard: Arc<Mutex<Vec<u8>>>,
    listener: Option<JoinHandle<()>>,
    _permit: OwnedSemaphorePermit,
}

type LastWords = Pin<Box<dyn Future<Output = SshFailure> + Send>>;

impl SshStream {
    fn new(
        label: String,
        child: Child,
        stdin: ChildStdin,
        stdout: ChildStdout,
        stderr: ChildStderr,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let heard = Arc::default();
        let listener = tokio::spawn(listen(stderr, Arc::clone(&heard)));
        Self {
            label,
            stdin: Some(stdin),
            stdout,
            spoke: false,
            last_words: None,
            child: Some(child),
            heard,
            listener: Some(listener),
            _permit: permit,
        }
    }

    /// Turns an end that came before any answer into the reason for it.
    fn poll_reason(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let (child, heard, listener) = (&mut self.child, &self.heard, &mut self.listener);
        let words = self
            .last_words
            .get_or_insert_with(|| Box::pin(last_words(child.take(), Arc::clone(heard), listener.take())));
        let why = ready!(words.as_mut().poll(cx));
        self.last_words = None;
        Poll::Ready(io::Error::other(ConnectError::Ssh { host: self.label.clone(), why }))
    }
}

/// Keeps the end of what ssh says, and keeps reading so that it never has to wait for us.
async fn listen(mut stderr: ChildStderr, heard: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = [0; 1024];
    while let Ok(count @ 1..) = stderr.read(&mut buffer).await {
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.extend_from_slice(&buffer[..count]);
        let surplus = heard.len().saturating_sub(STDERR_KEPT);
        heard.drain(..surplus);
    }
}

async fn last_words(child: Option<Child>, heard: Arc<Mutex<Vec<u8>>>, listener: Option<JoinHandle<()>>) -> SshFailure {
    if let Some(listener) = listener {
        // Whatever was heard until now has to do if ssh does not come to an end.
        let _ = timeout(LAST_WORDS, listener).await;
    }
    let code = match child {
        Some(mut child) => timeout(LAST_WORDS, child.wait()).await.ok().and_then(Result::ok),
        None => None,
    };
    let heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
    SshFailure::from_words(&String::from_utf8_lossy(&heard), code.and_then(|code| code.code()))
}

impl AsyncRead for SshStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stdout).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.spoke = true;
        } else if !self.spoke && buf.remaining() > 0 {
            return self.poll_reason(cx).map(Err);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for SshStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let Some(stdin) = &mut self.stdin else {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        };
        match ready!(Pin::new(stdin).poll_write(cx, data)) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe && !self.spoke => self.poll_reason(cx).map(Err),
            written => Poll::Ready(written),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stdin {
            Some(stdin) => Pin::new(stdin).poll_flush(cx),
            None => Poll::Ready(Ok(())),
        }
    }

    /// Closing the pipe is the only way to tell the far side that no more input comes.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(cx))?;
        self.stdin = None;
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests;
