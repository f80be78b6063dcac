//! Joins a console to this process: bytes both ways, the terminal's size, signals, and the keys to let go.
//! Knows neither run nor exec.

use std::io::{self, IsTerminal, Write};

use futures_util::StreamExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

use super::{OUR_FAILURE, detach::Detach};
use crate::{
    backend::{Console, Engine, EngineError, Printed, Size},
    cli::print::Failure,
    model::{ContainerId, ExecSpec, Signal, Stream},
    terminal::raw::{Errands, Raw, Told, cells},
};

/// Bytes of one read of standard input.
const READ: usize = 32 << 10;
/// Where nobody says a size: what terminals had for long.
const USUAL: Size = Size { columns: 80, rows: 24 };

/// How a console is joined to this process.
#[derive(Clone, Debug)]
pub(crate) struct Join {
    /// Whether standard input goes in.
    pub(crate) input: bool,
    /// Whether the process has a terminal.
    pub(crate) tty: bool,
    /// Whether signals are passed on instead of ending this process.
    pub(crate) proxy: bool,
    /// The keys to let go.
    pub(crate) detach: Detach,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With the process, by this code.
    Code(i64),
    /// The keys were typed; the process runs on.
    Detached,
}

/// The size of this terminal.
pub(crate) fn size() -> Size {
    cells().map_or(USUAL, |(columns, rows)| Size { columns, rows })
}

/// Refuses a terminal inside where there is none outside to type on, as docker does.
pub(crate) fn check_terminal(input: bool, tty: bool) -> Result<(), Failure> {
    if input && tty && !io::stdin().is_terminal() {
        return Err(Failure::plain("the input device is not a TTY", 1));
    }
    Ok(())
}

/// Whom signals are for.
pub(crate) struct Target<'a> {
    pub(crate) engine: &'a dyn Engine,
    pub(crate) id: &'a ContainerId,
}

/// Carries bytes until the process ends or is let go.
pub(crate) async fn carry(console: Console, join: Join, target: Target<'_>) -> Result<End, Failure> {
    let Console { mut input, mut output, control } = console;
    let raw = if join.tty && join.input && io::stdin().is_terminal() { Some(Raw::enter()?) } else { None };
    let mut errands = Errands::listen(join.proxy)?;
    let mut typed: Option<Box<dyn AsyncRead + Send + Unpin>> = None;
    if join.input {
        typed = Some(Box::new(tokio::io::stdin()));
    } else {
        // Whoever reads finds the end at once.
        drop(input.shutdown().await);
    }
    let mut detach = join.detach;
    let mut buffer = vec![0; READ];
    loop {
        tokio::select! {
            piece = output.next() => match piece {
                // A process that ends with input unread resets the connection; a lost engine has no code either.
                Some(Err(EngineError::Unreachable { .. })) if join.input => break,
                Some(piece) => print(&piece?)?,
                None => break,
            },
            read = read(&mut typed, &mut buffer) => {
                let count = read?;
                if count == 0 {
                    typed = None;
                    drop(input.shutdown().await);
                    continue;
                }
                let (on, detached) = if join.tty { detach.filter(&buffer[..count]) } else { (buffer[..count].to_vec(), false) };
                let sent = async { input.write_all(&on).await?; input.flush().await };
                // The process has closed it; its last words and its code still come.
                if sent.await.is_err() {
                    typed = None;
                }
                if detached {
                    return Ok(End::Detached);
                }
            },
            told = errands.next() => match told {
                Told::Resized => drop(control.resize(size()).await),
                Told::Signal(signal) => pass_on(&target, signal).await,
            },
        }
    }
    drop(raw);
    Ok(End::Code(control.exit_code().await?.unwrap_or(0)))
}

/// A read that may be dropped: the bytes are in the buffer when it is done, and nowhere before.
async fn read(typed: &mut Option<Box<dyn AsyncRead + Send + Unpin>>, buffer: &mut [u8]) -> io::Result<usize> {
    match typed {
        Some(typed) => typed.read(buffer).await,
        None => std::future::pending().await,
    }
}

async fn pass_on(target: &Target<'_>, signal: Signal) {
    if let Err(error) = target.engine.kill(target.id, signal).await {
        tracing::debug!(%error, "a signal was not passed on");
    }
}

/// Prints a piece where it belongs, as it is.
fn print(piece: &Printed) -> io::Result<()> {
    match piece.channel {
        Stream::Out => {
            let mut out = io::stdout().lock();
            out.write_all(&piece.bytes)?;
            out.flush()
        }
        Stream::Err => io::stderr().write_all(&piece.bytes),
    }
}

/// Starts a process in a container and is joined to it.
pub(crate) async fn exec(target: Target<'_>, spec: &ExecSpec, join: Join) -> Result<End, Failure> {
    let console = target.engine.exec(target.id, spec, size()).await.map_err(|error| match not_run(&error) {
        // Only `run` tells its own failures from a program's.
        failure if failure.code() == OUR_FAILURE => Failure::from(error),
        failure => failure,
    })?;
    carry(console, join, target).await
}

/// What an engine says of a program that is not there, or cannot be run, becomes the code that a shell has for it.
pub(crate) fn not_run(error: &EngineError) -> Failure {
    let words = error.to_string().to_lowercase();
    let says = |all: &[&str]| all.iter().any(|word| words.contains(word));
    let code = if says(&["executable file not found", "no such file or directory", "cannot find the file"]) {
        127
    } else if says(&["permission denied", "is a directory", "not a directory", "exec format error"]) {
        126
    } else {
        return Failure::of(error, OUR_FAILURE);
    };
    // The hint is for an engine that refuses us, not for a program it could not run.
    Failure::plain(&error.to_string(), code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_cannot_be_run_has_a_shell_s_code() {
        let code =
            |why: &str| not_run(&EngineError::Refused { tried: "start `x`".into(), code: 400, why: why.into() }).code();
        assert_eq!(code("exec: \"x\": executable file not found in $PATH"), 127);
        assert_eq!(code("exec: \"/x\": stat /x: no such file or directory"), 127);
        assert_eq!(code("exec: \"/etc\": permission denied"), 126);
        assert_eq!(code("port is already allocated"), 125);
    }
}
