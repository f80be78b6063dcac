//! Keeps a store true: connects, lists once, then follows events with one inspect per changed object; on loss
//! it retries and resyncs. Knows neither the store nor the screen; it only tells [`Change`]s.

mod changes;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt;
use tokio::{
    sync::{Notify, mpsc, watch},
    task::JoinHandle,
    time::{sleep, timeout},
};

use self::changes::Changes;
use super::{EngineError, Flow, Result, SharedEngine, backoff::Backoff};
use crate::model::{Change, Event, Link, Listing, Part, Problem, endpoint::Endpoint};

/// Makes an engine of an endpoint.
#[async_trait]
pub trait Connector: Send + Sync {
    /// Connects; bounded in time.
    async fn connect(&self, endpoint: &Endpoint) -> Result<SharedEngine>;
}

/// Says what time it is.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Facts told together, so that a burst costs one frame.
pub type News = mpsc::Sender<Vec<Change>>;

/// A feed under way; it ends when this is dropped.
pub struct Feed {
    task: JoinHandle<()>,
    nudge: Arc<Notify>,
    doubt: Arc<Notify>,
    engine: watch::Receiver<Option<SharedEngine>>,
}

/// How often a remote engine is asked for a sign of life; a local one is only asked when in doubt.
const REMOTE_PING: Duration = Duration::from_secs(30);
/// How long a sign of life may take.
const PING: Duration = Duration::from_secs(4);

impl Feed {
    /// Starts following an endpoint.
    pub fn start(endpoint: Endpoint, connector: Arc<dyn Connector>, news: News, clock: Clock) -> Self {
        let (nudge, doubt) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (sender, engine) = watch::channel(None);
        let pulse = (!endpoint.is_local()).then_some(REMOTE_PING);
        let follower = Follower {
            endpoint,
            connector,
            news,
            clock,
            nudge: nudge.clone(),
            doubt: doubt.clone(),
            engine: sender,
            pulse,
        };
        Self { task: tokio::spawn(follower.run()), nudge, doubt, engine }
    }

    /// Tries a lost engine at once.
    pub fn retry_now(&self) {
        self.nudge.notify_one();
    }

    /// Somebody's call failed for want of a connection: ask for a sign of life.
    pub fn doubt(&self) {
        self.doubt.notify_one();
    }

    /// The engine, once and as long as it is connected.
    pub fn engine(&self) -> watch::Receiver<Option<SharedEngine>> {
        self.engine.clone()
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Follower {
    endpoint: Endpoint,
    connector: Arc<dyn Connector>,
    news: News,
    clock: Clock,
    nudge: Arc<Notify>,
    doubt: Arc<Notify>,
    engine: watch::Sender<Option<SharedEngine>>,
    pulse: Option<Duration>,
}

impl Follower {
    async fn run(self) {
        let seed =
            self.endpoint.name.bytes().fold(u64::from(std::process::id()), |s, b| s.rotate_left(8) ^ u64::from(b));
        let mut backoff = Backoff::new(seed);
        loop {
            let error = self.follow(&mut backoff).await;
            self.engine.send_replace(None);
            if self.news.is_closed() {
                return;
            }
            let delay = backoff.next_delay();
            let retry_at = (self.clock)() + TimeDelta::from_std(delay).unwrap_or(TimeDelta::MAX);
            tracing::warn!(endpoint = self.endpoint.name, %error, "lost");
            self.tell(vec![Change::Link(Link::Lost { problem: Problem::from(&error), retry_at })]).await;
            tokio::select! {
                () = sleep(delay) => {}
                () = self.nudge.notified() => self.tell(vec![Change::Link(Link::Connecting)]).await,
            }
        }
    }

    async fn tell(&self, changes: Vec<Change>) {
        // A closed channel means that nobody looks any more; the feed is about to be dropped.
        drop(self.news.send(changes).await);
    }

    /// One connection from its beginning to its end; gives why it ended.
    async fn follow(&self, backoff: &mut Backoff) -> EngineError {
        match self.begin().await {
            Ok((engine, events)) => {
                backoff.reset();
                tracing::info!(endpoint = self.endpoint.name, "live");
                self.stay(engine, events).await
            }
            Err(error) => error,
        }
    }

    /// Connects and tells everything once. The list goes out as soon as it is there: nobody waits for more.
    async fn begin(&self) -> Result<(SharedEngine, Flow<Event>)> {
        let engine = self.connector.connect(&self.endpoint).await?;
        self.engine.send_replace(Some(engine.clone()));
        let events = engine.events();
        let listed = async {
            let all = engine.containers().await?;
            self.tell(vec![Change::Listed(Listing::Containers(all))]).await;
            Ok(())
        };
        let described = async {
            let (system, caps) = engine.describe().await?;
            self.tell(vec![Change::System(Box::new(system), caps)]).await;
            Ok(())
        };
        let latency = engine.ping();
        let (events, (), (), latency) = tokio::try_join!(events, listed, described, latency)?;
        // Whatever else was read from an earlier connection may have changed meanwhile.
        let mut news: Vec<Change> =
            Part::ALL.into_iter().filter(|p| *p != Part::Containers).map(Change::Stale).collect();
        news.push(Change::Link(Link::Live { latency }));
        self.tell(news).await;
        Ok((engine, events))
    }

    /// Follows events until they end or the engine gives no sign of life.
    async fn stay(&self, engine: SharedEngine, mut events: Flow<Event>) -> EngineError {
        let mut changes = Changes::new(engine.clone());
        loop {
            tokio::select! {
                biased;
                event = events.next() => match event {
                    Some(Ok(event)) => {
                        let told = changes.take(event);
                        self.tell(told).await;
                    }
                    Some(Err(error)) => return error,
                    None => return ended(),
                },
                told = changes.next() => match told {
                    Ok(told) => self.tell(told).await,
                    Err(error) if error.is_link() => {
                        if let Err(error) = self.check(&engine).await {
                            return error;
                        }
                    }
                    Err(error) => tracing::warn!(%error, "a changed object could not be read"),
                },
                () = pulse(self.pulse) => if let Err(error) = self.check(&engine).await { return error },
                () = self.doubt.notified() => if let Err(error) = self.check(&engine).await { return error },
            }
        }
    }

    /// Asks for a sign of life; silence is shown as such before it counts as a loss.
    async fn check(&self, engine: &SharedEngine) -> Result<()> {
        let asked = (self.clock)();
        let latency = match timeout(PING, engine.ping()).await {
            Ok(answer) => answer?,
            Err(_) => {
                self.tell(vec![Change::Link(Link::Stale { since: asked })]).await;
                match timeout(PING * 2, engine.ping()).await {
                    Ok(answer) => answer?,
                    Err(_) => return Err(EngineError::Timeout { tried: "reach the engine".into(), after: PING * 3 }),
                }
            }
        };
        self.tell(vec![Change::Link(Link::Live { latency })]).await;
        Ok(())
    }
}

async fn pulse(every: Option<Duration>) {
    match every {
        Some(every) => sleep(every).await,
        None => std::future::pending().await,
    }
}

fn ended() -> EngineError {
    EngineError::Unreachable {
        tried: "follow the engine's events".into(),
        why: "it closed the connection".into(),
        hint: Some("it may have been stopped or restarted".into()),
    }
}
