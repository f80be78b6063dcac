//! Ports as one reads them in a list: each once, neighbours as ranges. Knows no engine.

use std::collections::BTreeSet;

use crate::model::{PortMapping, Protocol};

/// Published ports that lead from neighbours to neighbours.
struct Run {
    ip: String,
    host: u16,
    container: u16,
    protocol: Protocol,
    more: u16,
}

/// As [`full`], without the word for TCP, which most ports are.
pub(super) fn short(ports: &[PortMapping]) -> String {
    list(ports, |protocol| if protocol == Protocol::Tcp { String::new() } else { format!("/{protocol}") })
}

/// The published ports: `8080→80/tcp, 127.0.0.1:9000-9002→9000-9002/tcp`. An address of IPv4 and one of IPv6 that
/// both mean "every address" are told once; where nothing is published, what is exposed is told without arrows.
pub(super) fn full(ports: &[PortMapping]) -> String {
    list(ports, |protocol| format!("/{protocol}"))
}

fn list(ports: &[PortMapping], word: impl Fn(Protocol) -> String) -> String {
    let mut text = String::new();
    for run in runs(ports) {
        comma(&mut text);
        let ip = match run.ip.as_str() {
            "" => String::new(),
            ip if ip.contains(':') => format!("[{ip}]:"),
            ip => format!("{ip}:"),
        };
        let (from, to) = (range(run.host, run.more), range(run.container, run.more));
        text.push_str(&format!("{ip}{from}→{to}{}", word(run.protocol)));
    }
    if text.is_empty() {
        for (port, protocol) in ports.iter().map(|p| (p.container_port, p.protocol)).collect::<BTreeSet<_>>() {
            comma(&mut text);
            text.push_str(&format!("{port}{}", word(protocol)));
        }
    }
    text
}

fn comma(text: &mut String) {
    if !text.is_empty() {
        text.push_str(", ");
    }
}

fn range(first: u16, more: u16) -> String {
    if more == 0 { first.to_string() } else { format!("{first}-{}", first + more) }
}

fn runs(ports: &[PortMapping]) -> Vec<Run> {
    let every = |ip: &str| if matches!(ip, "0.0.0.0" | "::") { String::new() } else { ip.to_owned() };
    let ip = |p: &PortMapping| p.host_ip.as_deref().map(every).unwrap_or_default();
    let published: BTreeSet<(String, Protocol, u16, u16)> =
        ports.iter().filter_map(|p| Some((ip(p), p.protocol, p.host_port?, p.container_port))).collect();
    let mut runs: Vec<Run> = Vec::new();
    for (ip, protocol, host, container) in published {
        if let Some(last) = runs.last_mut()
            && last.ip == ip
            && last.protocol == protocol
            && u32::from(last.host) + u32::from(last.more) + 1 == u32::from(host)
            && u32::from(last.container) + u32::from(last.more) + 1 == u32::from(container)
        {
            last.more += 1;
            continue;
        }
        runs.push(Run { ip, host, container, protocol, more: 0 });
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(ip: &str, host: u16, container: u16, protocol: Protocol) -> PortMapping {
        PortMapping { host_ip: Some(ip.into()), host_port: Some(host), container_port: container, protocol }
    }

    #[test]
    fn both_families_are_told_once() {
        let all = [port("0.0.0.0", 8080, 80, Protocol::Tcp), port("::", 8080, 80, Protocol::Tcp)];
        assert_eq!((short(&all).as_str(), full(&all).as_str()), ("8080→80", "8080→80/tcp"));
    }

    #[test]
    fn neighbours_are_a_range_and_others_are_not() {
        let mut all: Vec<_> = (0..4).map(|n| port("", 8000 + n, 80 + n, Protocol::Tcp)).collect();
        all.push(port("", 8004, 90, Protocol::Tcp));
        all.push(port("127.0.0.1", 53, 53, Protocol::Udp));
        all.push(port("::1", u16::MAX, 1, Protocol::Tcp));
        assert_eq!(short(&all), "8000-8003→80-83, 8004→90, 127.0.0.1:53→53/udp, [::1]:65535→1");
    }

    #[test]
    fn what_is_only_exposed_is_told_when_nothing_is_published() {
        let exposed = PortMapping { host_ip: None, host_port: None, container_port: 6379, protocol: Protocol::Tcp };
        assert_eq!(full(&[exposed.clone(), exposed.clone()]), "6379/tcp");
        assert_eq!(short(&[exposed, port("", 1, 2, Protocol::Tcp)]), "1→2");
        assert_eq!(short(&[]), "");
    }
}
