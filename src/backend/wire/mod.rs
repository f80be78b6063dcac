//! Docker's JSON and longshore's model, both directions, one noun a file. Knows no transport: bytes in, values out.

pub(crate) mod changes;
pub(crate) mod container;
pub(crate) mod document;
pub(crate) mod event;
pub(crate) mod exec;
mod graph;
pub(crate) mod image;
mod lenient;
mod limits;
pub(crate) mod login;
pub(crate) mod logs;
mod mount;
pub(crate) mod network;
mod port;
pub(crate) mod prune;
pub(crate) mod pull;
pub(crate) mod sgr;
pub(crate) mod spec;
pub(crate) mod stats;
pub(crate) mod system;
pub(crate) mod top;
pub(crate) mod volume;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a list in one go; if a row breaks it, reads each row for itself and leaves out those that make no sense.
/// Null is the empty list.
pub(crate) fn rows<T: DeserializeOwned>(body: &[u8]) -> serde_json::Result<Vec<T>> {
    match serde_json::from_slice::<Option<Vec<T>>>(body) {
        Ok(rows) => Ok(rows.unwrap_or_default()),
        Err(_) => Ok(sensible(serde_json::from_slice(body)?)),
    }
}

fn sensible<T: DeserializeOwned>(rows: Vec<Value>) -> Vec<T> {
    let row = |row| serde_json::from_value(row).inspect_err(|why| tracing::warn!(%why, "a row makes no sense")).ok();
    rows.into_iter().filter_map(row).collect()
}
