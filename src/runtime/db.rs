//! The database: what must be true together, and the bell that tells other consoles of a change. Knows no platform.
//!
//! Every process opens its own connection. A change is one transaction with the events it brings about; after it the
//! bell's file is written to, so that whoever watches it (inotify) reads the events beyond the last it knows.

use std::{fs, path::PathBuf, sync::Mutex, sync::PoisonError, time::Duration};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{Result, RuntimeError, layout::Layout};

/// How long a transaction waits for another process's.
const PATIENCE: Duration = Duration::from_secs(10);
/// Each brings the database from the version of its index to the next. Never edited once released, only added to.
const MIGRATIONS: &[&str] = &[include_str!("db/schema.sql")];

/// A connection to the database of one engine aboard.
#[derive(Debug)]
pub struct Db {
    connection: Mutex<Connection>,
    bell: PathBuf,
}

impl Db {
    /// Opens the database, and makes or brings it up to date first where needed.
    ///
    /// # Errors
    /// When the data root cannot be written, or the database is a newer longshore's.
    pub fn open(layout: &Layout) -> Result<Self> {
        let path = layout.database();
        let tried = || format!("open the database `{}`", path.display());
        fs::create_dir_all(&layout.data).map_err(RuntimeError::system(tried()))?;
        let mut connection = Connection::open(&path).map_err(RuntimeError::database(tried()))?;
        prepare(&connection).map_err(RuntimeError::database(tried()))?;
        let found = migrate(&mut connection).map_err(RuntimeError::database(tried()))?;
        if found > MIGRATIONS.len() {
            let why =
                format!("it is of a newer longshore: its version is {found}, this one knows {}", MIGRATIONS.len());
            return Err(RuntimeError::Invalid { tried: tried(), why });
        }
        Ok(Self { connection: Mutex::new(connection), bell: layout.bell() })
    }

    /// Reads. `tried` says what for, as an infinitive.
    ///
    /// # Errors
    /// What the database says.
    pub fn read<T>(&self, tried: &str, what: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        what(&connection).map_err(RuntimeError::database(tried))
    }

    /// Reads, by functions of [`super::records`] that say themselves what for. All of it is of one moment, whatever
    /// others write meanwhile.
    ///
    /// # Errors
    /// What they say.
    pub fn look<T>(&self, what: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let moment = connection.unchecked_transaction().map_err(RuntimeError::database("read the database"))?;
        what(&moment)
    }

    /// Changes, as a whole or not at all, and rings the bell.
    ///
    /// # Errors
    /// What the database or `what` says; nothing has changed then.
    pub fn change<T>(&self, tried: &str, what: impl FnOnce(&Transaction) -> Result<T>) -> Result<T> {
        let folder = self.bell.parent().unwrap_or(&self.bell);
        let done = self.written(tried, what).map_err(|error| error.on_disk(folder))?;
        self.ring();
        Ok(done)
    }

    /// Waits until no change is under way that had begun before.
    ///
    /// # Errors
    /// When that takes too long.
    pub fn await_changes(&self, tried: &str) -> Result<()> {
        self.written(tried, |_| Ok(()))
    }

    fn written<T>(&self, tried: &str, what: impl FnOnce(&Transaction) -> Result<T>) -> Result<T> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken at once, so that two writers wait for each other and do not fail at their first write.
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(RuntimeError::database(tried))?;
        let done = what(&transaction)?;
        transaction.commit().map_err(RuntimeError::database(tried))?;
        Ok(done)
    }

    /// Tells whoever watches that something has changed.
    fn ring(&self) {
        if let Err(error) = fs::write(&self.bell, b"\n") {
            tracing::warn!(bell = %self.bell.display(), %error, "other consoles are not told of a change");
        }
    }
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)
}

/// Brings it up to date; gives the version it then has, which may be newer than ours.
fn migrate(connection: &mut Connection) -> rusqlite::Result<usize> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let found = usize::try_from(version).unwrap_or(usize::MAX);
    for step in MIGRATIONS.iter().skip(found) {
        transaction.execute_batch(step)?;
    }
    let now = found.max(MIGRATIONS.len());
    if now > found {
        transaction.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?;
    }
    transaction.commit()?;
    Ok(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_seen_by_another_connection_and_rings_the_bell() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::at(folder.path());
        let (one, two) = (Db::open(&layout).unwrap(), Db::open(&layout).unwrap());
        let insert = "INSERT INTO volume (name, anonymous, created, labels) VALUES ('v', 0, 0, '{}')";
        one.change("make it", |t| t.execute(insert, []).map_err(RuntimeError::database("make it"))).unwrap();
        let count =
            |db: &Db| db.read("count", |c| c.query_row("SELECT count(*) FROM volume", [], |r| r.get::<_, i64>(0)));
        assert_eq!(count(&two).unwrap(), 1);
        assert!(layout.bell().exists());
        let failed = one.change("fail", |t| {
            t.execute("DELETE FROM volume", []).map_err(RuntimeError::database("fail"))?;
            Err::<(), _>(RuntimeError::NotFound { tried: "fail".into(), why: "it is a test".into() })
        });
        assert!(failed.is_err());
        assert_eq!(count(&two).unwrap(), 1, "a change that failed has changed something");
    }

    #[test]
    fn a_newer_database_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::at(folder.path());
        drop(Db::open(&layout).unwrap());
        Connection::open(layout.database()).unwrap().pragma_update(None, "user_version", 99).unwrap();
        assert!(Db::open(&layout).unwrap_err().to_string().contains("newer longshore"));
    }
}
