//! Networks on Linux: bridges, pairs of links, namespaces, and ports in a table of nftables. Knows neither containers'
//! files nor the database.
//!
//! Everything blocks and leaves no thread behind, so that a monitor can use it before it becomes a container's parent.

mod conntrack;
pub(super) mod cutting;
#[cfg(test)]
mod life_tests;
mod links;
mod mappings;
mod neighbours;
pub(super) mod netlink;
mod netns;
mod sockets;
#[cfg(test)]
pub(super) mod stage;
mod sysctl;
#[cfg(test)]
mod tests;

use std::{
    fs::File,
    io,
    net::IpAddr,
    os::fd::AsFd,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use rustix::io::Errno;
use sha2::{Digest, Sha256};

use self::{
    links::{Links, Pair},
    netlink::Refused,
};
use super::nft::{Element, Set, Table};
use crate::{
    model::{ContainerId, Net, NetworkId},
    runtime::{
        Result, RuntimeError,
        document::{BridgePlan, LinkPlan, MappingPlan, NetworkPlan},
        host::Network,
        layout,
        net::{names, pools::Used, ports::Listener},
    },
};

/// The table of the engine over the default data root. Others have theirs, so that they do not sweep each other's away.
const TABLE: &str = "longshore";

/// The networks of the engine over one data root, in the namespace of the thread that uses it first.
#[derive(Debug)]
pub struct KernelNetwork {
    mark: String,
    /// Kept open: closing a socket that has deleted something waits ten milliseconds for the kernel to tidy up.
    table: Mutex<Table>,
}

impl KernelNetwork {
    /// Those of the engine over this data root.
    pub fn new(data: &Path) -> Self {
        Self { mark: table_name(data), table: Mutex::new(Table::named(&table_name(data))) }
    }
}

/// The name of an engine's table, and the mark on its links.
pub(super) fn table_name(data: &Path) -> String {
    if data == Path::new(layout::DATA_ROOT) {
        return TABLE.into();
    }
    let digest: [u8; 32] = Sha256::digest(data.as_os_str().as_encoded_bytes()).into();
    let [a, b, c, d, ..] = digest;
    format!("{TABLE}-{a:02x}{b:02x}{c:02x}{d:02x}")
}

impl Network for KernelNetwork {
    fn ensure(&self, bridge: &BridgePlan) -> Result<()> {
        let tried = || format!("make the bridge `{}`", bridge.bridge);
        self.make_bridge(bridge).map_err(RuntimeError::system(tried()))?;
        neighbours::let_through(&mut self.table(), &bridge.bridge);
        let rules = format!("write the rules of the bridge `{}`", bridge.bridge);
        self.table().change(&[], &Element::of_network(bridge), true).map_err(refused(rules))
    }

    fn remove(&self, network: &NetworkId, bridge: &str) -> Result<()> {
        let tried = || format!("remove the bridge `{bridge}` of network {}", network.short());
        let elements = Element::of_any_network(bridge);
        self.take_away(&tried(), |element| elements.iter().any(|of| of.set == element.set && of.key == element.key))?;
        self.table().remove_if_empty().map_err(refused(tried()))?;
        neighbours::forget(&mut self.table(), bridge);
        links(&tried())?.remove(bridge).map_err(RuntimeError::system(tried()))
    }

    fn attach(&self, id: &ContainerId, netns: &Path, plan: &NetworkPlan) -> Result<()> {
        let done = self.make(id, netns, plan);
        if done.is_err() {
            // What cannot be undone is taken away by the next sweep; the first error is what people must know.
            let _ = self.detach(id, netns, plan);
        }
        done
    }

    fn detach(&self, id: &ContainerId, netns: &Path, plan: &NetworkPlan) -> Result<()> {
        let tried = || format!("take container {} off its networks", id.short());
        let mut undone = Vec::new();
        if let NetworkPlan::Own { links: own, .. } = plan {
            undone.push(self.take_away(&tried(), |element| element.owner.as_ref() == Some(id)));
            // Taking a link away takes the kernel 25 ms. It does so by itself when the namespace ends with the last of
            // its processes; until then nothing gets in or out.
            undone.extend(own.iter().map(|link| self.end_link(id, link, Links::cut_off)));
            cutting::leave(own);
        }
        undone.push(netns::remove(netns).map_err(RuntimeError::system(tried())));
        undone.into_iter().collect()
    }

    fn restore(&self, bridges: &[BridgePlan], mappings: &[(ContainerId, MappingPlan)]) -> Result<()> {
        self.restore_rules(bridges, mappings)
    }

    fn connect(&self, id: &ContainerId, netns: &Path, link: &LinkPlan) -> Result<()> {
        let done = self.link(id, netns, link);
        if done.is_err() {
            let _ = self.disconnect(id, link);
        }
        done
    }

    fn disconnect(&self, id: &ContainerId, link: &LinkPlan) -> Result<()> {
        self.end_link(id, link, Links::remove)?;
        cutting::leave(std::slice::from_ref(link));
        Ok(())
    }

    fn publish(&self, id: &ContainerId, mapping: &MappingPlan) -> Result<()> {
        self.publish_all(id, std::slice::from_ref(mapping))?;
        cutting::redirect(std::slice::from_ref(mapping));
        Ok(())
    }

    fn unpublish(&self, id: &ContainerId, mapping: &MappingPlan) -> Result<()> {
        let wanted = Element::of_mapping(id, mapping);
        let tried = format!("end publishing port {}/{}", mapping.host_port, mapping.protocol);
        self.take_away(&tried, |element| *element == wanted)?;
        cutting::close(mapping);
        Ok(())
    }

    fn sweep(&self, alive: &dyn Fn(&ContainerId) -> bool) -> Result<()> {
        let tried = "take away what containers that are gone have left";
        let mut links = links(tried)?;
        for found in links.all().map_err(RuntimeError::system(tried))? {
            let owner = found.alias.strip_prefix(&self.mark_of("container")).map(ContainerId::new);
            if owner.is_some_and(|owner| !alive(&owner)) {
                links.remove(&found.name).map_err(RuntimeError::system(tried))?;
            }
        }
        self.take_away(tried, |element| element.owner.as_ref().is_some_and(|owner| !alive(owner)))
    }

    fn used(&self) -> Result<Vec<Used>> {
        let tried = "read the host's routes";
        let mut links = links(tried)?;
        let (all, ranges) = (links.all(), links.ranges());
        let (all, ranges) = (all.map_err(RuntimeError::system(tried))?, ranges.map_err(RuntimeError::system(tried))?);
        let name = |index| all.iter().find(|link| link.index == index).map_or("?", |link| link.name.as_str());
        let of = |(range, index): (Net, u32)| Used { range, by: format!("the host's route over `{}`", name(index)) };
        Ok(ranges.into_iter().map(of).collect())
    }

    fn listeners(&self) -> Result<Vec<Listener>> {
        sockets::listeners().map_err(RuntimeError::system("read the host's sockets"))
    }

    fn process_of(&self, listener: &Listener) -> Option<(String, u32)> {
        sockets::process_of(listener.inode)
    }
}

impl KernelNetwork {
    /// Takes a container's mappings away, in case that somebody has put them back since it was detached.
    pub(super) fn close_ports(&self, id: &ContainerId) -> Result<()> {
        let tried = format!("close the ports of container {}", id.short());
        self.take_away(&tried, |element| element.owner.as_ref() == Some(id))
    }

    fn make_bridge(&self, bridge: &BridgePlan) -> io::Result<()> {
        let mut links = Links::here()?;
        let index = links.bridge(&bridge.bridge, hardware(&names::mac(bridge.gateway)))?;
        sysctl::of_bridge(&bridge.bridge, bridge.gateway6.is_some())?;
        let mut addresses = vec![(bridge.gateway, prefix(&bridge.subnet))];
        addresses.extend(bridge.gateway6.zip(bridge.subnet6.as_deref()).map(|(ip, range)| (ip, prefix(range))));
        links.set_up(index, &(self.mark_of("network") + bridge.network.as_str()), &addresses)?;
        if bridge.gateway6.is_some() { links.localnet6(index) } else { Ok(()) }
    }

    /// All that [`Network::attach`] makes, without undoing.
    fn make(&self, id: &ContainerId, netns: &Path, plan: &NetworkPlan) -> Result<()> {
        let (links, mappings, sysctls) = match plan {
            NetworkPlan::Host | NetworkPlan::Shared(_) => return Ok(()),
            NetworkPlan::None => (&[][..], &[][..], &[][..]),
            NetworkPlan::Own { links, mappings, sysctls } => (&links[..], &mappings[..], &sysctls[..]),
        };
        let tried = || format!("make the network namespace of container {}", id.short());
        netns::remove(netns).map_err(RuntimeError::system(tried()))?;
        netns::create(netns).map_err(RuntimeError::system(tried()))?;
        netns::inside(netns, || {
            Links::here()?.loopback()?;
            sysctls.iter().try_for_each(|(name, value)| sysctl::write(name, value))
        })
        .map_err(RuntimeError::system(tried()))?;
        links.iter().try_for_each(|link| self.link(id, netns, link))?;
        self.publish_all(id, mappings)?;
        cutting::redirect(mappings);
        Ok(())
    }

    /// Ends a link in one of two ways, if it is the container's.
    fn end_link(&self, id: &ContainerId, link: &LinkPlan, end: fn(&mut Links, &str) -> io::Result<()>) -> Result<()> {
        let tried = || format!("take container {} off network `{}`", id.short(), link.network_name);
        let mut links = links(&tried())?;
        match links.find(&link.host_interface).map_err(RuntimeError::system(tried()))? {
            Some(found) if found.alias == self.mark(id) => {
                end(&mut links, &link.host_interface).map_err(RuntimeError::system(tried()))
            }
            _ => Ok(()),
        }
    }

    /// One link of a container, from the bridge to its routes.
    fn link(&self, id: &ContainerId, netns: &Path, link: &LinkPlan) -> Result<()> {
        let tried = || format!("connect container {} to network `{}`", id.short(), link.network_name);
        let mut links = links(&tried())?;
        let bridge = links.find(&link.bridge).map_err(RuntimeError::system(tried()))?;
        let bridge = bridge.ok_or_else(|| RuntimeError::NotFound {
            tried: tried(),
            why: format!("its bridge `{}` is gone", link.bridge),
        })?;
        let namespace = File::open(netns).map_err(RuntimeError::system(tried()))?;
        let pair = Pair {
            here: &link.host_interface,
            bridge: bridge.index,
            alias: &self.mark(id),
            isolated: !link.icc,
            there: &link.interface,
            mac: hardware(&link.mac),
            namespace: namespace.as_fd(),
        };
        let made = match links.pair(&pair) {
            // A link of an earlier life whose namespace is not quite gone yet.
            Err(refused) if refused.is(Errno::EXIST) && refused.at == 0 => {
                self.disconnect(id, link)?;
                links.pair(&pair)
            }
            made => made,
        };
        made.map_err(refused(tried()))?;
        netns::inside(netns, || configure(link)).map_err(RuntimeError::system(tried()))
    }

    /// The table. It is locked, so do not ask for it twice.
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is written on the host's end of a container's link.
    fn mark(&self, id: &ContainerId) -> String {
        self.mark_of("container") + id.as_str()
    }

    fn mark_of(&self, kind: &str) -> String {
        format!("{} {kind} ", self.mark)
    }
}

/// Whether packets between containers of one network pass the rules that people make. Costs each of them some, so it is
/// not so while there are no such rules.
pub(super) fn filter_neighbours(table: &mut Table, yes: bool) -> Result<()> {
    let tried = "make bridges call the packet filter";
    if yes && !Path::new("/proc/sys/net/bridge").exists() {
        neighbours::load_bridge_filter();
    }
    let mut links = links(tried)?;
    let bridges = table.all(&[Set::Bridges]).map_err(refused(tried))?;
    let mut names = bridges.iter().filter_map(Element::bridge);
    names.try_for_each(|name| links.call_filters(&name, yes)).map_err(RuntimeError::system(tried))
}

/// Sets the end of a link inside of a container's namespace, in which this thread is.
fn configure(link: &LinkPlan) -> io::Result<()> {
    let mut links = Links::here()?;
    sysctl::of_link(&link.interface, link.address6.is_some())?;
    let found = links.find(&link.interface)?.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
    let addresses: Vec<_> = std::iter::once(link.address).chain(link.address6).collect();
    links.set_up(found.index, &link.network_name, &addresses)?;
    if link.internal {
        return Ok(());
    }
    let gateways: Vec<IpAddr> = std::iter::once(link.gateway).chain(link.gateway6).collect();
    // Lower numbers come first, so that another interface takes over when the first goes.
    let number = link.interface.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(0);
    links.default_routes(found.index, &gateways, number)
}

fn links(tried: &str) -> Result<Links> {
    Links::here().map_err(RuntimeError::system(tried))
}

/// For `map_err`: what was tried when the kernel refused a message.
pub(super) fn refused(tried: impl Into<String>) -> impl FnOnce(Refused) -> RuntimeError {
    let tried = tried.into();
    move |refused| RuntimeError::System { tried, source: refused.source }
}

fn prefix(range: &str) -> u8 {
    Net::parse(range).map_or(0, Net::prefix)
}

/// The six bytes of `02:4c:0a:d3:00:02`; what is no number is zero.
fn hardware(text: &str) -> [u8; 6] {
    let mut bytes = [0; 6];
    let words = text.split([':', '-']).map(|word| u8::from_str_radix(word, 16).unwrap_or(0));
    bytes.iter_mut().zip(words).for_each(|(byte, word)| *byte = word);
    bytes
}
