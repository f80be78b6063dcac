//! The host's own addresses, from the text of `/proc/net/fib_trie`. Reads no file.

use std::{
    collections::HashSet,
    net::{IpAddr, Ipv4Addr},
};

/// IPv4 addresses of the host: in the trie, an address is a leaf `|-- 172.17.0.1`, and the lines below it that say
/// `/32 host LOCAL` tell that it is the host's own.
pub(crate) fn local_addresses(trie: &str) -> HashSet<IpAddr> {
    let mut found = HashSet::new();
    let mut leaf: Option<Ipv4Addr> = None;
    for line in trie.lines().map(str::trim) {
        if let Some(address) = line.strip_prefix("|-- ") {
            leaf = address.parse().ok();
        } else if line == "/32 host LOCAL" {
            found.extend(leaf.map(IpAddr::V4));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hosts_own_addresses_are_taken() {
        let trie = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 172.17.0.0\n        /16 link UNICAST\n     |-- 172.17.0.1\n        \
                    /32 host LOCAL\n     |-- 172.17.255.255\n        /32 link BROADCAST\n";
        assert_eq!(local_addresses(trie), HashSet::from([IpAddr::from([172, 17, 0, 1])]));
    }
}
