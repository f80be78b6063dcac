//! How soon what has changed should be on screen. Knows no clock.

use std::time::Duration;

use crate::model::{Change, Fetch, Store};

/// How soon a change should be on screen; the greater is the sooner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// Nothing has changed.
    #[default]
    Never,
    /// Figures have moved that always move: seldom is soon enough, and saves most of what goes over the line.
    Calmly,
    /// Something has happened.
    Soon,
    /// Somebody waits for it.
    Now,
}

impl Due {
    /// How long frames for it are apart; `None` when there is nothing to draw.
    pub const fn after(self) -> Option<Duration> {
        match self {
            Self::Never => None,
            Self::Calmly => Some(Duration::from_secs(1)),
            Self::Soon => Some(Duration::from_millis(33)),
            Self::Now => Some(Duration::ZERO),
        }
    }

    /// How soon `change` should be seen, told before `store` knows of it.
    pub fn of(change: &Change, store: &Store) -> Self {
        match change {
            Change::Sample(..) | Change::HostLoad(_) => Self::Calmly,
            // The first list is what the user has been waiting for since the start.
            Change::Listed(listing) if matches!(store.fetch(listing.part()), Fetch::Never | Fetch::Loading) => {
                Self::Now
            }
            _ => Self::Soon,
        }
    }
}

impl From<bool> for Due {
    fn from(changed: bool) -> Self {
        if changed { Self::Soon } else { Self::Never }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{HostLoad, Listing, Problem};

    #[test]
    fn a_first_list_is_due_at_once_and_figures_calmly() {
        let mut store = Store::default();
        let list = Change::Listed(Listing::Containers(Vec::new()));
        assert_eq!(Due::of(&list, &store), Due::Now);
        store.apply(list.clone(), chrono::DateTime::UNIX_EPOCH);
        assert_eq!(Due::of(&list, &store), Due::Soon);
        assert_eq!(Due::of(&Change::HostLoad(HostLoad::default()), &store), Due::Calmly);
        let failed = Change::Failed(crate::model::Part::Nat, Problem::new("it failed"));
        assert_eq!(Due::of(&failed, &store), Due::Soon);
        assert!(Due::Never < Due::Calmly && Due::Calmly < Due::Soon && Due::Soon < Due::Now);
    }
}
