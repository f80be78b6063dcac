//! A data root and a world of stand-ins of one test's own, and `longshore.exe` on them. Knows no single test.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::Once,
    time::{Duration, Instant},
};

use serde_json::Value;

/// The folder that stand-ins in all processes share; see `tests/standin/share`.
const WORLD: &str = "LONGSHORE_STANDIN_WORLD";
/// How long anything may take that should happen soon; only a broken engine needs it all.
const PATIENCE: Duration = Duration::from_secs(60);

static PUBLISHED: Once = Once::new();

/// What one test has.
pub(crate) struct Ship {
    room: tempfile::TempDir,
    registry: String,
}

impl Ship {
    /// `None`, with the reason said, where no stand-ins and no registry are named.
    pub(crate) fn new() -> Option<Self> {
        let (Ok(registry), Ok(_)) = (env::var("LONGSHORE_TEST_REGISTRY"), env::var("LONGSHORE_TEST_DLLS")) else {
            let message = "SKIPPED: no registry or no stand-ins (run scripts/windows/test.sh)";
            assert!(env::var("LONGSHORE_CI").as_deref() != Ok("1"), "{message}, and LONGSHORE_CI=1 forbids to skip");
            let _ = writeln!(std::io::stderr(), "{message}");
            return None;
        };
        PUBLISHED.call_once(|| super::windows_images::publish(&registry));
        let ship = Self { room: tempfile::tempdir().unwrap(), registry };
        for folder in [ship.world(), ship.home()] {
            fs::create_dir_all(folder).unwrap();
        }
        Some(ship)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.room.path().join("data")
    }

    fn world(&self) -> PathBuf {
        self.room.path().join("world")
    }

    fn home(&self) -> PathBuf {
        self.room.path().join("home")
    }

    /// The image that tests run, in the registry.
    pub(crate) fn image(&self) -> String {
        format!("{}/longshore/busybox:1", self.registry)
    }

    /// The same and one layer more.
    pub(crate) fn image_on_top(&self) -> String {
        format!("{}/longshore/busybox:2", self.registry)
    }

    /// One that is built for a later Windows.
    pub(crate) fn newer_image(&self) -> String {
        format!("{}/longshore/newer:1", self.registry)
    }

    /// A file of the host; gives its path.
    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        let path = self.home().join(name);
        fs::write(&path, content).unwrap();
        path.to_string_lossy().into_owned()
    }

    /// The program with these arguments, on the engine aboard.
    pub(crate) fn longshore(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_longshore"));
        command.args(["-H", "embedded:", "--data-root"]).arg(self.data()).args(arguments);
        command.env(WORLD, self.world()).env("DOCKER_CONFIG", self.home());
        command.env("LONGSHORE_CONFIG_DIR", self.home()).env("LONGSHORE_STATE_DIR", self.home());
        command
    }

    /// What it prints, without the end of the last line. It must succeed.
    pub(crate) fn says(&self, arguments: &[&str]) -> String {
        let done = self.ends(arguments, "");
        assert!(done.status.success(), "{arguments:?}: {done:?}");
        text(&done.stdout).trim_end().to_owned()
    }

    /// Its code, and what it prints on both outputs, once it has ended.
    pub(crate) fn ends(&self, arguments: &[&str], input: &str) -> Output {
        finished(self.begins(arguments, input))
    }

    /// The program once it is started, with all that it is to read.
    pub(crate) fn begins(&self, arguments: &[&str], input: &str) -> Child {
        let mut command = self.longshore(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Who reads no input closes it early, and that is fine.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child
    }

    /// Why it fails.
    pub(crate) fn refuses(&self, arguments: &[&str]) -> String {
        let done = self.ends(arguments, "");
        assert!(!done.status.success(), "{arguments:?}: {done:?}");
        text(&done.stderr)
    }

    /// A list as it is printed for programs.
    pub(crate) fn list(&self, verb: &str) -> Vec<Value> {
        let text = self.says(&[verb, "--json"]);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{verb} --json: {error}: {text}"))
    }

    /// Looks until something is there.
    pub(crate) fn comes<T>(&self, what: &str, look: impl Fn(&Self) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "{what} does not come");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// What Windows' services have of containers, as their stand-ins share it.
    pub(crate) fn made(&self) -> Vec<String> {
        let read = |name: &str| -> Value {
            let bytes = fs::read(self.world().join(name)).unwrap_or_default();
            serde_json::from_slice(&bytes).unwrap_or_default()
        };
        let systems = read("compute.json").get("systems").and_then(Value::as_object).cloned().unwrap_or_default();
        let systems = systems.keys().map(|id| format!("container {id}"));
        let objects = read("network.json").as_array().cloned().unwrap_or_default();
        let kinds = objects.iter().filter_map(|object| object.pointer("/0/0")?.as_str().map(str::to_owned));
        // The one network belongs to the host.
        systems.chain(kinds.filter(|kind| kind != "Network")).collect()
    }

    /// What was done, in any process, that Windows does not forgive.
    pub(crate) fn faults(&self) -> String {
        fs::read_to_string(self.world().join("faults.txt")).unwrap_or_default()
    }

    /// Names in a folder of the data root.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.data().join(Path::new(folder))).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }
}

impl Drop for Ship {
    /// Monitors end with their containers, also when a test has failed.
    fn drop(&mut self) {
        let listed = self.longshore(&["ps", "--json"]).output().map(|done| done.stdout).unwrap_or_default();
        let all: Vec<Value> = serde_json::from_slice(&listed).unwrap_or_default();
        for id in all.iter().filter_map(|container| container["id"].as_str()) {
            let _ = self.longshore(&["rm", "--force", "--volumes", id]).output();
        }
    }
}

/// Waits, for so long at most: a monitor that has kept an output open would be waited for until it ends.
fn finished(child: Child) -> Output {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || tell.send(child.wait_with_output()));
    told.recv_timeout(PATIENCE).expect("the program ends, and its outputs with it").unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
