//! What the system tells a process that owns a terminal: end, hang up, go on.
//! Must not know what the process does about it.

#[cfg(unix)]
pub use unix::Interruptions;
#[cfg(windows)]
pub use windows::Interruptions;

#[cfg(unix)]
pub(super) use unix::stop_until_continued;
#[cfg(windows)]
pub(super) use windows::stop_until_continued;

/// Something the system wants of us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interruption {
    /// To end: `SIGTERM`, or the shutdown of Windows.
    Terminate,
    /// To end, for the terminal is gone: `SIGHUP`, or the closing of the console window.
    HangUp,
    /// To end what is going on: `SIGINT` or Ctrl-Break, sent by another process, as raw mode makes `^c` a key.
    Interrupt,
    /// To go on: `SIGCONT`, after a stop that we may not have asked for.
    Continued,
}

#[cfg(unix)]
mod unix {
    use std::io;
    use std::time::Duration;

    use rustix::process::{Signal, getpid, kill_process};
    use tokio::signal::unix::{Signal as Signals, SignalKind, signal};

    use super::Interruption;

    /// How long to wait for a stop that the kernel may refuse: it ignores `SIGTSTP` for a process
    /// whose shell could not continue it (POSIX's orphaned process groups).
    const STOPS_WITHIN: Duration = Duration::from_millis(300);

    /// The interruptions of this process, from the moment it is made.
    #[derive(Debug)]
    pub struct Interruptions {
        terminate: Signals,
        hang_up: Signals,
        interrupt: Signals,
        go_on: Signals,
    }

    impl Interruptions {
        /// Begins to listen; from now on these signals no longer end the process.
        ///
        /// # Errors
        /// When the system has no room for a handler.
        pub fn listen() -> io::Result<Self> {
            Ok(Self {
                terminate: signal(SignalKind::terminate())?,
                hang_up: signal(SignalKind::hangup())?,
                interrupt: signal(SignalKind::interrupt())?,
                go_on: signal(continued())?,
            })
        }

        /// The next one. May be dropped at any await.
        pub async fn next(&mut self) -> Interruption {
            tokio::select! {
                _ = self.terminate.recv() => Interruption::Terminate,
                _ = self.hang_up.recv() => Interruption::HangUp,
                _ = self.interrupt.recv() => Interruption::Interrupt,
                _ = self.go_on.recv() => Interruption::Continued,
            }
        }
    }

    fn continued() -> SignalKind {
        SignalKind::from_raw(Signal::CONT.as_raw())
    }

    /// Stops the process as `^z` would, and returns once it is continued.
    pub(crate) async fn stop_until_continued() -> io::Result<()> {
        let mut go_on = signal(continued())?;
        kill_process(getpid(), Signal::TSTP)?;
        // The stop may reach another thread of ours first, so the call alone is no proof of it.
        let _ = tokio::time::timeout(STOPS_WITHIN, go_on.recv()).await;
        Ok(())
    }
}

#[cfg(windows)]
mod windows {
    use std::io;

    use tokio::signal::windows::{
        CtrlBreak, CtrlC, CtrlClose, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown,
    };

    use super::Interruption;

    /// The interruptions of this process, from the moment it is made.
    #[derive(Debug)]
    pub struct Interruptions {
        shutdown: CtrlShutdown,
        close: CtrlClose,
        interrupt: CtrlC,
        interrupt_harder: CtrlBreak,
    }

    impl Interruptions {
        /// Begins to listen; from now on these events no longer end the process.
        ///
        /// # Errors
        /// When the system takes no handler.
        pub fn listen() -> io::Result<Self> {
            Ok(Self {
                shutdown: ctrl_shutdown()?,
                close: ctrl_close()?,
                interrupt: ctrl_c()?,
                interrupt_harder: ctrl_break()?,
            })
        }

        /// The next one. May be dropped at any await.
        pub async fn next(&mut self) -> Interruption {
            tokio::select! {
                _ = self.shutdown.recv() => Interruption::Terminate,
                _ = self.close.recv() => Interruption::HangUp,
                _ = self.interrupt.recv() => Interruption::Interrupt,
                _ = self.interrupt_harder.recv() => Interruption::Interrupt,
            }
        }
    }

    /// Windows has no stopped jobs.
    pub(crate) async fn stop_until_continued() -> io::Result<()> {
        Ok(())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use rustix::process::{Signal, getpid, kill_process};

    use super::*;

    #[tokio::test]
    async fn signals_become_interruptions() {
        let mut interruptions = Interruptions::listen().unwrap();
        for (signal, interruption) in [
            (Signal::TERM, Interruption::Terminate),
            (Signal::HUP, Interruption::HangUp),
            (Signal::INT, Interruption::Interrupt),
            (Signal::CONT, Interruption::Continued),
        ] {
            kill_process(getpid(), signal).unwrap();
            assert_eq!(interruptions.next().await, interruption);
        }
    }
}
