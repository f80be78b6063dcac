//! Makes and removes networks, puts containers into them and takes them out. Knows no bridge but as a plan.

use chrono::Utc;

use super::{
    Result, Runtime, RuntimeError,
    document::{NetworkPlan, RuleScope},
    files, made_up,
    net::{
        ipam, names,
        plan::{self, DEFAULT_NETWORK},
        pools::{self, Used},
    },
    records::{attachment, container, network, network::Record, new_id, rule},
    starting::{planned, recorded, with_addresses},
};
use crate::model::{ContainerId, Naming, Net, NetworkId, NetworkSpec};

/// Names that mean something else than a network of ours.
const RESERVED: [&str; 4] = ["host", "none", "default", "nat"];

impl Runtime {
    /// The network of containers that name none; made at first use.
    ///
    /// # Errors
    /// When no range is free for it.
    pub fn default_network(&self) -> Result<Record> {
        let tried = "find the default network";
        match self.db.look(|c| network::find(c, DEFAULT_NETWORK, tried)) {
            Err(RuntimeError::NotFound { .. }) => {}
            found => return found,
        }
        let spec = NetworkSpec { name: DEFAULT_NETWORK.into(), ..NetworkSpec::default() };
        match self.make_network(&spec) {
            // Another console was faster.
            Err(RuntimeError::Conflict { .. }) => self.db.look(|c| network::find(c, DEFAULT_NETWORK, tried)),
            made => made,
        }
    }

    /// Makes a network. Its bridge comes with the first container that starts in it.
    ///
    /// # Errors
    /// When the name is taken, or the range is in use.
    pub fn create_network(&self, spec: &NetworkSpec) -> Result<NetworkId> {
        let tried = || format!("create the network `{}`", spec.name);
        if RESERVED.contains(&spec.name.as_str()) || !made_up::is_name(&spec.name) {
            return Err(RuntimeError::Invalid { tried: tried(), why: "a network cannot have that name".into() });
        }
        if let Some(driver) = spec.driver.as_deref().filter(|driver| !matches!(*driver, "" | "bridge" | "default")) {
            let why = format!("there is no driver `{driver}`: the engine aboard makes bridges");
            return Err(RuntimeError::Invalid { tried: tried(), why });
        }
        self.make_network(spec).map(|network| network.id)
    }

    fn make_network(&self, spec: &NetworkSpec) -> Result<Record> {
        let only = if spec.internal { None } else { self.platform.network.only()? };
        let host = match only.and_then(|only| only.range) {
            // It is in use by the very network that this one will be.
            Some(_) => Vec::new(),
            None => self.platform.network.used()?,
        };
        let id = NetworkId::new(new_id());
        // What is in use is read and the new range written under one lock, so that two never get the same.
        self.db.change(&format!("create the network `{}`", spec.name), |t| {
            let known = network::all(t)?;
            if only.is_some() {
                is_only(spec, &known)?;
            }
            let used: Vec<_> = host.iter().cloned().chain(known.iter().flat_map(ranges)).collect();
            let name = spec.name.as_str();
            let there = only.unwrap_or_default();
            let range = match (spec.subnet.as_deref().filter(|subnet| !subnet.is_empty()), there.range) {
                (Some(subnet), _) => pools::check(name, subnet, &used)?,
                (None, Some(range)) => range,
                (None, None) => pools::choose(name, &used)?,
            };
            let asked = spec.gateway.clone().filter(|gateway| !gateway.is_empty());
            let asked = asked.or_else(|| there.gateway.map(|gateway| gateway.to_string()));
            let gateway = ipam::gateway(name, range, asked.as_deref())?;
            let six = if spec.ipv6 { Some(pools::choose6(name, &id, &used)?) } else { None };
            let network = Record {
                bridge: names::bridge(&id),
                id: id.clone(),
                name: spec.name.clone(),
                created: Utc::now(),
                spec: spec.clone(),
                subnet: range.to_string(),
                gateway,
                subnet6: six.map(|range| range.to_string()),
                gateway6: six.map(|range| ipam::gateway(name, range, None)).transpose()?,
            };
            network::insert(t, &network).map(|()| network)
        })
    }

    /// Removes a network.
    ///
    /// # Errors
    /// `Denied` for the default one, or when a container that is up is in it.
    pub fn remove_network(&self, id: &NetworkId) -> Result<()> {
        let tried = format!("remove the network {id}");
        if matches!(id.as_str(), "host" | "none") {
            return Err(built_in(tried, id.as_str()));
        }
        let network = self.db.look(|c| network::find(c, id.as_str(), &tried))?;
        if network.name == DEFAULT_NETWORK {
            return Err(built_in(tried, DEFAULT_NETWORK));
        }
        self.db.change(&tried, |t| {
            rule::forget(t, &RuleScope::Network(network.id.clone()))?;
            network::delete(t, &network)
        })?;
        self.platform.network.remove(&network.id, &network.bridge)?;
        self.apply_rules()
    }

    /// Removes networks that no container is in, whether up or not; gives how many went.
    ///
    /// # Errors
    /// What the database says. One that cannot be removed stays and is logged.
    pub fn prune_networks(&self) -> Result<usize> {
        let idle = self.db.look(|c| {
            let (all, places) = (network::all(c)?, attachment::all_places(c)?);
            let idle = |network: &Record| {
                network.name != DEFAULT_NETWORK && !places.iter().any(|place| place.network == network.id)
            };
            Ok(all.into_iter().filter(idle).collect::<Vec<_>>())
        })?;
        let went = idle.iter().filter(|network| match self.remove_network(&network.id) {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%error, "a network is not pruned");
                false
            }
        });
        Ok(went.count())
    }

    /// Puts a container into a network, at once when it runs.
    ///
    /// # Errors
    /// `Conflict` when it is in it already or has no network of its own.
    pub fn connect(&self, network: &NetworkId, id: &ContainerId, naming: &Naming) -> Result<()> {
        let record = self.record(id, "connect")?;
        let tried = format!("connect `{}`", record.name);
        let network = self.db.look(|c| network::find(c, network.as_str(), &tried))?;
        let up = record.state.is_up() && self.is_watched(&record);
        let order = if up { Some(self.read_order(id)?) } else { None };
        if order.as_ref().is_some_and(|order| !matches!(order.network, NetworkPlan::Own { .. })) {
            let why = "it has no network of its own".into();
            return Err(RuntimeError::Conflict { tried, why });
        }
        let plan = recorded(&network)?;
        let place = self.db.change(&tried, |t| {
            self.free_broken_off(t)?;
            let position = attachment::join(t, id, &network.id, naming)?;
            let place = attachment::Place {
                container: id.clone(),
                network: network.id.clone(),
                position,
                naming: naming.clone(),
                address: None,
                address6: None,
                mac: None,
            };
            let place = if up { with_addresses(t, place, &record, &plan)? } else { place };
            attachment::settle(t, &place)?;
            network.tell_of(t, "connect", id)?;
            Ok(place)
        })?;
        let (Some(_), Some(place)) = (order, planned(&record, &plan, &place)) else { return Ok(()) };
        let link = plan::link(id, &place);
        let host = &self.platform.network;
        // The rules before the first packet, as at a start.
        let made = host.ensure(&plan.plan()).and_then(|()| self.apply_rules());
        let made = made.and_then(|()| host.connect(id, &self.netns(id), &link));
        if let Err(error) = made {
            self.db.change("leave the network again", |t| attachment::leave(t, id, &network.id))?;
            return Err(error);
        }
        self.change_order(id, |order| {
            if let NetworkPlan::Own { links, .. } = &mut order.network {
                links.push(link);
            }
        })?;
        files::tell_peers(&self.db, &self.layout, &[network.id])
    }

    /// Takes a container out of a network, at once when it runs.
    ///
    /// # Errors
    /// `NotFound` when it is not in it.
    pub fn disconnect(&self, network: &NetworkId, id: &ContainerId) -> Result<()> {
        let record = self.record(id, "disconnect")?;
        let tried = format!("disconnect `{}`", record.name);
        let network = self.db.look(|c| network::find(c, network.as_str(), &tried))?;
        let order = if record.state.is_up() { self.read_order(id).ok() } else { None };
        self.db.change(&tried, |t| {
            attachment::leave(t, id, &network.id)?;
            network.tell_of(t, "disconnect", id)
        })?;
        if let Some(NetworkPlan::Own { links, .. }) = order.map(|order| order.network) {
            let mut gone = links.iter().filter(|link| link.network == network.id);
            gone.try_for_each(|link| self.platform.network.disconnect(id, link))?;
            self.change_order(id, |order| {
                if let NetworkPlan::Own { links, .. } = &mut order.network {
                    links.retain(|link| link.network != network.id);
                }
            })?;
        }
        let left = self.db.look(|c| attachment::places_of(c, id))?.into_iter().map(|place| place.network);
        // It has to forget its old peers too, and is no peer of theirs any more.
        let told: Vec<_> = left.chain([network.id]).collect();
        files::tell_peers(&self.db, &self.layout, &told)?;
        self.db.look(|c| match container::get(c, id)?.state.is_up() {
            true => files::write(c, &self.layout, &record),
            false => Ok(()),
        })
    }

    pub(super) fn netns(&self, id: &ContainerId) -> std::path::PathBuf {
        self.layout.running(id).join("netns")
    }
}

/// Whether a network can be the one that leads to the outside, where a host has but one.
fn is_only(spec: &NetworkSpec, known: &[Record]) -> Result<()> {
    let refused = |why: String| Err(RuntimeError::Invalid { tried: format!("create network `{}`", spec.name), why });
    if let Some(other) = known.iter().find(|network| !network.spec.internal) {
        let why = format!("this host has one network that leads to the outside, and that is `{}`", other.name);
        return refused(format!("{why}: use it, or make an internal one"));
    }
    if spec.ipv6 { refused("this host translates no IPv6".into()) } else { Ok(()) }
}

fn built_in(tried: String, name: &str) -> RuntimeError {
    let why = format!("{name} is a pre-defined network and cannot be removed");
    RuntimeError::Denied { tried, why, by_registry: false }
}

fn ranges(network: &Record) -> Vec<Used> {
    let by = format!("network `{}`", network.name);
    let texts = [Some(&network.subnet), network.subnet6.as_ref()];
    let ranges = texts.into_iter().flatten().filter_map(|text| Net::parse(text));
    ranges.map(|range| Used { range, by: by.clone() }).collect()
}
