//! Rules that people make about containers and networks, in the kernel. Knows neither the database nor a screen.

use std::{net::IpAddr, path::Path};

use super::{
    network::{filter_neighbours, refused, table_name},
    nft::Table,
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

impl KernelFirewall {
    /// Those of the engine over this data root.
    pub fn new(data: &Path) -> Self {
        Self { table: table_name(data) }
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
