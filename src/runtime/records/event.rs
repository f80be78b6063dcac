//! What happened, in the order it did, as every console reads it. Knows not what follows from it.

use std::collections::BTreeMap;

use chrono::Utc;
use rusqlite::{Connection, Transaction, params};

use super::{Json, Millis};
use crate::{
    model::{Event, Kind},
    runtime::{Result, RuntimeError},
};

/// Events that are kept; the oldest beyond are forgotten now and then.
const KEPT: i64 = 10_000;
/// Between two times of forgetting.
const EVERY: i64 = 256;

/// Writes that something happened.
///
/// # Errors
/// What the database says.
pub fn tell(
    t: &Transaction,
    kind: Kind,
    action: &str,
    subject: &str,
    name: &str,
    attributes: &BTreeMap<String, String>,
) -> Result<()> {
    let sql = "INSERT INTO event (at, kind, action, subject, name, attributes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let write = || -> rusqlite::Result<()> {
        t.execute(sql, params![Millis(Utc::now()), kind.word(), action, subject, name, Json(attributes)])?;
        let number = t.last_insert_rowid();
        if number % EVERY == 0 {
            t.execute("DELETE FROM event WHERE id <= ?1", [number - KEPT])?;
        }
        Ok(())
    };
    write().map_err(RuntimeError::database(format!("write down `{action}` of `{name}`")))
}

/// The number of the newest event; 0 before the first.
///
/// # Errors
/// What the database says.
pub fn newest(c: &Connection) -> Result<i64> {
    c.query_row("SELECT coalesce(max(id), 0) FROM event", [], |row| row.get(0))
        .map_err(RuntimeError::database("read the events"))
}

/// Events after the one of this number, the oldest first, each with its own; at most `most`.
///
/// # Errors
/// What the database says.
pub fn after(c: &Connection, number: i64, most: u32) -> Result<Vec<(i64, Event)>> {
    let sql = "SELECT id, at, kind, action, subject, name, attributes FROM event WHERE id > ?1 ORDER BY id LIMIT ?2";
    let read = || -> rusqlite::Result<Vec<_>> {
        let mut statement = c.prepare(sql)?;
        let rows = statement.query_map(params![number, most], |row| {
            let detail: BTreeMap<String, String> = row.get::<_, Json<_>>(6)?.0;
            let event = Event {
                at: row.get::<_, Millis>(1)?.0,
                kind: kind(&row.get::<_, String>(2)?),
                action: row.get(3)?,
                id: row.get(4)?,
                name: row.get(5)?,
                detail: detail.into_iter().collect(),
            };
            Ok((row.get(0)?, event))
        })?;
        rows.collect()
    };
    read().map_err(RuntimeError::database("read the events"))
}

fn kind(word: &str) -> Kind {
    const KINDS: [Kind; 6] = [Kind::Container, Kind::Image, Kind::Volume, Kind::Network, Kind::Rule, Kind::Engine];
    KINDS.into_iter().find(|kind| kind.word() == word).unwrap_or(Kind::Other)
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures, *};

    #[test]
    fn events_are_read_in_order_from_where_one_stopped() {
        let (_folder, db) = fixtures::db();
        let about = BTreeMap::from([("exitCode".to_owned(), "3".to_owned())]);
        db.change("x", |t| {
            tell(t, Kind::Container, "start", "c0", "web", &BTreeMap::new())?;
            tell(t, Kind::Container, "die", "c0", "web", &about)
        })
        .unwrap();
        let first = fixtures::read(&db, |c| after(c, 0, 1));
        assert_eq!((first.len(), first[0].1.action.as_str()), (1, "start"));
        let rest = fixtures::read(&db, |c| after(c, first[0].0, 10));
        assert_eq!((rest.len(), rest[0].1.kind, rest[0].1.action.as_str()), (1, Kind::Container, "die"));
        assert_eq!(rest[0].1.detail, [("exitCode".to_owned(), "3".to_owned())]);
        assert_eq!(fixtures::read(&db, newest), rest[0].0);
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let (_folder, db) = fixtures::db();
        db.change("x", |t| {
            (0..KEPT + 2 * EVERY).try_for_each(|_| tell(t, Kind::Image, "tag", "i", "i", &BTreeMap::new()))
        })
        .unwrap();
        let oldest = fixtures::read(&db, |c| after(c, 0, 1))[0].0;
        assert!((EVERY..=2 * EVERY + 1).contains(&oldest), "{oldest}");
    }
}
