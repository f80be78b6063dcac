//! What Windows does with layers, as far as longshore can tell without Windows: folders and files as Windows keeps them,
//! the codes of its errors, and the format of what it reads and writes. Written from what open source hands to it, apart
//! from longshore's own code. Knows no pointer.
//!
//! A layer's state lies in its folder, so that DLLs and processes share it. A disk is a file that names the one it
//! differs from; what is in it lies beside it, in a folder ([`active`]).

pub mod active;
pub mod export;
pub mod import;
mod tree;

use std::{
    io,
    path::{Path, PathBuf},
};

/// A file in the folder of the lowest layer: its disk, which an empty one differs from.
const BASE_DISK: &str = "blank-base.vhdx";
/// The empty disk, of which a writable layer's is a copy.
const BLANK: &str = "blank.vhdx";
/// A writable layer's disk.
const SCRATCH: &str = "sandbox.vhdx";

/// Why a call fails.
#[derive(Debug)]
pub struct Failure {
    /// An `HRESULT`.
    pub code: u32,
    /// What was wrong with the call, where Windows would not forgive it.
    pub words: String,
}

impl Failure {
    /// A call that must not be.
    pub fn fault(code: u32, words: impl Into<String>) -> Self {
        Self { code, words: words.into() }
    }
}

impl From<u32> for Failure {
    fn from(code: u32) -> Self {
        Self { code, words: String::new() }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        (0x8007_0000 | error.raw_os_error().unwrap_or(31).cast_unsigned() & 0xFFFF).into()
    }
}

/// What a call gives.
pub type Done<T = ()> = Result<T, Failure>;

/// The fields of a GUID.
pub type Id = (u32, u16, u16, [u8; 8]);

/// A layer below another.
#[derive(Debug)]
pub struct Below {
    /// What [`name_to_guid`] gives for its folder's last name.
    pub id: Id,
    /// Its folder.
    pub path: PathBuf,
}

/// Some number that follows from a name: which one Windows takes is not known.
pub fn name_to_guid(name: &str) -> Id {
    let hash = |seed: u64| name.bytes().fold(seed, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let (one, two) = (hash(0xcbf2_9ce4_8422_2325), hash(0x9ae1_6a3b_2f90_404f));
    ((one >> 32) as u32, (one >> 16) as u16, one as u16, two.to_be_bytes())
}

/// Whether the layers below are such: the nearest first, the lowest a base, and each known by its own name.
fn check_chain(below: &[Below]) -> Done {
    const WRONG: u32 = 0x8037_0112;
    let Some(lowest) = below.last() else {
        return Err(Failure::fault(WRONG, "there are no layers below"));
    };
    for layer in below {
        let name = layer.path.file_name().unwrap_or_default().to_string_lossy();
        if name_to_guid(&name) != layer.id {
            return Err(Failure::fault(WRONG, format!("`{name}` has another id")));
        }
        if !layer.path.join("Files").is_dir() {
            return Err(Failure::fault(WRONG, format!("`{name}` is no layer")));
        }
    }
    if is_base(&lowest.path) && below.iter().filter(|layer| is_base(&layer.path)).count() == 1 {
        Ok(())
    } else {
        Err(Failure::fault(WRONG, "the last layer is not the lowest one"))
    }
}

fn is_base(layer: &Path) -> bool {
    layer.join(BASE_DISK).is_file()
}
