//! Who is in which network with which address, and which ports of the host lead to whom. Knows no address pools:
//! addresses and ports are given to it, and it holds that nothing is given twice.

use std::net::IpAddr;

use rusqlite::{Connection, Row, Transaction, params};

use super::{Json, Word};
use crate::{
    model::{ContainerId, Naming, NetworkId, Protocol},
    runtime::{Result, RuntimeError},
};

/// A container's place in a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Who.
    pub container: ContainerId,
    /// Where.
    pub network: NetworkId,
    /// 0 is `eth0`.
    pub position: u32,
    /// How it is found there.
    pub naming: Naming,
    /// Its address, while it is up.
    pub address: Option<IpAddr>,
    /// Its IPv6 address, likewise.
    pub address6: Option<IpAddr>,
    /// Its hardware address, likewise.
    pub mac: Option<String>,
}

/// A port of the host that leads into a container that is up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Who.
    pub container: ContainerId,
    /// Protocol.
    pub protocol: Protocol,
    /// Address on the host; `None`: every address.
    pub host_ip: Option<IpAddr>,
    /// Port on the host.
    pub host_port: u16,
    /// Port inside.
    pub port: u16,
}

/// Puts a container into a network, at the end of its places.
///
/// # Errors
/// `Conflict` when it is in there already.
pub fn join(t: &Transaction, container: &ContainerId, network: &NetworkId, naming: &Naming) -> Result<u32> {
    let tried = "join the network";
    let position: u32 = t
        .query_row(
            "SELECT coalesce(max(position) + 1, 0) FROM attachment WHERE container = ?1",
            [container.as_str()],
            |r| r.get(0),
        )
        .map_err(RuntimeError::database(tried))?;
    let sql = "INSERT INTO attachment (container, network, position, naming) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT DO NOTHING";
    let row = params![container.as_str(), network.as_str(), position, Json(naming)];
    match t.execute(sql, row).map_err(RuntimeError::database(tried))? {
        0 => Err(RuntimeError::Conflict { tried: tried.into(), why: "the container is in it already".into() }),
        _ => Ok(position),
    }
}

/// Takes a container out of a network.
///
/// # Errors
/// `NotFound` when it is not in there.
pub fn leave(t: &Transaction, container: &ContainerId, network: &NetworkId) -> Result<()> {
    let tried = "leave the network";
    let sql = "DELETE FROM attachment WHERE container = ?1 AND network = ?2";
    match t.execute(sql, [container.as_str(), network.as_str()]).map_err(RuntimeError::database(tried))? {
        0 => Err(RuntimeError::NotFound { tried: tried.into(), why: "the container is not in it".into() }),
        _ => Ok(()),
    }
}

/// Gives a place its addresses.
///
/// # Errors
/// `Conflict` when somebody else has one of them.
pub fn settle(t: &Transaction, place: &Place) -> Result<()> {
    let tried = || format!("give the container {} an address", place.container.short());
    let sql = "UPDATE attachment SET address = ?3, address6 = ?4, mac = ?5 WHERE container = ?1 AND network = ?2";
    let row = params![
        place.container.as_str(),
        place.network.as_str(),
        place.address.map(Word),
        place.address6.map(Word),
        place.mac
    ];
    match t.execute(sql, row) {
        Ok(_) => Ok(()),
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {
            let address = place.address.or(place.address6).map_or_else(String::new, |address| format!(" {address}"));
            Err(RuntimeError::Conflict { tried: tried(), why: format!("the address{address} is taken") })
        }
        Err(error) => Err(RuntimeError::database(tried())(error)),
    }
}

/// Takes a container's addresses and ports back, since it is not up any more; its places stay.
///
/// # Errors
/// What the database says.
pub fn release(t: &Transaction, container: &ContainerId) -> Result<()> {
    let run = |sql| t.execute(sql, [container.as_str()]).map_err(RuntimeError::database("free addresses and ports"));
    run("UPDATE attachment SET address = NULL, address6 = NULL, mac = NULL WHERE container = ?1")?;
    run("DELETE FROM mapping WHERE container = ?1").map(drop)
}

/// Places of one container, `eth0` first.
///
/// # Errors
/// What the database says.
pub fn places_of(c: &Connection, container: &ContainerId) -> Result<Vec<Place>> {
    places(c, "WHERE container = ?1 ORDER BY position", container.as_str())
}

/// Places in one network.
///
/// # Errors
/// What the database says.
pub fn places_in(c: &Connection, network: &NetworkId) -> Result<Vec<Place>> {
    places(c, "WHERE network = ?1 ORDER BY container", network.as_str())
}

/// All places.
///
/// # Errors
/// What the database says.
pub fn all_places(c: &Connection) -> Result<Vec<Place>> {
    places(c, "WHERE ?1 = '' ORDER BY container, position", "")
}

fn places(c: &Connection, which: &str, of: &str) -> Result<Vec<Place>> {
    const COLUMNS: &str = "SELECT container, network, position, naming, address, address6, mac FROM attachment";
    let read = || -> rusqlite::Result<Vec<_>> {
        let mut statement = c.prepare(&format!("{COLUMNS} {which}"))?;
        statement.query_map([of], place)?.collect()
    };
    read().map_err(RuntimeError::database("read who is in which network"))
}

fn place(row: &Row) -> rusqlite::Result<Place> {
    let address = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<Word<IpAddr>>>(column)?.map(|word| word.0));
    Ok(Place {
        container: ContainerId::new(row.get::<_, String>(0)?),
        network: NetworkId::new(row.get::<_, String>(1)?),
        position: row.get(2)?,
        naming: row.get::<_, Json<_>>(3)?.0,
        address: address(4)?,
        address6: address(5)?,
        mac: row.get(6)?,
    })
}

/// Takes a port of the host for a container.
///
/// # Errors
/// `Conflict` when another container has it, on this address or on every.
pub fn claim(t: &Transaction, claim: &Claim) -> Result<()> {
    let tried = || format!("publish the port {}/{}", claim.host_port, claim.protocol);
    if let Some(other) = claims(t)?.into_iter().find(|other| clash(other, claim)) {
        let why = format!("port is already allocated to the container {}", name_of(t, &other.container));
        return Err(RuntimeError::Conflict { tried: tried(), why });
    }
    let sql = "INSERT INTO mapping (container, protocol, host_ip, host_port, port) VALUES (?1, ?2, ?3, ?4, ?5)";
    let row = params![claim.container.as_str(), claim.protocol.word(), ip(claim.host_ip), claim.host_port, claim.port];
    t.execute(sql, row).map(drop).map_err(RuntimeError::database(tried()))
}

/// Gives one back.
///
/// # Errors
/// What the database says.
pub fn unclaim(t: &Transaction, claim: &Claim) -> Result<()> {
    let sql = "DELETE FROM mapping WHERE protocol = ?1 AND host_ip = ?2 AND host_port = ?3";
    t.execute(sql, params![claim.protocol.word(), ip(claim.host_ip), claim.host_port])
        .map(drop)
        .map_err(RuntimeError::database(format!("free the port {}/{}", claim.host_port, claim.protocol)))
}

/// All ports that lead somewhere.
///
/// # Errors
/// What the database says.
pub fn claims(c: &Connection) -> Result<Vec<Claim>> {
    let read = || -> rusqlite::Result<Vec<_>> {
        let sql = "SELECT container, protocol, host_ip, host_port, port FROM mapping ORDER BY host_port";
        let mut statement = c.prepare(sql)?;
        let rows = statement.query_map([], |row| {
            Ok(Claim {
                container: ContainerId::new(row.get::<_, String>(0)?),
                protocol: Protocol::of(&row.get::<_, String>(1)?).unwrap_or_default(),
                host_ip: row.get::<_, String>(2)?.parse().ok(),
                host_port: row.get(3)?,
                port: row.get(4)?,
            })
        })?;
        rows.collect()
    };
    read().map_err(RuntimeError::database("read the published ports"))
}

fn ip(address: Option<IpAddr>) -> String {
    address.map_or_else(String::new, |address| address.to_string())
}

/// Whether both cannot be: the same port of the same address, or of every address of its family.
fn clash(a: &Claim, b: &Claim) -> bool {
    let same_address = match (a.host_ip, b.host_ip) {
        (None, _) | (_, None) => true,
        (Some(a), Some(b)) => a == b || (a.is_ipv4() == b.is_ipv4() && (a.is_unspecified() || b.is_unspecified())),
    };
    a.protocol == b.protocol && a.host_port == b.host_port && same_address
}

fn name_of(c: &Connection, id: &ContainerId) -> String {
    super::container::get(c, id).map_or_else(|_| id.short().to_owned(), |record| format!("`{}`", record.name))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{fixtures, network, network::tests::shop},
        *,
    };

    fn place(container: &ContainerId, address: &str) -> Place {
        Place {
            container: container.clone(),
            network: NetworkId::new("shop"),
            position: 0,
            naming: Naming::default(),
            address: Some(address.parse().unwrap()),
            address6: None,
            mac: Some("02:00:00:00:00:01".into()),
        }
    }

    #[test]
    fn an_address_is_given_once_and_comes_back() {
        let (_folder, db) = fixtures::db();
        let (web, db_) = (fixtures::container("web"), fixtures::container("db"));
        fixtures::insert(&db, &[&web, &db_]);
        db.change("x", |t| {
            network::insert(t, &shop())?;
            for one in [&web, &db_] {
                assert_eq!(join(t, &one.id, &shop().id, &Naming::default())?, 0);
            }
            settle(t, &place(&web.id, "10.1.0.2"))
        })
        .unwrap();
        assert_eq!(fixtures::read(&db, |c| places_of(c, &web.id)), [place(&web.id, "10.1.0.2")]);
        let taken = db.change("x", |t| settle(t, &place(&db_.id, "10.1.0.2"))).unwrap_err();
        assert!(taken.to_string().contains("10.1.0.2 is taken"), "{taken}");
        assert!(db.change("x", |t| join(t, &web.id, &shop().id, &Naming::default())).is_err());
        db.change("x", |t| release(t, &web.id)).unwrap();
        db.change("x", |t| settle(t, &place(&db_.id, "10.1.0.2"))).unwrap();
        assert_eq!(fixtures::read(&db, |c| places_in(c, &shop().id)).len(), 2);
        db.change("x", |t| leave(t, &web.id, &shop().id)).unwrap();
        assert!(db.change("x", |t| leave(t, &web.id, &shop().id)).is_err());
    }

    #[test]
    fn a_port_is_claimed_once_on_each_address() {
        let (_folder, db) = fixtures::db();
        let (web, other) = (fixtures::container("web"), fixtures::container("other"));
        fixtures::insert(&db, &[&web, &other]);
        let port = |who: &ContainerId, ip: &str, host_port| Claim {
            container: who.clone(),
            protocol: Protocol::Tcp,
            host_ip: ip.parse().ok(),
            host_port,
            port: 80,
        };
        let claims_ = |one: Claim| db.change("x", |t| claim(t, &one)).map_err(|error| error.to_string());
        claims_(port(&web.id, "", 80)).unwrap();
        let refused = claims_(port(&other.id, "127.0.0.1", 80)).unwrap_err();
        assert!(refused.contains("already allocated to the container `web`"), "{refused}");
        claims_(port(&other.id, "127.0.0.1", 81)).unwrap();
        claims_(port(&other.id, "127.0.0.2", 81)).unwrap();
        claims_(port(&web.id, "0.0.0.0", 81)).unwrap_err();
        db.change("x", |t| release(t, &web.id)).unwrap();
        claims_(port(&other.id, "", 80)).unwrap();
        db.change("x", |t| unclaim(t, &port(&other.id, "", 80))).unwrap();
        assert_eq!(fixtures::read(&db, claims).len(), 2);
    }
}
