//! What Windows' host compute service (HCS) is told and answers, as values. Pure; built and tested on every system.
//!
//! Source of every name and number: Microsoft's schema reference of the host compute system, version 2. The service
//! refuses a member it does not know, so what is not set is left out and never written as null; it leaves out itself
//! what is zero, so every member may be missing when an answer is read.
//!
//! | file | subject |
//! |---|---|
//! | [`code`] | what its error codes mean |
//! | [`plan`] | an order as documents |
//! | [`process`] | a process to start, and how it stands |
//! | [`query`] | what is asked of systems and of the service, and the answers |
//! | [`result`](mod@result) | how a system ended, and why something failed |
//! | [`statistics`] | what a system uses |
//! | [`system`] | a container to create, and changes to it |

pub mod code;
mod command_line;
pub mod plan;
pub mod process;
pub mod query;
pub mod result;
pub mod statistics;
pub mod system;
#[cfg(test)]
mod tests;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub use command_line::{SHELL, command_line};

/// How longshore's containers begin to say who made them.
const OWNER: &str = "longshore@";

/// Who made a system, as HCS lists it: the engine over this data root. By this it knows its own, and lets those of
/// another one alone.
pub fn owner(data: &Path) -> String {
    format!("{OWNER}{}", data.display())
}

/// A version of the schema of documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Version {
    /// 1 for `vmcompute.dll`, 2 for `computecore.dll`.
    pub major: u32,
    /// A host that has a minor version has all smaller ones.
    pub minor: u32,
}

impl Version {
    /// What build 17763 (Windows Server 2019), the oldest that longshore knows, understands.
    pub const OLDEST: Self = Self { major: 2, minor: 1 };
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Whether a member is left out because it is what HCS takes for granted.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
