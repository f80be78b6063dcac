//! Containers as Docker spells them, from its list and from its inspect. Knows no transport.

use std::collections::{BTreeMap, HashMap};

use chrono::SubsecRound;
use serde::Deserialize;

use super::{
    lenient::{Flag, Labels, Map, Moment, Number, Text},
    limits::{HostConfig, limits},
    mount::{MountPoint, mounts},
    port::{Binding, RowPort, bound, listed},
    rows_into,
};
use crate::model::{Attachment, Container, ContainerId, Health, ImageId, Isolation, NetworkId, State, text::cleaned};

/// Reads the answer to `GET /containers/json`. Rows that make no sense are left out.
///
/// # Errors
/// When the answer is no list at all.
pub(crate) fn containers(body: &[u8]) -> serde_json::Result<Vec<Container>> {
    rows_into(body, Row::container)
}

/// How many containers of that answer were made from each image; the rows themselves are not kept.
///
/// # Errors
/// When the answer is no list at all.
pub(crate) fn users_of_images(body: &[u8]) -> serde_json::Result<HashMap<ImageId, usize>> {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct User {
        #[serde(rename = "ImageID")]
        image_id: Text,
    }
    let mut users: HashMap<String, usize> = HashMap::new();
    for image in rows_into(body, |row: User| row.image_id.0)? {
        *users.entry(image).or_default() += 1;
    }
    Ok(users.into_iter().map(|(image, count)| (ImageId::new(image), count)).collect())
}

/// Reads the answer to `GET /containers/{id}/json`.
///
/// # Errors
/// When the answer is no object.
pub(crate) fn container(body: &[u8]) -> serde_json::Result<Inspected> {
    serde_json::from_slice(body).map(Inspect::inspected)
}

/// A container, and what only an inspect tells and no list shows.
pub(crate) struct Inspected {
    /// The container.
    pub(crate) container: Container,
    /// Ids of execs that were started in it and are not forgotten yet.
    pub(crate) execs: Vec<String>,
    /// The user its main process was configured with.
    pub(crate) user: String,
    /// Whether it is removed when it ends.
    pub(crate) auto_remove: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Row {
    id: Text,
    names: Option<Vec<Text>>,
    image: Text,
    #[serde(rename = "ImageID")]
    image_id: Text,
    command: Text,
    created: Moment,
    ports: Option<Vec<RowPort>>,
    labels: Labels,
    state: Text,
    status: Text,
    health: Option<HealthReport>,
    host_config: Option<RowHost>,
    network_settings: Option<Settings>,
    mounts: Option<Vec<MountPoint>>,
    size_rw: Number,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct RowHost {
    network_mode: Text,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct HealthReport {
    status: Text,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Settings {
    networks: Map<Option<Place>>,
    ports: Map<Option<Vec<Binding>>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Place {
    #[serde(rename = "NetworkID")]
    network_id: Text,
    #[serde(rename = "IPAddress")]
    address: Text,
    #[serde(rename = "GlobalIPv6Address")]
    address6: Text,
    mac_address: Text,
    aliases: Option<Vec<Text>>,
}

impl Row {
    fn container(self) -> Container {
        let state = state(self.state.as_str(), exit_code(self.status.as_str()));
        let health = match self.health {
            Some(report) => health(report.status.as_str()),
            None => health_in(self.status.as_str()),
        };
        Container {
            name: name(self.names.unwrap_or_default(), self.id.as_str()),
            id: ContainerId::new(&self.id.0),
            image: self.image.0,
            image_id: ImageId::new(&self.image_id.0),
            command: self.command.0,
            state,
            health,
            created: self.created.0.unwrap_or_default(),
            started: None,
            finished: None,
            restarts: 0,
            oom_killed: false,
            pid: None,
            tty: None,
            ports: listed(self.ports.unwrap_or_default()),
            mounts: mounts(self.mounts),
            networks: attachments(self.network_settings.and_then(|s| s.networks)),
            network_mode: self.host_config.map(|h| h.network_mode.0).unwrap_or_default(),
            labels: self.labels.0,
            isolation: Isolation::Default,
            limits: None,
            size_rw: self.size_rw.amount().map(crate::model::Bytes),
            maker: None,
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Inspect {
    id: Text,
    name: Text,
    created: Moment,
    path: Text,
    args: Option<Vec<Text>>,
    image: Text,
    state: Option<Life>,
    restart_count: Number,
    config: Option<Config>,
    host_config: Option<HostConfig>,
    network_settings: Option<Settings>,
    mounts: Option<Vec<MountPoint>>,
    size_rw: Number,
    #[serde(rename = "ExecIDs")]
    exec_ids: Option<Vec<Text>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Life {
    status: Text,
    #[serde(rename = "OOMKilled")]
    oom_killed: Flag,
    pid: Number,
    exit_code: Number,
    started_at: Moment,
    finished_at: Moment,
    health: Option<HealthReport>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Config {
    image: Text,
    user: Text,
    tty: Flag,
    labels: Labels,
}

impl Inspect {
    fn inspected(self) -> Inspected {
        let config = self.config.unwrap_or_default();
        let host = self.host_config.unwrap_or_default();
        let life = self.state.unwrap_or_default();
        let settings = self.network_settings.unwrap_or_default();
        let state = state(life.status.as_str(), life.exit_code.or_zero());
        // A container that does not run has no ports; those it will have stand in its host configuration.
        let ports = if state.is_up() { bound(settings.ports) } else { bound(host.port_bindings.clone()) };
        let container = Container {
            name: name(vec![self.name], self.id.as_str()),
            id: ContainerId::new(&self.id.0),
            image: config.image.0,
            image_id: ImageId::new(&self.image.0),
            command: command(self.path.0, self.args.unwrap_or_default()),
            state,
            health: life.health.map_or(Health::None, |report| health(report.status.as_str())),
            // To the second, as in the list, so that an inspect does not move the row.
            created: self.created.0.unwrap_or_default().trunc_subsecs(0),
            started: life.started_at.0,
            finished: life.finished_at.0,
            restarts: u32::try_from(self.restart_count.or_zero()).unwrap_or(0),
            oom_killed: life.oom_killed.is_set(),
            pid: life.pid.limit().and_then(|pid| u32::try_from(pid).ok()).filter(|_| state.is_up()),
            tty: config.tty.0,
            ports,
            mounts: mounts(self.mounts),
            networks: attachments(settings.networks),
            network_mode: host.network_mode.0.clone(),
            labels: config.labels.0,
            // A word that is newer than this program is none of ours.
            isolation: host.isolation.as_str().parse().unwrap_or_default(),
            limits: Some(limits(&host)),
            size_rw: self.size_rw.amount().map(crate::model::Bytes),
            maker: None,
        };
        Inspected {
            container,
            execs: self.exec_ids.into_iter().flatten().filter_map(Text::some).collect(),
            user: config.user.0,
            auto_remove: host.auto_remove.is_set(),
        }
    }
}

/// The container's own name: without the slash, and not one that a legacy link gave it (`/web/db`).
fn name(names: Vec<Text>, id: &str) -> String {
    let own = names.iter().map(|n| n.as_str().trim_start_matches('/')).find(|n| !n.is_empty() && !n.contains('/'));
    own.unwrap_or_else(|| id.get(..crate::model::SHORT).unwrap_or(id)).to_owned()
}

/// The command as the engine's own list prints it, so that an inspect does not change the row.
fn command(path: String, args: Vec<Text>) -> String {
    args.into_iter().fold(path, |mut line, Text(arg)| {
        line.push(' ');
        if arg.contains(' ') {
            line.extend(["'", &arg, "'"])
        } else {
            line.push_str(&arg)
        }
        line
    })
}

/// From the engine's word; Podman's words are among them.
fn state(word: &str, code: i64) -> State {
    match word {
        "running" | "stopping" => State::Running,
        "paused" => State::Paused,
        "restarting" => State::Restarting,
        "created" | "configured" | "initialized" => State::Created,
        "exited" | "stopped" => State::Exited(code),
        "removing" => State::Removing,
        "dead" => State::Dead,
        _ => State::Unknown,
    }
}

/// The code in `Exited (137) 5 minutes ago`; 0 where there is none.
fn exit_code(status: &str) -> i64 {
    let inner = status.strip_prefix("Exited (").and_then(|rest| rest.split_once(')'));
    inner.and_then(|(code, _)| code.parse().ok()).unwrap_or(0)
}

fn health(word: &str) -> Health {
    match word {
        "starting" => Health::Starting,
        "healthy" => Health::Healthy,
        "unhealthy" => Health::Unhealthy,
        _ => Health::None,
    }
}

/// What a status such as `Up 2 hours (healthy)` says; engines before API 1.52 have no field for it.
fn health_in(status: &str) -> Health {
    match status.rsplit_once('(').map(|(_, word)| word.trim_end_matches(')')) {
        Some("health: starting") => Health::Starting,
        Some(word) => health(word),
        None => Health::None,
    }
}

fn attachments(networks: Map<Option<Place>>) -> Vec<Attachment> {
    let networks: BTreeMap<_, _> = networks.unwrap_or_default();
    let attachment = |(network, place): (String, Option<Place>)| {
        let place = place.unwrap_or_default();
        Attachment {
            network: cleaned(network),
            id: place.network_id.some().map(NetworkId::new),
            address: place.address.some(),
            address6: place.address6.some(),
            mac: place.mac_address.some(),
            aliases: place.aliases.into_iter().flatten().filter_map(Text::some).collect(),
        }
    };
    networks.into_iter().map(attachment).collect()
}

#[cfg(test)]
#[path = "container_tests.rs"]
mod tests;
