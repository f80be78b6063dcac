//! The real console in a pseudo terminal. Knows no picture.

use std::{
    fmt,
    io::{Read, Write},
    num::NonZeroU16,
    path::Path,
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::tour::Shot;

/// How long a text may take to appear.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long nothing must be drawn before a screen counts as finished.
const QUIET: Duration = Duration::from_millis(400);
/// How long is waited for that at most: some screens change every second.
const FINISHED: Duration = Duration::from_millis(1500);

/// A window, in cells.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) columns: u16,
    pub(crate) rows: u16,
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.columns, self.rows)
    }
}

/// A running console and its screen.
pub(crate) struct Console {
    // Kept open: the console would be hung up without it.
    _master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    child: Box<dyn Child + Send + Sync>,
}

impl Console {
    /// Starts it on the engine that these arguments name.
    pub(crate) fn start(program: &Path, on: &[String], theme: &str, size: Size) -> anyhow::Result<Self> {
        let pair =
            native_pty_system().openpty(PtySize { rows: size.rows, cols: size.columns, ..PtySize::default() })?;
        let mut command = CommandBuilder::new(program);
        command.args(on);
        command.args(["--theme", theme]);
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        command.env("LANG", "C.UTF-8");
        let child = pair.slave.spawn_command(command).context("cannot start longshore")?;
        let mut reader = pair.master.try_clone_reader()?;
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 65_536];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let cells = |count: u16| NonZeroU16::new(count).context("a window without cells");
        let parser = vt100::Parser::new(cells(size.rows)?, cells(size.columns)?, 0);
        Ok(Self { keys: pair.master.take_writer()?, _master: pair.master, output, parser, child })
    }

    /// What is on screen now.
    pub(crate) fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// Sends what a terminal sends for keys.
    pub(crate) fn press(&mut self, keys: &[&str]) -> anyhow::Result<()> {
        for key in keys {
            self.keys.write_all(key.as_bytes())?;
            self.keys.flush()?;
            // A key at a time, as hands press them: an escape right before a letter would be another key.
            self.read_for(Duration::from_millis(120))?;
        }
        Ok(())
    }

    /// Presses the keys of a shot and waits for what it must show.
    pub(crate) fn visit(&mut self, shot: &Shot) -> anyhow::Result<()> {
        self.press(shot.keys)?;
        self.wait_for(shot.sees)?;
        self.read_for(shot.watch)?;
        self.settle()
    }

    /// Waits until all these texts are on screen.
    pub(crate) fn wait_for(&mut self, texts: &[&str]) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let contents = self.screen().contents();
            let Some(missing) = texts.iter().find(|text| !contents.contains(*text)) else { return Ok(()) };
            if Instant::now() >= deadline {
                bail!("`{missing}` is not on screen:\n{contents}");
            }
            self.read_for(Duration::from_millis(50))?;
        }
    }

    /// Reads until nothing was drawn for a while.
    fn settle(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + FINISHED;
        while self.read_one(QUIET)? && Instant::now() < deadline {}
        Ok(())
    }

    fn read_for(&mut self, time: Duration) -> anyhow::Result<()> {
        let deadline = Instant::now() + time;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            self.read_one(left)?;
        }
    }

    /// Takes one piece of output; says whether there was one.
    fn read_one(&mut self, time: Duration) -> anyhow::Result<bool> {
        match self.output.recv_timeout(time) {
            Ok(bytes) => self.parser.process(&bytes),
            Err(RecvTimeoutError::Timeout) => return Ok(false),
            Err(RecvTimeoutError::Disconnected) => bail!("longshore has ended:\n{}", self.screen().contents()),
        }
        Ok(true)
    }

    /// Quits as a user does, and by force when that does not help.
    pub(crate) fn quit(mut self) -> anyhow::Result<()> {
        self.keys.write_all(b"\x03")?;
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            // Its last words must be read, or it could not end.
            if self.read_one(Duration::from_millis(50)).is_err() {
                self.child.wait()?;
                return Ok(());
            }
        }
        self.child.kill()?;
        bail!("longshore did not quit")
    }
}
