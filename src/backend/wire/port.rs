//! Ports as Docker spells them: flat in its list, keyed by `80/tcp` in its inspect. Knows no transport.

use serde::Deserialize;

use super::lenient::{Map, Number, Text};
use crate::model::{PortMapping, Protocol};

/// A port of a list row.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct RowPort {
    #[serde(rename = "IP")]
    ip: Text,
    private_port: Number,
    public_port: Number,
    #[serde(rename = "Type")]
    protocol: Text,
}

/// A place on the host that leads to a port.
#[derive(Clone, Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Binding {
    host_ip: Text,
    host_port: Text,
}

/// Ports of a list row, sorted, each once.
pub(super) fn listed(rows: Vec<RowPort>) -> Vec<PortMapping> {
    let port = |row: RowPort| {
        let host_port = port(row.public_port.or_zero());
        Some(PortMapping {
            host_ip: host_port.map(|_| row.ip.0),
            host_port,
            container_port: port(row.private_port.or_zero())?,
            protocol: Protocol::of(row.protocol.as_str()).unwrap_or_default(),
        })
    };
    sorted(rows.into_iter().filter_map(port))
}

/// Ports of an inspect, sorted, each once; a key without bindings is a port that is only exposed.
pub(super) fn bound(ports: Map<Option<Vec<Binding>>>) -> Vec<PortMapping> {
    let of = |(key, bindings): (String, Option<Vec<Binding>>)| {
        let (number, protocol) = key.split_once('/').unwrap_or((&key, "tcp"));
        let container_port = number.parse().ok().and_then(port);
        let protocol = Protocol::of(protocol).unwrap_or_default();
        let bindings = bindings.filter(|all| !all.is_empty());
        let places = bindings.map_or_else(|| vec![None], |all| all.into_iter().map(Some).collect());
        places.into_iter().filter_map(move |place| {
            let host_port = place.as_ref().and_then(|p| p.host_port.as_str().parse().ok()).and_then(port);
            let host_ip = place.map(|p| p.host_ip.0);
            Some(PortMapping { host_ip, host_port, container_port: container_port?, protocol })
        })
    };
    sorted(ports.unwrap_or_default().into_iter().flat_map(of))
}

/// A port number; 0 is none.
fn port(number: i64) -> Option<u16> {
    u16::try_from(number).ok().filter(|port| *port > 0)
}

fn sorted(ports: impl Iterator<Item = PortMapping>) -> Vec<PortMapping> {
    let mut ports: Vec<_> = ports.collect();
    ports.sort_by(|a, b| {
        (a.container_port, a.protocol, a.host_port, &a.host_ip).cmp(&(
            b.container_port,
            b.protocol,
            b.host_port,
            &b.host_ip,
        ))
    });
    ports.dedup();
    ports
}
