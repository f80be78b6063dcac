//! Archives between those who write and read them in their own time, and streams. Knows no tar.

use std::{
    io::{self, Read, Write},
    sync::Arc,
};

use bytes::{Buf, Bytes as Chunk};
use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;

use super::error::failed;
use crate::{
    backend::{Archive, EngineError, Result},
    runtime::{self, RuntimeError},
};

/// Pieces that wait to be taken; whoever writes waits beyond them.
const WAITING: usize = 8;
/// Bytes of a piece.
const PIECE: usize = 64 << 10;

type Piece = Result<Chunk>;

/// The archive that `write` writes, as it is read. Dropped, it ends the writing.
pub(super) fn written(write: impl FnOnce(&mut dyn Write) -> runtime::Result<()> + Send + 'static) -> Archive {
    let (sender, mut receiver) = mpsc::channel::<Piece>(WAITING);
    let write_archive = move || {
        let mut to = Outgoing { sender: sender.clone(), waiting: Vec::with_capacity(PIECE) };
        if let Err(error) = write(&mut to).and_then(|()| to.flush().map_err(RuntimeError::system("write an archive"))) {
            // Whoever reads no more need not know.
            let _ = sender.blocking_send(Err(failed(error)));
        }
    };
    tokio::task::spawn_blocking(write_archive);
    Box::pin(stream::poll_fn(move |cx| receiver.poll_recv(cx)))
}

/// Waits for the first piece, so that what cannot be written at all is said at once.
pub(super) async fn begun(mut archive: Archive) -> Result<Archive> {
    match archive.next().await {
        Some(Ok(first)) => Ok(Box::pin(stream::iter([Ok(first)]).chain(archive))),
        Some(Err(error)) => Err(error),
        None => Ok(archive),
    }
}

/// Has `read` read an archive to its end.
pub(super) async fn read<T: Send + 'static>(
    archive: Archive,
    read: impl FnOnce(&mut dyn Read) -> runtime::Result<T> + Send + 'static,
) -> Result<T> {
    let mut from = incoming(archive);
    runtime::blocking("read an archive", move || read(&mut from)).await.map_err(failed)
}

/// An archive for those who read and block. Must be called within a tokio runtime.
pub(super) fn incoming(mut archive: Archive) -> Incoming {
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        while let Some(piece) = archive.next().await {
            if sender.send(piece).await.is_err() {
                return;
            }
        }
    });
    Incoming { receiver, piece: Chunk::new() }
}

/// An archive for those who write in the background, with the end to read it from.
pub(super) fn outgoing() -> (Outgoing, Arc<dyn Fn(EngineError) + Send + Sync>, Archive) {
    let (sender, mut receiver) = mpsc::channel::<Piece>(WAITING);
    let failing = sender.clone();
    let fail = Arc::new(move |error| drop(failing.try_send(Err(error))));
    let to = Outgoing { sender, waiting: Vec::with_capacity(PIECE) };
    (to, fail, Box::pin(stream::poll_fn(move |cx| receiver.poll_recv(cx))))
}

/// The reading end of an archive.
pub(super) struct Incoming {
    receiver: mpsc::Receiver<Piece>,
    piece: Chunk,
}

impl Read for Incoming {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.receiver.blocking_recv() {
                Some(Ok(piece)) => self.piece = piece,
                Some(Err(error)) => return Err(io::Error::other(error)),
                None => return Ok(0),
            }
        }
        let count = self.piece.len().min(buffer.len());
        self.piece.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}

/// The writing end of an archive.
pub(super) struct Outgoing {
    sender: mpsc::Sender<Piece>,
    waiting: Vec<u8>,
}

impl Write for Outgoing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let piece = Chunk::from(std::mem::replace(&mut self.waiting, Vec::with_capacity(PIECE)));
        self.sender.blocking_send(Ok(piece)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        // A reader that has gone has been told of by the writes before.
        let _ = self.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_written_is_read_and_what_fails_is_told() {
        let whole = [7_u8; 3 * PIECE + 5];
        let archive = written(move |to| to.write_all(&whole).map_err(RuntimeError::system("write")));
        let back = read(archive, |from| {
            let mut all = Vec::new();
            from.read_to_end(&mut all).map(|_| all).map_err(RuntimeError::system("read"))
        });
        assert_eq!(back.await.unwrap(), whole);
        let broken = written(|_| Err(RuntimeError::NotFound { tried: "copy".into(), why: "there is nothing".into() }));
        assert!(matches!(begun(broken).await.err(), Some(EngineError::NotFound { .. })));
    }
}
