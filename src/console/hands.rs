//! The app's hands: turns wishes into calls, streams and files, and brings back news. Decides nothing.

mod consoles;
mod reads;

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    task::{AbortHandle, JoinHandle},
};

use self::consoles::Consoles;
use crate::{
    app::{
        cmd::Cmd,
        jobs::JobId,
        msg::{Effect, Epoch, Msg},
        perform::perform,
    },
    backend::{
        EngineError, Reporter, SharedEngine,
        feed::{Clock, Connector, Feed},
    },
    model::{Change, ContainerId, Problem, endpoint::Endpoint},
};

/// News waiting to be taken; senders wait when it is full, so that a flood slows its source.
pub const INBOX: usize = 256;

/// A task that ends when it is no longer held.
pub(crate) struct Task(AbortHandle);

impl Task {
    fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(future).abort_handle())
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The engine of the present epoch, for whoever must wait until it is connected.
#[derive(Clone)]
pub(crate) struct Line {
    epoch: Epoch,
    engine: watch::Receiver<Option<SharedEngine>>,
    inbox: mpsc::Sender<Msg>,
    doubt: Arc<tokio::sync::Notify>,
}

impl Line {
    /// The engine, as soon as it is connected; `None` when the epoch is over.
    async fn engine(&mut self) -> Option<SharedEngine> {
        self.engine.wait_for(Option::is_some).await.ok()?.clone()
    }

    async fn tell(&self, msg: Msg) {
        // A closed inbox means that the program ends.
        drop(self.inbox.send(msg).await);
    }

    /// Notes that a call failed; where the connection is in doubt, the feed asks for a sign of life.
    fn problem(&self, error: &EngineError) -> Problem {
        if error.is_link() {
            self.doubt.notify_one();
        }
        tracing::warn!(%error);
        Problem::from(error)
    }
}

/// The app's hands.
pub struct Hands {
    inbox: mpsc::Sender<Msg>,
    connector: Arc<dyn Connector>,
    clock: Clock,
    feed: Option<(Feed, Task)>,
    line: Option<Line>,
    stats: HashMap<ContainerId, Task>,
    logs: HashMap<ContainerId, Task>,
    load: Option<Task>,
    reads: Vec<AbortHandle>,
    jobs: HashMap<JobId, AbortHandle>,
    consoles: Consoles,
}

impl Hands {
    /// Hands that bring news to this inbox.
    pub fn new(inbox: mpsc::Sender<Msg>, connector: Arc<dyn Connector>, clock: Clock) -> Self {
        Self {
            consoles: Consoles::new(inbox.clone()),
            inbox,
            connector,
            clock,
            feed: None,
            line: None,
            stats: HashMap::new(),
            logs: HashMap::new(),
            load: None,
            reads: Vec::new(),
            jobs: HashMap::new(),
        }
    }

    /// Does what concerns engines; gives back what does not.
    pub fn act(&mut self, effect: Effect) -> Option<Effect> {
        match effect {
            Effect::Connect(epoch, endpoint) => self.connect(epoch, endpoint),
            Effect::Retry => {
                if let Some((feed, _)) = &self.feed {
                    feed.retry_now();
                }
            }
            Effect::Load(_, part) => self.read(|line| reads::part(line, part)),
            Effect::Ask(_, ask) => self.read(|line| reads::answer(line, ask)),
            Effect::Stats(_, id, true) => {
                if let Some(line) = self.line.clone() {
                    self.stats.insert(id.clone(), Task::spawn(reads::stats(line, id)));
                }
            }
            Effect::Stats(_, id, false) => drop(self.stats.remove(&id)),
            Effect::Log(_, id, Some(tail)) => {
                if let Some(line) = self.line.clone() {
                    self.logs.insert(id.clone(), Task::spawn(reads::log(line, id, tail)));
                }
            }
            Effect::Log(_, id, None) => drop(self.logs.remove(&id)),
            Effect::HostLoad(_, on) => {
                self.load = self.line.clone().filter(|_| on).map(|line| Task::spawn(reads::host_load(line)));
            }
            Effect::Perform(id, cmd) => self.perform(id, cmd),
            Effect::Cancel(id) => {
                if let Some(job) = self.jobs.remove(&id) {
                    job.abort();
                }
            }
            Effect::OpenConsole(id, container, wire, size) => {
                if let Some(line) = self.line.clone() {
                    self.consoles.open(line, id, container, wire, size);
                }
            }
            Effect::TypeConsole(id, bytes) => self.consoles.type_into(id, bytes),
            Effect::ResizeConsole(id, size) => self.consoles.resize(id, size),
            Effect::CloseConsole(id) => self.consoles.close(id),
            Effect::Save(path, text) => {
                let inbox = self.inbox.clone();
                tokio::spawn(reads::save(inbox, path, text));
            }
            Effect::Probe(endpoint) => self.probe(endpoint),
            Effect::ProbePort(address) => {
                tokio::spawn(reads::probe_port(self.inbox.clone(), address));
            }
            other => return Some(other),
        }
        None
    }

    /// Leaves the old engine, however it is, and turns to another.
    fn connect(&mut self, epoch: Epoch, endpoint: Endpoint) {
        self.stats.clear();
        self.logs.clear();
        self.load = None;
        for read in self.reads.drain(..) {
            read.abort();
        }
        self.feed = None;
        let (news, told) = mpsc::channel(INBOX);
        let feed = Feed::start(endpoint, self.connector.clone(), news, self.clock.clone());
        self.line = Some(Line { epoch, engine: feed.engine(), inbox: self.inbox.clone(), doubt: feed.doubter() });
        let forward = Task::spawn(forward(epoch, told, self.inbox.clone()));
        self.feed = Some((feed, forward));
    }

    fn read<F: Future<Output = ()> + Send + 'static>(&mut self, task: impl FnOnce(Line) -> F) {
        let Some(line) = self.line.clone() else { return };
        self.reads.retain(|read| !read.is_finished());
        self.reads.push(tokio::spawn(task(line)).abort_handle());
    }

    fn perform(&mut self, id: JobId, cmd: Cmd) {
        let Some(line) = self.line.clone() else { return };
        self.jobs.retain(|_, job| !job.is_finished());
        let job = tokio::spawn(job(line, id, cmd));
        self.jobs.insert(id, job.abort_handle());
    }

    fn probe(&self, endpoint: Endpoint) {
        let (connector, inbox) = (self.connector.clone(), self.inbox.clone());
        tokio::spawn(reads::probe(connector, inbox, endpoint));
    }
}

async fn forward(epoch: Epoch, mut told: mpsc::Receiver<Vec<Change>>, inbox: mpsc::Sender<Msg>) {
    while let Some(changes) = told.recv().await {
        if inbox.send(Msg::Changes(epoch, changes)).await.is_err() {
            return;
        }
    }
}

/// How often a job's progress is brought back.
const PROGRESS: Duration = Duration::from_millis(100);

async fn job(mut line: Line, id: JobId, cmd: Cmd) {
    let Some(engine) = line.engine().await else { return };
    let (report, mut progress) = Reporter::new();
    let inbox = line.inbox.clone();
    let teller: JoinHandle<()> = tokio::spawn(async move {
        while progress.changed().await.is_ok() {
            let now = progress.borrow_and_update().clone();
            if inbox.send(Msg::Progress(id, now)).await.is_err() {
                return;
            }
            tokio::time::sleep(PROGRESS).await;
        }
    });
    let teller = Task(teller.abort_handle());
    let result = perform(engine.as_ref(), &cmd, &report).await.map_err(|error| line.problem(&error));
    drop(teller);
    line.tell(Msg::Done(id, result)).await;
}
