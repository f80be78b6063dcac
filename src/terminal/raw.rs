//! A terminal that is lent to a process in a container: raw mode and back, its size, and the signals to pass on.
//! Must not know whose process it is.

use std::io;

use crossterm::terminal::{disable_raw_mode, enable_raw_mode, size};

use crate::model::Signal;

/// Raw mode, until it is dropped: every key is a byte for somebody else.
#[derive(Debug)]
pub struct Raw(());

impl Raw {
    /// Switches it on.
    ///
    /// # Errors
    /// When standard input is no terminal.
    pub fn enter() -> io::Result<Self> {
        enable_raw_mode().map(|()| Self(()))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing back.
        let _ = disable_raw_mode();
    }
}

/// Columns and rows of the terminal, where there is one.
pub fn cells() -> Option<(u16, u16)> {
    size().ok().filter(|(columns, rows)| *columns > 0 && *rows > 0)
}

/// Something the system told this process that is meant for the one in the container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// A signal to pass on.
    Signal(Signal),
    /// The terminal has another size.
    Resized,
}

pub use system::Errands;

#[cfg(unix)]
mod system {
    use std::io;

    use futures_util::future::select_all;
    use tokio::signal::unix::{Signal as Signals, SignalKind, signal};

    use super::Told;
    use crate::model::Signal;

    /// Signals that a person or a supervisor sends to a program.
    const PASSED_ON: [&str; 6] = ["HUP", "INT", "QUIT", "TERM", "USR1", "USR2"];

    /// Listens for signals; from the first on, they no longer end this process.
    #[derive(Debug)]
    pub struct Errands {
        signals: Vec<(Signal, Signals)>,
        resized: Signals,
    }

    impl Errands {
        /// Begins to listen; without `signals` only for the terminal's size.
        ///
        /// # Errors
        /// When the system has no room for a handler.
        pub fn listen(signals: bool) -> io::Result<Self> {
            let known = PASSED_ON.iter().filter(|_| signals).filter_map(|name| name.parse::<Signal>().ok());
            let listening = known.map(|wanted| {
                let kind = SignalKind::from_raw(i32::from(wanted.number()));
                signal(kind).map(|signals| (wanted, signals))
            });
            Ok(Self { signals: listening.collect::<io::Result<_>>()?, resized: signal(SignalKind::window_change())? })
        }

        /// The next one. May be dropped at any await.
        pub async fn next(&mut self) -> Told {
            let resized = self.resized.recv();
            if self.signals.is_empty() {
                resized.await;
                return Told::Resized;
            }
            let each = self.signals.iter_mut().map(|(wanted, signals)| {
                Box::pin(async move {
                    signals.recv().await;
                    *wanted
                })
            });
            tokio::select! {
                (told, ..) = select_all(each) => Told::Signal(told),
                _ = resized => Told::Resized,
            }
        }
    }
}

#[cfg(windows)]
mod system {
    use std::{io, time::Duration};

    use tokio::signal::windows::{CtrlC, ctrl_c};

    use super::{Told, cells};

    /// How often the console is asked for its size: Windows tells it to nobody who reads bytes.
    const LOOK: Duration = Duration::from_millis(250);

    /// Listens for Ctrl-C.
    #[derive(Debug)]
    pub struct Errands {
        interrupt: Option<CtrlC>,
        size: Option<(u16, u16)>,
    }

    impl Errands {
        /// Begins to listen; without `signals` only for the console's size.
        ///
        /// # Errors
        /// When the system has no room for a handler.
        pub fn listen(signals: bool) -> io::Result<Self> {
            let interrupt = if signals { Some(ctrl_c()?) } else { None };
            Ok(Self { interrupt, size: cells() })
        }

        /// The next one. May be dropped at any await.
        pub async fn next(&mut self) -> Told {
            loop {
                let pressed = async {
                    match &mut self.interrupt {
                        Some(interrupt) => drop(interrupt.recv().await),
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    () = pressed => if let Ok(signal) = "INT".parse() { return Told::Signal(signal) },
                    () = tokio::time::sleep(LOOK) => {
                        let now = cells();
                        if std::mem::replace(&mut self.size, now) != now {
                            return Told::Resized;
                        }
                    }
                }
            }
        }
    }
}
