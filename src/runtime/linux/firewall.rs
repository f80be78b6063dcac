//! Rules that people make about containers and networks, in the kernel. Knows neither the database nor a screen.

use std::{net::IpAddr, path::Path};

use super::{
    network::{filter_neighbours, refused, table_name},
    nft::{self, Table},
};
use crate::{
    model::Net,
    runtime::{
        Result, RuntimeError,
        document::{FilterRule, RuleScope},
        host::Firewall,
    },
};

/// The rules of the engine over one data root.
#[derive(Clone, Debug)]
pub struct KernelFirewall {
    table: String,
}

/// How often a rule was met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// Packets. Of a connection that is let through, only those before its first answer.
    pub packets: u64,
    /// Bytes of those.
    pub bytes: u64,
}

impl KernelFirewall {
    /// Those of the engine over this data root.
    pub fn new(data: &Path) -> Self {
        Self { table: table_name(data) }
    }

    /// How often each of the first `count` rules was met since they were applied, in their order.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn hits(&self, count: usize) -> Result<Vec<Hits>> {
        let tried = "read the counters of the firewall's rules";
        let mut table = Table::named(&self.table);
        let counters = table.counters().map_err(refused(tried))?;
        let of = |at| {
            let comment = nft::comment_of(at);
            let own = counters.iter().filter(|(found, ..)| *found == comment);
            own.fold(Hits::default(), |sum, (_, packets, bytes)| Hits {
                packets: sum.packets + packets,
                bytes: sum.bytes + bytes,
            })
        };
        Ok((0..count).map(of).collect())
    }
}

impl Firewall for KernelFirewall {
    fn apply(&self, rules: &[(RuleScope, Vec<IpAddr>, FilterRule)]) -> Result<()> {
        let tried = "apply the firewall's rules";
        for (_, _, rule) in rules {
            if let Some(peer) = rule.peer.as_deref().filter(|peer| Net::parse(peer).is_none()) {
                let why = format!("`{peer}` is no address or range");
                return Err(RuntimeError::Invalid { tried: tried.into(), why });
            }
        }
        let mut table = Table::named(&self.table);
        table.filter(rules).map_err(refused(tried))?;
        filter_neighbours(&mut table, rules.iter().any(|(scope, ..)| matches!(scope, RuleScope::Container(_))))
    }
}

#[cfg(test)]
mod tests;
