//! What follows from what an engine tells, where nobody says it: chains of layers, who uses a volume, NAT and
//! firewall from ports and networks, sessions from trees of processes. Pure; knows neither engine nor transport.

mod firewall;
mod layers;
mod nat;
mod sessions;
mod usage;

pub(crate) use firewall::firewall;
pub(crate) use layers::{Source, chains, layers, unique_sizes};
pub(crate) use nat::{find_conflicts, nat};
pub(crate) use sessions::sessions;
pub(crate) use usage::{networks, volumes};

#[cfg(test)]
mod fixtures {
    use crate::model::{Attachment, Container, Health, Isolation, State};

    /// A container called `name` that runs, and has nothing.
    pub(super) fn container(name: &str) -> Container {
        Container {
            id: name.into(),
            name: name.to_owned(),
            image: String::new(),
            image_id: "sha256:a".into(),
            command: String::new(),
            state: State::Running,
            health: Health::None,
            created: chrono::DateTime::default(),
            started: None,
            finished: None,
            restarts: 0,
            oom_killed: false,
            pid: None,
            tty: None,
            ports: Vec::new(),
            mounts: Vec::new(),
            networks: Vec::new(),
            network_mode: String::new(),
            labels: std::collections::BTreeMap::new(),
            isolation: Isolation::Default,
            limits: None,
            size_rw: None,
        }
    }

    /// A place in a network.
    pub(super) fn at(network: &str, address: &str) -> Attachment {
        Attachment {
            network: network.to_owned(),
            id: None,
            address: Some(address.to_owned()),
            address6: None,
            mac: None,
            aliases: Vec::new(),
        }
    }
}
