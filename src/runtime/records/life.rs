//! What happens in a container's life, written down with its events: by its monitor and by whoever steers it.
//!
//! Each of these belongs into one [`crate::runtime::db::Db::change`]. What cannot happen in the present state, since
//! another hand was faster, changes nothing and says so.

use chrono::Utc;
use rusqlite::{Transaction, named_params, params};

use super::{
    Millis, attachment,
    container::{self, Alive, Record},
};
use crate::{
    model::{ContainerId, Health, State},
    runtime::{Result, RuntimeError, machine, machine::Happening},
};

/// Its main process runs. `again`: its restart policy started it, and no person.
///
/// # Errors
/// `Conflict` when that cannot be in its present state.
pub fn started(t: &Transaction, id: &ContainerId, alive: &Alive, again: bool) -> Result<()> {
    let record = container::get(t, id)?;
    let state = moved(&record, Happening::Started)?;
    let health = record.settled.health.as_ref().map(|_| machine::health_word(Health::Starting));
    let sql = "UPDATE container SET state = :state, exit = NULL, oom = 0, error = NULL, pid = :pid, ticks = :ticks,
        boot = :boot, started = :now, health = :health, stopped = 0,
        restarts = CASE WHEN :again THEN restarts + 1 ELSE 0 END WHERE id = :id";
    let row = named_params! {
        ":state": machine::word(state), ":pid": alive.pid, ":ticks": alive.ticks, ":boot": alive.boot,
        ":now": Millis(Utc::now()), ":health": health, ":again": again, ":id": id.as_str(),
    };
    t.execute(sql, row).map_err(RuntimeError::database(format!("write down the start of `{}`", record.name)))?;
    record.tell(t, "start", &[])
}

/// Its main process could not be started: `why`, with Docker's exit code for it. Its addresses and ports are free.
///
/// # Errors
/// `Conflict` when that cannot be in its present state.
pub fn start_failed(t: &Transaction, id: &ContainerId, code: i64, why: &str) -> Result<()> {
    let record = container::get(t, id)?;
    let state = moved(&record, Happening::StartFailed { code })?;
    let sql = "UPDATE container SET state = ?2, exit = ?3, error = ?4, pid = NULL, ticks = NULL, boot = NULL
        WHERE id = ?1";
    t.execute(sql, params![id.as_str(), machine::word(state), code, why])
        .map_err(RuntimeError::database(format!("write down why `{}` does not start", record.name)))?;
    attachment::release(t, id)
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Exit code of the main process; 128 and the signal's number when a signal ended it.
    pub code: i64,
    /// Whether the kernel ended it for want of memory.
    pub oom: bool,
    /// Whether it is started again; then it keeps its addresses and ports.
    pub again: bool,
}

/// Its main process ended.
///
/// # Errors
/// `Conflict` when that cannot be in its present state.
pub fn ended(t: &Transaction, id: &ContainerId, end: End) -> Result<()> {
    let record = container::get(t, id)?;
    let state = moved(&record, Happening::Ended { code: end.code, again: end.again })?;
    let sql = "UPDATE container SET state = :state, exit = :code, oom = :oom, pid = NULL, ticks = NULL, boot = NULL,
        finished = :now, health = NULL WHERE id = :id";
    let row = named_params! {
        ":state": machine::word(state), ":code": end.code, ":oom": end.oom, ":now": Millis(Utc::now()),
        ":id": id.as_str(),
    };
    t.execute(sql, row).map_err(RuntimeError::database(format!("write down the end of `{}`", record.name)))?;
    if !end.again {
        attachment::release(t, id)?;
    }
    if end.oom {
        record.tell(t, "oom", &[])?;
    }
    record.tell(t, "die", &[("exitCode", &end.code.to_string())])
}

/// A wait for a new start was called off: it stays ended.
///
/// # Errors
/// `Conflict` when it does not wait.
pub fn called_off(t: &Transaction, id: &ContainerId) -> Result<()> {
    let record = container::get(t, id)?;
    let state = moved(&record, Happening::CalledOff { code: record.exit.unwrap_or_default() })?;
    set_state(t, &record, state)?;
    attachment::release(t, id)
}

/// Its processes were frozen, or thawed.
///
/// # Errors
/// `Conflict` when that cannot be in its present state.
pub fn froze(t: &Transaction, id: &ContainerId, frozen: bool) -> Result<()> {
    let record = container::get(t, id)?;
    let happening = if frozen { Happening::Frozen } else { Happening::Thawed };
    set_state(t, &record, moved(&record, happening)?)?;
    record.tell(t, if frozen { "pause" } else { "unpause" }, &[])
}

/// Its removal begins; nobody can start it any more.
///
/// # Errors
/// `Conflict` when it runs, or is being removed already.
pub fn removal_begun(t: &Transaction, id: &ContainerId) -> Result<()> {
    let record = container::get(t, id)?;
    set_state(t, &record, moved(&record, Happening::RemovalBegun)?)
}

/// Its removal failed half-way, for `why`.
///
/// # Errors
/// `Conflict` when it is not being removed.
pub fn removal_failed(t: &Transaction, id: &ContainerId, why: &str) -> Result<()> {
    let record = container::get(t, id)?;
    set_state(t, &record, moved(&record, Happening::RemovalFailed)?)?;
    t.execute("UPDATE container SET error = ?2 WHERE id = ?1", [id.as_str(), why])
        .map(drop)
        .map_err(RuntimeError::database(format!("write down why `{}` was not removed", record.name)))
}

/// What its checks say has changed.
///
/// # Errors
/// What the database says.
pub fn health(t: &Transaction, id: &ContainerId, health: Health) -> Result<()> {
    let record = container::get(t, id)?;
    let word = machine::health_word(health);
    t.execute("UPDATE container SET health = ?2 WHERE id = ?1", [id.as_str(), word])
        .map_err(RuntimeError::database(format!("write down the health of `{}`", record.name)))?;
    record.tell(t, &format!("health_status: {word}"), &[])
}

/// A person ends it: its policy does not bring it back before it is started by hand.
///
/// # Errors
/// What the database says.
pub fn stopped_by_hand(t: &Transaction, record: &Record) -> Result<()> {
    t.execute("UPDATE container SET stopped = 1 WHERE id = ?1", [record.id.as_str()])
        .map(drop)
        .map_err(RuntimeError::database(format!("stop `{}`", record.name)))
}

fn moved(record: &Record, happening: Happening) -> Result<State> {
    machine::next(record.state, happening).ok_or_else(|| RuntimeError::Conflict {
        tried: format!("write down what happened to `{}`", record.name),
        why: format!("it is {}, where {happening:?} cannot happen", record.state),
    })
}

fn set_state(t: &Transaction, record: &Record, state: State) -> Result<()> {
    t.execute("UPDATE container SET state = ?2 WHERE id = ?1", [record.id.as_str(), machine::word(state)])
        .map(drop)
        .map_err(RuntimeError::database(format!("write down that `{}` is {state}", record.name)))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{event, fixtures},
        *,
    };

    fn alive() -> Alive {
        Alive { pid: 7, ticks: 70, boot: "b".into() }
    }

    #[test]
    fn a_life_is_written_down_with_its_events() {
        let (_folder, db) = fixtures::db();
        let web = fixtures::container("web");
        fixtures::insert(&db, &[&web]);
        db.change("x", |t| started(t, &web.id, &alive(), false)).unwrap();
        let up = fixtures::read(&db, |c| container::get(c, &web.id));
        assert_eq!((up.state, up.alive), (State::Running, Some(alive())));
        db.change("x", |t| froze(t, &web.id, true)).unwrap();
        db.change("x", |t| ended(t, &web.id, End { code: 137, oom: true, again: true })).unwrap();
        assert_eq!(fixtures::state(&db, &web), State::Restarting);
        db.change("x", |t| started(t, &web.id, &alive(), true)).unwrap();
        let again = fixtures::read(&db, |c| container::get(c, &web.id));
        assert_eq!((again.restarts, again.oom, again.exit), (1, false, None));
        db.change("x", |t| ended(t, &web.id, End { code: 0, oom: false, again: false })).unwrap();
        assert_eq!(fixtures::state(&db, &web), State::Exited(0));
        let told: Vec<_> = fixtures::read(&db, |c| event::after(c, 0, 99)).into_iter().map(|(_, e)| e.action).collect();
        assert_eq!(told, ["create", "start", "pause", "oom", "die", "start", "die"]);
    }

    #[test]
    fn what_cannot_happen_changes_nothing() {
        let (_folder, db) = fixtures::db();
        let web = fixtures::container("web");
        fixtures::insert(&db, &[&web]);
        let end = End { code: 0, oom: false, again: false };
        assert!(matches!(db.change("x", |t| ended(t, &web.id, end)), Err(RuntimeError::Conflict { .. })));
        assert_eq!(fixtures::state(&db, &web), State::Created);
        db.change("x", |t| removal_begun(t, &web.id)).unwrap();
        assert!(db.change("x", |t| started(t, &web.id, &alive(), false)).is_err(), "it is being removed");
    }
}
