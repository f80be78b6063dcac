//! An engine made of memory, with a script: what tests and scale measurements talk to instead of a real one.
//! Knows no transport and no screen. It refuses what dockerd refuses, with dockerd's words and error kinds.
//!
//! Nothing in it waits or asks a clock: time stands at [`NOW`] until a script says otherwise, ids follow from
//! names and counting, and every deed is done when its call returns. So what a test sees is the same every time.

mod archives;
mod call;
mod console;
mod containers;
mod ending;
mod images;
mod layers;
mod life;
mod networks;
mod rules;
mod seed;
mod sessions;
mod shell;
mod system;
#[cfg(test)]
mod tests;
mod volumes;
mod world;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};

pub use call::Call;

use self::{
    call::Script,
    world::{Item, World},
};
use super::{EngineError, Result};
use crate::model::{
    Caps, Container, ContainerId, Event, Explanation, Firewall, Health, HostLoad, LogLine, Sample, Stream,
};

/// Where the clock of every fake engine stands: 2026-01-02 03:04:05 UTC, in seconds of Unix time.
pub const NOW: i64 = 1_767_323_045;

/// A fake engine, and the handle to script it: clones are the same engine.
#[derive(Clone)]
pub struct FakeEngine {
    world: Arc<Mutex<World>>,
    script: Arc<Script>,
}

impl FakeEngine {
    /// A small shop: running, healthy, unhealthy, paused, restarting and exited containers, images that share
    /// layers, volumes, networks, sessions, and a clash of two containers over one host port.
    #[allow(clippy::new_without_default, reason = "a default engine would be the empty one")]
    pub fn new() -> Self {
        Self::of(seed::shop())
    }

    /// An engine with its three built-in networks and nothing else.
    pub fn empty() -> Self {
        Self::of(World::empty())
    }

    /// An engine with `n` containers, nine in ten running, for measurements of scale.
    pub fn with_containers(n: usize) -> Self {
        Self::of(seed::many(n))
    }

    fn of(world: World) -> Self {
        Self { world: Arc::new(Mutex::new(world)), script: Arc::new(Script::new()) }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the call, lets the script interfere, then does `deed`, which is told what is tried.
    async fn call<T>(
        &self,
        call: Call,
        on: &str,
        deed: impl FnOnce(&mut World, &str) -> Result<T> + Send,
    ) -> Result<T> {
        let name = self.world().name_of(on).to_owned();
        self.script.pass(call, &name).await?;
        deed(&mut self.world(), &call.tried(&name))
    }

    /// Makes the next call of this name fail. Said twice, the next two fail.
    pub fn fail_next(&self, call: Call, error: EngineError) {
        self.script.fail_next(call, error);
    }

    /// Lets calls of this name wait until [`Self::release`].
    pub fn hang(&self, call: Call) {
        self.script.hold(call, true);
    }

    /// Lets calls of this name answer again, also those that wait.
    pub fn release(&self, call: Call) {
        self.script.hold(call, false);
    }

    /// Ends every stream and makes every call `Unreachable`, also those that hang.
    pub fn die(&self) {
        self.script.set_dead(true);
        self.world().hang_up();
    }

    /// Lets calls through again; streams have to be opened anew.
    pub fn revive(&self) {
        self.script.set_dead(false);
    }

    /// Tells an event to everybody who listens. The world stays as it is.
    pub fn emit(&self, event: Event) {
        self.world().tell(event);
    }

    /// Writes a line to a container's log; it is made harmless as a real door would.
    pub fn push_log(&self, id: &ContainerId, stream: Stream, text: &str) {
        let mut world = self.world();
        let at = Some(world.now);
        if let Some(item) = world.containers.get_mut(id) {
            item.log(LogLine { at, stream, text: world::harmless(text) });
        }
    }

    /// Tells a sample to everybody who watches a container.
    pub fn push_sample(&self, id: &ContainerId, sample: Sample) {
        if let Some(item) = self.world().containers.get_mut(id) {
            item.sample(sample);
        }
    }

    /// Puts a container there as it is, or in the place of the one with its id, and tells nobody.
    pub fn put(&self, container: Container) {
        let mut world = self.world();
        match world.containers.get_mut(&container.id) {
            Some(item) => item.container = container,
            None => drop(world.containers.insert(container.id.clone(), Item::new(container))),
        }
    }

    /// Makes a container's health check say this.
    pub fn set_health(&self, id: &ContainerId, health: Health) {
        let mut world = self.world();
        let Some(item) = world.containers.get_mut(id) else {
            return;
        };
        item.container.health = health;
        let word = match health {
            Health::None => return,
            Health::Starting => "starting",
            Health::Healthy => "healthy",
            Health::Unhealthy => "unhealthy",
        };
        world.happened_to(id, &format!("health_status: {word}"), &[]);
    }

    /// Ends a container's main process with this code, as if it had ended by itself.
    pub fn end(&self, id: &ContainerId, code: i64) {
        let mut world = self.world();
        if world.is_up(id) {
            world.died(id, code);
        }
    }

    /// Makes an image that can be pulled.
    pub fn offer(&self, reference: &str) {
        self.world().offered.insert(reference.to_owned());
    }

    /// What it shall say it can do.
    pub fn set_caps(&self, caps: Caps) {
        self.world().caps = caps;
    }

    /// What it shall say of its host's load.
    pub fn set_load(&self, load: HostLoad) {
        self.world().load = load;
    }

    /// What it shall say of its host's firewall, and of any packet.
    pub fn set_rules(&self, rules: Firewall, explanation: Explanation) {
        self.world().rules = Some((rules, explanation));
    }

    /// Moves its clock on.
    pub fn advance(&self, time: Duration) {
        let mut world = self.world();
        world.now += TimeDelta::from_std(time).unwrap_or_default();
    }

    /// Its clock.
    pub fn now(&self) -> DateTime<Utc> {
        self.world().now
    }

    /// The id of the container of this name. Panics never: a name nobody has gives an id nobody has.
    pub fn id(&self, name: &str) -> ContainerId {
        self.world().id_of(name).unwrap_or_else(|| ContainerId::new(name))
    }

    /// Every call so far, in order, also those that failed.
    pub fn calls(&self) -> Vec<Call> {
        self.script.log().into_iter().map(|(call, _)| call).collect()
    }

    /// What calls of this name were about, in order: names of containers, references of images, …
    pub fn called(&self, call: Call) -> Vec<String> {
        self.script.log().into_iter().filter(|(made, _)| *made == call).map(|(_, name)| name).collect()
    }
}
