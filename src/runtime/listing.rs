//! What there is, as the model has it. Reads; changes nothing.

use std::collections::{BTreeMap, HashMap};

use chrono::SubsecRound;

use super::{
    Result, Runtime,
    foreigners::Foreign,
    isolating,
    net::plan::DEFAULT_NETWORK,
    records::{
        attachment::{self, Claim, Place},
        container::{self, Record},
        network, volume,
    },
};
use crate::model::{
    Attachment, Container, ContainerId, Isolation, Network, NetworkId, PortMapping, Subnet, Volume, VolumeKind,
};

impl Runtime {
    /// All containers, the newest first, and then those that others have made.
    ///
    /// # Errors
    /// What the database says.
    pub fn containers(&self) -> Result<Vec<Container>> {
        let mut all = self.own_containers()?;
        all.extend(self.foreigners().iter().map(Foreign::shown));
        Ok(all)
    }

    fn own_containers(&self) -> Result<Vec<Container>> {
        self.db.look(|c| {
            let networks = networks_by_id(c)?;
            let mut places: HashMap<ContainerId, Vec<Place>> = HashMap::new();
            for place in attachment::all_places(c)? {
                places.entry(place.container.clone()).or_default().push(place);
            }
            let mut claims: HashMap<ContainerId, Vec<Claim>> = HashMap::new();
            for claim in attachment::claims(c)? {
                claims.entry(claim.container.clone()).or_default().push(claim);
            }
            let shown = |record: Record| {
                let places = places.remove(&record.id).unwrap_or_default();
                let claims = claims.remove(&record.id).unwrap_or_default();
                container(record, &places, &claims, &networks, isolating::shown(self.guest()))
            };
            Ok(container::all(c)?.into_iter().map(shown).collect())
        })
    }

    /// One container by its id, its name or the beginning of its id.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub fn container(&self, id: &ContainerId) -> Result<Container> {
        let record = match self.own_record(id, "inspect") {
            Ok(record) => record,
            Err(error) => return self.foreigner(id).map(|foreign| foreign.shown()).ok_or(error),
        };
        self.db.look(|c| {
            let places = attachment::places_of(c, &record.id)?;
            let claims: Vec<_> =
                attachment::claims(c)?.into_iter().filter(|claim| claim.container == record.id).collect();
            Ok(container(record, &places, &claims, &networks_by_id(c)?, isolating::shown(self.guest())))
        })
    }

    /// All networks, without who is in them; the two that every host has among them.
    ///
    /// # Errors
    /// What the database says.
    pub fn networks(&self) -> Result<Vec<Network>> {
        let own = self.db.look(network::all)?.into_iter().map(shown_network);
        Ok(own.chain(["host", "none"].map(plain)).collect())
    }

    /// All volumes. Their sizes are not counted.
    ///
    /// # Errors
    /// What the database says.
    pub fn volumes(&self) -> Result<Vec<Volume>> {
        let shown = |volume: volume::Record| Volume {
            kind: if volume.anonymous { VolumeKind::Anonymous } else { VolumeKind::Named },
            driver: "local".into(),
            path: self.volume_folder(&volume.name).display().to_string(),
            name: volume.name,
            size: None,
            created: Some(volume.created),
            used_by: volume.used_by,
            labels: volume.labels,
            options: BTreeMap::new(),
            scope: "local".into(),
        };
        Ok(self.db.look(volume::all)?.into_iter().map(shown).collect())
    }
}

type Networks = HashMap<NetworkId, String>;

fn networks_by_id(c: &rusqlite::Connection) -> Result<Networks> {
    Ok(network::all(c)?.into_iter().map(|network| (network.id, network.name)).collect())
}

fn container(
    record: Record,
    places: &[Place],
    claims: &[Claim],
    networks: &Networks,
    isolation: Isolation,
) -> Container {
    let ports = ports(&record, claims);
    Container {
        command: command(&record.settled.process.args),
        state: record.state,
        health: record.health,
        // To the second, as with Docker.
        created: record.created.trunc_subsecs(0),
        started: record.started,
        finished: record.finished,
        restarts: record.restarts,
        oom_killed: record.oom,
        pid: record.alive.as_ref().map(|alive| alive.pid),
        tty: Some(record.spec.tty),
        ports,
        mounts: record.spec.mounts,
        networks: places.iter().filter_map(|place| attachment(place, networks)).collect(),
        network_mode: record.spec.network.unwrap_or_else(|| DEFAULT_NETWORK.into()),
        labels: record.settled.labels,
        isolation,
        limits: Some(record.spec.limits),
        size_rw: None,
        maker: None,
        id: record.id,
        name: record.name,
        image: record.spec.image,
        image_id: record.image,
    }
}

/// Those that lead somewhere now, or that will; then those the image only says it listens on.
fn ports(record: &Record, claims: &[Claim]) -> Vec<PortMapping> {
    let live = claims.iter().map(|claim| PortMapping {
        host_ip: Some(claim.host_ip.map_or_else(String::new, |ip| ip.to_string())),
        host_port: Some(claim.host_port),
        container_port: claim.port,
        protocol: claim.protocol,
    });
    let mut ports: Vec<_> = if record.state.is_up() { live.collect() } else { record.spec.ports.clone() };
    for port in &record.settled.exposed {
        if !ports.iter().any(|known| known.container_port == port.container_port && known.protocol == port.protocol) {
            ports.push(port.clone());
        }
    }
    ports
}

fn attachment(place: &Place, networks: &Networks) -> Option<Attachment> {
    Some(Attachment {
        network: networks.get(&place.network)?.clone(),
        id: Some(place.network.clone()),
        address: place.address.map(|address| address.to_string()),
        address6: place.address6.map(|address| address.to_string()),
        mac: place.mac.clone(),
        aliases: place.naming.aliases.clone(),
    })
}

/// As Docker's list prints it: words with blanks between quotes.
fn command(words: &[String]) -> String {
    let quoted = |word: &String| if word.contains(' ') { format!("'{word}'") } else { word.clone() };
    crate::model::text::cleaned(words.iter().map(quoted).collect::<Vec<_>>().join(" "))
}

fn shown_network(network: network::Record) -> Network {
    let four = Subnet { range: network.subnet, gateway: Some(network.gateway.to_string()) };
    let six = network.subnet6.map(|range| Subnet { range, gateway: network.gateway6.map(|gate| gate.to_string()) });
    Network {
        id: network.id,
        name: network.name,
        driver: "bridge".into(),
        scope: "local".into(),
        internal: network.spec.internal,
        ipv6: six.is_some(),
        subnets: [four].into_iter().chain(six).collect(),
        endpoints: Vec::new(),
        created: Some(network.created),
        labels: network.spec.labels,
        options: [(BRIDGE_OPTION.to_owned(), network.bridge)].into(),
    }
}

/// Docker's option for a bridge's name, by which the host's readings know which bridge is whose.
const BRIDGE_OPTION: &str = "com.docker.network.bridge.name";

/// A network that is no bridge: the host's, or none.
fn plain(name: &str) -> Network {
    Network {
        id: NetworkId::new(name),
        name: name.into(),
        driver: if name == "none" { "null" } else { name }.into(),
        scope: "local".into(),
        internal: false,
        ipv6: false,
        subnets: Vec::new(),
        endpoints: Vec::new(),
        created: None,
        labels: BTreeMap::new(),
        options: BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::records::fixtures, *};
    use crate::model::{Protocol, State};

    fn port(host_port: Option<u16>, container_port: u16) -> PortMapping {
        PortMapping { host_ip: None, host_port, container_port, protocol: Protocol::Tcp }
    }

    #[test]
    fn ports_are_those_that_lead_somewhere_and_those_exposed() {
        let mut web = fixtures::container("web");
        web.spec.ports = vec![port(Some(8080), 80)];
        web.settled.exposed = vec![port(None, 80), port(None, 443)];
        let claim =
            Claim { container: web.id.clone(), protocol: Protocol::Tcp, host_ip: None, host_port: 40_000, port: 80 };
        let numbers = |record: &Record| {
            ports(record, std::slice::from_ref(&claim))
                .iter()
                .map(|p| (p.host_port, p.container_port))
                .collect::<Vec<_>>()
        };
        assert_eq!(numbers(&web), [(Some(8080), 80), (None, 443)]);
        web.state = State::Running;
        assert_eq!(numbers(&web), [(Some(40_000), 80), (None, 443)]);
    }

    #[test]
    fn words_with_blanks_are_quoted_and_harmless() {
        let words = ["sh", "-c", "echo a\u{1b}[2J"].map(str::to_owned);
        assert_eq!(command(&words), "sh -c 'echo a␛[2J'");
    }
}
