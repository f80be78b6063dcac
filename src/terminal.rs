//! The terminal we borrow: taken over, drawn on in whole frames, and given back as it was.
//! Must not know what is drawn, nor what a key means.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ThreadId};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use thiserror::Error;

pub mod clipboard;
mod frame;
mod input;
mod modes;
mod pen;
pub mod raw;
mod runs;
mod screen;
mod shown;
mod signals;

pub use frame::Frame;
pub use input::Input;
pub use screen::Screen;
pub use signals::{Interruption, Interruptions};

use modes::Modes;

/// Why the terminal cannot be used.
#[derive(Debug, Error)]
pub enum TerminalError {
    /// Input or output is a file or a pipe.
    #[error("{0} is not a terminal")]
    NotATerminal(Side),
    /// A mode could not be set.
    #[error("cannot take over the terminal: {0}")]
    Enter(#[source] io::Error),
    /// The process could not be stopped, or signals cannot be received.
    #[error("cannot suspend: {0}")]
    Suspend(#[source] io::Error),
}

impl TerminalError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotATerminal(_) => Some("for scripts there are `longshore ps`, `images` and others, with --json"),
            _ => None,
        }
    }
}

/// A side of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Where keys come from.
    Input,
    /// Where frames go.
    Output,
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Input => "standard input",
            Self::Output => "standard output",
        })
    }
}

/// What is wanted of the terminal beyond a full screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether mouse events are reported to us; the terminal's own selection then needs Shift.
    pub mouse: bool,
    /// A window title to set while we run. None by default: a title is the user's.
    pub title: Option<String>,
}

/// Whether what is drawn may go around the console, through a pipe: that of Wine tears codes of escape apart. Only in
/// builds with debug assertions, where stand-ins for Windows' DLLs are named, which no release reads.
fn draws_through_a_pipe() -> bool {
    cfg!(all(windows, debug_assertions)) && std::env::var_os("LONGSHORE_TEST_DLLS").is_some()
}

/// The terminal while it is ours. Dropping it, a panic of the thread that made it and [`Session::leave`]
/// all give it back; whichever comes first does so, and only once.
///
/// Nothing here asks the terminal anything: one that answers nothing costs no waiting.
#[derive(Debug)]
pub struct Session {
    modes: Modes,
    ours: Arc<AtomicBool>,
}

impl Session {
    /// Takes the terminal over, and sees to it that a panic gives it back before its message is printed.
    ///
    /// # Errors
    /// When input or output is no terminal, or a mode cannot be set.
    pub fn enter(options: Options) -> Result<Self, TerminalError> {
        if !io::stdin().is_terminal() {
            return Err(TerminalError::NotATerminal(Side::Input));
        }
        if !io::stdout().is_terminal() && !draws_through_a_pipe() {
            return Err(TerminalError::NotATerminal(Side::Output));
        }
        let mut session = Self { modes: Modes::new(&options), ours: Arc::default() };
        session.give_back_on_panic(thread::current().id());
        session.resume()?;
        Ok(session)
    }

    /// Takes the terminal over again after [`Session::leave`]; does nothing if it is ours. The screen
    /// is empty then: the next frame must be a full one.
    ///
    /// # Errors
    /// When a mode cannot be set.
    pub fn resume(&mut self) -> Result<(), TerminalError> {
        if self.ours.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let taken =
            enable_raw_mode().and_then(|()| native_mouse(self.modes.mouse)).and_then(|()| emit(&self.modes.on()));
        taken.map_err(|error| {
            self.leave();
            TerminalError::Enter(error)
        })
    }

    /// Takes the terminal over anew after somebody else may have changed its modes, as a shell does
    /// around a stop that we did not ask for.
    ///
    /// # Errors
    /// When a mode cannot be set.
    pub fn renew(&mut self) -> Result<(), TerminalError> {
        self.leave();
        self.resume()
    }

    /// Gives the terminal back as it was. Does nothing if it is not ours.
    pub fn leave(&mut self) {
        give_back(&self.ours, &self.modes.off());
    }

    /// Switches mouse events on or off.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn set_mouse(&mut self, mouse: bool) -> io::Result<()> {
        self.modes.mouse = mouse;
        if !self.ours.load(Ordering::SeqCst) {
            return Ok(());
        }
        native_mouse(mouse)?;
        emit(Modes::mouse_switch(mouse))
    }

    /// Lets another program have the terminal for as long as `work` lasts. [`Input`] must be paused.
    ///
    /// # Errors
    /// When the terminal cannot be taken over again.
    pub fn lend<T>(&mut self, work: impl FnOnce() -> T) -> Result<T, TerminalError> {
        self.leave();
        let result = work();
        self.resume()?;
        Ok(result)
    }

    /// Gives the terminal back, stops the process as a shell's job, and takes the terminal over again
    /// when it is continued. [`Input`] must be paused. Where no shell could continue us, nothing stops.
    ///
    /// # Errors
    /// When the process cannot be stopped or the terminal cannot be taken over again.
    pub async fn suspend(&mut self) -> Result<(), TerminalError> {
        self.leave();
        let stopped = signals::stop_until_continued().await;
        self.resume()?;
        stopped.map_err(TerminalError::Suspend)
    }

    /// A panic elsewhere is caught by whoever awaits the task and must not disturb the screen, so it goes
    /// to the log; one of our own thread ends the program, so its message must be readable.
    fn give_back_on_panic(&self, owner: ThreadId) {
        let (ours, modes) = (Arc::clone(&self.ours), self.modes.clone());
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            tracing::error!("{panic}");
            let elsewhere = thread::current().id() != owner;
            if elsewhere && ours.load(Ordering::SeqCst) {
                return;
            }
            give_back(&ours, &modes.off());
            before(panic);
        }));
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.leave();
    }
}

/// The terminal may be gone by now, which is nobody's fault and must not stop the rest.
fn give_back(ours: &AtomicBool, off: &str) {
    if ours.swap(false, Ordering::SeqCst) {
        let _ = emit(off);
        let _ = native_mouse(false);
        let _ = disable_raw_mode();
    }
}

/// Writes a control sequence at once.
fn emit(sequence: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(sequence.as_bytes())?;
    output.flush()
}

/// The Windows console has switches of its own for the mouse and for obeying control sequences at all.
#[cfg(windows)]
fn native_mouse(on: bool) -> io::Result<()> {
    use crossterm::event::{DisableMouseCapture, EnableMouseCapture};
    crossterm::ansi_support::supports_ansi();
    if on {
        crossterm::execute!(io::stdout(), EnableMouseCapture)
    } else {
        crossterm::execute!(io::stdout(), DisableMouseCapture)
    }
}

/// Elsewhere the control sequences do it all.
#[cfg(not(windows))]
fn native_mouse(_: bool) -> io::Result<()> {
    Ok(())
}
