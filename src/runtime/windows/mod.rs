//! How Windows does what [`super::host`] asks for, through the DLLs of the feature Containers. Knows no image and no
//! database.
//!
//! Nothing of those DLLs is imported: the program starts on every Windows and says what is missing. What is told to
//! them and what they answer are values of [`super::document`], which every system builds and tests.
//!
//! | room | subject |
//! |---|---|
//! | [`facts`] | what this Windows is like |
//! | [`hcs`] | containers, by the host compute service |
//! | [`layers`] | layers, by Windows' own service for them, and their files |
//! | [`load`] | DLLs and their functions, looked up when they are needed |
//! | [`lookout`] | what runs in containers, and what it uses |
//! | [`network`] | networks, by the host compute network service |
//! | [`pipe`] | named pipes between longshore's processes |
//! | [`sessions`] | processes of the host |
//! | [`table`] | which functions of which DLL |
//! | `wide` | text as Windows has it |

pub mod facts;
pub mod hcs;
pub mod layers;
pub mod load;
pub mod lookout;
pub mod network;
pub mod pipe;
pub mod sessions;
pub mod table;
mod wide;

use self::load::Shelf;
use super::{Result, RuntimeError};

/// Whether this Windows can have an engine aboard at all.
///
/// # Errors
/// The first thing that is missing, and what to do about it.
pub fn check() -> Result<()> {
    let host = facts::read(&Shelf::of_this_process());
    tracing::info!(%host, "this is");
    let Some(lack) = host.lack() else { return Ok(()) };
    let (tried, why) = ("open the engine aboard".to_owned(), format!("{lack}: {}", lack.hint()));
    Err(RuntimeError::Invalid { tried, why })
}
