//! Ends, freezes and signals containers, and waits for them to end. Knows neither processes nor cgroups.

use std::{pin::pin, sync::Arc, time::Duration};

use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};

use super::{
    Result, Runtime, RuntimeError, blocking,
    document::StopOrder,
    files,
    records::{attachment, container::Record, life},
    watch::rung,
};
use crate::model::{ContainerId, Event, Kind, State, Until, Verb};

/// Ends at once; cannot be caught (signal(7)).
const SIGKILL: i32 = 9;
/// How long a killed container may take to be gone: its processes may wait for a disk.
const DYING: Duration = Duration::from_secs(30);
/// How long after the grace its monitor may take to end it. Then whoever waits does it: a monitor may itself be stopped.
const SLACK: Duration = Duration::from_secs(5);
/// No grace is longer; a year is for ever.
const LONGEST_GRACE: Duration = Duration::from_secs(365 * 24 * 3600);

impl Runtime {
    /// Has a container asked to end by `signal` (its own where absent) and killed after `grace`, and returns when it has
    /// ended. Its monitor does both, also when nobody waits any more. Does nothing when it does not run.
    ///
    /// # Errors
    /// When there is none, or even killing does not end it.
    pub async fn stop(self: &Arc<Self>, id: &ContainerId, signal: Option<i32>, grace: Duration) -> Result<()> {
        let mut rings = self.watch.listen();
        let Some((record, grace)) = self.order_end(id, signal, grace, false).await? else { return Ok(()) };
        if self.comes_to(&mut rings, id, grace + SLACK, Self::end_of).await?.is_none() {
            let (runtime, which) = (Arc::clone(self), id.clone());
            blocking("kill a container", move || runtime.kill_now(&which)).await?;
            if self.comes_to(&mut rings, id, DYING, Self::end_of).await?.is_none() {
                let why = "it does not end, though it was killed".into();
                return Err(RuntimeError::Platform { tried: format!("stop `{}`", record.name), why });
            }
        }
        Ok(())
    }

    /// Stops and starts it, as [`Runtime::stop`] with its start behind. Its monitor does both, also when nobody waits any more.
    ///
    /// # Errors
    /// As [`Runtime::stop`] and [`Runtime::start`].
    pub async fn restart(self: &Arc<Self>, id: &ContainerId, signal: Option<i32>, grace: Duration) -> Result<()> {
        let record = self.record(id, "restart")?;
        self.allowed(Verb::Restart, &record)?;
        let mut rings = self.watch.listen();
        let Some((before, grace)) = self.order_end(id, signal, grace, true).await? else {
            let (runtime, which) = (Arc::clone(self), id.clone());
            return blocking("start a container", move || {
                runtime.start(&which)?;
                runtime.tell(&record, "restart")
            })
            .await;
        };
        let tried = || format!("restart `{}`", before.name);
        let runs_again = move |runtime: &Self, id: &ContainerId| {
            let now = runtime.record(id, "restart")?;
            let is_new = now.state == State::Running && now.alive != before.alive;
            // One whose monitor is lost meanwhile has ended with it.
            let is_over = !now.state.is_up() || runtime.bury_if_lost(&now);
            Ok((is_new || is_over).then_some(now))
        };
        match self.comes_to(&mut rings, id, grace + SLACK + DYING, runs_again).await? {
            Some(now) if now.state == State::Running => Ok(()),
            Some(now) => Err(RuntimeError::Platform { tried: tried(), why: why_ended(&now) }),
            None => Err(RuntimeError::Platform { tried: tried(), why: "it does not end".into() }),
        }
    }

    /// Kills it, whatever its state, and returns when it has ended.
    ///
    /// # Errors
    /// When even that does not end it.
    pub async fn end_now(self: &Arc<Self>, id: &ContainerId) -> Result<()> {
        let mut rings = self.watch.listen();
        let (runtime, which) = (Arc::clone(self), id.clone());
        blocking("kill a container", move || {
            let record = runtime.record(&which, "kill")?;
            let is_over = !record.state.is_up() || runtime.bury_if_lost(&record);
            if is_over { Ok(()) } else { runtime.kill_for_good(&record) }
        })
        .await?;
        match self.comes_to(&mut rings, id, DYING, Self::end_of).await? {
            Some(_) => Ok(()),
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

    /// Looks at each ring until something is found; `None` when that takes longer.
    async fn comes_to<T: Send + 'static>(
        self: &Arc<Self>,
        rings: &mut tokio::sync::watch::Receiver<u64>,
        id: &ContainerId,
        patience: Duration,
        look: impl Fn(&Self, &ContainerId) -> Result<Option<T>> + Clone + Send + 'static,
    ) -> Result<Option<T>> {
        let until = Instant::now() + patience;
        loop {
            let (runtime, which, look) = (Arc::clone(self), id.clone(), look.clone());
            let found = blocking("look what has become of a container", move || look(&runtime, &which)).await?;
            if found.is_some() || timeout_at(until, rung(rings)).await.is_err() {
                return Ok(found);
            }
        }
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

    /// The first half of a stop, with the time that the monitor gives it; `None` when it does not run.
    async fn order_end(
        self: &Arc<Self>,
        id: &ContainerId,
        signal: Option<i32>,
        grace: Duration,
        again: bool,
    ) -> Result<Option<(Record, Duration)>> {
        let (runtime, which, grace) = (Arc::clone(self), id.clone(), grace.min(LONGEST_GRACE));
        blocking("ask a container to end", move || {
            let record = runtime.record(&which, "stop")?;
            if !record.state.is_up() || runtime.bury_if_lost(&record) {
                return Ok(None);
            }
            let signal = signal.unwrap_or(record.settled.stop_signal);
            runtime.platform.compute.stop(&runtime.layout.running(&which), &StopOrder { signal, grace, again })?;
            runtime.told_signal(&record, signal)?;
            if record.state == State::Paused {
                runtime.note_thawed(&record)?;
            }
            Ok(Some((record, grace)))
        })
        .await
    }

    /// Ends the wait for a new start. Its monitor may have started it meanwhile, or ended by itself.
    fn call_off(&self, record: &Record) -> Result<()> {
        let called_off = self.db.change("end the wait for a new start", |t| {
            life::called_off(t, &record.id)?;
            life::stopped_by_hand(t, record)
        });
        match called_off {
            Err(RuntimeError::Conflict { .. }) => Ok(()),
            done => done,
        }
    }

    /// Kills it, and it is not started again.
    fn kill_for_good(&self, record: &Record) -> Result<()> {
        if let Err(error) = self.platform.compute.forget(&self.layout.running(&record.id)) {
            tracing::warn!(%error, container = record.name, "it is killed all the same");
        }
        if record.state == State::Restarting {
            return self.call_off(record);
        }
        self.kill_now(&record.id)?;
        if record.state == State::Paused { self.note_thawed(record) } else { Ok(()) }
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
        self.told_signal(record, signal)
    }

    fn told_signal(&self, record: &Record, signal: i32) -> Result<()> {
        self.db.change("write down a signal", |t| record.tell(t, "kill", &[("signal", &signal.to_string())]))
    }

    /// Sends a signal to its main process, by its number.
    ///
    /// # Errors
    /// `Conflict` when it does not run.
    pub fn kill(&self, id: &ContainerId, number: i32) -> Result<()> {
        let record = self.record(id, "kill")?;
        self.allowed(Verb::Kill, &record)?;
        if self.bury_if_lost(&record) {
            let why = "its monitor was gone, and so is it now".into();
            return Err(RuntimeError::Conflict { tried: format!("kill `{}`", record.name), why });
        }
        if number == SIGKILL { self.kill_for_good(&record) } else { self.send(&record, number) }
    }

    /// Freezes or thaws it.
    ///
    /// # Errors
    /// `Conflict` when its state does not allow it.
    pub fn pause(&self, id: &ContainerId, frozen: bool) -> Result<()> {
        let record = self.record(id, if frozen { "pause" } else { "unpause" })?;
        self.allowed(if frozen { Verb::Pause } else { Verb::Unpause }, &record)?;
        self.platform.compute.freeze(&self.layout.running(&record.id), frozen)?;
        if !frozen {
            return self.note_thawed(&record);
        }
        self.db.change("write down what froze", |t| life::froze(t, &record.id, true))
    }

    /// Whoever ends a frozen container thaws it.
    fn note_thawed(&self, record: &Record) -> Result<()> {
        match self.db.change("write down what was thawed", |t| life::froze(t, &record.id, false)) {
            // It has ended since.
            Err(RuntimeError::Conflict { .. } | RuntimeError::NotFound { .. }) => Ok(()),
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

/// Why one that was to start again has ended.
fn why_ended(record: &Record) -> String {
    let why = record.error.as_deref().unwrap_or("it has ended meanwhile");
    // An error's own words begin with what was tried, which is said already.
    why.strip_prefix("cannot ").and_then(|rest| rest.split_once(": ")).map_or(why, |(_, why)| why).to_owned()
}

fn exit_code(event: &Event) -> Option<i64> {
    event.detail.iter().find(|(key, _)| key == "exitCode").and_then(|(_, code)| code.parse().ok())
}
