//! The real engines of `scripts/test-engines.sh`: where they are, and containers in them that go away
//! with the test. Knows nothing of longshore, so that a test's view of the truth is the docker client's.
//!
//! Every way in is an `Option`: without an engine a test says `SKIPPED` and returns. Under
//! `LONGSHORE_CI=1` a missing engine is a failure instead, because a skip nobody reads hides a bug.

#![allow(dead_code, reason = "each test binary compiles this module and uses the part it needs")]

use std::env;
use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

/// Image of every test container: one layer, a shell and busybox's applets.
pub(crate) const IMAGE: &str = "longshore/busybox:1";
/// [`IMAGE`] with one more layer on top.
pub(crate) const IMAGE_ON_TOP: &str = "longshore/busybox:2";
/// Six layers of 2 MiB above [`IMAGE`]'s, to be pulled from [`registry`]; in no engine at first.
pub(crate) const IMAGE_IN_REGISTRY: &str = "longshore/layers:1";

/// The dockerd with default bridge and firewall rules, reached through its socket.
pub(crate) fn docker() -> Option<Docker> {
    variable("LONGSHORE_TEST_DOCKER", "Docker engine").map(Docker::at)
}

/// The dockerd that asks for a client certificate.
pub(crate) fn tls() -> Option<Tls> {
    let what = "Docker engine behind TLS";
    Some(Tls {
        address: variable("LONGSHORE_TEST_TLS_HOST", what)?,
        certificates: variable("LONGSHORE_TEST_TLS_DIR", what)?.into(),
        stranger: variable("LONGSHORE_TEST_TLS_STRANGER_DIR", what)?.into(),
    })
}

/// The way to [`docker`]'s engine through an sshd.
pub(crate) fn ssh() -> Option<Ssh> {
    let what = "Docker engine behind SSH";
    Some(Ssh {
        address: variable("LONGSHORE_TEST_SSH", what)?,
        config: variable("LONGSHORE_TEST_SSH_CONFIG", what)?.into(),
    })
}

/// `host:port` of a registry without TLS and login; it holds the three images above.
pub(crate) fn registry() -> Option<String> {
    variable("LONGSHORE_TEST_REGISTRY", "registry")
}

/// A dockerd of this test's own, which may be killed. Needs what [`docker`] needs.
pub(crate) fn scratch() -> Option<Scratch> {
    docker().map(|_| Scratch::start())
}

fn variable(name: &str, what: &str) -> Option<String> {
    if let Ok(value) = env::var(name)
        && !value.is_empty()
    {
        return Some(value);
    }
    let message = format!("SKIPPED: no {what} (run scripts/test-engines.sh up)");
    assert!(
        env::var("LONGSHORE_CI").as_deref() != Ok("1"),
        "{message}, and LONGSHORE_CI=1 forbids to skip: {name} is not set"
    );
    // Straight to the stream: the test harness swallows what `eprintln!` says in a passing test.
    let _ = writeln!(io::stderr(), "{message}");
    None
}

/// An engine that the docker client reaches without further options.
#[derive(Debug)]
pub(crate) struct Docker {
    address: String,
}

impl Docker {
    fn at(address: String) -> Self {
        Self { address }
    }

    /// As `DOCKER_HOST` and `longshore -H` take it: `unix:///…`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The docker client, aimed at this engine and free of the user's contexts and settings.
    pub(crate) fn client(&self) -> Command {
        let mut client = Command::new("docker");
        for name in ["DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"] {
            client.env_remove(name);
        }
        client.env("DOCKER_HOST", &self.address);
        client
    }

    /// What `docker ARGUMENTS` prints, without the newline at the end. Panics with its stderr.
    pub(crate) fn cli<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> String {
        output_of(self.client().args(arguments))
    }

    /// Starts `docker run --detach OPTIONS IMAGE COMMAND` under a name that begins with `test`.
    pub(crate) fn run(&self, test: &str, options: &[&str], command: &[&str]) -> Container {
        self.container("run", &["--detach"], test, options, command)
    }

    /// Creates a container without starting it; otherwise like [`Docker::run`].
    pub(crate) fn create(&self, test: &str, options: &[&str], command: &[&str]) -> Container {
        self.container("create", &[], test, options, command)
    }

    fn container(&self, verb: &str, mode: &[&str], test: &str, options: &[&str], command: &[&str]) -> Container {
        // Made before the client runs: what a failing `docker run` leaves behind is removed as well.
        let mut container = Container { engine: Self::at(self.address.clone()), name: unique(test), id: String::new() };
        let mut arguments = vec![verb];
        arguments.extend(mode);
        arguments.extend(["--name", &container.name]);
        arguments.extend(options);
        arguments.push(IMAGE);
        arguments.extend(command);
        container.id = self.cli(arguments);
        container
    }
}

/// A container of one test; removed with its anonymous volumes when dropped, also by a panic.
#[derive(Debug)]
pub(crate) struct Container {
    engine: Docker,
    name: String,
    id: String,
}

impl Container {
    /// Unique among all tests and runs.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// All 64 hexadecimal digits.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// `docker inspect --format FORMAT`, for example `{{.State.Status}}`.
    pub(crate) fn inspect(&self, format: &str) -> String {
        self.engine.cli(["container", "inspect", "--format", format, &self.name])
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // The test may have given it another name.
        let which = if self.id.is_empty() { &self.name } else { &self.id };
        // It may have removed it, or killed its engine: both are fine here.
        let _ = self.engine.client().args(["rm", "--force", "--volumes", which]).output();
    }
}

/// An engine behind mutual TLS.
#[derive(Debug)]
pub(crate) struct Tls {
    /// `tcp://127.0.0.1:PORT`; the server's certificate names 127.0.0.1 and localhost.
    pub(crate) address: String,
    /// Holds `ca.pem`, `cert.pem` and `key.pem`, as `DOCKER_CERT_PATH` wants them.
    pub(crate) certificates: PathBuf,
    /// The same three from another authority: the engine must refuse them, and they the engine.
    pub(crate) stranger: PathBuf,
}

/// An engine behind SSH, on whose side `docker system dial-stdio` finds it.
#[derive(Debug)]
pub(crate) struct Ssh {
    /// `ssh://root@127.0.0.1:PORT`.
    pub(crate) address: String,
    /// For `ssh -F`: key, known hosts and port.
    pub(crate) config: PathBuf,
}

/// A dockerd of one test, without a bridge; ended and wiped when dropped.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: PathBuf,
    docker: Docker,
}

impl Scratch {
    fn start() -> Self {
        // Short: a socket's path may have 107 bytes, and containerd puts some of its own below.
        let folder = env::temp_dir().join(unique("ls"));
        let address = format!("unix://{}/docker.sock", folder.display());
        let scratch = Self { folder, docker: Docker::at(address) };
        scratch.restart();
        scratch
    }

    /// The engine, as long as it runs.
    pub(crate) fn docker(&self) -> &Docker {
        &self.docker
    }

    /// Ends the dockerd with SIGKILL, as a crash or the kernel's out-of-memory killer would.
    #[cfg(unix)]
    pub(crate) fn kill(&self) {
        self.signal("KILL");
        // The signal is on its way when `kill` returns; the engine is gone when nobody accepts any more.
        let begun = std::time::Instant::now();
        while std::os::unix::net::UnixStream::connect(self.folder.join("docker.sock")).is_ok() {
            assert!(begun.elapsed() < std::time::Duration::from_secs(60), "a killed dockerd still accepts");
            std::thread::yield_now();
        }
    }

    /// Sends the dockerd a signal by its name without `SIG`, such as `STOP` and `CONT`.
    pub(crate) fn signal(&self, name: &str) {
        let file = self.folder.join("dockerd.pid");
        let process =
            std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("cannot read {}: {error}", file.display()));
        output_of(Command::new("kill").args([&format!("-{name}"), process.trim()]));
    }

    /// Starts the dockerd again on the same data; returns when it answers.
    pub(crate) fn restart(&self) {
        output_of(script().arg("scratch").arg(&self.folder));
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let down = script().arg("scratch-down").arg(&self.folder).output();
        if !matches!(&down, Ok(output) if output.status.success()) {
            // No panic: the test may be panicking already.
            eprintln!("cannot end the dockerd in {}: {down:?}", self.folder.display());
        }
    }
}

fn script() -> Command {
    Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/test-engines.sh"))
}

/// A name no other test, process or earlier run has: `test-PROCESS-NANOSECONDS`.
pub(crate) fn unique(test: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_nanos());
    format!("{test}-{}-{now}", std::process::id())
}

/// Runs to the end and returns stdout, trimmed at the end; panics with stderr if that fails.
pub(crate) fn output_of(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?} ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}
