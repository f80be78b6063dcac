//! Rules that people make about containers and networks, in the kernel. Knows neither the database nor a screen.

use std::path::Path;

use super::{
    network::{cutting, filter_neighbours, refused, table_name},
    nft::{Table, comment_of},
};
use crate::{
    model::Net,
    runtime::{
        Result, RuntimeError,
        document::RuleScope,
        host::{Applied, Firewall},
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
    fn apply(&self, rules: &[Applied]) -> Result<()> {
        let tried = "apply the firewall's rules";
        for Applied { rule, .. } in rules {
            if let Some(peer) = rule.peer.as_deref().filter(|peer| Net::parse(peer).is_none()) {
                let why = format!("`{peer}` is no address or range");
                return Err(RuntimeError::Invalid { tried: tried.into(), why });
            }
        }
        let mut table = Table::named(&self.table);
        table.filter(rules).map_err(refused(tried))?;
        filter_neighbours(&mut table, rules.iter().any(|applied| matches!(applied.scope, RuleScope::Container(_))))?;
        cutting::deny(rules);
        Ok(())
    }

    fn is_rule(&self, number: i64, chain: &str, comment: &str) -> bool {
        // `inet TABLE CHAIN`: another longshore's rules have the same comments.
        chain.split(' ').nth(1) == Some(self.table.as_str()) && comment == comment_of(number)
    }
}

#[cfg(test)]
mod tests;
