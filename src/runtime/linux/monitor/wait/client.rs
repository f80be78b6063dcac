//! A console's line as the monitor sees it. Knows no process.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    time::Instant,
};

use rustix::{
    io::{Errno, ioctl_fionbio},
    net::{RecvFlags, SendFlags, recv, send},
};

use super::SLOW;
use crate::runtime::monitor::{frame::Frame, printed::Printed};

/// Bytes that wait for a console before the process must wait too.
const FULL: usize = 256 * 1024;
/// Bytes read of a console at once.
const BLOCK: usize = 16 * 1024;

/// A console.
pub(super) struct Client {
    line: OwnedFd,
    inbox: Vec<u8>,
    outbox: Vec<u8>,
    attached: bool,
    types: bool,
    gone: bool,
    /// When it last took something, or had nothing to take.
    took: Instant,
}

impl Client {
    /// Greets a new one.
    pub(super) fn welcome(line: OwnedFd, tty: bool, printed: &Printed) -> io::Result<Self> {
        ioctl_fionbio(&line, true)?;
        let (inbox, outbox) = (Vec::new(), Vec::new());
        let mut client = Self { line, inbox, outbox, attached: false, types: false, gone: false, took: Instant::now() };
        client.say(&Frame::Hello { tty, printed: printed.total() });
        Ok(client)
    }

    pub(super) fn is_gone(&self) -> bool {
        self.gone || (self.has_something() && self.took.elapsed() > SLOW)
    }

    pub(super) fn is_attached(&self) -> bool {
        self.attached
    }

    /// Whether it has typed anything.
    pub(super) fn types(&self) -> bool {
        self.types
    }

    pub(super) fn is_full(&self) -> bool {
        self.outbox.len() > FULL
    }

    pub(super) fn has_something(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// Gives it what was printed from a byte on, and from now on everything.
    pub(super) fn attach(&mut self, from: u64, printed: &Printed) {
        if !self.attached {
            self.attached = true;
            for (stream, bytes) in printed.since(from) {
                self.say(&Frame::Output(stream, bytes));
            }
        }
    }

    pub(super) fn say(&mut self, frame: &Frame) {
        if self.outbox.is_empty() {
            self.took = Instant::now();
        }
        frame.encode(&mut self.outbox);
    }

    /// Sends as much as it takes.
    pub(super) fn send(&mut self) {
        while self.has_something() && !self.gone {
            match send(&self.line, &self.outbox, SendFlags::NOSIGNAL) {
                Ok(sent) => {
                    self.outbox.drain(..sent);
                    self.took = Instant::now();
                }
                Err(Errno::AGAIN | Errno::INTR) => return,
                Err(_) => self.gone = true,
            }
        }
        if !self.has_something() {
            // The space of a flood is not kept.
            self.outbox = Vec::new();
        }
    }

    /// What it says.
    pub(super) fn hear(&mut self) -> Vec<Frame> {
        let mut block = [0; BLOCK];
        match recv(&self.line, &mut block, RecvFlags::empty()) {
            Ok((0, _)) => self.gone = true,
            Ok((read, _)) => self.inbox.extend(&block[..read]),
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_) => self.gone = true,
        }
        let mut frames = Vec::new();
        loop {
            match Frame::decode(&mut self.inbox) {
                Ok(Some(frame)) => {
                    self.types |= matches!(frame, Frame::Input(_));
                    frames.push(frame);
                }
                Ok(None) => return frames,
                // Whoever speaks nonsense is not listened to any more.
                Err(_) => {
                    self.gone = true;
                    return frames;
                }
            }
        }
    }

    pub(super) fn into_line(self) -> OwnedFd {
        self.line
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.line.as_fd()
    }
}
