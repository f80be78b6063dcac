//! A container: what it is, what state it is in and what it may use. Knows no engine's spelling.

use std::{collections::BTreeMap, fmt, time::Duration};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Bytes, ContainerId, HasId, ImageId, Mount, NetworkId, PortMapping, Refusal, Verb, verb::foreign};

/// One container as lists show it. What only an inspect can tell is in [`Limits`] and the fields that say so.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Container {
    /// The engine's id.
    pub id: ContainerId,
    /// The name without Docker's leading slash.
    pub name: String,
    /// The image as it was named at creation.
    pub image: String,
    /// The image it was made from.
    pub image_id: ImageId,
    /// What it runs, as one line.
    pub command: String,
    /// Where it is in its life.
    pub state: State,
    /// What its health check says.
    pub health: Health,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it last started; known after an inspect.
    pub started: Option<DateTime<Utc>>,
    /// When it last ended; known after an inspect.
    pub finished: Option<DateTime<Utc>>,
    /// How often its restart policy started it again; known after an inspect.
    pub restarts: u32,
    /// Whether the kernel ended it for want of memory; known after an inspect.
    pub oom_killed: bool,
    /// The host's process id of the main process while it runs; known after an inspect.
    pub pid: Option<u32>,
    /// Whether it has a terminal; known after an inspect.
    pub tty: Option<bool>,
    /// Ports, published or only exposed.
    pub ports: Vec<PortMapping>,
    /// What is mounted into it.
    pub mounts: Vec<Mount>,
    /// The networks it is attached to.
    pub networks: Vec<Attachment>,
    /// `host`, `none`, `bridge`, a network's name or `container:ID`.
    pub network_mode: String,
    /// Labels, sorted by key.
    pub labels: BTreeMap<String, String>,
    /// Windows: how it is kept apart from the host.
    pub isolation: Isolation,
    /// What is allowed to it; known after an inspect.
    pub limits: Option<Limits>,
    /// Bytes in the writable layer, where they were asked for.
    pub size_rw: Option<Bytes>,
    /// The program that made it, where that is not the engine that shows it: then that changes nothing of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maker: Option<String>,
}

/// Label under which compose keeps the project's name.
pub const PROJECT_LABEL: &str = "com.docker.compose.project";
/// Label under which compose keeps the service's name.
pub const SERVICE_LABEL: &str = "com.docker.compose.service";

impl HasId for Container {
    type Id = ContainerId;

    fn id(&self) -> &ContainerId {
        &self.id
    }
}

impl Container {
    /// The compose project it belongs to.
    pub fn project(&self) -> Option<&str> {
        self.labels.get(PROJECT_LABEL).map(String::as_str).filter(|p| !p.is_empty())
    }

    /// Whether its engine can do it, and its state allows it.
    ///
    /// # Errors
    /// The reason why not, naming the container.
    pub fn allows(&self, verb: Verb) -> Result<(), Refusal> {
        match &self.maker {
            Some(maker) => Err(foreign(verb.word(), &self.name, maker)),
            None => verb.check(&self.name, self.state),
        }
    }

    /// When it was made, where somebody knows.
    pub fn made(&self) -> Option<DateTime<Utc>> {
        Some(self.created).filter(|created| *created != DateTime::UNIX_EPOCH)
    }

    /// The first address it has on any network.
    pub fn address(&self) -> Option<&str> {
        self.networks.iter().find_map(|n| n.address.as_deref())
    }
}

/// Where a container is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Its main process runs.
    Running,
    /// Its processes are frozen.
    Paused,
    /// Its restart policy is about to start it again.
    Restarting,
    /// It was made and never started.
    Created,
    /// Its main process ended with this code.
    Exited(i64),
    /// It is being removed.
    Removing,
    /// It could not be removed whole, or its runtime lost it.
    Dead,
    /// The engine used a word that longshore does not know.
    Unknown,
}

impl State {
    /// Whether processes exist in it.
    pub fn is_up(self) -> bool {
        matches!(self, Self::Running | Self::Paused | Self::Restarting)
    }

    /// Whether it ended by failing: a code other than 0, 143 (TERM) and 130 (INT).
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Exited(code) if !matches!(code, 0 | 130 | 143)) || self == Self::Dead
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running => f.pad("running"),
            Self::Paused => f.pad("paused"),
            Self::Restarting => f.pad("restarting"),
            Self::Created => f.pad("created"),
            Self::Exited(code) => f.pad(&format!("exited {code}")),
            Self::Removing => f.pad("removing"),
            Self::Dead => f.pad("dead"),
            Self::Unknown => f.pad("unknown"),
        }
    }
}

/// What the health check says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// There is no check.
    #[default]
    None,
    /// It has not said yet.
    Starting,
    /// The last check passed.
    Healthy,
    /// The last checks failed.
    Unhealthy,
}

/// How a Windows container is kept apart from the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Isolation {
    /// Linux, or the engine did not say.
    #[default]
    Default,
    /// The host's kernel is shared.
    Process,
    /// A utility machine of its own.
    HyperV,
}

impl Isolation {
    /// Docker's word for one that was chosen.
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Self::Default => None,
            Self::Process => Some("process"),
            Self::HyperV => Some("hyperv"),
        }
    }
}

impl std::str::FromStr for Isolation {
    type Err = BadIsolation;

    fn from_str(text: &str) -> Result<Self, BadIsolation> {
        match text.trim().to_ascii_lowercase().as_str() {
            "" | "default" => Ok(Self::Default),
            "process" => Ok(Self::Process),
            "hyperv" => Ok(Self::HyperV),
            _ => Err(BadIsolation(text.to_owned())),
        }
    }
}

/// A text that names no [`Isolation`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no isolation: default, process or hyperv")]
pub struct BadIsolation(String);

/// A container's place in a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attachment {
    /// The network's name.
    pub network: String,
    /// The network's id, where it is told.
    pub id: Option<NetworkId>,
    /// The IPv4 address, without prefix.
    pub address: Option<String>,
    /// The IPv6 address, without prefix.
    pub address6: Option<String>,
    /// The MAC address.
    pub mac: Option<String>,
    /// Names by which other containers reach it.
    pub aliases: Vec<String>,
}

/// What a container may use, and what happens when it ends. `None`: no limit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Most memory.
    pub memory: Option<Bytes>,
    /// Most memory and swap together.
    pub memory_swap: Option<Bytes>,
    /// Most processors, in fractions of one.
    pub cpus: Option<f64>,
    /// Most processes.
    pub pids: Option<i64>,
    /// When it is started again.
    pub restart: RestartPolicy,
}

/// When a container is started again after it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestartPolicy {
    /// Never.
    #[default]
    No,
    /// Always, also when the engine starts.
    Always,
    /// Always, unless it was stopped by hand.
    UnlessStopped,
    /// When it failed, at most so many times (0: without end).
    OnFailure(u32),
}

impl fmt::Display for RestartPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::No => f.pad("no"),
            Self::Always => f.pad("always"),
            Self::UnlessStopped => f.pad("unless-stopped"),
            Self::OnFailure(0) => f.pad("on-failure"),
            Self::OnFailure(times) => f.pad(&format!("on-failure:{times}")),
        }
    }
}

impl std::str::FromStr for RestartPolicy {
    type Err = BadPolicy;

    fn from_str(text: &str) -> Result<Self, BadPolicy> {
        match text.trim() {
            "" | "no" => Ok(Self::No),
            "always" => Ok(Self::Always),
            "unless-stopped" => Ok(Self::UnlessStopped),
            "on-failure" => Ok(Self::OnFailure(0)),
            other => other
                .strip_prefix("on-failure:")
                .and_then(|n| n.parse().ok())
                .map(Self::OnFailure)
                .ok_or_else(|| BadPolicy(other.to_owned())),
        }
    }
}

/// A restart policy nobody knows.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is no restart policy: take no, always, unless-stopped, on-failure or on-failure:N")]
pub struct BadPolicy(String);

/// How a container is removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RemoveContainer {
    /// Also its anonymous volumes.
    pub volumes: bool,
    /// Also when it runs: it is killed.
    pub force: bool,
}

/// What somebody who waits for a container waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Until {
    /// That it does not run; at once when it does not.
    #[default]
    NotRunning,
    /// That it ends the next time, though it may not have started yet.
    NextExit,
    /// That it is removed.
    Removed,
}

impl Until {
    /// Docker's word, and ours.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotRunning => "not-running",
            Self::NextExit => "next-exit",
            Self::Removed => "removed",
        }
    }
}

/// Time a container has to end by itself before it is killed; Docker's default.
pub const GRACE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restart_policies_print_what_they_read() {
        for text in ["no", "always", "unless-stopped", "on-failure", "on-failure:3"] {
            assert_eq!(text.parse::<RestartPolicy>().map(|p| p.to_string()).as_deref(), Ok(text));
        }
        assert!("on-failure:x".parse::<RestartPolicy>().is_err());
    }

    #[test]
    fn an_end_on_request_is_no_failure() {
        assert!(!State::Exited(0).is_failure());
        assert!(!State::Exited(143).is_failure());
        assert!(State::Exited(137).is_failure());
        assert!(!State::Running.is_failure());
    }
}
