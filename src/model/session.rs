//! Sessions: the processes that one start inside a container brought about. Knows neither /proc nor HCS.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Bytes, ContainerId, SessionId};

/// The processes that one start inside a container brought about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Session {
    /// The exec's id, or the container's for the main session.
    pub id: SessionId,
    /// Whose.
    pub container: ContainerId,
    /// The container's name, for people.
    pub container_name: String,
    /// What started it.
    pub kind: SessionKind,
    /// The POSIX or Windows session id on the host, where it can be told.
    pub host_session: Option<u32>,
    /// The user of its leader.
    pub user: String,
    /// The leader's command line.
    pub command: String,
    /// Its processes, leader first, each after its parent.
    pub processes: Vec<Process>,
    /// Whether it has a terminal, where it can be told.
    pub tty: Option<bool>,
    /// When its leader started, where it can be told.
    pub started: Option<DateTime<Utc>>,
}

impl Session {
    /// The process that started first.
    pub fn leader(&self) -> Option<&Process> {
        self.processes.first()
    }

    /// Percent of one processor that its processes use together.
    pub fn cpu_percent(&self) -> Option<f64> {
        self.processes.iter().filter_map(|p| p.cpu_percent).reduce(|a, b| a + b)
    }

    /// Resident memory of its processes together.
    pub fn memory(&self) -> Option<Bytes> {
        self.processes.iter().filter_map(|p| p.memory).reduce(|a, b| a + b)
    }
}

/// What started a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionKind {
    /// The container's entry point.
    Main,
    /// An exec.
    Exec,
}

impl SessionKind {
    /// The word on screen.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Exec => "exec",
        }
    }
}

/// One process of a container.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Process {
    /// Its id on the host.
    pub pid: u32,
    /// Its parent's id on the host.
    pub parent: u32,
    /// Its id inside the container, where it can be told.
    pub inner: Option<u32>,
    /// Its user.
    pub user: String,
    /// Its command line.
    pub command: String,
    /// Percent of one processor, where it can be told.
    pub cpu_percent: Option<f64>,
    /// Resident memory, where it can be told.
    pub memory: Option<Bytes>,
    /// Threads, where it can be told.
    pub threads: Option<u32>,
    /// Its terminal (`pts/0`), `?` for none.
    pub tty: String,
    /// Processor time it has used, as the engine prints it.
    pub time: String,
    /// Steps below the leader, for drawing the tree.
    pub depth: usize,
}

/// What to run in a running container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ExecSpec {
    /// Program and arguments.
    pub command: Vec<String>,
    /// `user[:group]`; the container's when empty.
    pub user: Option<String>,
    /// Working directory.
    pub workdir: Option<String>,
    /// `KEY=value`.
    pub env: Vec<String>,
    /// Whether it gets a terminal.
    pub tty: bool,
    /// Whether it may do everything the host can.
    pub privileged: bool,
}
