//! Starts containers: gives them addresses and ports, writes their orders and files, and has the platform start them.
//! Knows no platform.

use std::{
    collections::BTreeMap,
    fs,
    net::IpAddr,
    path::{Path, PathBuf},
};

use rusqlite::Transaction;

use super::{
    Result, Runtime, RuntimeError,
    beginning::Beginning,
    creating::make_folder,
    document::{HostMount, NetworkPlan, Order},
    files,
    host::Started,
    monitor,
    net::{
        ipam, names,
        plan::{self, Mode, Recorded},
        ports::{self, HostPort, Listener, Occupied, Published},
    },
    records::{
        attachment::{self, Claim, Place},
        container::{self, Record},
        life, network,
    },
    undo::Undo,
};
use crate::model::{Bytes, ContainerId, Mount, MountKind, Net, NetworkId, PortMapping, State, Verb, VolumeName};

/// Largest size of one file of a log in bytes, and how many there are.
const LOG: (u64, u32) = (16 << 20, 5);
/// Docker's exit code of a container that did not start for no fault of its program's.
const NOT_STARTED: i64 = 128;

impl Runtime {
    /// Starts a container's main process. Does nothing when it runs.
    ///
    /// # Errors
    /// When its state does not allow it, an address or a port is not to be had, or in the monitor's words why not.
    pub fn start(&self, id: &ContainerId) -> Result<()> {
        let Some((order, _beginning)) = self.prepared(id)? else { return Ok(()) };
        let started = self.platform.compute.start(&self.layout.running(id)).map(drop);
        self.settled_start(&order, started)
    }

    /// The same, connected before its first word. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// As [`Runtime::start`]; `Conflict` when it runs already.
    pub fn start_attached(&self, id: &ContainerId) -> Result<Started> {
        let Some((order, _beginning)) = self.prepared(id)? else {
            let record = self.record(id, "start")?;
            let why = "it runs already".into();
            return Err(RuntimeError::Conflict { tried: format!("start `{}`", record.name), why });
        };
        let started = self.platform.compute.start_attached(&self.layout.running(id));
        let (started, outcome) = match started {
            Ok(started) => (Some(started), Ok(())),
            Err(error) => (None, Err(error)),
        };
        self.settled_start(&order, outcome)?;
        started.ok_or_else(|| RuntimeError::Platform {
            tried: format!("start `{}`", order.name),
            why: "it was started without a line to it".into(),
        })
    }

    /// Everything but the start itself; `None` when it runs already.
    fn prepared(&self, id: &ContainerId) -> Result<Option<(Order, Beginning)>> {
        let record = self.record(id, "start")?;
        let tried = format!("start `{}`", record.name);
        if matches!(record.state, State::Running | State::Restarting) && self.is_watched(&record) {
            return Ok(None);
        }
        self.allowed(Verb::Start, &record)?;
        let beginning = self.begin(&record.id)?;
        self.wait_for_swaps(&record)?;
        let mut undo = Undo::new();
        let network = self.network_plan(&record, &tried)?;
        undo.push(|| self.give_back(&record.id));
        // Before its first packet, whether or not a rule is about it: it may have got an address that was another's.
        if matches!(network, NetworkPlan::Own { .. }) {
            self.apply_rules()?;
        }
        let order = self.order(record.clone(), network)?;
        self.write_order(&order)?;
        self.db.look(|c| files::write(c, &self.layout, &record))?;
        undo.keep();
        Ok(Some((order, beginning)))
    }

    /// What follows from a start that went well or not.
    fn settled_start(&self, order: &Order, started: Result<()>) -> Result<()> {
        if let Err(error) = &started {
            let code = if let RuntimeError::Program { code, .. } = error { i64::from(*code) } else { NOT_STARTED };
            let noted = self.db.change("write down why it does not start", |t| {
                life::start_failed(t, &order.id, code, &error.to_string())
            });
            if let Err(error) = noted {
                // Its monitor may have been faster; what it holds is free either way.
                tracing::debug!(%error, container = order.name, "the failed start is not written down");
                self.give_back(&order.id);
            }
        }
        if let Err(error) = files::tell_peers(&self.db, &self.layout, &networks_of(&order.network)) {
            tracing::warn!(%error, container = order.name, "its peers are not told");
        }
        started
    }

    fn give_back(&self, id: &ContainerId) {
        if let Err(error) = self.db.change("free addresses and ports", |t| attachment::release(t, id)) {
            tracing::warn!(%error, "addresses and ports stay taken until the next start");
        }
    }

    /// Its place in networks, with addresses and ports that it now has.
    fn network_plan(&self, record: &Record, tried: &str) -> Result<NetworkPlan> {
        match Mode::of(record.spec.network.as_deref()) {
            Mode::None => Ok(NetworkPlan::None),
            Mode::Host => Ok(NetworkPlan::Host),
            Mode::Container(other) => {
                let other = self.db.look(|c| container::find(c, &other, tried))?;
                if other.state.is_up() {
                    return Ok(NetworkPlan::Shared(other.id));
                }
                let why = format!("it shares the network of `{}`, which does not run", other.name);
                Err(RuntimeError::Conflict { tried: tried.to_owned(), why })
            }
            Mode::Network(_) => self.own_network(record),
        }
    }

    fn own_network(&self, record: &Record) -> Result<NetworkPlan> {
        let listeners = self.platform.network.listeners()?;
        let (plan, networks) = self.db.change("give out addresses and ports", |t| {
            self.free_broken_off(t)?;
            let networks = networks(t, &record.id)?;
            let places = self.give_addresses(t, record, &networks)?;
            let ports = self.give_ports(t, record, &listeners)?;
            let places: Vec<_> =
                networks.iter().zip(&places).filter_map(|(network, place)| planned(record, network, place)).collect();
            let plan = plan::own(&record.id, &places, &ports, &record.spec.tuning.sysctls)?;
            Ok((plan, networks))
        })?;
        for network in &networks {
            if let Err(error) = self.platform.network.ensure(&network.plan()) {
                self.give_back(&record.id);
                return Err(error);
            }
        }
        Ok(plan)
    }

    /// Gives each of its places an address; in the order of `networks`.
    fn give_addresses(&self, t: &Transaction, record: &Record, networks: &[Recorded]) -> Result<Vec<Place>> {
        attachment::release(t, &record.id)?;
        let places = attachment::places_of(t, &record.id)?;
        let given = places.into_iter().zip(networks).map(|(place, network)| {
            let place = with_addresses(t, place, record, network)?;
            attachment::settle(t, &place)?;
            Ok(place)
        });
        given.collect()
    }

    pub(super) fn give_ports(&self, t: &Transaction, record: &Record, listeners: &[Listener]) -> Result<Vec<HostPort>> {
        let published = published(t)?;
        let process = |listener: &Listener| self.platform.network.process_of(listener);
        let occupied = Occupied { published: &published, listeners, process: &process, ephemeral: ports::EPHEMERAL };
        let decided = ports::decide(&record.name, &wanted_ports(record), &occupied)?;
        decided.iter().try_for_each(|port| attachment::claim(t, &claim(&record.id, port)))?;
        Ok(decided)
    }

    fn order(&self, record: Record, network: NetworkPlan) -> Result<Order> {
        let layers = self.layers_of(&record)?;
        Ok(Order {
            mounts: self.mounts(&record),
            id: record.id,
            name: record.name,
            process: record.settled.process,
            health: record.settled.health,
            stop_signal: record.settled.stop_signal,
            spec: record.spec,
            layers,
            network,
            data: self.layout.data.clone(),
            log: LOG,
        })
    }

    fn mounts(&self, record: &Record) -> Vec<HostMount> {
        let mount = |mount: &Mount| {
            let source = match mount.kind {
                MountKind::Volume => Some(self.volume_folder(&VolumeName::new(&mount.source))),
                MountKind::Bind | MountKind::Pipe => Some(PathBuf::from(&mount.source)),
                _ => None,
            };
            // A volume gets the image's files while it has none of its own.
            let empty = || source.as_deref().is_some_and(is_empty);
            let copy_up = mount.kind == MountKind::Volume && !mount.options.no_copy && empty();
            let size = mount.options.size.map(|size| size.0);
            HostMount { source, target: PathBuf::from(&mount.target), read_only: mount.read_only, copy_up, size }
        };
        let memory = record.spec.tuning.tmpfs.iter().map(|(target, options)| memory(target, options));
        let mut mounts: Vec<_> = record.spec.mounts.iter().map(mount).chain(memory).collect();
        mounts.sort_by_key(|mount| mount.target.components().count());
        mounts
    }

    pub(super) fn write_order(&self, order: &Order) -> Result<()> {
        let folder = self.layout.running(&order.id);
        make_folder(&folder)?;
        monitor::folder::write_order(&folder, order)
    }

    pub(super) fn read_order(&self, id: &ContainerId) -> Result<Order> {
        monitor::folder::read_order(&self.layout.running(id))
    }
}

/// A tmpfs with options of mount(8), of which its size and whether it is read-only count.
fn memory(target: &str, options: &str) -> HostMount {
    let size = options.split(',').find_map(|option| Bytes::parse(option.strip_prefix("size=")?));
    HostMount {
        source: None,
        target: PathBuf::from(target),
        read_only: options.split(',').any(|option| option == "ro"),
        copy_up: false,
        size: size.map(|size| size.0),
    }
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

fn networks_of(plan: &NetworkPlan) -> Vec<NetworkId> {
    match plan {
        NetworkPlan::Own { links, .. } => links.iter().map(|link| link.network.clone()).collect(),
        _ => Vec::new(),
    }
}

/// Networks of a container in the order of its places.
fn networks(t: &Transaction, id: &ContainerId) -> Result<Vec<Recorded>> {
    let places = attachment::places_of(t, id)?;
    places.iter().map(|place| recorded(&network::get(t, &place.network)?)).collect()
}

/// A network as its plans take it.
pub(super) fn recorded(network: &network::Record) -> Result<Recorded> {
    let range = |text: &str| {
        Net::parse(text).ok_or_else(|| RuntimeError::Corrupt {
            tried: format!("read the network `{}`", network.name),
            why: format!("`{text}` is no address range"),
        })
    };
    let six = network.subnet6.as_deref().map(range).transpose()?.zip(network.gateway6);
    Ok(Recorded {
        id: network.id.clone(),
        name: network.name.clone(),
        bridge: network.bridge.clone(),
        subnet: range(&network.subnet)?,
        gateway: network.gateway,
        six,
        internal: network.spec.internal,
        icc: true,
    })
}

/// The place with addresses that nobody else has.
pub(super) fn with_addresses(t: &Transaction, place: Place, record: &Record, network: &Recorded) -> Result<Place> {
    let taken = taken(t, &place)?;
    let wanted = |v4: bool| {
        let mut parsed = place.naming.addresses.iter().filter_map(|text| text.parse::<IpAddr>().ok());
        parsed.find(|address| address.is_ipv4() == v4)
    };
    let address = ipam::assign(&record.name, network.subnet, network.gateway, &taken, wanted(true))?;
    let six = network.six.map(|(range, gateway)| ipam::assign(&record.name, range, gateway, &taken, wanted(false)));
    let mac = place.naming.mac.clone().unwrap_or_else(|| names::mac(address));
    Ok(Place { address: Some(address), address6: six.transpose()?, mac: Some(mac), ..place })
}

fn taken(t: &Transaction, own: &Place) -> Result<BTreeMap<IpAddr, String>> {
    let mut taken = BTreeMap::new();
    for place in attachment::places_in(t, &own.network)? {
        if place.container == own.container {
            continue;
        }
        for address in place.address.into_iter().chain(place.address6) {
            let name = container::get(t, &place.container)?.name;
            taken.insert(address, format!("`{name}`"));
        }
    }
    Ok(taken)
}

/// The place as a plan takes it; `None` where it has no address.
pub(super) fn planned<'a>(record: &Record, network: &'a Recorded, place: &Place) -> Option<plan::Place<'a>> {
    Some(plan::Place {
        network,
        position: usize::try_from(place.position).ok()?,
        address: place.address?,
        address6: place.address6,
        mac: place.mac.clone(),
        names: files::names(record, place),
    })
}

/// Ports of all containers.
fn published(t: &Transaction) -> Result<Vec<Published>> {
    let all = attachment::claims(t)?.into_iter().map(|claim| {
        let name = container::get(t, &claim.container)?.name;
        Ok(Published { port: host_port(&claim), name })
    });
    all.collect()
}

/// What was asked for and, where everything is to be published, what is exposed, on ports of our choice.
fn wanted_ports(record: &Record) -> Vec<PortMapping> {
    let mut wanted = record.spec.ports.clone();
    if record.spec.publish_all {
        wanted.extend(record.settled.exposed.iter().cloned());
        for port in wanted.iter_mut().filter(|port| !port.is_published()) {
            port.host_ip = Some(String::new());
        }
        wanted.dedup_by(|a, b| a.container_port == b.container_port && a.protocol == b.protocol);
    }
    wanted
}

pub(super) fn host_port(claim: &Claim) -> HostPort {
    HostPort { protocol: claim.protocol, host_ip: claim.host_ip, host_port: claim.host_port, port: claim.port }
}

pub(super) fn claim(id: &ContainerId, port: &HostPort) -> Claim {
    Claim {
        container: id.clone(),
        protocol: port.protocol,
        host_ip: port.host_ip,
        host_port: port.host_port,
        port: port.port,
    }
}
