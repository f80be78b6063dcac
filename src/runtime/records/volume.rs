//! Volumes as the database has them, and who has them mounted. Knows no disk.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction, params};

use super::{Json, Millis, event};
use crate::{
    model::{ContainerId, Kind, VolumeName},
    runtime::{Result, RuntimeError},
};

/// A volume's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its name.
    pub name: VolumeName,
    /// Whether it was made for one container without a name.
    pub anonymous: bool,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Containers that have it mounted.
    pub used_by: Vec<ContainerId>,
}

/// Writes one unless there is one of that name; says whether it is new.
///
/// # Errors
/// What the database says.
pub fn ensure(t: &Transaction, name: &VolumeName, anonymous: bool, labels: &BTreeMap<String, String>) -> Result<bool> {
    let sql = "INSERT INTO volume (name, anonymous, created, labels) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    let row = params![name.as_str(), anonymous, Millis(Utc::now()), Json(labels)];
    let new = t.execute(sql, row).map_err(RuntimeError::database(format!("create the volume `{name}`")))? > 0;
    if new {
        tell(t, name, "create", &[])?;
    }
    Ok(new)
}

/// Notes that a container has it mounted at `target`.
///
/// # Errors
/// What the database says.
pub fn mount(t: &Transaction, name: &VolumeName, container: &ContainerId, target: &str) -> Result<()> {
    let sql = "INSERT INTO container_volume (container, volume, target) VALUES (?1, ?2, ?3)";
    t.execute(sql, [container.as_str(), name.as_str(), target])
        .map(drop)
        .map_err(RuntimeError::database(format!("mount the volume `{name}`")))
}

/// Tells that something happened to it.
pub(crate) fn tell(t: &Transaction, name: &VolumeName, action: &str, more: &[(&str, &str)]) -> Result<()> {
    let driver = ("driver".to_owned(), "local".to_owned());
    let more = more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    event::tell(t, Kind::Volume, action, name.as_str(), name.as_str(), &more.chain([driver]).collect())
}

/// Removes its row, and says so.
///
/// # Errors
/// `NotFound` when there is none, `Conflict` when a container has it mounted.
pub fn delete(t: &Transaction, name: &VolumeName) -> Result<()> {
    let tried = || format!("remove the volume `{name}`");
    let known = all(t)?.into_iter().find(|volume| volume.name == *name);
    let Some(volume) = known else {
        let why = format!("there is no volume `{name}`");
        return Err(RuntimeError::NotFound { tried: tried(), why });
    };
    if let Some(user) = volume.used_by.first() {
        let why = format!("volume is in use by the container {}", user.short());
        return Err(RuntimeError::Conflict { tried: tried(), why });
    }
    t.execute("DELETE FROM volume WHERE name = ?1", [name.as_str()]).map_err(RuntimeError::database(tried()))?;
    tell(t, name, "destroy", &[])
}

/// All of them, by name.
///
/// # Errors
/// What the database says.
pub fn all(c: &Connection) -> Result<Vec<Record>> {
    let read = || -> rusqlite::Result<Vec<Record>> {
        let mut users: BTreeMap<String, Vec<ContainerId>> = BTreeMap::new();
        let mut statement = c.prepare("SELECT DISTINCT volume, container FROM container_volume")?;
        for pair in statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))? {
            let (volume, container) = pair?;
            users.entry(volume).or_default().push(ContainerId::new(container));
        }
        let mut statement = c.prepare("SELECT name, anonymous, created, labels FROM volume ORDER BY name")?;
        let rows = statement.query_map([], |row| {
            let name: String = row.get(0)?;
            Ok(Record {
                used_by: users.remove(&name).unwrap_or_default(),
                name: VolumeName::new(name),
                anonymous: row.get(1)?,
                created: row.get::<_, Millis>(2)?.0,
                labels: row.get::<_, Json<_>>(3)?.0,
            })
        })?;
        rows.collect()
    };
    read().map_err(RuntimeError::database("read the volumes"))
}

/// Volumes of one container with where they are mounted, by path inside.
///
/// # Errors
/// What the database says.
pub fn of(c: &Connection, container: &ContainerId) -> Result<Vec<(VolumeName, String)>> {
    let read = || -> rusqlite::Result<Vec<_>> {
        let mut statement =
            c.prepare("SELECT volume, target FROM container_volume WHERE container = ?1 ORDER BY target")?;
        let rows = statement
            .query_map([container.as_str()], |row| Ok((VolumeName::new(row.get::<_, String>(0)?), row.get(1)?)))?;
        rows.collect()
    };
    read().map_err(RuntimeError::database("read the volumes of a container"))
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures, *};

    #[test]
    fn a_volume_in_use_stays_until_its_container_goes() {
        let (_folder, db) = fixtures::db();
        let web = fixtures::container("web");
        fixtures::insert(&db, &[&web]);
        let data = VolumeName::new("data");
        let labels = BTreeMap::new();
        assert!(db.change("x", |t| ensure(t, &data, false, &labels)).unwrap());
        assert!(!db.change("x", |t| ensure(t, &data, true, &labels)).unwrap(), "it is there");
        db.change("x", |t| mount(t, &data, &web.id, "/data")).unwrap();
        assert_eq!(fixtures::read(&db, all)[0].used_by, std::slice::from_ref(&web.id));
        assert!(matches!(db.change("x", |t| delete(t, &data)), Err(RuntimeError::Conflict { .. })));
        db.change("x", |t| super::super::container::delete(t, &web)).unwrap();
        db.change("x", |t| delete(t, &data)).unwrap();
        assert!(matches!(db.change("x", |t| delete(t, &data)), Err(RuntimeError::NotFound { .. })));
    }
}
