//! Changes containers that are there: names, limits, published ports. Knows neither cgroups nor packet filters.

use super::{
    Result, Runtime, RuntimeError,
    document::{MappingPlan, NetworkPlan, Order},
    files, made_up,
    net::{plan, ports::HostPort},
    records::{
        attachment::{self, Claim},
        container,
    },
    starting::{claim, host_port},
};
use crate::model::{ContainerId, Limits, PortMapping, Verb};

impl Runtime {
    /// Gives a container another name.
    ///
    /// # Errors
    /// `Conflict` when it is taken, `Invalid` when it is no name.
    pub fn rename(&self, id: &ContainerId, name: &str) -> Result<()> {
        let record = self.record(id, "rename")?;
        self.allowed(Verb::Rename, &record)?;
        if !made_up::is_name(name) {
            let why = format!("`{name}` is no name: take letters, digits, `_`, `.` and `-`, at least two of them");
            return Err(RuntimeError::Invalid { tried: format!("rename `{}`", record.name), why });
        }
        self.db.change(&format!("rename `{}`", record.name), |t| container::rename(t, &record, name))?;
        let places = self.db.look(|c| attachment::places_of(c, id))?;
        let networks: Vec<_> = places.into_iter().map(|place| place.network).collect();
        files::tell_peers(&self.db, &self.layout, &networks)
    }

    /// Changes what a container may use, now and after its next start. What is `None` stays.
    ///
    /// # Errors
    /// What the kernel refuses; nothing is changed then.
    pub fn update(&self, id: &ContainerId, limits: &Limits) -> Result<()> {
        let mut record = self.record(id, "change the limits of")?;
        self.allowed(Verb::Update, &record)?;
        let old = record.spec.limits.clone();
        let merged = merged(&old, limits);
        if let (Some(memory), Some(swap)) = (merged.memory, merged.memory_swap)
            && swap < memory
        {
            let why = format!("memory and swap together ({swap}) cannot be less than memory ({memory})");
            return Err(RuntimeError::Conflict { tried: format!("change the limits of `{}`", record.name), why });
        }
        if record.state.is_up() && self.is_watched(&record) {
            self.platform.compute.update(&self.layout.running(id), &merged, &record.spec.tuning)?;
            // Its policy's new starts follow the order.
            self.change_order(id, |order| order.spec.limits = merged.clone())?;
        }
        record.spec.limits = merged;
        self.db.change(&format!("change the limits of `{}`", record.name), |t| container::respec(t, &record))
    }

    /// Publishes a port of a container: at once when it runs, and at each later start. Gives the host's ports.
    ///
    /// # Errors
    /// `Conflict` when the port is taken; `Invalid` when no network of it leads to the outside.
    pub fn publish(&self, id: &ContainerId, port: &PortMapping) -> Result<Vec<u16>> {
        let mut record = self.record(id, "publish a port of")?;
        let tried = format!("publish a port of `{}`", record.name);
        let asked = PortMapping { host_ip: port.host_ip.clone().or(Some(String::new())), ..port.clone() };
        let up = record.state.is_up() && self.is_watched(&record);
        if !up {
            record.spec.ports.push(asked);
            self.db.change(&tried, |t| container::respec(t, &record))?;
            return Ok(port.host_port.into_iter().collect());
        }
        let NetworkPlan::Own { links, .. } = self.read_order(id)?.network else {
            let why = "it has no network of its own".to_owned();
            return Err(RuntimeError::Invalid { tried, why });
        };
        let listeners = self.platform.network.listeners()?;
        let mut only = record.clone();
        only.spec.ports = vec![asked.clone()];
        let (ports, new) = self.db.change(&tried, |t| {
            self.free_broken_off(t)?;
            let ports = self.give_ports(t, &only, &listeners)?;
            let new = plan::mappings(&links, &ports)?;
            record.spec.ports.push(asked.clone());
            container::respec(t, &record)?;
            Ok((ports, new))
        })?;
        if let Err(error) = self.publish_all(id, &new) {
            self.forget_ports(id, &ports)?;
            return Err(error);
        }
        self.change_order(id, |order| {
            if let NetworkPlan::Own { mappings, .. } = &mut order.network {
                mappings.extend(new);
            }
        })?;
        Ok(ports.iter().map(|port| port.host_port).collect())
    }

    fn publish_all(&self, id: &ContainerId, mappings: &[MappingPlan]) -> Result<()> {
        for (at, mapping) in mappings.iter().enumerate() {
            if let Err(error) = self.platform.network.publish(id, mapping) {
                for done in mappings.iter().take(at) {
                    self.platform.network.unpublish(id, done)?;
                }
                return Err(error);
            }
        }
        Ok(())
    }

    fn forget_ports(&self, id: &ContainerId, ports: &[HostPort]) -> Result<()> {
        self.db.change("free a port", |t| {
            let mut record = container::get(t, id)?;
            record.spec.ports.pop();
            container::respec(t, &record)?;
            ports.iter().try_for_each(|port| attachment::unclaim(t, &claim(id, port)))
        })
    }

    /// Ends the publishing of a container's port, now and at later starts.
    ///
    /// # Errors
    /// `NotFound` when it is not published so.
    pub fn unpublish(&self, id: &ContainerId, port: &PortMapping) -> Result<()> {
        let mut record = self.record(id, "end the publishing of a port of")?;
        let tried = format!("unpublish {port} of `{}`", record.name);
        let claims = self.db.look(attachment::claims)?;
        let claims: Vec<_> = claims
            .into_iter()
            .filter(|claim| claim.container == *id && claim.port == port.container_port)
            .filter(|claim| claim.protocol == port.protocol && port.host_port.is_none_or(|p| p == claim.host_port))
            .collect();
        let before = record.spec.ports.len();
        record.spec.ports.retain(|known| !is_same(known, port));
        if claims.is_empty() && record.spec.ports.len() == before {
            return Err(RuntimeError::NotFound { tried, why: "it is not published".into() });
        }
        let is_gone = |mapping: &MappingPlan| claims.iter().any(|claim| is_of(mapping, &host_port(claim)));
        let order = if claims.is_empty() { None } else { self.read_order(id).ok() };
        let gone: Vec<_> = match order.map(|order| order.network) {
            Some(NetworkPlan::Own { mappings, .. }) => mappings.into_iter().filter(is_gone).collect(),
            _ => Vec::new(),
        };
        let close = || gone.iter().try_for_each(|mapping| self.platform.network.unpublish(id, mapping));
        close()?;
        self.db.change(&tried, |t| {
            claims.iter().try_for_each(|claim| attachment::unclaim(t, claim))?;
            container::respec(t, &record)
        })?;
        if gone.is_empty() {
            return Ok(());
        }
        let changed = self.change_order(id, |order| {
            if let NetworkPlan::Own { mappings, .. } = &mut order.network {
                mappings.retain(|mapping| !is_gone(mapping));
            }
        });
        if changed.is_err() && self.read_order(id).is_ok() {
            return changed;
        }
        // A console that opened before the claims went has put back what was missing.
        close()
    }

    /// Changes the order of a container that runs, under the database's lock: another console may do the same.
    pub(super) fn change_order(&self, id: &ContainerId, change: impl FnOnce(&mut Order)) -> Result<()> {
        self.db.change("change an order", |_| {
            let mut order = self.read_order(id)?;
            change(&mut order);
            self.write_order(&order)
        })
    }
}

/// Whether a mapping of a container's order is still claimed.
pub(super) fn is_claimed(claims: &[Claim], id: &ContainerId, mapping: &MappingPlan) -> bool {
    claims.iter().any(|claim| claim.container == *id && is_of(mapping, &host_port(claim)))
}

fn is_of(mapping: &MappingPlan, port: &HostPort) -> bool {
    mapping.protocol == port.protocol
        && mapping.host_port == port.host_port
        && mapping.host_ip == port.host_ip
        && mapping.port == port.port
}

/// Whether what was asked for is this port; one whose host port was left open is any of that inner port.
fn is_same(known: &PortMapping, port: &PortMapping) -> bool {
    let same_host = known.host_port.is_none() || port.host_port.is_none() || known.host_port == port.host_port;
    known.protocol == port.protocol && known.container_port == port.container_port && same_host
}

/// What was there, with what is asked for over it; the policy is always said.
fn merged(old: &Limits, new: &Limits) -> Limits {
    Limits {
        memory: new.memory.or(old.memory),
        memory_swap: new.memory_swap.or(old.memory_swap),
        cpus: new.cpus.or(old.cpus),
        pids: new.pids.or(old.pids),
        restart: new.restart,
    }
}
