//! The streams of a process, on our side. Knows no console.

use std::{
    collections::VecDeque,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    time::{Duration, Instant},
};

use rustix::{
    io::{Errno, ioctl_fionbio, read, write},
    termios::{Winsize, tcsetwinsize},
};

use super::super::handover::Streams;
use crate::model::Stream;

/// Bytes that wait to be typed at most.
const TYPED: usize = 64 * 1024;
/// Bytes read at once.
const BLOCK: usize = 16 * 1024;
/// A terminal that nobody had open is looked at again after this time: a later process may open it.
const PAUSE: Duration = Duration::from_millis(200);
/// What a terminal takes for the end of input when it is typed (`VEOF`, Ctrl-D).
const END_OF_INPUT: u8 = 4;

/// The streams.
pub(super) struct Held {
    terminal: Option<OwnedFd>,
    input: Option<OwnedFd>,
    out: Option<OwnedFd>,
    err: Option<OwnedFd>,
    typed: VecDeque<u8>,
    /// Whether the input ends with what is typed already.
    ends: bool,
    /// When a terminal that nobody had open is looked at again.
    again: Option<Instant>,
}

impl Held {
    pub(super) fn take(streams: Streams) -> io::Result<Self> {
        let mut held = Self {
            terminal: None,
            input: None,
            out: None,
            err: None,
            typed: VecDeque::new(),
            ends: false,
            again: None,
        };
        match streams {
            Streams::Terminal(master) => held.terminal = Some(master.take()?),
            Streams::Pipes { input, out, err } => {
                held.input = input.map(super::Left::take).transpose()?;
                (held.out, held.err) = (Some(out.take()?), Some(err.take()?));
            }
        }
        for fd in [&held.terminal, &held.input, &held.out, &held.err].into_iter().flatten() {
            ioctl_fionbio(fd, true)?;
        }
        Ok(held)
    }

    pub(super) fn is_terminal(&self) -> bool {
        self.terminal.is_some()
    }

    /// What can be waited for to be read.
    pub(super) fn readable(&self) -> impl Iterator<Item = (Stream, BorrowedFd<'_>)> {
        let sleeps = self.again.is_some_and(|again| Instant::now() < again);
        let terminal = self.terminal.as_ref().filter(|_| !sleeps);
        let out = terminal.or(self.out.as_ref()).map(|fd| (Stream::Out, fd.as_fd()));
        out.into_iter().chain(self.err.as_ref().map(|fd| (Stream::Err, fd.as_fd())))
    }

    /// When to wait for the terminal again.
    pub(super) fn look_again(&self) -> Option<Instant> {
        self.again.filter(|again| Instant::now() < *again)
    }

    /// What was printed there; `None` when there is nothing now or any more.
    pub(super) fn read(&mut self, stream: Stream) -> Option<Vec<u8>> {
        let mut block = [0; BLOCK];
        if stream == Stream::Out
            && let Some(terminal) = &self.terminal
        {
            return match read(terminal, &mut block) {
                Ok(length @ 1..) => Some(block[..length].to_vec()),
                Err(Errno::AGAIN | Errno::INTR) => None,
                // Nobody has the other side open.
                Ok(_) | Err(_) => {
                    self.again = Some(Instant::now() + PAUSE);
                    None
                }
            };
        }
        let slot = if stream == Stream::Out { &mut self.out } else { &mut self.err };
        match read(slot.as_ref()?, &mut block) {
            Ok(length @ 1..) => Some(block[..length].to_vec()),
            Err(Errno::AGAIN | Errno::INTR) => None,
            Ok(_) | Err(_) => {
                *slot = None;
                None
            }
        }
    }

    /// Whether consoles are listened to: what they type must have room.
    pub(super) fn takes_more(&self) -> bool {
        self.typed.len() < TYPED
    }

    /// What can be waited for to be written, when there is something to write.
    pub(super) fn typable(&self) -> Option<BorrowedFd<'_>> {
        let fd = self.terminal.as_ref().or(self.input.as_ref())?;
        (!self.typed.is_empty()).then(|| fd.as_fd())
    }

    pub(super) fn type_in(&mut self, bytes: &[u8]) {
        if (self.terminal.is_some() || self.input.is_some()) && !self.ends {
            self.typed.extend(bytes);
            self.type_on();
        }
    }

    /// Writes as much as is taken.
    pub(super) fn type_on(&mut self) {
        while let Some(fd) = self.terminal.as_ref().or(self.input.as_ref())
            && !self.typed.is_empty()
        {
            match write(fd, self.typed.as_slices().0) {
                Ok(written) => drop(self.typed.drain(..written)),
                Err(Errno::AGAIN | Errno::INTR) => return,
                // Nobody reads any more.
                Err(_) => {
                    self.typed.clear();
                    self.input = None;
                    return;
                }
            }
        }
        if self.ends {
            self.input = None;
        }
        if self.typed.is_empty() {
            self.typed = VecDeque::new();
        }
    }

    /// Nothing more will be typed.
    pub(super) fn end_input(&mut self) {
        if self.terminal.is_some() {
            self.type_in(&[END_OF_INPUT]);
        } else {
            self.ends = true;
            self.type_on();
        }
    }

    pub(super) fn resize(&self, columns: u16, rows: u16) {
        if let Some(terminal) = &self.terminal {
            let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
            // A terminal that is gone has no size.
            let _ = tcsetwinsize(terminal, size);
        }
    }
}
