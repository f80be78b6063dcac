//! Keeps a store true: connects, lists once, then follows events with one inspect per changed object; on loss
//! it retries and resyncs. Knows neither the store nor the screen; it only tells [`Change`]s.

mod effects;
mod live;
mod pending;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::{
    sync::{Notify, mpsc, watch},
    task::JoinHandle,
    time::sleep,
};

use self::live::{Ended, Live};
use super::{Result, SharedEngine, backoff::Backoff};
use crate::model::{Change, Link, Problem, endpoint::Endpoint};

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

/// Silence after which an engine on another machine is pinged; a local one is only asked when in doubt, for its
/// socket tells at once when it breaks.
const PING_EVERY: Duration = Duration::from_secs(30);

impl Feed {
    /// Starts following an endpoint.
    pub fn start(endpoint: Endpoint, connector: Arc<dyn Connector>, news: News, clock: Clock) -> Self {
        let (nudge, doubt) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (sender, engine) = watch::channel(None);
        let follower =
            Follower { endpoint, connector, news, clock, nudge: nudge.clone(), doubt: doubt.clone(), engine: sender };
        Self { task: tokio::spawn(follower.run()), nudge, doubt, engine }
    }

    /// Tries a lost engine at once.
    pub fn retry_now(&self) {
        self.nudge.notify_one();
    }

    /// Notify this when a call failed for want of a connection: the engine is asked for a sign of life.
    pub fn doubter(&self) -> Arc<Notify> {
        self.doubt.clone()
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
}

/// Nobody takes the news any more.
#[derive(Debug)]
struct NobodyListens;

impl Follower {
    /// Connects, follows and, after each loss, waits; ends when nobody listens.
    async fn run(self) {
        let seed =
            self.endpoint.name.bytes().fold(u64::from(std::process::id()), |s, b| s.rotate_left(8) ^ u64::from(b));
        let mut backoff = Backoff::new(seed);
        let mut again = false;
        loop {
            let ended = match self.connector.connect(&self.endpoint).await {
                Ok(engine) => {
                    self.engine.send_replace(Some(engine.clone()));
                    Live::new(&self, engine, again).run(&mut backoff).await
                }
                Err(error) => Ended::Lost(Problem::from(&error)),
            };
            self.engine.send_replace(None);
            again = true;
            let Ended::Lost(problem) = ended else {
                return;
            };
            if self.wait(problem, backoff.next_delay()).await.is_err() {
                return;
            }
        }
    }

    /// Says that the engine is lost; waits for the next attempt, or the wish to make it now.
    async fn wait(&self, problem: Problem, delay: Duration) -> std::result::Result<(), NobodyListens> {
        tracing::warn!(endpoint = self.endpoint.name, problem = problem.sentence, "lost");
        let retry_at = (self.clock)() + TimeDelta::from_std(delay).unwrap_or(TimeDelta::MAX);
        self.tell(vec![Change::Link(Link::Lost { problem, retry_at })]).await?;
        tokio::select! {
            () = sleep(delay) => Ok(()),
            () = self.nudge.notified() => self.tell(vec![Change::Link(Link::Connecting)]).await,
        }
    }

    async fn tell(&self, changes: Vec<Change>) -> std::result::Result<(), NobodyListens> {
        if changes.is_empty() {
            return Ok(());
        }
        self.news.send(changes).await.map_err(|_| NobodyListens)
    }
}
