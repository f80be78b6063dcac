//! The host compute service: containers of Windows as values with methods, every handle closed once, every wait
//! bounded. Knows no image, no network and no database.
//!
//! | file | subject |
//! |---|---|
//! | `error` | why a call failed |
//! | `operation` | one call from its start to its verdict |
//! | `events` | how a system or a process says that it has ended |
//! | `system` | a container |
//! | `process` | a process in a container |
//! | `stopping` | asking, waiting, and ending by force |

mod error;
mod events;
mod handle;
mod operation;
mod process;
mod stopping;
mod system;
#[cfg(test)]
pub(super) mod tests;

use std::{sync::Arc, time::Duration};

use serde::Serialize;

pub use error::{HcsError, Result};
pub use process::{Pipes, Process};
pub use stopping::Stop;
pub use system::System;

use self::{
    error::read,
    operation::{Operation, take_text},
};
use super::{
    load::{LoadError, Shelf},
    table::computecore::ComputeCore,
    wide::Wide,
};
use crate::runtime::document::hcs::{
    code::Code,
    query::{Properties, SERVICE_QUERY, ServiceProperties, SystemQuery},
    system::ComputeSystem,
};

/// How long a question may take: a list, statistics, a state.
pub const LOOK: Duration = Duration::from_secs(5);
/// How long making and starting may take; the first start of an image is slow.
pub const MAKE: Duration = Duration::from_secs(60);
/// How long ending by force may take.
pub const FORCE: Duration = Duration::from_secs(30);

/// All rights to what is opened (`GENERIC_ALL`).
const ALL_ACCESS: u32 = 0x1000_0000;

/// The service.
#[derive(Clone, Debug)]
pub struct Hcs {
    core: Arc<ComputeCore>,
}

impl Hcs {
    /// Loads its DLL. The service itself is not asked anything yet.
    ///
    /// # Errors
    /// When this Windows has no such DLL, or one too old.
    pub fn load(shelf: &Shelf) -> std::result::Result<Self, LoadError> {
        Ok(Self { core: Arc::new(ComputeCore::load(shelf)?) })
    }

    /// What the service says of itself.
    ///
    /// # Errors
    /// When it does not run, or does not let this user in.
    #[allow(unsafe_code, reason = "a call into computecore.dll")]
    pub fn service(&self) -> Result<ServiceProperties> {
        let tried = "ask the host compute service for its versions";
        let query = Wide::new(SERVICE_QUERY);
        let mut answer = std::ptr::null_mut();
        // SAFETY: the query ends with a zero; both pointers live over the call, which is over when it returns.
        let code = unsafe { (self.core.service_properties)(query.as_ptr(), &mut answer) };
        let text = take_text(answer);
        if code < 0 {
            return Err(HcsError::refused(tried, Code::of(code), text.as_deref()));
        }
        read(tried, text)
    }

    /// The systems that fit a query, whoever made them. One that is ending may be missing already.
    ///
    /// # Errors
    /// When the service refuses or does not answer within [`LOOK`].
    #[allow(unsafe_code, reason = "a call into computecore.dll")]
    pub fn list(&self, query: &SystemQuery) -> Result<Vec<Properties>> {
        let tried = "list the containers of Windows";
        let query = document(tried, query)?;
        let operation = Operation::new(&self.core, tried)?;
        // SAFETY: the query ends with a zero and lives over the call; the operation is open and new.
        let started = unsafe { (self.core.enumerate)(query.as_ptr(), operation.handle()) };
        let answer = operation.finish(started, LOOK)?;
        // No match is an empty list on some builds and no document on others.
        if answer.is_some() { read(tried, answer) } else { Ok(Vec::new()) }
    }

    /// Makes a container, which is not started by that.
    ///
    /// # Errors
    /// What the service does not like about the document, in its words; nothing is left then.
    #[allow(unsafe_code, reason = "a call into computecore.dll")]
    pub fn create(&self, id: &str, system: &ComputeSystem) -> Result<System> {
        let tried = format!("create container `{id}`");
        let (name, text) = (Wide::new(id), document(&tried, system)?);
        let operation = Operation::new(&self.core, &tried)?;
        let mut handle = std::ptr::null_mut();
        // SAFETY: both texts end with a zero; all pointers live over the call; no security descriptor is allowed.
        let started = unsafe {
            let create = self.core.create_system;
            create(name.as_ptr(), text.as_ptr(), operation.handle(), std::ptr::null(), &mut handle)
        };
        // The handle is there before the verdict is, and is to be closed whatever the verdict.
        let system = System::new(&self.core, handle, id);
        operation.finish(started, MAKE)?;
        system.ok_or_else(|| HcsError::no_handle(&tried))
    }

    /// Opens a container that there is.
    ///
    /// # Errors
    /// [`HcsError::is_not_found`] when there is none.
    #[allow(unsafe_code, reason = "a call into computecore.dll")]
    pub fn open(&self, id: &str) -> Result<System> {
        let tried = format!("open container `{id}`");
        let name = Wide::new(id);
        let mut handle = std::ptr::null_mut();
        // SAFETY: the name ends with a zero; both pointers live over the call, which is over when it returns.
        let code = unsafe { (self.core.open_system)(name.as_ptr(), ALL_ACCESS, &mut handle) };
        let system = System::new(&self.core, handle, id);
        if code < 0 {
            return Err(HcsError::refused(&tried, Code::of(code), None));
        }
        system.ok_or_else(|| HcsError::no_handle(&tried))
    }
}

/// A document as the text that is sent.
fn document(tried: &str, value: &impl Serialize) -> Result<Wide> {
    match serde_json::to_string(value) {
        Ok(text) => Ok(Wide::new(&text)),
        Err(source) => Err(HcsError::Garbled { tried: tried.to_owned(), source }),
    }
}
