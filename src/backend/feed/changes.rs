//! From events to changes: which object is read again, and when. At most one read of an object at a time,
//! and bursts on one object are merged.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    time::Duration,
};

use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::time::{Instant, sleep_until};

use crate::{
    backend::{EngineError, Result, SharedEngine},
    model::{Change, Container, ContainerId, Event, Kind, Listing, Part},
};

/// After an object was read, further events on it wait so long, so that a burst costs one more read.
const MERGE: Duration = Duration::from_millis(40);
/// Reads at the same time.
const READS: usize = 8;
/// More changed objects than this are read by listing all.
const BURST: usize = 200;

type Read = (Option<ContainerId>, Result<Told>);

enum Told {
    One(Box<Container>),
    All(Vec<Container>),
}

/// Objects that changed and are to be read again.
pub(super) struct Changes {
    engine: SharedEngine,
    waiting: VecDeque<(Instant, ContainerId)>,
    known: HashSet<ContainerId>,
    read_at: HashMap<ContainerId, Instant>,
    reading: FuturesUnordered<BoxFuture<'static, Read>>,
    busy: HashSet<ContainerId>,
}

impl Changes {
    pub(super) fn new(engine: SharedEngine) -> Self {
        Self {
            engine,
            waiting: VecDeque::new(),
            known: HashSet::new(),
            read_at: HashMap::new(),
            reading: FuturesUnordered::new(),
            busy: HashSet::new(),
        }
    }

    /// Takes an event; gives what is known at once.
    pub(super) fn take(&mut self, event: Event) -> Vec<Change> {
        let mut told: Vec<Change> = stale(&event).iter().map(|part| Change::Stale(*part)).collect();
        if let Some(id) = gone(&event) {
            self.waiting.retain(|(_, waiting)| *waiting != id);
            self.known.remove(&id);
            told.push(Change::ContainerGone(id));
        } else if let Some(id) = touched(&event) {
            self.want(id);
        }
        told.push(Change::Event(event));
        told
    }

    fn want(&mut self, id: ContainerId) {
        if !self.known.insert(id.clone()) {
            return;
        }
        let now = Instant::now();
        let due = self.read_at.get(&id).map_or(now, |at| (*at + MERGE).max(now));
        self.waiting.push_back((due, id));
    }

    /// Waits for the next object to be read; never ends while nothing changed.
    pub(super) async fn next(&mut self) -> Result<Vec<Change>> {
        loop {
            self.start_due();
            let next = self.waiting.iter().filter(|(_, id)| !self.busy.contains(id)).map(|(due, _)| *due).min();
            let next = next.filter(|_| self.reading.len() < READS);
            tokio::select! {
                Some((id, told)) = self.reading.next() => return self.told(id, told),
                () = until(next) => {}
            }
        }
    }

    fn start_due(&mut self) {
        let now = Instant::now();
        self.read_at.retain(|_, at| *at + MERGE > now);
        if self.waiting.len() > BURST {
            self.waiting.clear();
            self.known.clear();
            let engine = self.engine.clone();
            self.reading.push(Box::pin(async move { (None, engine.containers().await.map(Told::All)) }));
            return;
        }
        let mut index = 0;
        while index < self.waiting.len() && self.reading.len() < READS {
            let (due, id) = &self.waiting[index];
            if *due > now || self.busy.contains(id) {
                index += 1;
                continue;
            }
            if let Some((_, id)) = self.waiting.remove(index) {
                self.start(id, now);
            }
        }
    }

    fn start(&mut self, id: ContainerId, now: Instant) {
        self.known.remove(&id);
        self.read_at.insert(id.clone(), now);
        self.busy.insert(id.clone());
        let engine = self.engine.clone();
        self.reading.push(Box::pin(async move {
            let told = engine.container(&id).await.map(|c| Told::One(Box::new(c)));
            (Some(id), told)
        }));
    }

    fn told(&mut self, id: Option<ContainerId>, told: Result<Told>) -> Result<Vec<Change>> {
        if let Some(id) = &id {
            self.busy.remove(id);
        }
        match (id, told) {
            (_, Ok(Told::One(container))) => Ok(vec![Change::Container(container)]),
            (_, Ok(Told::All(all))) => Ok(vec![Change::Listed(Listing::Containers(all))]),
            (Some(id), Err(EngineError::NotFound { .. })) => Ok(vec![Change::ContainerGone(id)]),
            (_, Err(error)) => Err(error),
        }
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

fn gone(event: &Event) -> Option<ContainerId> {
    (event.kind == Kind::Container && event.action == "destroy").then(|| ContainerId::new(&event.id))
}

/// The container whose list row an event may have changed.
fn touched(event: &Event) -> Option<ContainerId> {
    match event.kind {
        Kind::Container => {
            let word = event.action.split(':').next().unwrap_or(&event.action);
            let quiet = word.starts_with("exec_")
                || matches!(
                    word,
                    "attach"
                        | "detach"
                        | "resize"
                        | "top"
                        | "copy"
                        | "export"
                        | "commit"
                        | "archive-path"
                        | "extract-to-dir"
                );
            (!quiet).then(|| ContainerId::new(&event.id))
        }
        Kind::Network if matches!(event.action.as_str(), "connect" | "disconnect") => {
            let container = event.detail.iter().find(|(key, _)| key == "container");
            container.map(|(_, id)| ContainerId::new(id))
        }
        _ => None,
    }
}

/// The parts that an event makes stale.
fn stale(event: &Event) -> &'static [Part] {
    match (event.kind, event.action.as_str()) {
        (Kind::Container, action) if action.starts_with("exec_") => &[Part::Sessions],
        (Kind::Container, "create" | "destroy") => &[Part::Usage, Part::Layers, Part::Volumes, Part::Images],
        (Kind::Image, _) => &[Part::Images, Part::Layers, Part::Usage],
        (Kind::Volume, _) => &[Part::Volumes, Part::Usage],
        (Kind::Network, _) => &[Part::Networks, Part::Nat, Part::Firewall],
        _ => &[],
    }
}
