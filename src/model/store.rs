//! What is known of one endpoint: the only truth on screen, changed by [`Store::apply`] alone. Knows no clock.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, Utc};

use super::{
    Ask, ById, Caps, Change, Container, ContainerId, DiskUsage, Event, Firewall, Happening, HostLoad, Image, Layer,
    Link, Listing, Nat, Network, Part, Problem, Sample, Series, Session, System, Told, Volume,
};

/// Events kept.
pub const EVENTS: usize = 2_000;
/// Samples of the host's load kept: two minutes.
const LOADS: usize = 120;

/// How well a part, or an answer, is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Fetch {
    /// Nobody asked.
    #[default]
    Never,
    /// It is on its way for the first time.
    Loading,
    /// It was told then, and nothing has changed it since.
    Known(DateTime<Utc>),
    /// It was told then, and something happened to it since.
    Stale(DateTime<Utc>),
    /// It could not be read.
    Failed(Problem, DateTime<Utc>),
}

impl Fetch {
    /// Whether there is something to show.
    pub fn is_known(&self) -> bool {
        matches!(self, Self::Known(_) | Self::Stale(_))
    }
}

/// What is known of one endpoint.
#[derive(Debug, Default)]
pub struct Store {
    /// Grows with every change of anything but samples.
    pub revision: u64,
    /// Grows with every sample.
    pub sampled: u64,
    /// How the connection is.
    pub link: Link,
    /// What the engine says of itself.
    pub system: Option<System>,
    /// What it can do.
    pub caps: Caps,
    /// By id.
    pub containers: ById<Container>,
    /// By id.
    pub images: ById<Image>,
    /// The forest, each chain from its base, parents before children.
    pub layers: Vec<Layer>,
    /// By container and start.
    pub sessions: Vec<Session>,
    /// By name.
    pub volumes: Vec<Volume>,
    /// Mappings and live sessions.
    pub nat: Nat,
    /// Firewall rules.
    pub firewall: Firewall,
    /// By id.
    pub networks: ById<Network>,
    /// Disk use, once it was counted.
    pub usage: Option<DiskUsage>,
    /// What happened, oldest first, at most [`EVENTS`].
    pub events: VecDeque<Happening>,
    /// Recent use by container; only of those somebody looked at.
    pub stats: HashMap<ContainerId, Series>,
    /// Recent use of the host, oldest first.
    pub loads: VecDeque<HostLoad>,
    told_events: u64,
    fetches: HashMap<Part, Fetch>,
    answers: HashMap<Ask, Answer>,
}

/// An answer and how well it is known.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// How well.
    pub fetch: Fetch,
    /// What was told; stays while it is asked again.
    pub told: Option<Told>,
}

impl Store {
    /// How well a part is known.
    pub fn fetch(&self, part: Part) -> &Fetch {
        self.fetches.get(&part).unwrap_or(&Fetch::Never)
    }

    /// The answer to a question, as far as it is known.
    pub fn answer(&self, ask: &Ask) -> Option<&Answer> {
        self.answers.get(ask)
    }

    /// Notes that a part was asked for.
    pub fn loading(&mut self, part: Part) {
        let fetch = self.fetches.entry(part).or_default();
        if !fetch.is_known() {
            *fetch = Fetch::Loading;
            self.revision += 1;
        }
    }

    /// Notes that a question was asked.
    pub fn asked(&mut self, ask: Ask) {
        let answer = self.answers.entry(ask).or_default();
        if !answer.fetch.is_known() {
            answer.fetch = Fetch::Loading;
        }
    }

    /// Takes the answer to a question; one that nobody waits for is dropped.
    pub fn told(&mut self, ask: &Ask, told: Result<Told, Problem>, now: DateTime<Utc>) {
        let Some(answer) = self.answers.get_mut(ask) else {
            return;
        };
        match told {
            Ok(Told::Container(mut one)) => {
                *answer = Answer { fetch: Fetch::Known(now), told: None };
                // Events may have overtaken the answer: its state is not taken, and one that is gone stays gone.
                if let Some(row) = self.containers.get_mut(&one.id) {
                    keep_inspected(row, &mut one);
                }
            }
            Ok(told) => *answer = Answer { fetch: Fetch::Known(now), told: Some(told) },
            Err(problem) => answer.fetch = Fetch::Failed(problem, now),
        }
        self.revision += 1;
    }

    /// Forgets every answer that `wanted` says no to.
    pub fn forget_answers(&mut self, wanted: impl Fn(&Ask) -> bool) {
        self.answers.retain(|ask, _| wanted(ask));
    }

    /// Forgets the samples of every container that `wanted` says no to.
    pub fn forget_stats(&mut self, wanted: impl Fn(&ContainerId) -> bool) {
        self.stats.retain(|id, _| wanted(id));
    }

    /// The newest sample of a container.
    pub fn sample(&self, id: &ContainerId) -> Option<&Sample> {
        self.stats.get(id)?.last()
    }

    /// Takes one fact, told at `now`.
    pub fn apply(&mut self, change: Change, now: DateTime<Utc>) {
        match change {
            Change::Sample(id, sample) => {
                self.sampled += 1;
                self.stats.entry(id).or_default().push(sample);
                return;
            }
            Change::HostLoad(load) => {
                self.sampled += 1;
                if self.loads.len() == LOADS {
                    self.loads.pop_front();
                }
                self.loads.push_back(load);
                return;
            }
            Change::Link(link) => self.link = link,
            Change::System(system, caps) => {
                self.system = Some(*system);
                self.caps = caps;
            }
            Change::Listed(listing) => self.listed(listing, now),
            Change::Failed(part, problem) => {
                self.fetches.insert(part, Fetch::Failed(problem, now));
            }
            Change::Stale(part) => self.stale(part),
            Change::Container(container) => self.container(*container),
            Change::ContainerGone(id) => self.container_gone(&id),
            Change::Event(event) => self.event(event),
        }
        self.revision += 1;
    }

    fn listed(&mut self, listing: Listing, now: DateTime<Utc>) {
        self.fetches.insert(listing.part(), Fetch::Known(now));
        match listing {
            Listing::Containers(all) => self.all_containers(all),
            Listing::Images(all) => {
                self.images = all.into_iter().collect();
                self.stale(Part::Layers);
            }
            Listing::Layers(all) => self.layers = all,
            Listing::Sessions(all) => self.sessions = all,
            Listing::Volumes(all) => self.volumes = all,
            Listing::Nat(nat) => self.nat = nat,
            Listing::Firewall(firewall) => self.firewall = firewall,
            Listing::Networks(all) => self.networks = all.into_iter().collect(),
            Listing::Usage(usage) => {
                self.usage = Some(usage);
                // Counting is what tells the sizes of volumes.
                self.stale(Part::Volumes);
            }
        }
    }

    /// A list tells less than an inspect: what was known and cannot have changed is kept.
    fn all_containers(&mut self, all: Vec<Container>) {
        let mut old = std::mem::take(&mut self.containers);
        self.containers = all
            .into_iter()
            .map(|mut new| {
                if let Some(old) = old.get_mut(&new.id) {
                    keep_inspected(&mut new, old);
                }
                new
            })
            .collect();
        let containers = &self.containers;
        self.stats.retain(|id, _| containers.contains_key(id));
        self.derived_stale();
    }

    fn container(&mut self, container: Container) {
        let before = self.containers.get(&container.id);
        if before.is_none_or(|b| b.state != container.state || b.ports != container.ports) {
            self.derived_stale();
        }
        if !container.state.is_up() {
            self.stats.remove(&container.id);
        }
        self.about_changed(container.id.as_str());
        self.containers.insert(container);
    }

    fn container_gone(&mut self, id: &ContainerId) {
        self.containers.remove(id);
        self.stats.remove(id);
        self.about_changed(id.as_str());
        self.derived_stale();
    }

    /// Parts that are worked out from the containers.
    fn derived_stale(&mut self) {
        for part in [Part::Nat, Part::Firewall, Part::Sessions, Part::Usage, Part::Volumes, Part::Networks] {
            self.stale(part);
        }
    }

    fn stale(&mut self, part: Part) {
        let fetch = self.fetches.entry(part).or_default();
        match *fetch {
            Fetch::Known(at) => *fetch = Fetch::Stale(at),
            Fetch::Failed(_, at) => *fetch = Fetch::Stale(at),
            _ => {}
        }
    }

    fn about_changed(&mut self, id: &str) {
        for (_, answer) in self.answers.iter_mut().filter(|(ask, _)| ask.about() == id) {
            if let Fetch::Known(at) = answer.fetch {
                answer.fetch = Fetch::Stale(at);
            }
        }
    }

    fn event(&mut self, event: Event) {
        if self.events.len() == EVENTS {
            self.events.pop_front();
        }
        self.about_changed(&event.id);
        self.told_events += 1;
        self.events.push_back(Happening::new(self.told_events, event));
    }
}

fn keep_inspected(new: &mut Container, old: &mut Container) {
    new.restarts = old.restarts;
    new.oom_killed = old.oom_killed && !new.state.is_up();
    new.tty = new.tty.or(old.tty);
    new.limits = new.limits.take().or_else(|| old.limits.take());
    if new.state == old.state {
        new.started = new.started.or(old.started);
        new.finished = new.finished.or(old.finished);
        new.pid = new.pid.or(old.pid);
    }
}
