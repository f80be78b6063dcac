//! One connection of a feed, from the first question to the loss. Knows nothing of when to try again.

use std::{collections::BTreeSet, convert::Infallible, time::Duration};

use chrono::{DateTime, Utc};
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::time::{Instant, sleep_until, timeout};

use super::{
    Follower, NobodyListens, PING_EVERY,
    effects::effects,
    pending::{Next, Pending},
};
use crate::{
    backend::{EngineError, Flow, Result, SharedEngine, backoff::Backoff},
    model::{Caps, Change, Container, ContainerId, Event, Link, Listing, Part, Problem, System},
};

/// Events that are taken together when they wait already.
const BATCH: usize = 256;

/// Time for a ping before the engine is doubted.
const PING: Duration = Duration::from_secs(5);
/// Time for one container; a little more than a door gives it, whose words are better than ours.
const ONE: Duration = Duration::from_secs(6);
/// Time for the list; the same.
const ALL: Duration = Duration::from_secs(30);

/// Why a connection ended.
pub(super) enum Ended {
    /// The engine is lost.
    Lost(Problem),
    /// The reader is gone.
    NobodyListens,
}

impl From<NobodyListens> for Ended {
    fn from(_: NobodyListens) -> Self {
        Self::NobodyListens
    }
}

impl From<&EngineError> for Ended {
    fn from(error: &EngineError) -> Self {
        Self::Lost(error.into())
    }
}

/// An answer to a question of ours.
enum Answer {
    All(Result<Vec<Container>>),
    One(ContainerId, Result<Container>),
    About(Result<(System, Caps)>),
    Ping(Result<Duration>),
}

/// One connection.
pub(super) struct Live<'a> {
    feed: &'a Follower,
    engine: SharedEngine,
    again: bool,
    asked: FuturesUnordered<BoxFuture<'static, Answer>>,
    pending: Pending,
    changes: Vec<Change>,
    stale: BTreeSet<Part>,
    heard: Instant,
    heard_at: DateTime<Utc>,
    pinging: bool,
    doubted: bool,
}

impl<'a> Live<'a> {
    /// A connection to `engine`; `again` if one was tried before.
    pub(super) fn new(feed: &'a Follower, engine: SharedEngine, again: bool) -> Self {
        Self {
            feed,
            engine,
            again,
            asked: FuturesUnordered::new(),
            pending: Pending::default(),
            changes: Vec::new(),
            stale: BTreeSet::new(),
            heard: Instant::now(),
            heard_at: (feed.clock)(),
            pinging: false,
            doubted: false,
        }
    }

    /// Lists, follows, and tells until the engine or the reader is lost.
    pub(super) async fn run(mut self, backoff: &mut Backoff) -> Ended {
        let Err(ended) = self.follow(backoff).await;
        // What was told before the loss is still true.
        let rest = std::mem::take(&mut self.changes);
        if self.feed.tell(rest).await.is_err() { Ended::NobodyListens } else { ended }
    }

    async fn follow(&mut self, backoff: &mut Backoff) -> std::result::Result<Infallible, Ended> {
        // Events first, so that nothing falls between the list and them; then all questions at the same time.
        let engine = self.engine.clone();
        let mut events = futures_util::stream::once(async move { engine.events().await })
            .map(flattened)
            .flatten()
            .boxed()
            .ready_chunks(BATCH);
        self.list();
        self.ping();
        let engine = self.engine.clone();
        self.asked.push(async move { Answer::About(engine.describe().await) }.boxed());
        loop {
            let (due, ping) = (self.pending.due(), self.next_ping());
            tokio::select! {
                biased;
                () = self.feed.doubt.notified() => self.doubt(),
                Some(answer) = self.asked.next() => self.answer(answer, backoff)?,
                told = events.next() => self.events(told)?,
                () = until(due) => {}
                () = until(ping) => self.ping(),
            }
            self.read_next();
            let stale = std::mem::take(&mut self.stale).into_iter().map(Change::Stale);
            self.changes.extend(stale);
            let changes = std::mem::take(&mut self.changes);
            self.feed.tell(changes).await?;
        }
    }

    fn events(&mut self, told: Option<Vec<Result<Event>>>) -> std::result::Result<(), Ended> {
        let Some(told) = told else {
            return Err(Ended::Lost(Problem::new("the engine ended the stream of events: it may be restarting")));
        };
        self.hear();
        for event in told {
            let event = event.map_err(|error| Ended::from(&error))?;
            self.event(event);
        }
        Ok(())
    }

    fn event(&mut self, event: Event) {
        let effects = effects(&event);
        if let Some(id) = effects.gone {
            self.gone(id);
        }
        if let Some(id) = effects.touched {
            self.pending.touch(id, Instant::now());
        }
        self.stale.extend(effects.stale);
        if effects.shown {
            self.changes.push(Change::Event(event));
        }
    }

    fn answer(&mut self, answer: Answer, backoff: &mut Backoff) -> std::result::Result<(), Ended> {
        match answer {
            Answer::All(all) => self.listed(all, backoff),
            Answer::One(id, one) => self.inspected(id, one),
            Answer::Ping(ping) => self.pinged(ping),
            Answer::About(Ok((system, caps))) => {
                self.hear();
                self.changes.push(Change::System(Box::new(system), caps));
                Ok(())
            }
            // The list decides whether the engine is lost; one that does not describe itself is still shown.
            Answer::About(Err(why)) => {
                tracing::warn!(%why, "the engine did not describe itself");
                Ok(())
            }
        }
    }

    fn listed(&mut self, all: Result<Vec<Container>>, backoff: &mut Backoff) -> std::result::Result<(), Ended> {
        self.pending.list_ended(Instant::now());
        let all = all.map_err(|error| {
            self.changes.push(Change::Failed(Part::Containers, (&error).into()));
            Ended::from(&error)
        })?;
        backoff.reset();
        self.hear();
        self.changes.push(Change::Listed(Listing::Containers(all)));
        if std::mem::take(&mut self.again) {
            // Whatever happened while nobody listened.
            self.stale.extend(Part::ALL.into_iter().filter(|part| *part != Part::Containers));
        }
        Ok(())
    }

    fn inspected(&mut self, id: ContainerId, one: Result<Container>) -> std::result::Result<(), Ended> {
        self.pending.read(&id);
        match one {
            Ok(container) => {
                self.hear();
                self.changes.push(Change::Container(Box::new(container)));
            }
            Err(EngineError::NotFound { .. }) => self.gone(id),
            Err(EngineError::Timeout { .. }) => self.doubt(),
            Err(error) if error.is_link() => return Err(Ended::from(&error)),
            Err(why) => tracing::warn!(%why, "a container could not be read"),
        }
        Ok(())
    }

    fn pinged(&mut self, ping: Result<Duration>) -> std::result::Result<(), Ended> {
        self.pinging = false;
        match ping {
            Ok(latency) => {
                self.doubted = false;
                self.hear();
                self.changes.push(Change::Link(Link::Live { latency }));
                Ok(())
            }
            // A line can lose a packet, and an engine a second: one more try before it is lost.
            Err(EngineError::Timeout { .. }) if !self.doubted => {
                self.doubt();
                Ok(())
            }
            Err(error) => Err(Ended::from(&error)),
        }
    }

    /// Calls the link stale and looks after it.
    fn doubt(&mut self) {
        if !self.doubted {
            self.doubted = true;
            self.changes.push(Change::Link(Link::Stale { since: self.heard_at }));
        }
        self.ping();
    }

    fn gone(&mut self, id: ContainerId) {
        self.pending.gone(&id);
        self.changes.push(Change::ContainerGone(id));
    }

    fn hear(&mut self) {
        self.heard = Instant::now();
        self.heard_at = (self.feed.clock)();
    }

    fn next_ping(&self) -> Option<Instant> {
        (!self.feed.endpoint.is_local() && !self.pinging).then(|| self.heard + PING_EVERY)
    }

    fn ping(&mut self) {
        if std::mem::replace(&mut self.pinging, true) {
            return;
        }
        let engine = self.engine.clone();
        let ping = async move { Answer::Ping(bounded(PING, "reach the engine", engine.ping()).await) };
        self.asked.push(ping.boxed());
    }

    fn list(&mut self) {
        self.pending.list_began(Instant::now());
        let engine = self.engine.clone();
        let list = async move { Answer::All(bounded(ALL, "list the containers", engine.containers()).await) };
        self.asked.push(list.boxed());
    }

    fn read_next(&mut self) {
        while let Some(next) = self.pending.next(Instant::now()) {
            match next {
                Next::All => self.list(),
                Next::One(id) => {
                    let engine = self.engine.clone();
                    let read = async move {
                        let one = bounded(ONE, "read a container", engine.container(&id)).await;
                        Answer::One(id, one)
                    };
                    self.asked.push(read.boxed());
                }
            }
        }
    }
}

/// The stream, or the reason why there is none as its only item.
fn flattened(stream: Result<Flow<Event>>) -> Flow<Event> {
    stream.unwrap_or_else(|error| futures_util::stream::iter([Err(error)]).boxed())
}

/// Doors bound their calls; a feed must not hang even on one that does not.
async fn bounded<T>(limit: Duration, tried: &str, call: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| EngineError::Timeout { tried: tried.to_owned(), after: limit };
    timeout(limit, call).await.map_err(late)?
}

/// Waits until then; for ever where there is no then.
async fn until(then: Option<Instant>) {
    match then {
        Some(then) => sleep_until(then).await,
        None => std::future::pending().await,
    }
}
