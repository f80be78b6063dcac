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

use std::{fmt, marker::PhantomData};

use serde::{
    Deserializer,
    de::{DeserializeOwned, DeserializeSeed, SeqAccess, Visitor},
};
use serde_json::Value;

/// Reads a list in one go; if a row breaks it, reads each row for itself and leaves out those that make no sense.
/// Null is the empty list.
pub(crate) fn rows<T: DeserializeOwned>(body: &[u8]) -> serde_json::Result<Vec<T>> {
    rows_into(body, |row: T| row)
}

/// As [`rows`], each row turned into what is kept before the next is read: there may be thousands.
pub(crate) fn rows_into<T: DeserializeOwned, U>(body: &[u8], keep: impl Fn(T) -> U) -> serde_json::Result<Vec<U>> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let each = Each { keep: &keep, row: PhantomData };
    match each.deserialize(&mut reader).and_then(|rows| reader.end().map(|()| rows)) {
        Ok(rows) => Ok(rows),
        Err(_) => Ok(sensible(serde_json::from_slice(body)?).into_iter().map(keep).collect()),
    }
}

struct Each<'a, T, F> {
    keep: &'a F,
    row: PhantomData<T>,
}

impl<'de, T: DeserializeOwned, U, F: Fn(T) -> U> DeserializeSeed<'de> for Each<'_, T, F> {
    type Value = Vec<U>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Vec<U>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de, T: DeserializeOwned, U, F: Fn(T) -> U> Visitor<'de> for Each<'_, T, F> {
    type Value = Vec<U>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or null")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Vec<U>, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Vec<U>, A::Error> {
        let mut kept = Vec::new();
        while let Some(row) = rows.next_element()? {
            kept.push((self.keep)(row));
        }
        Ok(kept)
    }
}

fn sensible<T: DeserializeOwned>(rows: Vec<Value>) -> Vec<T> {
    let row = |row| serde_json::from_value(row).inspect_err(|why| tracing::warn!(%why, "a row makes no sense")).ok();
    rows.into_iter().filter_map(row).collect()
}
