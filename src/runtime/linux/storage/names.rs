//! Paths in tars: made relative and free of tricks. Knows no file system.

use super::{
    fault::{Fault, Refused},
    tar::{Limits, TarError},
};

/// The path below the tar's folder: without `/` in front, without `.` and `..`; empty for the folder itself.
///
/// # Errors
/// When `..` leads out, or it is longer or deeper than allowed.
pub(crate) fn normal(path: &[u8], limits: &Limits) -> Result<Vec<u8>, Fault> {
    if path.len() > limits.path {
        return Err(TarError::Limit { what: "bytes in a path", limit: limits.path as u64 }.into());
    }
    if path.contains(&0) {
        return Err(Refused::Nul.into());
    }
    let mut names: Vec<&[u8]> = Vec::new();
    for name in path.split(|byte| *byte == b'/') {
        match name {
            b"" | b"." => {}
            b".." => drop(names.pop().ok_or(Refused::Outside)?),
            name => names.push(name),
        }
    }
    if names.len() > limits.depth {
        return Err(TarError::Limit { what: "folders in a path", limit: limits.depth as u64 }.into());
    }
    Ok(names.join(&b'/'))
}

/// The folder of a normal path, and the name in it.
pub(crate) fn parted(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (b"", path),
    }
}
