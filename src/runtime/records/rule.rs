//! Rules of longshore's own firewall as the database has them. Knows no packet filter.

use rusqlite::{Connection, Transaction, params};

use super::{Json, event};
use crate::{
    model::Kind,
    runtime::{
        Result, RuntimeError,
        document::{FilterRule, RuleScope},
    },
};

/// A rule's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number, for good.
    pub id: i64,
    /// Whom it is about.
    pub scope: RuleScope,
    /// What it says.
    pub rule: FilterRule,
}

/// Writes a new one behind the others; gives its number.
///
/// # Errors
/// What the database says.
pub fn insert(t: &Transaction, scope: &RuleScope, rule: &FilterRule) -> Result<i64> {
    let sql = "INSERT INTO rule (position, scope, rule)
        VALUES ((SELECT coalesce(max(position), 0) + 1 FROM rule), ?1, ?2)";
    t.execute(sql, params![Json(scope), Json(rule)]).map_err(RuntimeError::database("add the firewall rule"))?;
    let id = t.last_insert_rowid();
    tell(t, id, "create")?;
    Ok(id)
}

/// Removes one.
///
/// # Errors
/// `NotFound` when there is none.
pub fn delete(t: &Transaction, id: i64) -> Result<()> {
    let tried = || format!("remove the firewall rule {id}");
    match t.execute("DELETE FROM rule WHERE id = ?1", [id]).map_err(RuntimeError::database(tried()))? {
        0 => Err(RuntimeError::NotFound { tried: tried(), why: format!("there is no rule {id} of longshore's own") }),
        _ => tell(t, id, "destroy"),
    }
}

/// Removes those about something that goes.
///
/// # Errors
/// What the database says.
pub fn forget(t: &Transaction, scope: &RuleScope) -> Result<()> {
    t.execute("DELETE FROM rule WHERE scope = ?1", params![Json(scope)])
        .map(drop)
        .map_err(RuntimeError::database("remove the firewall rules of what goes"))
}

fn tell(t: &Transaction, id: i64, action: &str) -> Result<()> {
    let id = id.to_string();
    event::tell(t, Kind::Rule, action, &id, &id, &Default::default())
}

/// All of them, in the order in which they are asked.
///
/// # Errors
/// What the database says.
pub fn all(c: &Connection) -> Result<Vec<Record>> {
    let read = || -> rusqlite::Result<Vec<_>> {
        let mut statement = c.prepare("SELECT id, scope, rule FROM rule ORDER BY position")?;
        let rows = statement.query_map([], |row| {
            Ok(Record { id: row.get(0)?, scope: row.get::<_, Json<_>>(1)?.0, rule: row.get::<_, Json<_>>(2)?.0 })
        })?;
        rows.collect()
    };
    read().map_err(RuntimeError::database("read the firewall rules"))
}

/// Those that can be read; one that cannot, such as a newer longshore's, is logged with its number. For whoever shows
/// them: what is put into force must be all of them.
///
/// # Errors
/// What the database says.
pub fn readable(c: &Connection) -> Result<Vec<Record>> {
    let read = || -> rusqlite::Result<Vec<_>> {
        let mut statement = c.prepare("SELECT id, scope, rule FROM rule ORDER BY position")?;
        let mut rows = statement.query([])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            match (row.get::<_, Json<_>>(1), row.get::<_, Json<_>>(2)) {
                (Ok(scope), Ok(rule)) => all.push(Record { id, scope: scope.0, rule: rule.0 }),
                (Err(error), _) | (_, Err(error)) => tracing::warn!(id, %error, "a firewall rule cannot be read"),
            }
        }
        Ok(all)
    };
    read().map_err(RuntimeError::database("read the firewall rules"))
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures, *};
    use crate::model::ContainerId;

    #[test]
    fn rules_stay_in_order_and_go_with_what_they_are_about() {
        let (_folder, db) = fixtures::db();
        let scope = |id: &str| RuleScope::Container(ContainerId::new(id));
        let deny = FilterRule { inbound: true, allow: false, protocol: None, peer: None, port: Some(22) };
        let allow = FilterRule { allow: true, ..deny.clone() };
        let first = db.change("x", |t| insert(t, &scope("a"), &allow)).unwrap();
        db.change("x", |t| insert(t, &scope("b"), &deny)).unwrap();
        db.change("x", |t| insert(t, &scope("a"), &deny)).unwrap();
        let said: Vec<_> = fixtures::read(&db, all).into_iter().map(|r| (r.scope, r.rule.allow)).collect();
        assert_eq!(said, [(scope("a"), true), (scope("b"), false), (scope("a"), false)]);
        db.change("x", |t| delete(t, first)).unwrap();
        assert!(db.change("x", |t| delete(t, first)).is_err());
        db.change("x", |t| forget(t, &scope("a"))).unwrap();
        assert_eq!(fixtures::read(&db, all).len(), 1);
    }

    #[test]
    fn one_that_cannot_be_read_does_not_hide_the_others_but_is_not_left_out_of_force() {
        let (_folder, db) = fixtures::db();
        let rule = FilterRule { inbound: true, allow: false, protocol: None, peer: None, port: Some(22) };
        let scope = RuleScope::Container(ContainerId::new("a"));
        let [broken, whole] = [0; 2].map(|_| db.change("x", |t| insert(t, &scope, &rule)).unwrap());
        let sql = "UPDATE rule SET rule = '{\"of\": \"tomorrow\"}' WHERE id = ?1";
        db.change("x", |t| t.execute(sql, [broken]).map_err(RuntimeError::database("x"))).unwrap();
        assert_eq!(fixtures::read(&db, readable).iter().map(|rule| rule.id).collect::<Vec<_>>(), [whole]);
        assert!(db.look(all).is_err());
    }
}
