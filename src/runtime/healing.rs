//! Puts right what a crash or a reboot left: containers said to be up that are not, links and files of nobody, and
//! brings back what should run. Knows no platform.

use std::fs;

use super::{
    Result, Runtime, RuntimeError,
    changing::is_claimed,
    document::NetworkPlan,
    records::{
        attachment,
        container::{self, Record},
        network,
    },
    removing,
    restart::{self, Left},
    starting::recorded,
};
use crate::model::{ContainerId, State};

/// What became of a start that was tried for `longshore up`.
pub type Tried = (String, Result<()>);

/// Something that puts one thing right.
type Step = fn(&Runtime) -> Result<()>;

impl Runtime {
    /// Puts everything right that can be; what cannot is logged, since the rest still works.
    pub(super) fn heal(&self) {
        let steps: [(&str, Step); 7] = [
            ("account for lost containers", Self::account_for_lost),
            ("end containers of nobody", |runtime| runtime.platform.compute.sweep(&|id| runtime.may_be_alive(id))),
            ("finish removals", Self::finish_removals),
            ("clear away what is half pulled", |runtime| runtime.images.sweep()),
            ("clear away folders of nobody", Self::sweep_folders),
            ("clear away volumes of nobody", Self::sweep_volumes),
            ("put the host's network right", Self::restore_network),
        ];
        for (what, step) in steps {
            if let Err(error) = step(self) {
                tracing::warn!(%error, "cannot {what}");
            }
        }
    }

    fn account_for_lost(&self) -> Result<()> {
        for record in self.db.look(container::all)?.into_iter().filter(|record| record.state.is_up()) {
            self.bury_if_lost(&record);
        }
        Ok(())
    }

    /// Removes what was being removed, and what was to vanish with its end.
    fn finish_removals(&self) -> Result<()> {
        for record in self.db.look(container::all)? {
            let vanishes = record.spec.auto_remove && matches!(record.state, State::Exited(_));
            if !self.is_watched(&record) && (vanishes || record.state == State::Removing) {
                self.finish_removal(&record)?;
            }
        }
        Ok(())
    }

    fn finish_removal(&self, record: &Record) -> Result<()> {
        use super::records::life;
        if record.state == State::Removing {
            self.db.change("take up a removal again", |t| life::removal_failed(t, &record.id, "it was interrupted"))?;
        }
        match removing::discard(&self.db, &self.layout, self.disk(), &record.id, record.spec.auto_remove) {
            Ok(_) | Err(RuntimeError::NotFound { .. } | RuntimeError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes folders of containers that have no row. Under the database's lock, as for volumes; a container that is
    /// being made has its folder before its row, so young ones are left alone.
    fn sweep_folders(&self) -> Result<()> {
        /// No creation takes as long.
        const YOUNG: std::time::Duration = std::time::Duration::from_secs(600);
        let known: Vec<ContainerId> = self.db.look(container::all)?.into_iter().map(|record| record.id).collect();
        for root in [self.layout.data.join("containers"), self.layout.run.join("containers")] {
            for entry in fs::read_dir(root).into_iter().flatten().flatten() {
                let name = entry.file_name();
                let age = entry.metadata().and_then(|about| about.modified()).ok().and_then(|at| at.elapsed().ok());
                let old = age.is_some_and(|age| age > YOUNG);
                if old && !known.iter().any(|id| name == id.as_str()) {
                    tracing::info!(folder = %entry.path().display(), "a folder of no container is cleared away");
                    self.platform.storage.unmount(&entry.path().join("root"))?;
                    self.platform.files.remove(&entry.path())?;
                }
            }
        }
        Ok(())
    }

    /// What cannot be looked at may be alive: only a container there is not is nobody.
    fn may_be_alive(&self, id: &ContainerId) -> bool {
        match self.record(id, "look at") {
            Ok(record) => record.state.is_up() || self.is_watched(&record),
            Err(error) => !matches!(error, RuntimeError::NotFound { .. }),
        }
    }

    /// Takes away links of nobody, and makes the rules tell what the database says.
    fn restore_network(&self) -> Result<()> {
        self.platform.network.sweep(&|id| self.may_be_alive(id))?;
        if !self.db.look(container::all)?.iter().any(|record| record.state.is_up()) {
            // Bridges and rules come with the first start.
            return Ok(());
        }
        self.restore_rules()?;
        self.apply_rules()
    }

    /// Under the database's lock, and only what is claimed: whoever closes a port takes the claim away, and then what
    /// was put back before that.
    fn restore_rules(&self) -> Result<()> {
        self.db.change("put the host's rules right", |t| {
            let (networks, places, claims) = (network::all(t)?, attachment::all_places(t)?, attachment::claims(t)?);
            let is_used = |network: &&network::Record| {
                places.iter().any(|place| place.network == network.id && place.mac.is_some())
            };
            let used = networks.iter().filter(is_used);
            let bridges = used.map(|network| Ok(recorded(network)?.plan())).collect::<Result<Vec<_>>>()?;
            let mut mappings = Vec::new();
            for record in container::all(t)?.into_iter().filter(|record| record.state.is_up()) {
                if let Ok(order) = self.read_order(&record.id)
                    && let NetworkPlan::Own { mappings: own, .. } = order.network
                {
                    let claimed = own.into_iter().filter(|mapping| is_claimed(&claims, &record.id, mapping));
                    mappings.extend(claimed.map(|mapping| (record.id.clone(), mapping)));
                }
            }
            self.platform.network.restore(&bridges, &mappings)
        })
    }

    /// Starts what should run after a boot; gives each by its name with what became of it.
    ///
    /// # Errors
    /// What the database says.
    pub fn up(&self) -> Result<Vec<Tried>> {
        let wanted =
            |record: &Record| !record.state.is_up() && restart::at_boot(record.spec.limits.restart, left(record));
        let all = self.db.look(container::all)?;
        let mut wanted: Vec<_> = all.into_iter().filter(wanted).collect();
        // The oldest first: what others build on was mostly made before them.
        wanted.reverse();
        Ok(wanted.into_iter().map(|record| (record.name.clone(), self.start(&record.id))).collect())
    }
}

fn left(record: &Record) -> Left {
    match (record.state, record.started) {
        (State::Exited(code), Some(_)) => Left::Ended { code, by_hand: record.stopped },
        (_, None) => Left::Created,
        _ => Left::Up,
    }
}
