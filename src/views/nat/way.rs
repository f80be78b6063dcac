//! How a mapping is reached from here: its address as text, for people, for a probe, for a browser. Opens nothing.

use crate::{
    app::desk::Desk,
    model::{Mapping, Protocol, endpoint::Address},
};

/// Schemes of well-known ports (IANA service names that are URL schemes too).
const SCHEMES: [(u16, &str); 8] = [
    (22, "ssh"),
    (443, "https"),
    (8443, "https"),
    (1883, "mqtt"),
    (3306, "mysql"),
    (5432, "postgresql"),
    (6379, "redis"),
    (27017, "mongodb"),
];

/// The address and port on the host, as the mapping has it: `8080`, `127.0.0.1:8080`, `[::1]:8080`.
pub(super) fn host(mapping: &Mapping) -> String {
    let port = mapping.port.host_port.map_or_else(String::new, |port| port.to_string());
    match mapping.port.host_ip.as_deref() {
        None | Some("" | "0.0.0.0") => format!("*:{port}"),
        Some(ip) => format!("{}:{port}", bracketed(ip)),
    }
}

/// Where a connection from here would go: an address that means all of them is that of the engine's host.
pub(super) fn socket(mapping: &Mapping, desk: &Desk) -> String {
    let ip = mapping.port.host_ip.as_deref().filter(|ip| !matches!(*ip, "" | "0.0.0.0" | "::"));
    let address = match (ip, &desk.endpoint.address) {
        (Some(ip), _) => ip,
        (None, Address::Tcp { host, .. } | Address::Https { host, .. } | Address::Ssh { host, .. }) => host,
        (None, _) => "127.0.0.1",
    };
    format!("{}:{}", bracketed(address), mapping.port.host_port.unwrap_or(mapping.port.container_port))
}

/// A URL for it; where the service has no scheme of its own, a web page is the likeliest.
pub(super) fn url(mapping: &Mapping, desk: &Desk) -> String {
    let known = SCHEMES.iter().find(|(port, _)| *port == mapping.port.container_port).map(|(_, scheme)| *scheme);
    let scheme = match mapping.port.protocol {
        Protocol::Tcp => known.unwrap_or("http"),
        other => other.word(),
    };
    format!("{scheme}://{}", socket(mapping, desk))
}

/// Why a probe would tell nothing.
pub(super) fn untestable(mapping: &Mapping) -> Option<String> {
    let protocol = mapping.port.protocol;
    (protocol != Protocol::Tcp).then(|| format!("{protocol} has no connections to probe: only TCP ports can be tested"))
}

fn bracketed(address: &str) -> String {
    if address.contains(':') { format!("[{address}]") } else { address.to_owned() }
}
