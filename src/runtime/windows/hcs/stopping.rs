//! The end of a container: asking, waiting, and ending by force. Knows not who wants it to end.

use std::{thread, time::Duration};

use super::{
    FORCE, Hcs,
    error::{HcsError, Result},
    process::Process,
    system::System,
};
use crate::runtime::document::hcs::process::{ConsoleEvent, Ended};

/// How a container came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// How its main process ended.
    pub ended: Ended,
    /// Whether it had to be ended by force.
    pub forced: bool,
}

impl Hcs {
    /// Ends a container: tells its main process of `event`, gives it `grace` to end, and then ends all of it.
    /// `system` listens already.
    ///
    /// # Errors
    /// When not even force ends it, or the handles are dead; the container is as it was then, or on its way.
    pub fn stop(&self, system: &System, init: &Process, event: Option<ConsoleEvent>, grace: Duration) -> Result<Stop> {
        if let Some(event) = event {
            self.signal_aside(system.id(), init.pid(), event, grace.max(FORCE));
        }
        let by_itself = init.wait(if event.is_some() { grace } else { Duration::ZERO })?;
        if by_itself.is_some() {
            // Others may still run in it: they are asked, as when Windows shuts down.
            if let Err(error) = system.shut_down(FORCE) {
                tracing::debug!(%error, "a container is ended by force");
            }
        }
        self.force(system)?;
        let ended = match by_itself {
            Some(ended) => ended,
            None => init.wait(FORCE)?.unwrap_or(Ended::Unknown(0)),
        };
        Ok(Stop { ended, forced: by_itself.is_none() })
    }

    /// Ends a container at once. No error when it has ended before.
    ///
    /// # Errors
    /// When not even force ends it.
    pub fn force(&self, system: &System) -> Result<()> {
        // By a handle of its own: on the other one a signal may be stuck, and whatever comes after it.
        match self.open(system.id()) {
            Ok(fresh) => fresh.terminate()?,
            Err(error) if error.is_not_found() || error.is_already_stopped() => {}
            Err(error) => return Err(error),
        }
        match system.wait(FORCE)? {
            Some(_) => Ok(()),
            None => Err(HcsError::TimedOut { tried: format!("end container `{}`", system.id()), after: FORCE }),
        }
    }

    /// Signals a process on a thread of its own with handles of its own: images with services block there until the
    /// process is dead, and what is called on the same handle meanwhile waits.
    pub(crate) fn signal_aside(&self, id: &str, pid: u32, event: ConsoleEvent, patience: Duration) {
        let (hcs, id) = (self.clone(), id.to_owned());
        let signal = move || {
            let sent = hcs
                .open(&id)
                .and_then(|system| system.open_process(pid))
                .and_then(|process| process.signal(event, patience));
            if let Err(error) = sent {
                tracing::debug!(%error, "a container was not told to end");
            }
        };
        if let Err(error) = thread::Builder::new().name("signal".to_owned()).spawn(signal) {
            tracing::debug!(%error, "a container cannot be told to end");
        }
    }
}
