//! Names that follow from ids and addresses: interfaces, hardware addresses, and the two files by which a container
//! finds others. Makes text; writes no file.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr},
};

use crate::model::{ContainerId, Naming, NetworkId};

/// Name servers where the host has none that a container can reach: those of Cloudflare and Google.
const PUBLIC_SERVERS: [&str; 2] = ["1.1.1.1", "8.8.8.8"];
/// Stands for the host in `name:host-gateway`, as Docker has it.
const HOST_GATEWAY: &str = "host-gateway";

/// The host's bridge of a network. Longest for the kernel: 15 characters (`IFNAMSIZ`).
pub fn bridge(network: &NetworkId) -> String {
    format!("ls-{}", head(network.as_str()))
}

/// The host's end of a container's link, `position` being the number in `eth0`. Longest for the kernel: 15 characters.
pub fn host_interface(container: &ContainerId, position: usize) -> String {
    format!("v{}{:x}", head(container.as_str()), position & 0xff)
}

/// Twelve digits of an id, as people see it. Ids that are no digits come from tests only.
fn head(id: &str) -> String {
    id.chars().filter(char::is_ascii_alphanumeric).take(crate::model::SHORT).collect()
}

/// A hardware address that follows from an IPv4 address, so that neighbours need not forget one when an address is
/// given to another container. `02` says that it is administered locally (IEEE 802), `4c` is for L.
pub fn mac(address: IpAddr) -> String {
    let [a, b, c, d] = match address {
        IpAddr::V4(v4) => v4.octets(),
        IpAddr::V6(v6) => Ipv4Addr::from_bits((v6.to_bits() & u128::from(u32::MAX)) as u32).octets(),
    };
    format!("02:4c:{a:02x}:{b:02x}:{c:02x}:{d:02x}")
}

/// Somebody in a `hosts` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// Its names.
    pub names: Vec<String>,
}

/// The text of a container's `hosts` (hosts(5)): itself, what it was told at its creation, and the other containers of
/// its networks. `host` is where `host-gateway` leads to.
pub fn hosts(own: &Peer, naming: &Naming, host: Option<IpAddr>, peers: &[Peer]) -> String {
    let mut text = String::from(
        "127.0.0.1\tlocalhost\n\
         ::1\tlocalhost ip6-localhost ip6-loopback\n\
         fe00::\tip6-localnet\n\
         ff00::\tip6-mcastprefix\n\
         ff02::1\tip6-allnodes\n\
         ff02::2\tip6-allrouters\n",
    );
    let extra = naming.hosts.iter().filter_map(|entry| extra(entry, host));
    extra.for_each(|(address, name)| line(&mut text, &address, &[name]));
    for peer in std::iter::once(own).chain(peers) {
        let mut seen = BTreeSet::new();
        let names: Vec<_> = peer.names.iter().map(String::as_str).filter(|name| seen.insert(*name)).collect();
        peer.addresses.iter().for_each(|address| line(&mut text, &address.to_string(), &names));
    }
    text
}

/// `name:address`, or `name=address` as newer Dockers have it.
fn extra(entry: &str, host: Option<IpAddr>) -> Option<(String, &str)> {
    let (name, address) = entry.split_once(['=', ':'])?;
    let address = if address == HOST_GATEWAY { host? } else { address.trim_matches(['[', ']']).parse().ok()? };
    Some((address.to_string(), name))
}

fn line(text: &mut String, address: &str, names: &[&str]) {
    // What would end the line or begin another word is no name.
    let names: Vec<_> =
        names.iter().filter(|name| !name.is_empty() && !name.contains([' ', '\t', '\n', '#'])).copied().collect();
    if !names.is_empty() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{address}\t{}", names.join(" "));
    }
}

/// The text of a container's `resolv.conf` (resolv.conf(5)). `host` are the host's files, best first: its own, then
/// that of systemd-resolved with the servers behind its stub. Servers on the host's loopback mean nothing inside.
pub fn resolv_conf(naming: &Naming, host: &[&str]) -> String {
    let reachable = |text: &&&str| !servers(text).is_empty();
    let base = host.iter().find(reachable).or(host.first()).copied().unwrap_or_default();
    let mut found = if naming.dns.is_empty() { servers(base) } else { naming.dns.clone() };
    if found.is_empty() {
        found = PUBLIC_SERVERS.map(str::to_owned).into();
    }
    let words = |own: &[String], keys: &[&str]| match own {
        [] => words(base, keys),
        // As for `docker run`: a dot alone means none.
        own => own.iter().filter(|word| *word != ".").cloned().collect(),
    };
    let mut text = String::new();
    for server in found {
        let _ = writeln!(text, "nameserver {server}");
    }
    for (key, words) in [
        ("search", words(&naming.dns_search, &["search", "domain"])),
        ("options", words(&naming.dns_options, &["options"])),
    ] {
        if !words.is_empty() {
            let _ = writeln!(text, "{key} {}", words.join(" "));
        }
    }
    text
}

/// Servers that a container can reach. Those with a zone (`fe80::1%eth0`) name an interface that it does not have.
fn servers(text: &str) -> Vec<String> {
    let named = words(text, &["nameserver"]).into_iter();
    named.filter(|word| word.parse::<IpAddr>().is_ok_and(|address| !address.is_loopback())).collect()
}

/// The words behind the last line that begins with one of `keys`; of all lines for name servers, of which each has one.
fn words(text: &str, keys: &[&str]) -> Vec<String> {
    let mut lines = text.lines().filter_map(|line| {
        let mut words = line.split(['#', ';']).next()?.split_whitespace();
        keys.contains(&words.next()?).then(|| words.map(str::to_owned).collect::<Vec<_>>())
    });
    if keys == ["nameserver"] { lines.flatten().collect() } else { lines.next_back().unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(addresses: &[&str], names: &[&str]) -> Peer {
        Peer {
            addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn interfaces_fit_into_the_kernels_names() {
        let id = "c0ffee0123456789".repeat(4);
        assert_eq!(bridge(&NetworkId::new(&id)), "ls-c0ffee012345");
        assert_eq!(host_interface(&ContainerId::new(&id), 0), "vc0ffee0123450");
        assert!(host_interface(&ContainerId::new(&id), 255).len() <= 15);
    }

    #[test]
    fn a_hardware_address_follows_from_the_address() {
        assert_eq!(mac("10.211.0.2".parse().unwrap()), "02:4c:0a:d3:00:02");
    }

    #[test]
    fn hosts_has_its_own_name_extras_and_peers() {
        let naming = Naming {
            hosts: vec!["db:10.0.0.9".into(), "me=host-gateway".into(), "six:fd00::9".into(), "bad:address".into()],
            ..Naming::default()
        };
        let own = peer(&["10.0.0.2", "fd00::2"], &["web", "c0ffee"]);
        let text = hosts(&own, &naming, "10.0.0.1".parse().ok(), &[peer(&["10.0.0.3"], &["api", "api", "x y", "a"])]);
        let tail: Vec<_> = text.lines().skip(6).collect();
        assert_eq!(
            tail,
            [
                "10.0.0.9\tdb",
                "10.0.0.1\tme",
                "fd00::9\tsix",
                "10.0.0.2\tweb c0ffee",
                "fd00::2\tweb c0ffee",
                "10.0.0.3\tapi a",
            ]
        );
        assert!(text.starts_with("127.0.0.1\tlocalhost\n"));
    }

    #[test]
    fn servers_on_loopback_are_replaced() {
        let naming = Naming::default();
        let stub = "nameserver 127.0.0.53\noptions edns0\nsearch stub.lan\n";
        let real = "# made by systemd\nnameserver 192.0.2.1\nnameserver fe80::1%eth0\nsearch lan home\n";
        assert_eq!(resolv_conf(&naming, &[real]), "nameserver 192.0.2.1\nsearch lan home\n");
        assert_eq!(resolv_conf(&naming, &[stub, real]), "nameserver 192.0.2.1\nsearch lan home\n");
        assert_eq!(
            resolv_conf(&naming, &[stub]),
            "nameserver 1.1.1.1\nnameserver 8.8.8.8\nsearch stub.lan\noptions edns0\n"
        );
    }

    #[test]
    fn what_a_person_says_of_dns_holds() {
        let naming = Naming {
            dns: vec!["192.0.2.53".into()],
            dns_search: vec![".".into()],
            dns_options: vec!["ndots:2".into()],
            ..Naming::default()
        };
        let host = "nameserver 192.0.2.1\nsearch lan\noptions rotate\n";
        assert_eq!(resolv_conf(&naming, &[host]), "nameserver 192.0.2.53\noptions ndots:2\n");
    }
}
