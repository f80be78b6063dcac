//! Ends, freezes and signals containers, and waits for them to end. Knows neither processes nor cgroups.

use std::{pin::pin, sync::Arc, time::Duration};

use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};

use super::{
    Result, Runtime, RuntimeError, blocking, files,
    records::{attachment, container::Record, life},
    watch::rung,
};
use crate::model::{ContainerId, Event, Kind, State, Until, Verb};

/// Ends at once; cannot be caught (signal(7)).
const SIGKILL: i32 = 9;
/// How long a killed container may take to be gone: its processes may wait for a disk.
const DYING: Duration = Duration::from_secs(30);

impl Runtime {
    /// Asks a container to end by `signal` (its own where absent), kills it after `grace`, and returns when it has
    /// ended. Does nothing when it does not run.
    ///
    /// # Errors
    /// When there is none, or even killing does not end it.
    pub async fn stop(self: &Arc<Self>, id: &ContainerId, signal: Option<i32>, grace: Duration) -> Result<()> {
        let (runtime, which) = (Arc::clone(self), id.clone());
        let mut rings = self.watch.listen();
        let asked = blocking("ask a container to end", move || runtime.ask_to_end(&which, signal)).await?;
        let Some(record) = asked else { return Ok(()) };
        if self.ends_within(id, grace, &mut rings).await?.is_none() {
            let (runtime, which) = (Arc::clone(self), id.clone());
            blocking("kill a container", move || runtime.kill_now(&which)).await?;
            if self.ends_within(id, DYING, &mut rings).await?.is_none() {
                let why = "it does not end, though it was killed".into();
                return Err(RuntimeError::Platform { tried: format!("stop `{}`", record.name), why });
            }
        }
        let runtime = Arc::clone(self);
        blocking("write down a stop", move || runtime.tell(&record, "stop")).await
    }

    /// Stops and starts it.
    ///
    /// # Errors
    /// As [`Runtime::stop`] and [`Runtime::start`].
    pub async fn restart(self: &Arc<Self>, id: &ContainerId, grace: Duration) -> Result<()> {
        let record = self.record(id, "restart")?;
        self.allowed(Verb::Restart, &record)?;
        self.stop(id, None, grace).await?;
        let (runtime, which) = (Arc::clone(self), id.clone());
        blocking("start a container", move || {
            runtime.start(&which)?;
            runtime.tell(&record, "restart")
        })
        .await
    }

    /// Kills it, whatever its state, and returns when it has ended.
    ///
    /// # Errors
    /// When even that does not end it.
    pub async fn end_now(self: &Arc<Self>, id: &ContainerId) -> Result<()> {
        let mut rings = self.watch.listen();
        let (runtime, which) = (Arc::clone(self), id.clone());
        blocking("kill a container", move || runtime.ask_to_end(&which, Some(SIGKILL))).await?;
        match self.ends_within(id, DYING, &mut rings).await? {
            Some(()) => Ok(()),
            None => Err(RuntimeError::Platform {
                tried: format!("kill the container {}", id.short()),
                why: "it does not end".into(),
            }),
        }
    }

    /// Waits until it has ended or is gone; gives its exit code, 0 where it never ran.
    ///
    /// # Errors
    /// When there is none at first.
    pub async fn wait(self: &Arc<Self>, id: &ContainerId, until: Until) -> Result<i64> {
        let mut events = pin!(self.events().await?);
        let record = self.record(id, "wait for")?;
        if until == Until::NotRunning && !record.state.is_up() {
            return Ok(record.exit.unwrap_or_default());
        }
        let mut code = record.exit.unwrap_or_default();
        while let Some(event) = events.next().await {
            let event = event?;
            if event.kind != Kind::Container || event.id != record.id.as_str() {
                continue;
            }
            match event.action.as_str() {
                "die" => code = exit_code(&event).unwrap_or_default(),
                "destroy" => return Ok(code),
                _ => continue,
            }
            if until != Until::Removed {
                return Ok(code);
            }
        }
        Ok(code)
    }

    /// `None` when it still runs after that time.
    async fn ends_within(
        self: &Arc<Self>,
        id: &ContainerId,
        patience: Duration,
        rings: &mut tokio::sync::watch::Receiver<u64>,
    ) -> Result<Option<()>> {
        let until = Instant::now() + patience;
        loop {
            if self.looked_at_end(id).await?.is_some() {
                return Ok(Some(()));
            }
            if timeout_at(until, rung(rings)).await.is_err() {
                return Ok(None);
            }
        }
    }

    async fn looked_at_end(self: &Arc<Self>, id: &ContainerId) -> Result<Option<i64>> {
        let (runtime, which) = (Arc::clone(self), id.clone());
        blocking("look whether a container has ended", move || runtime.end_of(&which)).await
    }

    /// How it ended; `None` while it is up. One whose monitor is gone is accounted for on the way.
    fn end_of(&self, id: &ContainerId) -> Result<Option<i64>> {
        let record = match self.record(id, "look at") {
            Ok(record) => record,
            // Removed as it ended.
            Err(RuntimeError::NotFound { .. }) => return Ok(Some(0)),
            Err(error) => return Err(error),
        };
        if record.state.is_up() && self.bury_if_lost(&record) {
            return self.record(id, "look at").map(|record| record.exit.or(Some(0)));
        }
        Ok((!record.state.is_up()).then(|| record.exit.unwrap_or_default()))
    }

    /// The first half of a stop; `None` when it does not run.
    fn ask_to_end(&self, id: &ContainerId, signal: Option<i32>) -> Result<Option<Record>> {
        let record = self.record(id, "stop")?;
        if !record.state.is_up() || self.bury_if_lost(&record) {
            return Ok(None);
        }
        let folder = self.layout.running(id);
        self.db.change(&format!("stop `{}`", record.name), |t| life::stopped_by_hand(t, &record))?;
        self.platform.compute.forget(&folder)?;
        if record.state == State::Restarting {
            return self.call_off(&record).map(|()| None);
        }
        let signal = signal.unwrap_or(record.settled.stop_signal);
        if let Err(error) = self.send(&record, signal) {
            // It has ended in the moment, or another hand was faster.
            return match self.record(id, "stop") {
                Ok(now) if now.state.is_up() => Err(error),
                _ => Ok(None),
            };
        }
        // What is frozen hears no signal.
        if record.state == State::Paused {
            self.freeze(&record, false)?;
        }
        Ok(Some(record))
    }

    /// Ends the wait for a new start. Its monitor may have started it meanwhile, or ended by itself.
    fn call_off(&self, record: &Record) -> Result<()> {
        match self.db.change("end the wait for a new start", |t| life::called_off(t, &record.id)) {
            Ok(()) => self.tell(record, "stop"),
            Err(RuntimeError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn kill_now(&self, id: &ContainerId) -> Result<()> {
        let record = self.record(id, "kill")?;
        match self.send(&record, SIGKILL) {
            // It ended by itself in the last moment.
            Err(_) if !self.record(id, "kill")?.state.is_up() => Ok(()),
            sent => sent,
        }
    }

    /// Sends a signal, and says so; the process may be gone before it arrives.
    fn send(&self, record: &Record, signal: i32) -> Result<()> {
        self.platform.compute.kill(&self.layout.running(&record.id), signal)?;
        self.db.change("write down a signal", |t| record.tell(t, "kill", &[("signal", &signal.to_string())]))
    }

    /// Sends a signal to its main process, by its number.
    ///
    /// # Errors
    /// `Conflict` when it does not run.
    pub fn kill(&self, id: &ContainerId, number: i32) -> Result<()> {
        let record = self.record(id, "kill")?;
        let tried = || format!("kill `{}`", record.name);
        self.allowed(Verb::Kill, &record)?;
        if self.bury_if_lost(&record) {
            let why = "its monitor was gone, and so is it now".into();
            return Err(RuntimeError::Conflict { tried: tried(), why });
        }
        if number == SIGKILL {
            self.db.change(&tried(), |t| life::stopped_by_hand(t, &record))?;
            self.platform.compute.forget(&self.layout.running(id))?;
            if record.state == State::Restarting {
                return self.call_off(&record);
            }
        }
        self.send(&record, number)?;
        if number == SIGKILL && record.state == State::Paused {
            self.freeze(&record, false)?;
        }
        Ok(())
    }

    /// Freezes or thaws it.
    ///
    /// # Errors
    /// `Conflict` when its state does not allow it.
    pub fn pause(&self, id: &ContainerId, frozen: bool) -> Result<()> {
        let record = self.record(id, if frozen { "pause" } else { "unpause" })?;
        self.allowed(if frozen { Verb::Pause } else { Verb::Unpause }, &record)?;
        self.freeze(&record, frozen)
    }

    fn freeze(&self, record: &Record, frozen: bool) -> Result<()> {
        self.platform.compute.freeze(&self.layout.running(&record.id), frozen)?;
        match self.db.change("write down what froze", |t| life::froze(t, &record.id, frozen)) {
            // It ended as it was thawed.
            Err(RuntimeError::Conflict { .. }) if !frozen => Ok(()),
            written => written,
        }
    }

    /// Accounts for a container whose monitor is gone; whether it was so.
    pub(super) fn bury_if_lost(&self, record: &Record) -> bool {
        if self.is_watched(record) {
            return false;
        }
        // Between its last look at the database and ours its monitor may have ended in peace.
        match self.record(&record.id, "look at") {
            Ok(now) if now.state.is_up() => {}
            _ => return true,
        }
        let folder = self.layout.running(&record.id);
        tracing::warn!(container = record.name, "its monitor is gone");
        if let Err(error) = self.platform.compute.bury(&folder) {
            tracing::warn!(%error, container = record.name, "what is left of it cannot be cleared away");
        }
        self.account_for(&record.id);
        true
    }

    /// Writes down the end of a container that nobody saw end, unless that is written already.
    pub(super) fn account_for(&self, id: &ContainerId) {
        /// What Docker says of one that was killed.
        const KILLED: i64 = 137;
        let end = life::End { code: KILLED, oom: false, again: false };
        let places = self.db.look(|c| attachment::places_of(c, id)).unwrap_or_default();
        let waits = self.record(id, "look at").is_ok_and(|record| record.state == State::Restarting);
        let written = self.db.change("account for a lost container", |t| match waits {
            true => life::called_off(t, id),
            false => life::ended(t, id, end),
        });
        match written {
            Ok(()) | Err(RuntimeError::Conflict { .. } | RuntimeError::NotFound { .. }) => {}
            Err(error) => tracing::warn!(%error, "a lost container is not accounted for"),
        }
        let networks: Vec<_> = places.into_iter().map(|place| place.network).collect();
        if let Err(error) = files::tell_peers(&self.db, &self.layout, &networks) {
            tracing::warn!(%error, "its peers are not told");
        }
    }

    pub(super) fn is_watched(&self, record: &Record) -> bool {
        self.platform.compute.is_watched(&self.layout.running(&record.id))
    }
}

fn exit_code(event: &Event) -> Option<i64> {
    event.detail.iter().find(|(key, _)| key == "exitCode").and_then(|(_, code)| code.parse().ok())
}
