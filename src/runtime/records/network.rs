//! Networks as the database has them. Knows neither bridges nor address pools.

use std::{collections::BTreeMap, net::IpAddr};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row, Transaction, named_params};

use super::{Json, Millis, Word, attachment, event};
use crate::{
    model::{ContainerId, Kind, NetworkId, NetworkSpec},
    runtime::{Result, RuntimeError},
};

/// A network's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its id.
    pub id: NetworkId,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// The host's interface.
    pub bridge: String,
    /// What was asked for.
    pub spec: NetworkSpec,
    /// Its range in CIDR form.
    pub subnet: String,
    /// The bridge's address.
    pub gateway: IpAddr,
    /// The same in IPv6.
    pub subnet6: Option<String>,
    /// The same in IPv6.
    pub gateway6: Option<IpAddr>,
}

impl Record {
    /// Tells that something happened to it.
    ///
    /// # Errors
    /// What the database says.
    pub fn tell(&self, t: &Transaction, action: &str, more: &[(&str, &str)]) -> Result<()> {
        let kind = ("type".to_owned(), "bridge".to_owned());
        let more = more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let about: BTreeMap<_, _> = more.chain([kind]).collect();
        event::tell(t, Kind::Network, action, self.id.as_str(), &self.name, &about)
    }

    /// Tells that a container joined or left it: `connect`, `disconnect`.
    ///
    /// # Errors
    /// What the database says.
    pub fn tell_of(&self, t: &Transaction, action: &str, container: &ContainerId) -> Result<()> {
        self.tell(t, action, &[("container", container.as_str())])
    }
}

/// Writes a new one, and that it was made.
///
/// # Errors
/// `Conflict` when its name is taken.
pub fn insert(t: &Transaction, network: &Record) -> Result<()> {
    let tried = || format!("create the network `{}`", network.name);
    if select(t, "WHERE name = ?1", &network.name)?.is_empty() {
        let sql = "INSERT INTO network (id, name, created, bridge, spec, subnet, gateway, subnet6, gateway6)
            VALUES (:id, :name, :created, :bridge, :spec, :subnet, :gateway, :subnet6, :gateway6)";
        let row = named_params! {
            ":id": network.id.as_str(), ":name": network.name, ":created": Millis(network.created),
            ":bridge": network.bridge, ":spec": Json(&network.spec), ":subnet": network.subnet,
            ":gateway": Word(network.gateway), ":subnet6": network.subnet6, ":gateway6": network.gateway6.map(Word),
        };
        t.execute(sql, row).map_err(RuntimeError::database(tried()))?;
        return network.tell(t, "create", &[]);
    }
    let why = format!("network with name {} already exists", network.name);
    Err(RuntimeError::Conflict { tried: tried(), why })
}

/// All of them, by name.
///
/// # Errors
/// What the database says.
pub fn all(c: &Connection) -> Result<Vec<Record>> {
    select(c, "WHERE ?1 = '' ORDER BY name", "")
}

/// One by its whole id.
///
/// # Errors
/// `NotFound` when it is gone.
pub fn get(c: &Connection, id: &NetworkId) -> Result<Record> {
    select(c, "WHERE id = ?1", id.as_str())?.pop().ok_or_else(|| not_found("find the network", id.as_str()))
}

/// One by its name, its id or the beginning of its id, in this order.
///
/// # Errors
/// `NotFound` when there is none, `Conflict` when several begin so.
pub fn find(c: &Connection, text: &str, tried: &str) -> Result<Record> {
    if let Some(found) = select(c, "WHERE name = ?1 OR id = ?1 ORDER BY name = ?1", text)?.pop() {
        return Ok(found);
    }
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(not_found(tried, text));
    }
    let mut found = select(c, "WHERE substr(id, 1, length(?1)) = lower(?1) LIMIT 2", text)?;
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
    RuntimeError::NotFound { tried: tried.to_owned(), why: format!("there is no network `{name}`") }
}

/// Removes its row and the places of containers that are not up, and says so.
///
/// # Errors
/// `Denied` when a container that is up is in it.
pub fn delete(t: &Transaction, network: &Record) -> Result<()> {
    let tried = || format!("remove the network `{}`", network.name);
    let up = attachment::places_in(t, &network.id)?.into_iter().filter(|place| place.mac.is_some()).count();
    if up > 0 {
        let why = format!("the network has active endpoints: {}", Kind::Container.count(up));
        return Err(RuntimeError::Denied { tried: tried(), why, by_registry: false });
    }
    let run = |sql| t.execute(sql, [network.id.as_str()]).map_err(RuntimeError::database(tried()));
    run("DELETE FROM attachment WHERE network = ?1")?;
    run("DELETE FROM network WHERE id = ?1")?;
    network.tell(t, "destroy", &[])
}

fn select(c: &Connection, which: &str, of: &str) -> Result<Vec<Record>> {
    const COLUMNS: &str = "SELECT id, name, created, bridge, spec, subnet, gateway, subnet6, gateway6 FROM network";
    let read = || -> rusqlite::Result<Vec<_>> {
        let mut statement = c.prepare(&format!("{COLUMNS} {which}"))?;
        statement.query_map([of], record)?.collect()
    };
    read().map_err(RuntimeError::database("read the networks"))
}

fn record(row: &Row) -> rusqlite::Result<Record> {
    Ok(Record {
        id: NetworkId::new(row.get::<_, String>(0)?),
        name: row.get(1)?,
        created: row.get::<_, Millis>(2)?.0,
        bridge: row.get(3)?,
        spec: row.get::<_, Json<_>>(4)?.0,
        subnet: row.get(5)?,
        gateway: row.get::<_, Word<_>>(6)?.0,
        subnet6: row.get(7)?,
        gateway6: row.get::<_, Option<Word<_>>>(8)?.map(|word| word.0),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{super::fixtures, *};
    use crate::model::Naming;

    /// A network called `shop`, whose id is its name.
    pub(crate) fn shop() -> Record {
        Record {
            id: NetworkId::new("shop"),
            name: "shop".into(),
            created: DateTime::UNIX_EPOCH,
            bridge: "ls-shop".into(),
            spec: NetworkSpec { name: "shop".into(), ..NetworkSpec::default() },
            subnet: "10.1.0.0/24".into(),
            gateway: "10.1.0.1".parse().unwrap(),
            subnet6: None,
            gateway6: Some("fd00::1".parse().unwrap()),
        }
    }

    #[test]
    fn a_network_is_kept_found_and_removed_when_nobody_is_up_in_it() {
        let (_folder, db) = fixtures::db();
        let web = fixtures::container("web");
        fixtures::insert(&db, &[&web]);
        db.change("x", |t| insert(t, &shop())).unwrap();
        assert!(db.change("x", |t| insert(t, &shop())).unwrap_err().to_string().contains("already exists"));
        assert_eq!(fixtures::read(&db, |c| find(c, "shop", "x")), shop());
        let place = |mac: Option<&str>| attachment::Place {
            container: web.id.clone(),
            network: shop().id,
            position: 0,
            naming: Naming::default(),
            address: None,
            address6: None,
            mac: mac.map(str::to_owned),
        };
        db.change("x", |t| {
            attachment::join(t, &web.id, &shop().id, &Naming::default())?;
            attachment::settle(t, &place(Some("02:00:00:00:00:01")))
        })
        .unwrap();
        let refused = db.change("x", |t| delete(t, &shop())).unwrap_err();
        assert!(refused.to_string().contains("active endpoints"), "{refused}");
        db.change("x", |t| attachment::settle(t, &place(None))).unwrap();
        db.change("x", |t| delete(t, &shop())).unwrap();
        assert!(fixtures::read(&db, all).is_empty());
    }
}
