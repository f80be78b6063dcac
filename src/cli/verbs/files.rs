//! Files of this machine on the way to and from an engine, in pieces and without ever holding a whole one.
//! Knows no archive's format.

use std::{
    io::{self, IsTerminal, Write},
    path::Path,
};

use futures_util::StreamExt;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio_util::io::ReaderStream;

use crate::{
    backend::{Archive, EngineError},
    cli::print::Failure,
};

/// Bytes of one piece.
const PIECE: usize = 256 << 10;

/// What a reader gives, as an engine takes it.
pub(crate) fn flow(reader: impl AsyncRead + Send + 'static, what: &str) -> Archive {
    let tried = format!("read {what}");
    let pieces = ReaderStream::with_capacity(reader, PIECE);
    Box::pin(pieces.map(move |piece| {
        piece.map_err(|why| EngineError::Refused { tried: tried.clone(), code: 0, why: why.to_string() })
    }))
}

/// A file, or standard input for `-` and for nothing.
pub(crate) async fn source(file: Option<&Path>) -> Result<Archive, Failure> {
    match file.filter(|file| *file != Path::new("-")) {
        Some(file) => {
            let open = tokio::fs::File::open(file).await;
            let open = open.map_err(|why| Failure::plain(&format!("cannot open {}: {why}", file.display()), 1))?;
            Ok(flow(open, &file.display().to_string()))
        }
        None if io::stdin().is_terminal() => Err(Failure::plain("requested load from stdin, but stdin is empty", 1)),
        None => Ok(flow(tokio::io::stdin(), "standard input")),
    }
}

/// Writes an archive to a file, or to standard output where that is no terminal. A file that could not be
/// written whole is taken away again.
pub(crate) async fn sink(archive: Archive, file: Option<&Path>) -> Result<(), Failure> {
    let Some(file) = file.filter(|file| *file != Path::new("-")) else {
        if io::stdout().is_terminal() {
            return Err(Failure::plain("cowardly refusing to save to a terminal: use -o or redirect", 1));
        }
        return print(archive).await;
    };
    let partial = file.with_file_name(format!(".{}.part", file.file_name().unwrap_or_default().to_string_lossy()));
    let made = tokio::fs::File::create(&partial).await;
    let made = made.map_err(|why| Failure::plain(&format!("cannot write {}: {why}", partial.display()), 1))?;
    let done = match copy(archive, made).await {
        Ok(()) => tokio::fs::rename(&partial, file).await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    if done.is_err() {
        drop(tokio::fs::remove_file(&partial).await);
    }
    done
}

/// Standard output is locked by this thread while a verb works: one of tokio's would wait for it for ever.
async fn print(mut archive: Archive) -> Result<(), Failure> {
    while let Some(piece) = archive.next().await {
        io::stdout().lock().write_all(&piece?)?;
    }
    Ok(io::stdout().lock().flush()?)
}

async fn copy(mut archive: Archive, mut to: impl AsyncWrite + Unpin) -> Result<(), Failure> {
    while let Some(piece) = archive.next().await {
        to.write_all(&piece?).await?;
    }
    Ok(to.flush().await?)
}
