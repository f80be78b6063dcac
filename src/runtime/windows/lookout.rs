//! What runs in containers of this Windows and what it uses, whoever started them. Looks and changes nothing.

use chrono::{DateTime, Utc};

use super::{
    hcs::{Hcs, Result},
    sessions,
};
use crate::{
    model::Bytes,
    runtime::{
        document::hcs::query::{Properties, PropertyType, SystemQuery},
        host::Counters,
        silo::{Silo, counters},
    },
};

/// Looks at containers. Each look opens the container anew, so that a restart of the service between two looks is of
/// no account.
#[derive(Clone, Debug)]
pub struct Lookout {
    hcs: Hcs,
}

impl Lookout {
    /// Looks through this.
    pub const fn new(hcs: Hcs) -> Self {
        Self { hcs }
    }

    /// Containers of every owner; [`Properties::is_own`] tells which are longshore's.
    ///
    /// # Errors
    /// When the service does not answer.
    pub fn containers(&self) -> Result<Vec<Properties>> {
        self.hcs.list(&SystemQuery::containers())
    }

    /// What a container uses; `limit` is that of its memory, which the service does not tell.
    ///
    /// # Errors
    /// `is_of_an_ending` when it is just ending: then a sample is missed and nothing is wrong.
    pub fn counters(&self, id: &str, limit: Option<Bytes>) -> Result<Counters> {
        let asked = [PropertyType::Statistics, PropertyType::ProcessList];
        let told = self.hcs.open(id)?.properties(&asked)?;
        Ok(counters(&told.statistics.unwrap_or_default(), told.process_list.len(), limit))
    }

    /// When the first process of a container began; `None` where nothing runs in it.
    pub fn since(&self, id: &str) -> Option<DateTime<Utc>> {
        let listed = self.hcs.open(id).and_then(|system| system.process_list()).ok()?;
        listed.iter().filter_map(|process| process.create_timestamp).min()
    }

    /// What runs in a container.
    ///
    /// # Errors
    /// As [`Lookout::counters`].
    pub fn processes(&self, id: &str) -> Result<Silo> {
        let system = self.hcs.open(id)?;
        let is_guest = !system.properties(&[])?.hosting_system_id.is_empty();
        let listed = system.process_list()?;
        // Without the host's view the list is still what it is.
        let host = (!is_guest).then(|| sessions::snapshot().unwrap_or_default());
        Ok(Silo::join(&listed, host.as_deref()))
    }
}
