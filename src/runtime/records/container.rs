//! Containers as the database has them. Knows nothing of their processes but what was written down.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params, params};
use serde::{Deserialize, Serialize};

use super::{Json, Millis, event, new_id};
use crate::{
    model::{ContainerId, ContainerSpec, Health, HealthCheck, ImageId, Kind, LayerId, PortMapping, State},
    runtime::{Result, RuntimeError, document::Process, machine},
};

/// What the image's settings and the spec together made of a container, decided once when it was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settled {
    /// Its main process.
    pub process: Process,
    /// How many of the process's words are the entry point; the others are the command.
    pub entrypoint: usize,
    /// Its health check, if one is to be run.
    pub health: Option<HealthCheck>,
    /// Asks it to end.
    pub stop_signal: i32,
    /// Ports the image says it listens on.
    pub exposed: Vec<PortMapping>,
    /// Labels of the image and its own, its own first.
    pub labels: BTreeMap<String, String>,
    /// Paths inside at which new volumes were put, for the image or the spec wanted one there.
    pub volumes: Vec<String>,
}

/// A container's row.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its id.
    pub id: ContainerId,
    /// Its name.
    pub name: String,
    /// The image it was made from.
    pub image: ImageId,
    /// The highest layer it stands on.
    pub top: Option<LayerId>,
    /// What was asked for.
    pub spec: ContainerSpec,
    /// What came of it.
    pub settled: Settled,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// Where it is in its life.
    pub state: State,
    /// Exit code of its last run.
    pub exit: Option<i64>,
    /// Whether the kernel ended its last run for want of memory.
    pub oom: bool,
    /// Why its last start failed.
    pub error: Option<String>,
    /// Its main process, while it is up.
    pub alive: Option<Alive>,
    /// When it last started.
    pub started: Option<DateTime<Utc>>,
    /// When it last ended.
    pub finished: Option<DateTime<Utc>>,
    /// How often its policy started it again.
    pub restarts: u32,
    /// What its checks say.
    pub health: Health,
    /// Whether a person ended it.
    pub stopped: bool,
}

/// A process, so that it is known again after its id was given to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alive {
    /// Its id on the host.
    pub pid: u32,
    /// When it started, in clock ticks since boot (`starttime` of proc_pid_stat(5)).
    pub ticks: i64,
    /// Which boot: `/proc/sys/kernel/random/boot_id`.
    pub boot: String,
}

impl Record {
    /// A new container with an id of its own.
    pub fn new(
        name: &str,
        image: ImageId,
        top: Option<LayerId>,
        spec: ContainerSpec,
        settled: Settled,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id: ContainerId::new(new_id()),
            name: name.to_owned(),
            image,
            top,
            spec,
            settled,
            created: now,
            state: State::Created,
            exit: None,
            oom: false,
            error: None,
            alive: None,
            started: None,
            finished: None,
            restarts: 0,
            health: Health::None,
            stopped: false,
        }
    }

    /// For events about it: what Docker says along.
    pub(crate) fn about(&self) -> BTreeMap<String, String> {
        let image = ("image".to_owned(), self.spec.image.clone());
        self.settled.labels.clone().into_iter().chain([image]).collect()
    }

    /// Tells that something happened to it.
    pub(crate) fn tell(&self, t: &Transaction, action: &str, more: &[(&str, &str)]) -> Result<()> {
        let more = more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let about = self.about().into_iter().chain(more).collect();
        event::tell(t, Kind::Container, action, self.id.as_str(), &self.name, &about)
    }
}

/// Writes a new one, and that it was made.
///
/// # Errors
/// `Conflict` when the name is taken.
pub fn insert(t: &Transaction, record: &Record) -> Result<()> {
    let tried = || format!("create the container `{}`", record.name);
    free_name(t, &record.name, tried)?;
    let sql = "INSERT INTO container (id, name, image, spec, settled, top, created, state)
        VALUES (:id, :name, :image, :spec, :settled, :top, :created, :state)";
    let row = named_params! {
        ":id": record.id.as_str(), ":name": record.name, ":image": record.image.as_str(),
        ":spec": Json(&record.spec), ":settled": Json(&record.settled),
        ":top": record.top.as_ref().map(LayerId::as_str), ":created": Millis(record.created),
        ":state": machine::word(record.state),
    };
    t.execute(sql, row).map_err(RuntimeError::database(tried()))?;
    record.tell(t, "create", &[])
}

/// Whether a name can be given.
fn free_name(t: &Transaction, name: &str, tried: impl Fn() -> String) -> Result<()> {
    let sql = "SELECT id FROM container WHERE name = ?1";
    let taken: Option<String> =
        t.query_row(sql, [name], |row| row.get(0)).optional().map_err(RuntimeError::database(tried()))?;
    match taken {
        None => Ok(()),
        Some(id) => {
            let why = format!("the name is already in use by the container {}", ContainerId::new(id).short());
            Err(RuntimeError::Conflict { tried: tried(), why })
        }
    }
}

/// All of them, the newest first.
///
/// # Errors
/// What the database says.
pub fn all(c: &Connection) -> Result<Vec<Record>> {
    select(c, "ORDER BY created DESC, name", [])
}

/// One by its whole id.
///
/// # Errors
/// `NotFound` when it is gone.
pub fn get(c: &Connection, id: &ContainerId) -> Result<Record> {
    let found = select(c, "WHERE id = ?1", [id.as_str()])?.into_iter().next();
    found.ok_or_else(|| not_found("find the container", id.as_str()))
}

/// One by its name, its id or the beginning of its id, in this order.
///
/// # Errors
/// `NotFound` when there is none, `Conflict` when several begin so.
pub fn find(c: &Connection, text: &str, tried: &str) -> Result<Record> {
    let exact = "WHERE name = ?1 OR id = ?1 ORDER BY name = ?1 DESC LIMIT 1";
    if let Some(found) = select(c, exact, [text])?.into_iter().next() {
        return Ok(found);
    }
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(not_found(tried, text));
    }
    let mut found = select(c, "WHERE substr(id, 1, length(?1)) = ?1 LIMIT 2", [text.to_ascii_lowercase().as_str()])?;
    match (found.pop(), found.pop()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(not_found(tried, text)),
        (Some(one), Some(other)) => {
            let why = format!("`{text}` is ambiguous: `{}` and `{}` both begin so", other.name, one.name);
            Err(RuntimeError::Conflict { tried: tried.to_owned(), why })
        }
    }
}

fn not_found(tried: &str, name: &str) -> RuntimeError {
    RuntimeError::NotFound { tried: tried.to_owned(), why: format!("there is no container `{name}`") }
}

/// Gives it another name.
///
/// # Errors
/// `Conflict` when the name is taken.
pub fn rename(t: &Transaction, record: &Record, name: &str) -> Result<()> {
    let tried = || format!("rename `{}` to `{name}`", record.name);
    free_name(t, name, tried)?;
    t.execute("UPDATE container SET name = ?2 WHERE id = ?1", [record.id.as_str(), name])
        .map_err(RuntimeError::database(tried()))?;
    Record { name: name.to_owned(), ..record.clone() }.tell(t, "rename", &[("oldName", &record.name)])
}

/// Writes a changed spec, and that it changed.
///
/// # Errors
/// What the database says.
pub fn respec(t: &Transaction, record: &Record) -> Result<()> {
    t.execute("UPDATE container SET spec = ?2 WHERE id = ?1", params![record.id.as_str(), Json(&record.spec)])
        .map_err(RuntimeError::database(format!("change `{}`", record.name)))?;
    record.tell(t, "update", &[])
}

/// Removes its row with all that hangs on it, and says so.
///
/// # Errors
/// What the database says.
pub fn delete(t: &Transaction, record: &Record) -> Result<()> {
    t.execute("DELETE FROM container WHERE id = ?1", [record.id.as_str()])
        .map_err(RuntimeError::database(format!("remove `{}`", record.name)))?;
    record.tell(t, "destroy", &[])
}

fn select<P: rusqlite::Params>(c: &Connection, which: &str, params: P) -> Result<Vec<Record>> {
    const COLUMNS: &str = "SELECT id, name, image, top, spec, settled, created, state, exit, oom, error, pid, ticks, \
                           boot, started, finished, restarts, health, stopped FROM container";
    let rows = || -> rusqlite::Result<Vec<_>> {
        let mut statement = c.prepare(&format!("{COLUMNS} {which}"))?;
        statement.query_map(params, record)?.collect()
    };
    rows().map_err(RuntimeError::database("read the containers"))
}

fn record(row: &Row) -> rusqlite::Result<Record> {
    let text = |column: &str| row.get::<_, String>(column);
    let time = |column: &str| Ok::<_, rusqlite::Error>(row.get::<_, Option<Millis>>(column)?.map(|at| at.0));
    let exit = row.get("exit")?;
    let alive = match (row.get("pid")?, row.get("ticks")?, row.get("boot")?) {
        (Some(pid), Some(ticks), Some(boot)) => Some(Alive { pid, ticks, boot }),
        _ => None,
    };
    Ok(Record {
        id: ContainerId::new(text("id")?),
        name: text("name")?,
        image: ImageId::new(text("image")?),
        top: row.get::<_, Option<String>>("top")?.map(LayerId::new),
        spec: row.get::<_, Json<_>>("spec")?.0,
        settled: row.get::<_, Json<_>>("settled")?.0,
        created: row.get::<_, Millis>("created")?.0,
        state: machine::state(&text("state")?, exit),
        exit,
        oom: row.get("oom")?,
        error: row.get("error")?,
        alive,
        started: time("started")?,
        finished: time("finished")?,
        restarts: row.get("restarts")?,
        health: row.get::<_, Option<String>>("health")?.map_or(Health::None, |word| machine::health(&word)),
        stopped: row.get("stopped")?,
    })
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures, *};

    #[test]
    fn a_name_is_given_once_and_a_change_is_kept() {
        let (_folder, db) = fixtures::db();
        let mut web = fixtures::container("web");
        fixtures::insert(&db, &[&web, &fixtures::container("db")]);
        let taken = db.change("x", |t| insert(t, &fixtures::container("web"))).unwrap_err();
        assert!(taken.to_string().contains("already in use"), "{taken}");
        assert!(matches!(db.change("x", |t| rename(t, &web, "db")), Err(RuntimeError::Conflict { .. })));
        web.spec.hostname = Some("h".into());
        db.change("x", |t| respec(t, &web)).unwrap();
        db.change("x", |t| rename(t, &web, "www")).unwrap();
        let found = fixtures::read(&db, |c| find(c, "www", "x"));
        assert_eq!(found, Record { name: "www".into(), ..web });
    }

    #[test]
    fn a_beginning_of_an_id_will_do_unless_two_begin_so() {
        let (_folder, db) = fixtures::db();
        let with_id = |name: &str, id: &str| Record { id: ContainerId::new(id), ..fixtures::container(name) };
        fixtures::insert(&db, &[&with_id("a", "abc1"), &with_id("b", "abc2"), &with_id("abc", "ffff")]);
        let name = |text: &str| db.look(|c| find(c, text, "start it")).map(|r| r.name).map_err(|e| e.to_string());
        assert_eq!(name("abc1").unwrap(), "a");
        assert_eq!(name("FF").unwrap(), "abc");
        assert_eq!(name("abc").unwrap(), "abc", "a name comes before a beginning");
        assert!(name("ab").unwrap_err().contains("ambiguous"));
        assert!(name("zz").unwrap_err().contains("there is no container `zz`"));
        assert!(name("").is_err() && name("%").is_err());
    }
}
