//! A pseudo terminal with a program in it: keys go in, the screen that a person would see comes out.
//! Knows nothing of longshore. The terminal answers no query, as the dumbest do.
//!
//! Every wait is for a condition and bounded; one that is not met in time panics with the last screen.

#![allow(dead_code, reason = "each test binary compiles this module and uses the part it needs")]

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

/// How long anything may take: a loaded machine with two slow cores must do it in a third of this.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Begin and end of a synchronized update (mode 2026).
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// A pseudo terminal with a program in it. Dropping it ends the program.
pub(crate) struct Pty {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    seen: Vec<u8>,
    child: Box<dyn Child + Send + Sync>,
    ended: bool,
    cooked: String,
}

impl Pty {
    /// Starts a program as the leader of a session whose terminal this is.
    pub(crate) fn spawn(command: CommandBuilder, columns: u16, rows: u16) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let cooked = format!("{:?}", pair.master.get_termios());
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        let screen = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0);
        Self { master: pair.master, keys, output, screen, seen: Vec::new(), child, ended: false, cooked }
    }

    /// The screen as of the last wait.
    pub(crate) fn screen(&self) -> &vt100::Screen {
        self.screen.screen()
    }

    /// What stands on the screen, as of the last wait.
    pub(crate) fn contents(&self) -> String {
        self.screen().contents()
    }

    /// Every byte that the program has sent, as of the last wait.
    pub(crate) fn seen(&self) -> &[u8] {
        &self.seen
    }

    /// Whether the program has sent these bytes, as of the last wait.
    pub(crate) fn has_sent(&self, bytes: &str) -> bool {
        self.seen.windows(bytes.len()).any(|window| window == bytes.as_bytes())
    }

    /// Sends keys as a terminal does, and text as if it were typed. After a lone escape wait for what it
    /// does, or the next key makes another one of it.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits until the text stands on the screen.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) {
        self.wait_until(&format!("`{text}` on the screen"), |screen| screen.contents().contains(text));
    }

    /// Waits until the text stands nowhere on the screen.
    #[track_caller]
    pub(crate) fn wait_gone(&mut self, text: &str) {
        self.wait_until(&format!("no `{text}` on the screen"), |screen| !screen.contents().contains(text));
    }

    /// Waits for a condition, which is asked of whole frames only.
    #[track_caller]
    pub(crate) fn wait_until(&mut self, what: &str, met: impl Fn(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            while let Ok(bytes) = self.output.try_recv() {
                self.take(&bytes);
            }
            if !self.is_in_frame() && met(self.screen()) {
                return;
            }
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout) => self.give_up(what, "in time"),
                Err(RecvTimeoutError::Disconnected) => self.give_up(what, "before the program ended"),
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.seen.extend_from_slice(bytes);
        self.screen.process(bytes);
    }

    /// Whether a frame has begun and not ended yet: a terminal that knows the mode does not show it.
    fn is_in_frame(&self) -> bool {
        let last = |mark: &[u8]| self.seen.windows(mark.len()).rposition(|window| window == mark);
        last(BEGIN) > last(END)
    }

    #[track_caller]
    fn give_up(&self, what: &str, when: &str) -> ! {
        let line = "-".repeat(self.screen().size().1.get().into());
        panic!("not {when}: {what}; the screen:\n{line}\n{}\n{line}", self.contents());
    }

    /// Gives the terminal another size, as a window manager does.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        // What was drawn for the old size must not be understood by the new one.
        while let Ok(bytes) = self.output.try_recv() {
            self.take(&bytes);
        }
        self.screen.screen_mut().set_size(rows.try_into().unwrap(), columns.try_into().unwrap());
        self.master.resize(size(columns, rows)).unwrap();
    }

    /// Sends a signal to the program that was started.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.process_id().unwrap()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// Waits for the end of the program and of its output, and holds that the terminal is as it was.
    #[track_caller]
    pub(crate) fn ends_as_it_was(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        // The last process that has the terminal open takes the output to its end.
        loop {
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => self.give_up("the end of the program", "in time"),
            }
        }
        let status = self.child.wait().unwrap();
        self.ended = true;
        self.is_as_it_was();
        status
    }

    /// As [`ends_as_it_was`](Self::ends_as_it_was), and the program ends by itself with this code.
    #[track_caller]
    pub(crate) fn ends_with(&mut self, code: u32) {
        let status = self.ends_as_it_was();
        assert_eq!((status.signal(), status.exit_code()), (None, code), "{}", self.contents());
    }

    /// The settings of the terminal's line, to be compared.
    fn termios(&self) -> String {
        format!("{:?}", self.master.get_termios())
    }

    /// Holds that the terminal has been taken over.
    #[track_caller]
    pub(crate) fn is_taken(&self) {
        assert!(self.screen().alternate_screen(), "on the alternate screen");
        assert_ne!(self.termios(), self.cooked, "raw mode is on");
    }

    /// Holds that every mode is as it was before the program started.
    #[track_caller]
    pub(crate) fn is_as_it_was(&self) {
        let screen = self.screen();
        assert_eq!(self.termios(), self.cooked);
        assert!(!screen.alternate_screen(), "the alternate screen is left");
        assert!(!screen.hide_cursor(), "the cursor is back");
        assert!(!screen.bracketed_paste(), "bracketed paste is off");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if !self.ended {
            // A failed test; its children lose their terminal, and with it their reason to live.
            self.signal(Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, ..PtySize::default() }
}
