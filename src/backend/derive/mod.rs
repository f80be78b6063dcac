//! What follows from what an engine tells, where nobody says it: chains of layers, who uses a volume, NAT and
//! firewall from ports and networks, sessions from trees of processes. Pure; knows neither engine nor transport.

mod firewall;
mod layers;
mod nat;
mod sessions;
mod usage;

pub(crate) use firewall::{firewall, own_rule};
pub(crate) use layers::{Source, chains, layers, unique_sizes};
pub(crate) use nat::{find_conflicts, nat};
pub(crate) use sessions::sessions;
pub(crate) use usage::{networks, volumes};

#[cfg(test)]
mod fixtures {
    use crate::model::{Attachment, Container, State, sample};

    /// A container called `name` that runs, and has nothing.
    pub(super) fn container(name: &str) -> Container {
        Container {
            image: String::new(),
            image_id: "sha256:a".into(),
            command: String::new(),
            network_mode: String::new(),
            ..sample::container(name, State::Running)
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
