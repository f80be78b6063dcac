//! Host ports for a container: those it asks for, checked against everybody else's, and those it leaves to us. Takes
//! lists in; looks at no host.

use std::{
    net::{IpAddr, Ipv4Addr},
    ops::RangeInclusive,
};

use crate::{
    model::{PortMapping, Protocol},
    runtime::{Result, RuntimeError},
};

/// From where ports are given that nobody names; Linux's own default of `net.ipv4.ip_local_port_range`.
pub const EPHEMERAL: RangeInclusive<u16> = 32_768..=60_999;

/// A published port with its host port decided.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostPort {
    /// Protocol.
    pub protocol: Protocol,
    /// Address on the host; `None`: every address.
    pub host_ip: Option<IpAddr>,
    /// Port on the host.
    pub host_port: u16,
    /// Port inside.
    pub port: u16,
}

/// A port that a container has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The port.
    pub port: HostPort,
    /// The container's name.
    pub name: String,
}

/// A socket of the host on which a process waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Protocol.
    pub protocol: Protocol,
    /// Its address; `0.0.0.0` and `::` are every address.
    pub address: IpAddr,
    /// Its port.
    pub port: u16,
    /// The socket's number, by which its process is found.
    pub inode: u64,
}

/// What is on the host already.
pub struct Occupied<'a> {
    /// Ports of all containers that run.
    pub published: &'a [Published],
    /// Sockets of processes.
    pub listeners: &'a [Listener],
    /// The name and the id of a socket's process. Asked only for a message, since finding it is slow.
    pub process: &'a dyn Fn(&Listener) -> Option<(String, u32)>,
    /// From where ports are given that nobody names, [`EPHEMERAL`] by default.
    pub ephemeral: RangeInclusive<u16>,
}

/// Decides the host ports of `container`, in the order in which they are asked for.
///
/// # Errors
/// Who has a port already, or that an address is none, or that no port is left.
pub fn decide(container: &str, wanted: &[PortMapping], occupied: &Occupied) -> Result<Vec<HostPort>> {
    let asked: Vec<_> = wanted.iter().filter(|port| port.is_published()).collect();
    let mut named = Vec::new();
    for port in &asked {
        let Some(host_port) = port.host_port.filter(|port| *port > 0) else { continue };
        let port = at(container, port, host_port)?;
        if named.contains(&port) {
            continue;
        }
        if let Some(why) = clash(&port, &named, occupied) {
            return Err(RuntimeError::Conflict { tried: tried(container, &port), why });
        }
        named.push(port);
    }
    let mut decided = named.clone();
    let mut all = Vec::new();
    for port in asked {
        let next = match port.host_port.filter(|port| *port > 0) {
            Some(host_port) => at(container, port, host_port)?,
            None => pick(container, port, &decided, occupied)?,
        };
        if !all.contains(&next) {
            decided.push(next.clone());
            all.push(next);
        }
    }
    Ok(all)
}

/// The first port of the ephemeral ones that nobody has.
fn pick(container: &str, wanted: &PortMapping, decided: &[HostPort], occupied: &Occupied) -> Result<HostPort> {
    for host_port in occupied.ephemeral.clone() {
        let port = at(container, wanted, host_port)?;
        if clash(&port, decided, occupied).is_none() {
            return Ok(port);
        }
    }
    let (first, last) = (occupied.ephemeral.start(), occupied.ephemeral.end());
    Err(RuntimeError::Conflict {
        tried: format!("publish port {}/{} of `{container}`", wanted.container_port, wanted.protocol),
        why: format!("all ports from {first} to {last} are taken"),
    })
}

fn at(container: &str, wanted: &PortMapping, host_port: u16) -> Result<HostPort> {
    let (protocol, port) = (wanted.protocol, wanted.container_port);
    let host_ip = match wanted.host_ip.as_deref() {
        None | Some("" | "0.0.0.0") => None,
        Some(text) => Some(text.parse::<IpAddr>().map_err(|_| RuntimeError::Invalid {
            tried: format!("publish port {host_port} for `{container}`"),
            why: format!("`{text}` is no address of this host"),
        })?),
    };
    Ok(HostPort { protocol, host_ip, host_port, port })
}

fn tried(container: &str, port: &HostPort) -> String {
    format!("publish port {}/{} for `{container}`", port.host_port, port.protocol)
}

/// Why `port` cannot be had.
fn clash(port: &HostPort, own: &[HostPort], occupied: &Occupied) -> Option<String> {
    let number = port.host_port;
    let meets = |other: &HostPort| {
        other.protocol == port.protocol && other.host_port == number && Reach::of(other).meets(Reach::of(port))
    };
    if own.iter().any(meets) {
        return Some(format!("port {number} is asked for twice"));
    }
    if let Some(other) = occupied.published.iter().find(|other| meets(&other.port)) {
        return Some(format!("port {number} is taken by `{}`", other.name));
    }
    let listener = occupied.listeners.iter().find(|listener| {
        let same = listener.protocol == port.protocol && listener.port == number;
        same && Reach::of_socket(listener.address).meets(Reach::of(port))
    })?;
    Some(match (occupied.process)(listener) {
        Some((name, pid)) => format!("port {number} is taken by process {name} ({pid})"),
        None => format!("port {number} is taken by a process of the host"),
    })
}

/// Which addresses of the host a port is taken on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    All,
    V4,
    V6,
    One(IpAddr),
}

impl Reach {
    fn of(port: &HostPort) -> Self {
        match port.host_ip {
            None => Self::All,
            Some(IpAddr::V6(v6)) if v6.is_unspecified() => Self::V6,
            Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => Self::V4,
            Some(one) => Self::One(one),
        }
    }

    /// A socket on `::` takes IPv4 as well, unless it says otherwise, which /proc does not tell.
    fn of_socket(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) if v6.is_unspecified() => Self::All,
            IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Self::V4,
            one => Self::One(one),
        }
    }

    fn meets(self, other: Self) -> bool {
        match (self, other) {
            (Self::All, _) | (_, Self::All) => true,
            (Self::One(one), Self::One(two)) => one == two,
            (Self::V4, Self::One(one)) | (Self::One(one), Self::V4) => one.is_ipv4(),
            (Self::V6, Self::One(one)) | (Self::One(one), Self::V6) => one.is_ipv6(),
            (one, two) => one == two,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(ip: &str, host: Option<u16>, inner: u16) -> PortMapping {
        PortMapping { host_ip: Some(ip.into()), host_port: host, container_port: inner, protocol: Protocol::Tcp }
    }

    fn published(ip: Option<&str>, number: u16) -> Published {
        let host_ip = ip.map(|ip| ip.parse().unwrap());
        let port = HostPort { protocol: Protocol::Tcp, host_ip, host_port: number, port: 80 };
        Published { port, name: "web".into() }
    }

    fn listener(address: &str, port: u16) -> Listener {
        Listener { protocol: Protocol::Tcp, address: address.parse().unwrap(), port, inode: 1 }
    }

    fn ask(
        wanted: &[PortMapping],
        published: &[Published],
        listeners: &[Listener],
    ) -> std::result::Result<Vec<u16>, String> {
        let process = |_: &Listener| Some(("nginx".to_owned(), 812));
        let occupied = Occupied { published, listeners, process: &process, ephemeral: 40_000..=40_002 };
        let ports = decide("app", wanted, &occupied).map_err(|error| error.to_string())?;
        Ok(ports.into_iter().map(|port| port.host_port).collect())
    }

    #[test]
    fn who_has_a_port_is_said() {
        assert_eq!(
            ask(&[port("", Some(8080), 80)], &[published(None, 8080)], &[]).unwrap_err(),
            "cannot publish port 8080/tcp for `app`: port 8080 is taken by `web`"
        );
        assert_eq!(
            ask(&[port("", Some(80), 80)], &[], &[listener("127.0.0.1", 80)]).unwrap_err(),
            "cannot publish port 80/tcp for `app`: port 80 is taken by process nginx (812)"
        );
    }

    #[test]
    fn ports_clash_where_their_addresses_meet() {
        let taken =
            |wanted: &str, has: &str| ask(&[port(wanted, Some(9), 9)], &[published(Some(has), 9)], &[]).is_err();
        assert!(taken("", "127.0.0.1") && taken("127.0.0.1", "127.0.0.1") && taken("::1", "::"));
        assert!(!taken("127.0.0.1", "127.0.0.2") && !taken("127.0.0.1", "::"));
        let met = |wanted: &str, at: &str| ask(&[port(wanted, Some(9), 9)], &[], &[listener(at, 9)]).is_err();
        assert!(met("127.0.0.1", "::") && met("127.0.0.1", "::ffff:127.0.0.1") && met("", "10.0.0.1"));
        assert!(!met("127.0.0.1", "10.0.0.1") && !met("127.0.0.1", "::1"));
    }

    #[test]
    fn ports_left_to_us_avoid_those_taken_and_those_named_later() {
        let wanted = [port("", None, 80), port("", None, 81), port("", Some(40_000), 82)];
        assert_eq!(ask(&wanted, &[], &[listener("::", 40_001)]).unwrap_err(), {
            "cannot publish port 81/tcp of `app`: all ports from 40000 to 40002 are taken"
        });
        assert_eq!(ask(&wanted, &[], &[]).unwrap(), [40_001, 40_002, 40_000]);
    }

    #[test]
    fn a_port_may_be_said_twice_but_not_mean_two_things() {
        assert_eq!(ask(&[port("", Some(8), 80), port("0.0.0.0", Some(8), 80)], &[], &[]).unwrap(), [8]);
        assert!(
            ask(&[port("", Some(8), 80), port("", Some(8), 81)], &[], &[]).unwrap_err().contains("asked for twice")
        );
        assert!(ask(&[port("host", Some(8), 80)], &[], &[]).unwrap_err().contains("`host` is no address"));
    }

    #[test]
    fn an_exposed_port_needs_none() {
        let exposed = PortMapping { host_ip: None, host_port: None, container_port: 80, protocol: Protocol::Udp };
        assert_eq!(ask(&[exposed], &[], &[]).unwrap(), [] as [u16; 0]);
    }
}
