//! The side of an attached console: the streams of a process and the means to steer it. Knows no socket's kind.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_util::Stream as Streams;
use tokio::{
    io::{AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf},
    sync::{mpsc, watch},
};
use tokio_util::sync::PollSender;

use super::frame::{Frame, LARGEST};
use crate::{model::Stream, runtime::host::Line};

/// Frames that wait to be sent, and chunks that wait to be taken, at most.
const WAITING: usize = 16;

/// A process one is attached to.
#[derive(Debug)]
pub struct Session {
    /// Whether it has a terminal.
    pub tty: bool,
    /// What is typed. Shutting it down says that nothing more will be.
    pub input: Input,
    /// What it prints.
    pub output: Output,
    /// Everything besides.
    pub control: Control,
}

/// What is typed.
#[derive(Debug)]
pub struct Input(PollSender<Frame>);

/// What is printed, in order; ends when the process has ended or the monitor is gone.
#[derive(Debug)]
pub struct Output(mpsc::Receiver<(Stream, Vec<u8>)>);

/// Steers a [`Session`] while its streams are in use.
#[derive(Clone, Debug)]
pub struct Control {
    frames: mpsc::Sender<Frame>,
    end: watch::Receiver<Option<End>>,
}

/// How a session came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Exited(i32),
    Lost,
}

impl Session {
    /// Attaches. `from` as in [`Frame::Attach`]: 0 for everything that is still kept, [`super::frame::NOW`] for what
    /// comes from now on. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When the monitor goes away or does not speak as one.
    pub async fn attach(line: Line, from: u64) -> io::Result<Self> {
        let (mut read, write) = tokio::io::split(line);
        let mut buffer = Vec::new();
        let first = next(&mut read, &mut buffer).await?;
        let Some(Frame::Hello { tty, .. }) = first else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the monitor does not greet"));
        };
        let (frames, to_send) = mpsc::channel(WAITING);
        let (chunks, output) = mpsc::channel(WAITING);
        let (told, end) = watch::channel(None);
        let send = tokio::spawn(send(write, Frame::Attach { from }, to_send));
        tokio::spawn(async move {
            let how = receive(read, buffer, chunks).await;
            told.send_replace(Some(how));
            // Whoever still types is told so by a closed channel.
            send.abort();
        });
        let input = Input(PollSender::new(frames.clone()));
        Ok(Self { tty, input, output: Output(output), control: Control { frames, end } })
    }
}

impl Control {
    /// Tells the size of the terminal.
    ///
    /// # Errors
    /// When the process has ended.
    pub async fn resize(&self, columns: u16, rows: u16) -> io::Result<()> {
        self.say(Frame::Resize(columns, rows)).await
    }

    /// Sends the process a signal by its number.
    ///
    /// # Errors
    /// When the process has ended.
    pub async fn signal(&self, signal: i32) -> io::Result<()> {
        self.say(Frame::Signal(signal)).await
    }

    /// The exit code, once the process has ended and its output was read; `None` when the monitor was lost.
    pub async fn exit_code(&self) -> Option<i32> {
        let mut end = self.end.clone();
        match end.wait_for(Option::is_some).await.ok().and_then(|end| *end) {
            Some(End::Exited(code)) => Some(code),
            Some(End::Lost) | None => None,
        }
    }

    async fn say(&self, frame: Frame) -> io::Result<()> {
        self.frames.send(frame).await.map_err(|_| ended())
    }
}

impl Output {
    /// The next that is printed; `None` at the end.
    pub async fn next(&mut self) -> Option<(Stream, Vec<u8>)> {
        self.0.recv().await
    }
}

impl Streams for Output {
    type Item = (Stream, Vec<u8>);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(cx)
    }
}

impl Input {
    fn poll_say(&mut self, cx: &mut Context<'_>, frame: Frame) -> Poll<io::Result<()>> {
        ready!(self.0.poll_reserve(cx)).map_err(|_| ended())?;
        Poll::Ready(self.0.send_item(frame).map_err(|_| ended()))
    }
}

impl AsyncWrite for Input {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let part = &bytes[..bytes.len().min(LARGEST)];
        if part.is_empty() {
            return Poll::Ready(Ok(0));
        }
        ready!(self.poll_say(cx, Frame::Input(part.to_vec())))?;
        Poll::Ready(Ok(part.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.0.is_closed() {
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_say(cx, Frame::InputEnd))?;
        self.0.close();
        Poll::Ready(Ok(()))
    }
}

fn ended() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the process has ended")
}

/// One frame; `None` when the monitor has hung up.
async fn next(read: &mut ReadHalf<Line>, buffer: &mut Vec<u8>) -> io::Result<Option<Frame>> {
    loop {
        let frame = Frame::decode(buffer).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        if frame.is_some() || read.read_buf(buffer).await? == 0 {
            return Ok(frame);
        }
    }
}

async fn send(mut write: WriteHalf<Line>, first: Frame, mut frames: mpsc::Receiver<Frame>) {
    let mut waiting = Some(first);
    let mut bytes = Vec::new();
    while let Some(frame) = waiting {
        bytes.clear();
        frame.encode(&mut bytes);
        if write.write_all(&bytes).await.is_err() {
            return;
        }
        waiting = frames.recv().await;
    }
}

async fn receive(mut read: ReadHalf<Line>, mut buffer: Vec<u8>, chunks: mpsc::Sender<(Stream, Vec<u8>)>) -> End {
    loop {
        match next(&mut read, &mut buffer).await {
            // Nobody may want the output any more, but somebody may still wait for the end.
            Ok(Some(Frame::Output(stream, bytes))) => drop(chunks.send((stream, bytes)).await),
            Ok(Some(Frame::Exit(code))) => return End::Exited(code),
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => return End::Lost,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::DuplexStream;

    async fn heard(monitor: &mut DuplexStream, buffer: &mut Vec<u8>) -> Frame {
        loop {
            if let Some(frame) = Frame::decode(buffer).unwrap() {
                return frame;
            }
            assert_ne!(monitor.read_buf(buffer).await.unwrap(), 0, "the client hung up");
        }
    }

    async fn say(monitor: &mut DuplexStream, frame: Frame) {
        let mut bytes = Vec::new();
        frame.encode(&mut bytes);
        monitor.write_all(&bytes).await.unwrap();
    }

    async fn attached() -> (Session, DuplexStream, Vec<u8>) {
        let (ours, mut monitor) = tokio::io::duplex(1 << 16);
        say(&mut monitor, Frame::Hello { tty: true, printed: 3 }).await;
        let session = Session::attach(Box::new(ours), 0).await.unwrap();
        let mut buffer = Vec::new();
        assert_eq!(heard(&mut monitor, &mut buffer).await, Frame::Attach { from: 0 });
        (session, monitor, buffer)
    }

    #[tokio::test]
    async fn what_is_typed_printed_and_ended_with_gets_across() {
        let (mut session, mut monitor, mut buffer) = attached().await;
        assert!(session.tty);
        session.input.write_all(b"ls\n").await.unwrap();
        assert_eq!(heard(&mut monitor, &mut buffer).await, Frame::Input(b"ls\n".to_vec()));
        session.control.resize(80, 24).await.unwrap();
        assert_eq!(heard(&mut monitor, &mut buffer).await, Frame::Resize(80, 24));
        session.input.shutdown().await.unwrap();
        assert_eq!(heard(&mut monitor, &mut buffer).await, Frame::InputEnd);
        say(&mut monitor, Frame::Output(Stream::Err, b"no\n".to_vec())).await;
        say(&mut monitor, Frame::Exit(2)).await;
        assert_eq!(session.output.next().await, Some((Stream::Err, b"no\n".to_vec())));
        assert_eq!(session.output.next().await, None);
        assert_eq!(session.control.exit_code().await, Some(2));
    }

    #[tokio::test]
    async fn a_monitor_that_is_lost_ends_the_session_without_a_code() {
        let (mut session, monitor, _) = attached().await;
        drop(monitor);
        assert_eq!(session.output.next().await, None);
        assert_eq!(session.control.exit_code().await, None);
    }

    #[tokio::test]
    async fn the_end_is_told_to_those_who_do_not_read_the_output() {
        let (session, mut monitor, _) = attached().await;
        drop(session.output);
        say(&mut monitor, Frame::Output(Stream::Out, b"x".to_vec())).await;
        say(&mut monitor, Frame::Exit(0)).await;
        assert_eq!(session.control.exit_code().await, Some(0));
    }
}
