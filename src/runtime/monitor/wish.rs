//! What people want of a container that has ended, or will. Pure.

use serde::{Deserialize, Serialize};

use crate::runtime::document::StopOrder;

/// What they want.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wish {
    /// Nothing: its restart policy decides.
    #[default]
    Nothing,
    /// It stays ended, by whatever it ends.
    Stay,
    /// It is ended by an order to stop it.
    Stop,
    /// It is ended by an order, and starts again.
    Restart,
}

impl Wish {
    /// Whether its policy is not asked.
    pub fn is_to_stay(self) -> bool {
        matches!(self, Self::Stay | Self::Stop)
    }

    /// Whether it was ordered to end.
    pub fn is_order(self) -> bool {
        matches!(self, Self::Stop | Self::Restart)
    }

    /// What is wanted after an order.
    pub fn of(order: &StopOrder) -> Self {
        if order.again { Self::Restart } else { Self::Stop }
    }

    /// What is wanted when it shall not be started again.
    #[must_use]
    pub fn forgotten(self) -> Self {
        if self.is_order() { Self::Stop } else { Self::Stay }
    }
}
