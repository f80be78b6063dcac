//! The state of a fake engine: what it holds, and who listens to it. Knows no script and no async.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use futures_util::stream;
use tokio::sync::mpsc;

use super::{NOW, seed};
use crate::{
    backend::{EngineError, Flow, Gate, Result},
    model::{
        Caps, Container, ContainerId, Event, Explanation, Firewall, HostLoad, Image, ImageId, Kind, LogLine,
        NatSession, Network, NetworkId, PathChange, Process, Rule, Sample, Session, SessionId, State, System, Volume,
        VolumeName,
    },
};

/// Messages that wait for one listener at most; who falls further behind is cut off, as dockerd does.
const WAITING: usize = 16_384;

/// All there is.
pub(super) struct World {
    pub(super) now: DateTime<Utc>,
    pub(super) about: System,
    pub(super) caps: Caps,
    pub(super) load: HostLoad,
    pub(super) containers: BTreeMap<ContainerId, Item>,
    pub(super) images: BTreeMap<ImageId, Picture>,
    pub(super) volumes: BTreeMap<VolumeName, Volume>,
    /// What is in volumes, where anything is.
    pub(super) volume_files: BTreeMap<VolumeName, super::archives::Files>,
    pub(super) networks: BTreeMap<NetworkId, Network>,
    pub(super) execs: BTreeMap<SessionId, Session>,
    pub(super) nat_sessions: Vec<NatSession>,
    /// Rules of the host's firewall and what they do with any packet; without them, rules are derived.
    pub(super) rules: Option<(Firewall, Explanation)>,
    /// Rules that were added.
    pub(super) own_rules: Vec<Rule>,
    /// References that a pull finds.
    pub(super) offered: BTreeSet<String>,
    listeners: Listeners<Event>,
    serial: u32,
}

/// A container with what surrounds it.
pub(super) struct Item {
    /// As an inspect tells it.
    pub(super) container: Container,
    /// Program and arguments.
    pub(super) command: Vec<String>,
    pub(super) auto_remove: bool,
    pub(super) lines: Vec<LogLine>,
    pub(super) samples: Vec<Sample>,
    pub(super) processes: Vec<Process>,
    pub(super) changes: Vec<PathChange>,
    pub(super) files: super::archives::Files,
    pub(super) log_readers: Listeners<LogLine>,
    pub(super) watchers: Listeners<Sample>,
}

/// An image with the steps that made it, from the base up.
pub(super) struct Picture {
    pub(super) image: Image,
    pub(super) steps: Vec<Step>,
}

/// One step of an image's making.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) by: String,
    pub(super) size: u64,
    /// The layer's digest; `None` for a step that only changes the config.
    pub(super) diff: Option<String>,
}

impl Item {
    pub(super) fn new(container: Container) -> Self {
        Self {
            container,
            command: Vec::new(),
            auto_remove: false,
            lines: Vec::new(),
            samples: Vec::new(),
            processes: Vec::new(),
            changes: Vec::new(),
            files: super::archives::Files::new(),
            log_readers: Listeners::default(),
            watchers: Listeners::default(),
        }
    }

    pub(super) fn log(&mut self, line: LogLine) {
        self.log_readers.tell(&line);
        self.lines.push(line);
    }

    pub(super) fn sample(&mut self, sample: Sample) {
        self.watchers.tell(&sample);
        self.samples.push(sample);
    }
}

impl World {
    /// Only what an engine has from the start.
    pub(super) fn empty() -> Self {
        let mut world = Self {
            now: DateTime::from_timestamp(NOW, 0).unwrap_or_default(),
            about: seed::about(),
            caps: Caps::default(),
            load: seed::load(),
            containers: BTreeMap::new(),
            images: BTreeMap::new(),
            volumes: BTreeMap::new(),
            volume_files: BTreeMap::new(),
            networks: BTreeMap::new(),
            execs: BTreeMap::new(),
            nat_sessions: Vec::new(),
            rules: None,
            own_rules: Vec::new(),
            offered: BTreeSet::new(),
            listeners: Listeners::default(),
            serial: 0,
        };
        seed::built_in_networks(&mut world);
        world
    }

    /// Sixty-four hexadecimal digits nobody had before.
    pub(super) fn fresh(&mut self, kind: &str) -> String {
        self.serial += 1;
        digest(&format!("{kind} {}", self.serial))
    }

    /// A number nobody had before.
    pub(super) fn fresh_pid(&mut self) -> u32 {
        self.serial += 1;
        50_000 + self.serial
    }

    /// The container's name if it is one's id, or `id` itself.
    pub(super) fn name_of<'a>(&'a self, id: &'a str) -> &'a str {
        self.containers.get(id).map_or(id, |item| item.container.name.as_str())
    }

    pub(super) fn all_containers(&self) -> Vec<Container> {
        self.containers.values().map(|item| item.container.clone()).collect()
    }

    pub(super) fn id_of(&self, name: &str) -> Option<ContainerId> {
        self.containers.values().find(|item| item.container.name == name).map(|item| item.container.id.clone())
    }

    pub(super) fn is_up(&self, id: &ContainerId) -> bool {
        self.containers.get(id).is_some_and(|item| item.container.state.is_up())
    }

    pub(super) fn item(&mut self, tried: &str, id: &ContainerId) -> Result<&mut Item> {
        self.containers.get_mut(id).ok_or_else(|| not_found(tried, format!("No such container: {id}")))
    }

    /// The container, if it runs and is not frozen.
    pub(super) fn running(&mut self, tried: &str, id: &ContainerId) -> Result<&mut Item> {
        let item = self.item(tried, id)?;
        match item.container.state {
            State::Running => Ok(item),
            State::Paused => Err(conflict(tried, format!("Container {} is paused", id.short()))),
            State::Restarting => Err(conflict(
                tried,
                format!("Container {} is restarting, wait until the container is running", id.short()),
            )),
            _ => Err(conflict(tried, format!("Container {} is not running", id.short()))),
        }
    }

    pub(super) fn listen(&mut self) -> Flow<Event> {
        self.listeners.add()
    }

    pub(super) fn tell(&mut self, event: Event) {
        self.listeners.tell(&event);
    }

    /// Tells that something happened, now.
    pub(super) fn happened(&mut self, kind: Kind, action: &str, id: &str, name: &str, detail: &[(&str, &str)]) {
        let detail = detail.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let (id, name, action) = (id.to_owned(), name.to_owned(), action.to_owned());
        self.tell(Event { at: self.now, kind, action, id, name, detail });
    }

    /// Tells that something happened to a container; its image is told along.
    pub(super) fn happened_to(&mut self, id: &ContainerId, action: &str, detail: &[(&str, &str)]) {
        let Some(item) = self.containers.get(id) else {
            return;
        };
        let (image, name) = (item.container.image.clone(), item.container.name.clone());
        let mut all = vec![("image", image.as_str())];
        all.extend(detail);
        self.happened(Kind::Container, action, id.as_str(), &name, &all);
    }

    /// Ends every stream.
    pub(super) fn hang_up(&mut self) {
        self.listeners.0.clear();
        for item in self.containers.values_mut() {
            item.log_readers.0.clear();
            item.watchers.0.clear();
        }
    }
}

/// Those who listen to one kind of news.
pub(super) struct Listeners<T>(Vec<mpsc::Sender<T>>);

impl<T> Default for Listeners<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Clone + Send + 'static> Listeners<T> {
    pub(super) fn tell(&mut self, news: &T) {
        self.0.retain(|listener| listener.try_send(news.clone()).is_ok());
    }

    pub(super) fn add(&mut self) -> Flow<T> {
        let (sender, receiver) = mpsc::channel(WAITING);
        self.0.push(sender);
        Box::pin(stream::unfold(receiver, |mut receiver| async move {
            let news = receiver.recv().await?;
            Some((Ok(news), receiver))
        }))
    }

    pub(super) fn end(&mut self) {
        self.0.clear();
    }
}

/// Sixty-four hexadecimal digits that follow from `seed` (FNV-1a, four times over; no secret depends on it).
pub(super) fn digest(seed: &str) -> String {
    (0..4u64)
        .map(|round| {
            let start = 0xcbf2_9ce4_8422_2325 ^ round.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let hash = seed.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
            format!("{hash:016x}")
        })
        .collect()
}

/// A log line as it comes through a door.
pub(super) fn harmless(text: &str) -> String {
    crate::backend::wire::sgr::harmless(text)
}

pub(super) fn not_found(tried: &str, why: impl Into<String>) -> EngineError {
    EngineError::NotFound { tried: tried.to_owned(), why: why.into() }
}

pub(super) fn conflict(tried: &str, why: impl Into<String>) -> EngineError {
    EngineError::Conflict { tried: tried.to_owned(), why: why.into() }
}

pub(super) fn denied(tried: &str, why: impl Into<String>) -> EngineError {
    EngineError::Denied { tried: tried.to_owned(), by: Gate::Engine, why: why.into() }
}

pub(super) fn refused(tried: &str, code: u32, why: impl Into<String>) -> EngineError {
    EngineError::Refused { tried: tried.to_owned(), code, why: why.into() }
}
