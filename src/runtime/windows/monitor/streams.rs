//! The streams of a process, on our side: what it prints goes to the hall, what is typed comes from there. Knows no
//! console.

use std::{
    io,
    os::windows::io::{IntoRawHandle, OwnedHandle},
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::windows::named_pipe::NamedPipeClient,
    sync::mpsc,
    task::JoinSet,
    time::timeout,
};

use super::hall::{Shared, Typed};
use crate::{
    model::Stream,
    runtime::{
        document::hcs::process::ModifyProcess,
        windows::hcs::{Pipes, Process},
    },
};

/// Bytes read at once.
const BLOCK: usize = 16 * 1024;
/// Chunks that wait to be typed at most.
const TYPED: usize = 16;
/// How long after the end of its process a pipe may say nothing before it is given up: HCS does not always close it.
const SILENCE: Duration = Duration::from_secs(1);
/// What a console takes for the end of input when it is typed at the beginning of a line: Ctrl-Z and Enter.
const END_OF_INPUT: &[u8] = b"\x1a\r\n";

/// The tasks that keep a process's pipes busy.
pub(super) struct Streams {
    outputs: JoinSet<()>,
    shared: Arc<Shared>,
}

impl Streams {
    /// Begins to pass everything on.
    ///
    /// # Errors
    /// When a handle is no pipe that can be waited for.
    pub(super) fn begin(
        shared: Arc<Shared>,
        output: Option<OwnedHandle>,
        error: Option<OwnedHandle>,
    ) -> io::Result<Self> {
        let mut outputs = JoinSet::new();
        for (stream, handle) in [(Stream::Out, output), (Stream::Err, error)] {
            if let Some(handle) = handle {
                outputs.spawn(pass_on(pipe(handle)?, stream, Arc::clone(&shared)));
            }
        }
        Ok(Self { outputs, shared })
    }

    /// Waits until everything that an ended process has printed was passed on.
    pub(super) async fn end(mut self) {
        let mut before = self.shared.printed();
        loop {
            match timeout(SILENCE, self.outputs.join_next()).await {
                Ok(Some(_)) => {}
                Ok(None) => return,
                Err(_) => {
                    let now = self.shared.printed();
                    // A console that has to catch up holds the pipe up, and it is told more by and by.
                    if now == before && !self.shared.is_crowded() {
                        self.outputs.abort_all();
                    }
                    before = now;
                }
            }
        }
    }
}

async fn pass_on(mut pipe: NamedPipeClient, stream: Stream, shared: Arc<Shared>) {
    let mut block = vec![0; BLOCK];
    // Windows tells of the end of a pipe by an error.
    while let Ok(read @ 1..) = pipe.read(&mut block).await {
        shared.print(stream, &block[..read]);
        shared.room().await;
    }
}

/// Begins to type what is sent here, until the process is gone.
///
/// # Errors
/// When the handle is no pipe that can be waited for.
pub(super) fn typing(process: &Arc<Process>, tty: bool, pipes: &mut Pipes) -> io::Result<Option<mpsc::Sender<Typed>>> {
    let Some(handle) = pipes.input.take() else { return Ok(None) };
    let (input, typed) = mpsc::channel(TYPED);
    tokio::spawn(type_in(pipe(handle)?, typed, Arc::clone(process), tty));
    Ok(Some(input))
}

async fn type_in(mut pipe: NamedPipeClient, mut typed: mpsc::Receiver<Typed>, process: Arc<Process>, tty: bool) {
    while let Some(next) = typed.recv().await {
        let written = match next {
            Typed::Bytes(bytes) => pipe.write_all(&bytes).await,
            Typed::End if tty => pipe.write_all(END_OF_INPUT).await,
            Typed::End => break,
        };
        if written.is_err() {
            break;
        }
    }
    // All of it has to have arrived before the pipe goes.
    let _ = pipe.flush().await;
    drop(pipe);
    if !tty {
        // One that has ended has no input to close. It may take long, and nobody waits for it.
        tokio::task::spawn_blocking(move || drop(process.modify(ModifyProcess::END_OF_INPUT)));
    }
}

/// An end of a pipe, for tokio. Must be called within a tokio runtime.
///
/// # Errors
/// When it is none that can be waited for.
#[allow(unsafe_code, reason = "tokio takes handles by number only")]
pub(super) fn pipe(handle: OwnedHandle) -> io::Result<NamedPipeClient> {
    // SAFETY: the handle is given away, and is that of a pipe that HCS has opened as overlapped.
    unsafe { NamedPipeClient::from_raw_handle(handle.into_raw_handle()) }
}
