//! Networks of containers of Windows, and rules about them, as the engine asks for them: by the host compute network
//! service. Knows neither containers' files nor the database.
//!
//! The rules that are in force are also kept in a file of the run folder, so that an endpoint which is made later, by
//! a container's own process, has them from its first packet on.

use std::{
    collections::HashMap,
    fs, io,
    net::IpAddr,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    load::{LoadError, Shelf},
    network::ComputeNetworks,
    registry, routes, sessions, sockets,
};
use crate::{
    model::{ContainerId, Net, NetworkId},
    runtime::{
        Result, RuntimeError,
        document::{
            BridgePlan, FilterRule, LinkPlan, MappingPlan, NetworkPlan, RuleScope,
            guid::Guid,
            hcn::{Ground, Heard, OWNED, Statistics, ids, used_for},
            windows_firewall::HostRule,
        },
        host::{Applied, Firewall, Network, Only},
        layout::Layout,
        monitor::folder::write_json,
        net::{pools::Used, ports::Listener},
        network_service::{self as service, NetworkService, PAUSE},
    },
};

/// The file of the rules that are in force.
const RULES: &str = "rules.json";

/// Where the registry holds the rules of the firewall: those of this host, and those of its domain.
const HOST_RULES: [&str; 2] = [
    r"SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules",
    r"SOFTWARE\Policies\Microsoft\WindowsFirewall\FirewallRules",
];

/// Networks and rules of the engine over one data root.
#[derive(Debug)]
pub struct HostNetworks {
    service: ComputeNetworks,
    mark: String,
    rules: PathBuf,
}

/// A rule as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    number: i64,
    scope: RuleScope,
    addresses: Vec<IpAddr>,
    rule: FilterRule,
}

impl HostNetworks {
    /// Those of the engine over these folders. Loads the DLL.
    ///
    /// # Errors
    /// What is missing.
    pub fn load(shelf: &Shelf, layout: &Layout) -> std::result::Result<Self, LoadError> {
        let service = ComputeNetworks::load(shelf)?;
        Ok(Self { service, mark: mark(&layout.data), rules: layout.run.join(RULES) })
    }

    /// The namespace that a container's document names; `None` for one that has no network.
    pub fn namespace(id: &ContainerId, plan: &NetworkPlan) -> Option<Guid> {
        match plan {
            NetworkPlan::Own { .. } => Some(ids::namespace(id)),
            NetworkPlan::Shared(other) => Some(ids::namespace(other)),
            NetworkPlan::None | NetworkPlan::Host => None,
        }
    }

    /// What went through all of a container's places in networks; zero where this Windows does not count, or the
    /// container is gone.
    pub fn statistics(&self, id: &ContainerId, plan: &NetworkPlan) -> Statistics {
        let NetworkPlan::Own { links, .. } = plan else { return Statistics::default() };
        let all = links.iter().filter_map(|link| self.service.statistics(ids::endpoint(id, &link.network)).ok());
        all.fold(Statistics::default(), |sum, one| Statistics {
            bytes_received: sum.bytes_received.saturating_add(one.bytes_received),
            bytes_sent: sum.bytes_sent.saturating_add(one.bytes_sent),
            ..one
        })
    }

    fn found(&self, link: &LinkPlan) -> Result<Guid> {
        let tried = format!("find the network `{}`", link.network_name);
        let there = self.service.networks().map_err(|failure| failure.trying(&tried))?;
        used_for(&link.network, link.internal, &there)
            .and_then(|network| network.id)
            .ok_or_else(|| RuntimeError::NotFound { tried, why: "Windows has no such network any more".into() })
    }

    fn kept_rules(&self) -> io::Result<Vec<Applied>> {
        let bytes = match fs::read(&self.rules) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            bytes => bytes?,
        };
        let kept: Vec<Kept> = serde_json::from_slice(&bytes)?;
        let applied = |Kept { number, scope, addresses, rule }| Applied { number, scope, addresses, rule };
        Ok(kept.into_iter().map(applied).collect())
    }

    fn keep_rules(&self, rules: &[Applied]) -> io::Result<()> {
        let kept = |Applied { number, scope, addresses, rule }: &Applied| Kept {
            number: *number,
            scope: scope.clone(),
            addresses: addresses.clone(),
            rule: rule.clone(),
        };
        write_json(&self.rules, &rules.iter().map(kept).collect::<Vec<_>>())
    }

    /// Gives `make` what is known when a container gets a place in networks.
    fn grounded<T>(&self, id: &ContainerId, make: impl FnOnce(&Ground<'_>) -> Result<T>) -> Result<T> {
        let tried = format!("read the rules in `{}`", self.rules.display());
        let rules = self.kept_rules().map_err(RuntimeError::system(tried))?;
        make(&Ground {
            mark: &self.mark,
            found: &|link| self.found(link),
            rules: &|network| service::policies(&rules, id, |about| about == network),
        })
    }
}

impl Network for HostNetworks {
    fn ensure(&self, bridge: &BridgePlan) -> Result<()> {
        service::ensure(&self.service, bridge, PAUSE).map(drop)
    }

    fn remove(&self, network: &NetworkId, _: &str) -> Result<()> {
        service::remove(&self.service, network)
    }

    fn attach(&self, id: &ContainerId, _: &Path, plan: &NetworkPlan) -> Result<()> {
        // What a crash has left of an earlier life has the same ids.
        self.detach(id, Path::new(""), plan)?;
        self.grounded(id, |ground| service::attach(&self.service, id, plan, ground, &heard))
    }

    fn detach(&self, id: &ContainerId, _: &Path, plan: &NetworkPlan) -> Result<()> {
        service::detach(&self.service, id, plan)
    }

    fn restore(&self, bridges: &[BridgePlan], _: &[(ContainerId, MappingPlan)]) -> Result<()> {
        // Mappings are part of endpoints, which come and go with their containers.
        bridges.iter().try_for_each(|bridge| self.ensure(bridge))
    }

    fn connect(&self, id: &ContainerId, _: &Path, link: &LinkPlan) -> Result<()> {
        self.grounded(id, |ground| service::connect(&self.service, id, link, ground))
    }

    fn disconnect(&self, id: &ContainerId, link: &LinkPlan) -> Result<()> {
        service::disconnect(&self.service, id, link)
    }

    fn publish(&self, id: &ContainerId, mapping: &MappingPlan) -> Result<()> {
        service::publish(&self.service, id, mapping, &heard)
    }

    fn unpublish(&self, id: &ContainerId, mapping: &MappingPlan) -> Result<()> {
        service::unpublish(&self.service, id, mapping)
    }

    fn sweep(&self, alive: &dyn Fn(&ContainerId) -> bool) -> Result<()> {
        service::sweep(&self.service, &self.mark, alive)
    }

    fn only(&self) -> Result<Option<Only>> {
        let there = service::translated(&self.service)?;
        Ok(Some(Only { range: there.map(|(range, _)| range), gateway: there.and_then(|(_, gateway)| gateway) }))
    }

    fn used(&self) -> Result<Vec<Used>> {
        let ranges = routes::ranges().map_err(RuntimeError::system("read the routes of this Windows"))?;
        let of = |(range, index): (Net, u32)| Used { range, by: format!("the host's route over interface {index}") };
        Ok(ranges.into_iter().map(of).collect())
    }

    fn listeners(&self) -> Result<Vec<Listener>> {
        sockets::listeners().map_err(RuntimeError::system("read the sockets of this Windows"))
    }

    fn process_of(&self, listener: &Listener) -> Option<(String, u32)> {
        process_of(listener)
    }
}

impl Firewall for HostNetworks {
    fn apply(&self, rules: &[Applied]) -> Result<()> {
        let tried = format!("keep the rules in `{}`", self.rules.display());
        self.keep_rules(rules).map_err(RuntimeError::system(tried))?;
        service::hold(&self.service, &self.mark, rules)
    }

    fn is_rule(&self, _: i64, _: &str, _: &str) -> bool {
        // Rules of endpoints are in no list of the host's.
        false
    }

    fn of_host(&self) -> Result<Vec<HostRule>> {
        let mut rules = Vec::new();
        for key in HOST_RULES {
            match registry::texts(key) {
                Ok(texts) => rules.extend(texts.iter().filter_map(|(id, text)| HostRule::of(id, text))),
                // The others are told all the same.
                Err(error) => tracing::warn!(key, %error, "rules of the firewall of this Windows cannot be read"),
            }
        }
        Ok(rules)
    }
}

/// What listens on this host, and who: asked only for a message.
fn heard() -> Vec<Heard> {
    let listeners = sockets::listeners().unwrap_or_else(|error| {
        tracing::warn!(%error, "the sockets of this Windows cannot be read");
        Vec::new()
    });
    let images = images();
    let of = |listener: Listener| (listener.clone(), owner(&listener, &images));
    listeners.into_iter().map(of).collect()
}

fn process_of(listener: &Listener) -> Option<(String, u32)> {
    owner(listener, &images())
}

/// A socket of Windows is known by its process's id.
fn owner(listener: &Listener, images: &HashMap<u32, String>) -> Option<(String, u32)> {
    let pid = u32::try_from(listener.inode).ok().filter(|pid| *pid != 0)?;
    images.get(&pid).map(|image| (image.clone(), pid))
}

/// What every process of this host runs, by its id.
fn images() -> HashMap<u32, String> {
    let all = sessions::snapshot().unwrap_or_default();
    all.into_iter().map(|process| (process.pid, process.image)).collect()
}

/// Beginning of the names of an engine's endpoints: others have theirs, so that they do not sweep each other's away.
fn mark(data: &Path) -> String {
    if data == Layout::default().data {
        return OWNED.into();
    }
    let digest: [u8; 32] = Sha256::digest(data.as_os_str().as_encoded_bytes()).into();
    let [a, b, c, d, ..] = digest;
    format!("{OWNED}.{a:02x}{b:02x}{c:02x}{d:02x}")
}

#[cfg(test)]
mod tests;
