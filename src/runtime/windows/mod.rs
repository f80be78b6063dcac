//! How Windows does what [`super::host`] asks for, through the DLLs of the feature Containers. Knows no image; the
//! database only where a monitor writes it.
//!
//! Nothing of those DLLs is imported: the program starts on every Windows and says what is missing. What is told to
//! them and what they answer are values of [`super::document`], which every system builds and tests.
//!
//! | room | subject |
//! |---|---|
//! | `access` | who may open what longshore makes |
//! | [`compute`] | running containers, as the rest of the runtime sees them |
//! | [`facts`] | what this Windows is like |
//! | [`files`] | files inside of containers and volumes |
//! | [`hands`] | what the engine works with |
//! | [`hcs`] | containers, by the host compute service |
//! | [`layers`] | layers, by Windows' own service for them, and their files |
//! | [`load`] | DLLs and their functions, looked up when they are needed |
//! | [`lookout`] | what runs in containers, and what it uses |
//! | [`monitor`] | the process beside each container |
//! | [`network`], [`networking`] | networks, by the host compute network service |
//! | [`pipe`] | named pipes between longshore's processes |
//! | `registry` | texts of the registry |
//! | `routes`, `sockets` | what of the network is the host's own |
//! | [`sessions`] | processes of the host |
//! | [`storage`] | layers and roots of containers |
//! | [`table`] | which functions of which DLL |
//! | `wide` | text as Windows has it |

mod access;
pub mod compute;
pub mod facts;
pub mod files;
pub mod hands;
pub mod hcs;
pub mod layers;
pub mod load;
pub mod lookout;
pub mod monitor;
pub mod network;
pub mod networking;
pub mod pipe;
mod registry;
mod routes;
pub mod sessions;
mod sockets;
pub mod storage;
pub mod table;
mod wide;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use self::load::Shelf;
use super::{Platform, Result, RuntimeError, layout::Layout, watch::Glances};

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

/// Where the engine's data lies where nobody says otherwise, and what of it is of no use after a boot.
pub(super) fn usual_folders() -> (PathBuf, PathBuf) {
    let data = shared_data().join("longshore");
    (data.clone(), data.join("run"))
}

/// Where programs keep what is not a user's own.
fn shared_data() -> PathBuf {
    std::env::var_os("ProgramData").map_or_else(|| PathBuf::from(r"C:\ProgramData"), PathBuf::from)
}

/// All that Windows gives to the engine over these folders.
///
/// # Errors
/// What is missing.
pub(super) fn platform(layout: &Layout) -> Result<Platform> {
    let tried = "find the program that watches over containers";
    let program = std::env::current_exe().map_err(RuntimeError::system(tried))?;
    with_program(layout, program)
}

/// The same with monitors of another program, which must be longshore: for tests.
///
/// # Errors
/// As [`platform`].
pub fn with_program(layout: &Layout, program: PathBuf) -> Result<Platform> {
    let tried = format!("keep `{}` from other users", layout.data.display());
    access::make_private(&layout.data).map_err(RuntimeError::system(tried))?;
    let hands = hands::Hands::of_this_host(layout)?;
    Ok(Platform {
        storage: Arc::clone(&hands.storage),
        files: Arc::clone(&hands.files),
        network: Arc::clone(&hands.network),
        firewall: Arc::clone(&hands.firewall),
        compute: Arc::new(compute::Compute::new(hands, program)),
        ears: |bell| Box::new(Glances::at(bell)),
        about: facts::about(),
    })
}

/// What the monitor of this folder works with.
fn hands_of(folder: &Path) -> Result<hands::Hands> {
    use super::monitor::folder::{of_exec, read_order};
    let order = read_order(folder).or_else(|_| read_order(of_exec(folder)))?;
    hands::Hands::of_this_host(&Layout::at(&order.data))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_root_is_one_whatever_it_is_called_by() {
        let above = tempfile::tempdir().unwrap();
        let root = above.path().join("Data");
        std::fs::create_dir(&root).unwrap();
        let one = Layout::at(&root).as_on_disk();
        let called = root.to_str().unwrap();
        for other in [called.to_lowercase(), called.to_uppercase(), called.replace('\\', "/"), format!(r"\\?\{called}")]
        {
            assert_eq!(Layout::at(Path::new(&other)).as_on_disk(), one, "{other}");
        }
        assert_eq!(one.data.file_name(), Some("Data".as_ref()));
    }
}
