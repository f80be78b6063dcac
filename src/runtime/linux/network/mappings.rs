//! Elements of the table as networks and containers come and go. Knows neither links nor namespaces.

use rustix::io::Errno;

use super::{KernelNetwork, refused};
use crate::{
    model::ContainerId,
    runtime::{
        Result, RuntimeError,
        document::{BridgePlan, MappingPlan},
        linux::nft::{Element, Set},
    },
};

impl KernelNetwork {
    /// See [`crate::runtime::host::Network::restore`]. Adds what is missing and mends what is wrong; what is too much is
    /// for the sweep, since it may have come since the caller looked.
    pub(super) fn restore_rules(&self, bridges: &[BridgePlan], mappings: &[(ContainerId, MappingPlan)]) -> Result<()> {
        let tried = "write the rules of all networks anew";
        let mut table = self.table();
        if !table.is_current().map_err(refused(tried))? {
            table.replace().map_err(refused(tried))?;
        }
        let mut wanted: Vec<_> = bridges.iter().flat_map(Element::of_network).collect();
        wanted.extend(mappings.iter().map(|(owner, mapping)| Element::of_mapping(owner, mapping)));
        let found = table.all(&Set::ALL).map_err(refused(tried))?;
        let missing: Vec<_> = wanted.into_iter().filter(|element| !found.contains(element)).collect();
        let is_in_the_way =
            |old: &&Element| missing.iter().any(|element| element.set == old.set && element.key == old.key);
        let wrong: Vec<_> = found.iter().filter(is_in_the_way).cloned().collect();
        table.change(&wrong, &missing, true).map_err(refused(tried))
    }

    /// Publishes these, all or none.
    pub(super) fn publish_all(&self, id: &ContainerId, mappings: &[MappingPlan]) -> Result<()> {
        let wanted: Vec<_> = mappings.iter().map(|mapping| Element::of_mapping(id, mapping)).collect();
        let tried = || match mappings {
            [one] => format!("publish port {}/{}", one.host_port, one.protocol),
            _ => format!("publish the ports of container {}", id.short()),
        };
        let mut table = self.table();
        let first = table.change(&[], &wanted, false);
        match first {
            Err(error) if error.is(Errno::EXIST) || error.is(Errno::BUSY) => {}
            result => return result.map_err(refused(tried())),
        }
        // Somebody has one of them: an earlier life of this container gives way, others do not.
        let found = table.all(&Set::OF_PORTS).map_err(refused(tried()))?;
        let same = |old: &&Element| wanted.iter().any(|new| new.set == old.set && new.key == old.key);
        let old: Vec<_> = found.iter().filter(same).cloned().collect();
        let other = old.iter().find(|old| old.owner.as_ref() != Some(id));
        if let Some(other) = other {
            let at = wanted.iter().position(|new| new.set == other.set && new.key == other.key);
            let port = at.and_then(|at| mappings.get(at)).map_or(0, |mapping| mapping.host_port);
            let owner = other.owner.as_ref().map_or("somebody else", |owner| owner.short());
            return Err(RuntimeError::Conflict {
                tried: tried(),
                why: format!("port {port} is taken by container {owner}"),
            });
        }
        table.change(&old, &wanted, false).map_err(refused(tried()))
    }

    /// Takes those elements away of which `which` says so. Another process may do the same at this moment.
    pub(super) fn take_away(&self, tried: &str, which: impl Fn(&Element) -> bool) -> Result<()> {
        /// So often the elements change between looking and deleting before it is taken for an error.
        const TRIES: u32 = 5;
        let mut table = self.table();
        for left in (0..TRIES).rev() {
            let found = table.all(&Set::ALL).map_err(refused(tried))?;
            let gone: Vec<_> = found.into_iter().filter(|element| which(element)).collect();
            match table.change(&gone, &[], false) {
                Err(error) if error.is(Errno::NOENT) && left > 0 => {}
                result => return result.map_err(refused(tried)),
            }
        }
        Ok(())
    }
}
