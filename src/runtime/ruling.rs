//! Rules of longshore's own firewall: listed, added, removed, and made to tell what the database says. Knows no packet
//! filter.

use super::{
    Result, Runtime, RuntimeError,
    document::{FilterRule, RuleScope, windows_firewall::HostRule},
    host::Applied,
    records::{attachment, container, network, rule},
};
use crate::model::{ContainerId, Net};

impl Runtime {
    /// The rules of longshore's own that can be read, in the order in which they are asked.
    ///
    /// # Errors
    /// What the database says.
    pub fn rules(&self) -> Result<Vec<rule::Record>> {
        self.db.look(rule::readable)
    }

    /// Whether what the host tells of in this chain, by this comment, belongs to a rule.
    pub fn is_rule(&self, number: i64, chain: &str, comment: &str) -> bool {
        self.platform.firewall.is_rule(number, chain, comment)
    }

    /// Rules of the host's own firewall, where the engine reads them itself.
    ///
    /// # Errors
    /// What the system says.
    pub fn host_rules(&self) -> Result<Vec<HostRule>> {
        self.platform.firewall.of_host()
    }

    /// Adds a rule behind the others, in force at once; gives its number.
    ///
    /// # Errors
    /// `NotFound` when there is no such container or network, `Invalid` when the other side is no range, or what the
    /// packet filter says; nothing is added then.
    pub fn add_rule(&self, scope: &RuleScope, new: &FilterRule) -> Result<i64> {
        if let Some(peer) = new.peer.as_deref().filter(|peer| Net::parse(peer).is_none()) {
            let why = format!("`{peer}` is no address range such as 10.1.0.0/24");
            return Err(RuntimeError::Invalid { tried: "add the firewall rule".into(), why });
        }
        let id = self.db.change("add the firewall rule", |t| {
            match scope {
                RuleScope::Container(id) => container::get(t, id).map(drop)?,
                RuleScope::Network(id) => network::get(t, id).map(drop)?,
            }
            rule::insert(t, scope, new)
        })?;
        if let Err(error) = self.apply_rules() {
            self.db.change("take the firewall rule back", |t| rule::delete(t, id))?;
            return Err(error);
        }
        Ok(id)
    }

    /// Removes a rule by its number.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub fn remove_rule(&self, id: i64) -> Result<()> {
        self.db.change(&format!("remove the firewall rule {id}"), |t| rule::delete(t, id))?;
        self.apply_rules()
    }

    /// Makes the packet filter tell what the database says, with the present addresses. Under the database's lock:
    /// whoever has read first would otherwise undo what another adds meanwhile.
    pub(super) fn apply_rules(&self) -> Result<()> {
        self.db.change("apply the firewall rules", |t| {
            let applied = |known: rule::Record| -> Result<Applied> {
                let addresses = match &known.scope {
                    RuleScope::Container(id) => attachment::places_of(t, id)?
                        .iter()
                        .flat_map(|place| place.address.into_iter().chain(place.address6))
                        .collect(),
                    RuleScope::Network(_) => Vec::new(),
                };
                Ok(Applied { number: known.id, scope: known.scope, addresses, rule: known.rule })
            };
            let rules = rule::all(t)?.into_iter().map(applied).collect::<Result<Vec<_>>>()?;
            self.platform.firewall.apply(&rules)
        })
    }

    /// Whether any rule is about a container.
    pub(super) fn has_rules(&self, id: &ContainerId) -> Result<bool> {
        let scope = RuleScope::Container(id.clone());
        Ok(self.rules()?.iter().any(|known| known.scope == scope))
    }
}
