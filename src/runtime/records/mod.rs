//! Rows of the database as values, and what changes them. Knows SQL; knows neither disk nor platform.
//!
//! Everything that changes takes a [`rusqlite::Transaction`], so that what must be true together is written together,
//! with the events it brings about.

pub mod attachment;
pub mod container;
pub mod event;
pub mod life;
pub mod network;
pub mod rule;
pub mod volume;

use chrono::{DateTime, Utc};
use rusqlite::{
    ToSql,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef},
};
use serde::{Serialize, de::DeserializeOwned};

/// A column of JSON.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let text = serde_json::to_string(&self.0);
        text.map(Into::into).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
    }
}

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map(Self).map_err(FromSqlError::other)
    }
}

/// A column of milliseconds since 1970.
pub(crate) struct Millis(pub(crate) DateTime<Utc>);

impl ToSql for Millis {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.timestamp_millis().into())
    }
}

impl FromSql for Millis {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let millis = value.as_i64()?;
        DateTime::from_timestamp_millis(millis).map(Self).ok_or(FromSqlError::OutOfRange(millis))
    }
}

/// A column of anything that is written and read as text.
pub(crate) struct Word<T>(pub(crate) T);

impl<T: ToString> ToSql for Word<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.to_string().into())
    }
}

impl<T: std::str::FromStr> FromSql for Word<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map(Self).map_err(FromSqlError::other)
    }
}

/// A new id of 64 hex digits, as Docker's are. Never all decimal digits in its short form, which could be taken for a
/// number where ids and numbers are both taken.
pub fn new_id() -> String {
    use std::hash::{BuildHasher, RandomState};
    loop {
        // Each state has keys of its own, seeded by the system's random numbers.
        let id: String = (0..4_u8).map(|part| format!("{:016x}", RandomState::new().hash_one(part))).collect();
        if id.bytes().take(crate::model::SHORT).any(|byte| byte.is_ascii_alphabetic()) {
            return id;
        }
    }
}

#[cfg(test)]
pub(crate) mod fixtures {
    use super::{container, container::Record};
    use crate::{
        model::{ContainerSpec, State},
        runtime::{Result, db::Db, document::Process, layout::Layout},
    };

    /// A database in a folder that goes away with it.
    pub(crate) fn db() -> (tempfile::TempDir, Db) {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&Layout::at(folder.path())).unwrap();
        (folder, db)
    }

    /// A container that was just made.
    pub(crate) fn container(name: &str) -> Record {
        let settled = container::Settled {
            process: Process { args: vec!["sleep".into(), "1d".into()], ..Process::default() },
            ..container::Settled::default()
        };
        let spec = ContainerSpec { image: "busybox:1".into(), ..ContainerSpec::default() };
        Record::new(name, "sha256:b0".into(), None, spec, settled, chrono::DateTime::UNIX_EPOCH)
    }

    /// Writes containers.
    pub(crate) fn insert(db: &Db, all: &[&Record]) {
        db.change("make them", |t| all.iter().try_for_each(|one| container::insert(t, one))).unwrap();
    }

    /// Its state as the database has it.
    pub(crate) fn state(db: &Db, record: &Record) -> State {
        read(db, |c| container::get(c, &record.id)).state
    }

    pub(crate) fn read<T>(db: &Db, what: impl FnOnce(&rusqlite::Connection) -> Result<T>) -> T {
        db.look(what).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_as_long_as_docker_s_and_never_the_same() {
        let (one, two) = (new_id(), new_id());
        assert!(one.len() == 64 && one.bytes().all(|b| b.is_ascii_hexdigit()), "{one}");
        assert_ne!(one, two);
    }
}
