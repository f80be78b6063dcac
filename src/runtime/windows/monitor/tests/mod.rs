//! Monitors against the stand-in of the host compute service, each in a thread of this process, over disks and networks
//! that count.

mod ends;
mod failures;
mod ground;
mod life;

use std::{
    fs,
    io::{BufReader, PipeReader},
    path::{Path, PathBuf},
    sync::Arc,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use ground::Ground;

use super::{exec, main_process};
use crate::{
    model::{SessionId, State},
    runtime::{
        Result,
        db::Db,
        document::{NetworkPlan, Order, Process, StopOrder, hcs::owner},
        host::{Compute as _, Line},
        layout::Layout,
        monitor::{
            client::Session,
            folder::{self, write_process},
            report::Report,
        },
        records::{container, container::Record, event, fixtures},
        windows::{
            compute::Compute,
            hands::Hands,
            hcs::tests::{SOON, World},
        },
    },
};

/// An engine with one container.
struct Stage {
    world: World,
    ground: Arc<Ground>,
    hands: Hands,
    compute: Compute,
    layout: Layout,
    order: Order,
    _folder: tempfile::TempDir,
}

/// A monitor in its thread.
struct Monitor {
    report: BufReader<PipeReader>,
    thread: JoinHandle<Result<()>>,
}

impl Stage {
    /// With a container whose process is this, by the stand-in's own words.
    fn new(line: &str) -> Self {
        Self::with(line, |_| {})
    }

    fn with(line: &str, change: impl FnOnce(&mut Record)) -> Self {
        let (folder, db) = fixtures::db();
        let (world, ground) = (World::new(), Arc::new(Ground::default()));
        let layout = Layout::at(folder.path());
        let hands = Hands {
            owner: owner(&layout.data),
            hcs: world.hcs.clone(),
            storage: ground.clone(),
            mounts: ground.clone(),
            files: ground.clone(),
            network: ground.clone(),
            meters: ground.clone(),
            firewall: ground.clone(),
        };
        let mut record = fixtures::container("web");
        record.settled.process = process(line);
        change(&mut record);
        fixtures::insert(&db, &[&record]);
        let compute = Compute::new(hands.clone(), PathBuf::from("none"));
        let order = order(&record, &layout);
        let stage = Self { world, ground, hands, compute, layout, order, _folder: folder };
        stage.prepare();
        stage
    }

    /// Writes the order down, as the start of a container does.
    fn prepare(&self) {
        fs::create_dir_all(self.folder()).unwrap();
        fs::write(self.folder().join("order.json"), serde_json::to_vec(&self.order).unwrap()).unwrap();
    }

    fn folder(&self) -> PathBuf {
        self.layout.running(&self.order.id)
    }

    fn db(&self) -> Db {
        Db::open(&self.layout).unwrap()
    }

    fn record(&self) -> Record {
        fixtures::read(&self.db(), |c| container::get(c, &self.order.id))
    }

    fn actions(&self) -> Vec<String> {
        fixtures::read(&self.db(), |c| event::after(c, 0, 99)).into_iter().map(|(_, event)| event.action).collect()
    }

    /// Starts a monitor.
    fn monitor(&self, attached: bool) -> Monitor {
        let (hands, folder) = (self.hands.clone(), self.folder());
        monitor(move |mut report| async move { main_process::run(hands, &folder, attached, &mut report, || {}).await })
    }

    /// Starts one, and the container with it.
    fn running(&self) -> (Monitor, u32) {
        let mut monitor = self.monitor(false);
        let pid = monitor.started().unwrap();
        (monitor, pid)
    }

    /// Starts the monitor of an exec.
    fn exec(&self, name: &str, process: &Process) -> (Monitor, SessionId) {
        let id = SessionId::new(name);
        let session = folder::exec(&self.folder(), &id);
        write_process(&session, process).unwrap();
        let hands = self.hands.clone();
        let run = move |mut report| async move { exec::run(hands, &session, true, &mut report, || {}).await };
        (monitor(run), id)
    }

    /// Waits until the database says so.
    fn comes_to(&self, wanted: impl Fn(&Record) -> bool) -> Record {
        comes(|| Some(self.record()).filter(&wanted))
    }

    /// Nothing is left of any run.
    fn is_clear(&self) {
        self.world.is_empty();
        assert_eq!(self.ground.made(), [""; 0], "what was made is still there");
        assert!(!self.compute.is_watched(&self.folder()));
        assert!(!self.folder().exists() && !folder::aside(&self.folder()).exists());
    }
}

impl Monitor {
    fn started(&mut self) -> Result<u32> {
        Report::hear(&mut self.report, "start it")
    }

    fn listens(&mut self) {
        assert_eq!(Report::next(&mut self.report, "start it").unwrap(), Report::Listening);
    }

    fn ended(self) -> Result<()> {
        comes(|| self.thread.is_finished().then_some(()));
        self.thread.join().unwrap()
    }
}

fn monitor<F: Future<Output = Result<()>>>(run: impl FnOnce(std::io::PipeWriter) -> F + Send + 'static) -> Monitor {
    let (report, say) = std::io::pipe().unwrap();
    let thread = std::thread::spawn(move || {
        let mut again = say.try_clone().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let ran = runtime.block_on(run(say));
        if let Err(error) = &ran {
            Report::of(error).say(&mut again);
        }
        ran
    });
    Monitor { report: BufReader::new(report), thread }
}

/// Looks until something is there.
fn comes<T>(look: impl Fn() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < SOON, "it does not come");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

fn process(line: &str) -> Process {
    Process { args: line.split(' ').map(String::from).collect(), stdin: true, ..Process::default() }
}

fn order(record: &Record, layout: &Layout) -> Order {
    Order {
        id: record.id.clone(),
        name: record.name.clone(),
        spec: record.spec.clone(),
        process: record.settled.process.clone(),
        health: record.settled.health.clone(),
        stop_signal: 15,
        mounts: Vec::new(),
        layers: vec![PathBuf::from("C:\\ls\\layers\\a1")],
        network: NetworkPlan::None,
        data: layout.data.clone(),
        log: (1 << 20, 1),
    }
}

async fn attached(line: Line) -> Session {
    Session::attach(line, 0).await.unwrap()
}

/// What is printed until the end, or until so many bytes are there.
async fn printed(session: &mut Session, most: usize) -> String {
    let mut text = Vec::new();
    while text.len() < most
        && let Some((_, bytes)) = tokio::time::timeout(SOON, session.output.next()).await.unwrap()
    {
        text.extend(bytes);
    }
    String::from_utf8(text).unwrap()
}

/// What is in the log's files.
fn log(layout: &Layout, order: &Order) -> String {
    let folder = layout.container(&order.id).join("log");
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    fs::read_dir(folder).unwrap().map(|entry| read(&entry.unwrap().path())).collect()
}

fn exited(code: i64) -> impl Fn(&Record) -> bool {
    move |record| record.state == State::Exited(code)
}
