//! What is taken away when a run of a container is over. Knows no process.

use std::path::Path;

use crate::{
    model::ContainerId,
    runtime::{
        Result,
        document::Order,
        monitor::end::Traces,
        windows::{
            hands::Hands,
            hcs::{self, FORCE, Hcs, HcsError},
        },
    },
};

/// What this Windows has of a container.
pub(super) struct Host {
    pub(super) hands: Hands,
    /// Whether what still runs in it is asked to end before it is ended by force: services want to save what they have.
    pub(super) gently: bool,
}

impl Traces for Host {
    fn clean(&self, order: &Order, folder: &Path) -> Result<bool> {
        let ended = end_system(&self.hands.hcs, order.id.as_str(), self.gently);
        // Each is tried even if another fails.
        let detached = self.hands.network.detach(&order.id, &folder.join("netns"), &order.network);
        let unmounted = self.hands.storage.unmount(&folder.join("root"));
        ended?;
        detached?;
        unmounted?;
        // Windows lets a container's processes run into their limit by themselves.
        Ok(false)
    }

    fn close_ports(&self, _: &ContainerId) -> Result<()> {
        // They have gone with the container's endpoints.
        Ok(())
    }

    fn remove(&self, folder: &Path) -> Result<()> {
        self.hands.files.remove(folder)
    }
}

/// Ends a container of ours, whatever its state, and waits for that. No error when there is none.
///
/// # Errors
/// When not even force ends it.
pub(crate) fn end_system(hcs: &Hcs, id: &str, gently: bool) -> hcs::Result<()> {
    let gone = |error: &HcsError| error.is_not_found() || error.is_already_stopped();
    let mut system = match hcs.open(id) {
        Err(error) if gone(&error) => return Ok(()),
        opened => opened?,
    };
    system.listen()?;
    if gently && let Err(error) = system.shut_down(FORCE) {
        tracing::debug!(%error, "a container is ended by force");
    }
    hcs.force(&system)
}
