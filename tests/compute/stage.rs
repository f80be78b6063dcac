//! A container on the real kernel for a test: a root of busybox alone, its own data root, its monitor from this build.
//! Knows no image store.

use std::{
    env, fs,
    future::Future,
    io::{self, Write},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use chrono::Utc;
use longshore::{
    model::{ContainerId, ContainerSpec, ImageId, LogOptions, SessionId, State, Stream},
    runtime::{
        db::Db,
        document::{NetworkPlan, Order, Process},
        host::{Compute as _, Started},
        layout::Layout,
        linux::compute::Compute,
        monitor::{client::Session, log},
        records::container::{self, Record, Settled},
    },
};

/// Longer than anything here takes on a busy host.
const PATIENCE: Duration = Duration::from_secs(30);
/// The only program of a test's root.
const BUSYBOX: &str = "/bin/busybox";

/// Where containers of a test live; gone with it, and with them whatever it has left.
pub(crate) struct Stage {
    folder: tempfile::TempDir,
    pub(crate) layout: Layout,
    pub(crate) compute: Compute,
    pub(crate) db: Db,
    layer: PathBuf,
    ids: std::sync::Mutex<Vec<ContainerId>>,
}

/// A container that was made and can be started.
pub(crate) struct Box_<'a> {
    stage: &'a Stage,
    pub(crate) id: ContainerId,
    pub(crate) folder: PathBuf,
}

/// A stage, where this process may have one.
pub(crate) fn stage() -> Option<Stage> {
    let missing = if !rustix::process::geteuid().is_root() {
        "root's rights"
    } else if !Path::new(BUSYBOX).exists() {
        "a static /bin/busybox (apt-get install busybox-static)"
    } else {
        return Some(Stage::new());
    };
    assert!(env::var("LONGSHORE_CI").as_deref() != Ok("1"), "no {missing}, and LONGSHORE_CI=1 forbids to skip");
    // Straight to the stream: the test harness swallows what `eprintln!` says in a passing test.
    let _ = writeln!(io::stderr(), "SKIPPED: no {missing}");
    None
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("longshore-compute-").tempdir().unwrap();
        let layer = folder.path().join("layer");
        for name in ["bin", "etc", "tmp", "root", "dev", "proc", "sys"] {
            fs::create_dir_all(layer.join(name)).unwrap();
        }
        fs::copy(BUSYBOX, layer.join("bin/busybox")).unwrap();
        for applet in APPLETS {
            symlink("busybox", layer.join("bin").join(applet)).unwrap();
        }
        fs::write(layer.join("etc/passwd"), "root:x:0:0::/root:/bin/sh\nweb:x:33:33::/tmp:/bin/sh\n").unwrap();
        fs::write(layer.join("etc/group"), "root:x:0:\nweb:x:33:\nlogs:x:44:web\n").unwrap();
        let layout = Layout::at(&folder.path().join("data"));
        let db = Db::open(&layout).unwrap();
        let compute = Compute::with_program(env!("CARGO_BIN_EXE_longshore").into());
        Self { folder, layout, compute, db, layer, ids: Vec::new().into() }
    }

    /// Builds a program that needs nothing of a C library, for containers to run as `path`.
    pub(crate) fn build(&self, path: &str, source: &str, flags: &[&str]) {
        let (program, file) = (self.layer.join(path), self.folder.path().join("program.c"));
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        fs::write(&file, source).unwrap();
        let mut cc = Command::new("cc");
        cc.args(["-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-O1"]).args(flags);
        assert!(cc.arg("-o").arg(program).arg(file).status().unwrap().success(), "a C compiler is there, as for Rust");
    }

    /// Puts a file into the root of containers to come.
    pub(crate) fn put(&self, path: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt;
        let file = self.layer.join(path);
        fs::write(&file, text).unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Puts a link there.
    pub(crate) fn link(&self, path: &str, to: &str) {
        symlink(to, self.layer.join(path)).unwrap();
    }

    /// Makes a container that runs this line of shell.
    pub(crate) fn container(&self, line: &str, change: impl FnOnce(&mut Order)) -> Box_<'_> {
        let process = Process { args: vec!["sh".into(), "-c".into(), line.into()], ..Process::default() };
        let mut record = Record::new(
            "test",
            ImageId::new("sha256:0"),
            None,
            ContainerSpec { image: "busybox".into(), ..ContainerSpec::default() },
            Settled { process: process.clone(), ..Settled::default() },
            Utc::now(),
        );
        record.name = format!("test-{}", record.id.short());
        let mut order = Order {
            id: record.id.clone(),
            name: record.name.clone(),
            spec: record.spec.clone(),
            process,
            health: None,
            stop_signal: 15,
            mounts: Vec::new(),
            layers: vec![self.layer.clone()],
            network: NetworkPlan::None,
            data: self.layout.data.clone(),
            log: (1 << 20, 2),
        };
        change(&mut order);
        record.spec = order.spec.clone();
        record.settled.health.clone_from(&order.health);
        let id = order.id.clone();
        self.db.change("make it", |t| container::insert(t, &record)).unwrap();
        let folder = self.layout.running(&id);
        fs::create_dir_all(&folder).unwrap();
        fs::create_dir_all(self.layout.container(&id)).unwrap();
        fs::write(folder.join("order.json"), serde_json::to_vec(&order).unwrap()).unwrap();
        self.ids.lock().unwrap().push(id.clone());
        Box_ { stage: self, id, folder }
    }

    /// What of the host's names this stage's containers: cgroups and mounts.
    pub(crate) fn left(&self) -> Vec<String> {
        let mut left: Vec<String> = Vec::new();
        for id in self.ids.lock().unwrap().iter() {
            for tree in fs::read_dir("/sys/fs/cgroup").unwrap().flatten() {
                let cgroup = tree.path().join("longshore").join(id.as_str());
                left.extend(cgroup.exists().then(|| cgroup.display().to_string()));
            }
        }
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        let own = self.folder.path().to_str().unwrap();
        left.extend(mounts.lines().filter(|line| line.contains(own)).map(str::to_owned));
        left
    }

    /// Fails when anything of its containers is left.
    pub(crate) fn assert_clean(&self) {
        // A monitor goes a moment after its container's end is told.
        let running = || fs::read_dir(self.layout.run.join("containers")).into_iter().flatten().count();
        wait_until("everything is taken away", || self.left().is_empty() && running() == 0);
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for id in self.ids.get_mut().unwrap().iter() {
            let folder = self.layout.running(id);
            if folder.exists() {
                let _ = self.compute.forget(&folder);
                let _ = self.compute.kill(&folder, 9);
                let begun = Instant::now();
                while self.compute.is_watched(&folder) && begun.elapsed() < PATIENCE {
                    std::thread::park_timeout(Duration::from_millis(10));
                }
                let _ = self.compute.bury(&folder);
            }
        }
    }
}

impl Box_<'_> {
    pub(crate) fn start(&self) -> u32 {
        self.stage.compute.start(&self.folder).unwrap()
    }

    /// Starts it attached; what it prints on both streams, and its code.
    pub(crate) async fn run(&self) -> (String, String, Option<i32>) {
        let started = self.stage.compute.start_attached(&self.folder).unwrap();
        finish(started).await
    }

    /// Runs this line of shell in it.
    pub(crate) async fn exec(&self, line: &str, change: impl FnOnce(&mut Process)) -> (String, String, Option<i32>) {
        let mut process = Process { args: vec!["sh".into(), "-c".into(), line.into()], ..Process::default() };
        change(&mut process);
        finish(self.begin(&process)).await
    }

    pub(crate) fn begin(&self, process: &Process) -> Started {
        let id = SessionId::new(format!("{:x}", Utc::now().timestamp_nanos_opt().unwrap()));
        self.stage.compute.exec(&self.folder, &id, process).unwrap()
    }

    pub(crate) async fn attach(&self, from: u64) -> Session {
        Session::attach(self.stage.compute.attach(&self.folder).unwrap(), from).await.unwrap()
    }

    pub(crate) fn record(&self) -> Record {
        self.stage.db.look(|c| container::get(c, &self.id)).unwrap()
    }

    pub(crate) fn wait_for(&self, state: State) {
        wait_until(&format!("it is {state}"), || self.record().state == state);
    }

    pub(crate) fn kill(&self, signal: i32) {
        self.stage.compute.kill(&self.folder, signal).unwrap();
    }

    pub(crate) fn log(&self) -> Vec<(Stream, String)> {
        let options = LogOptions { tail: None, since: None, follow: false };
        let folder = self.stage.layout.container(&self.id).join("log");
        let mut reader = log::Reader::open(&folder, options, None).unwrap();
        let mut all = Vec::new();
        loop {
            let lines = reader.read().unwrap();
            if lines.is_empty() {
                return all;
            }
            all.extend(lines.into_iter().map(|line| (line.stream, line.text)));
        }
    }

    /// The process id of its monitor.
    pub(crate) fn monitor(&self) -> u32 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.record().alive.unwrap().pid)).unwrap();
        stat.rsplit_once(')').unwrap().1.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

/// What a process prints on both streams until it ends, and its code.
async fn finish(started: Started) -> (String, String, Option<i32>) {
    let mut session = Session::attach(started.line, 0).await.unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    while let Some((stream, bytes)) = in_time("the process goes on", session.output.next()).await {
        if stream == Stream::Out { out.extend(bytes) } else { err.extend(bytes) }
    }
    let code = in_time("the process ends", session.control.exit_code()).await;
    (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap(), code)
}

pub(crate) async fn in_time<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("waited in vain until {what}"))
}

pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

const APPLETS: [&str; 26] = [
    "sh", "cat", "echo", "sleep", "true", "false", "id", "grep", "stty", "tty", "ls", "kill", "head", "tail", "dd",
    "env", "pwd", "hostname", "mount", "mkdir", "test", "yes", "unshare", "ps", "seq", "touch",
];
