//! Ranges for new networks: chosen from pools, or checked when a person names one. Knows no host.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use sha2::{Digest, Sha256};

use crate::{
    model::{Net, NetworkId},
    runtime::{Result, RuntimeError},
};

/// Where ranges are taken from, in this order: private ones (RFC 1918) that neither Docker (172.17 to 172.31,
/// 192.168) nor Podman (10.88, 10.89) begin with.
const POOLS: [([u8; 4], u8); 5] = [
    ([10, 211, 0, 0], 16),
    ([10, 212, 0, 0], 16),
    ([10, 213, 0, 0], 16),
    ([10, 214, 0, 0], 16),
    ([192, 168, 128, 0], 17),
];
/// A network's share of a pool: 1022 addresses, for a bridge of Linux has 1024 ports (`BR_MAX_PORTS`).
const PREFIX: u8 = 22;
/// A network's share of IPv6, as RFC 4291 wants it of every link.
const PREFIX6: u8 = 64;
/// A range holds a network's address, a gateway, a container and, in IPv4, the broadcast address.
const SMALLEST: u8 = 30;
/// The same in IPv6.
const SMALLEST6: u8 = 126;

/// A range that something uses already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// The range.
    pub range: Net,
    /// Whose, as it stands in a sentence: "network `web`", "the host's route over `eth0`".
    pub by: String,
}

/// The first range of the pools that nothing in `used` has a part of. `network` is the new network's name.
///
/// # Errors
/// When every range is in use.
pub fn choose(network: &str, used: &[Used]) -> Result<Net> {
    let free = candidates().find(|range| clash(*range, used).is_none());
    free.ok_or_else(|| RuntimeError::Conflict {
        tried: tried(network),
        why: "every range of the address pools is in use; name one that is free".into(),
    })
}

/// A range of unique local addresses (RFC 4193) that nothing in `used` has a part of. Follows from the network's id.
///
/// # Errors
/// When a route of the host holds all of them.
pub fn choose6(network: &str, id: &NetworkId, used: &[Used]) -> Result<Net> {
    /// Two networks share one by chance once in 2^56; more tries than these would only hide another fault.
    const TRIES: u8 = 8;
    let mut tries = (0..TRIES).map(|salt| unique_local(id, salt));
    tries.find(|range| clash(*range, used).is_none()).ok_or_else(|| RuntimeError::Conflict {
        tried: tried(network),
        why: "the host uses all unique local addresses of IPv6 (fd00::/8)".into(),
    })
}

/// Checks a range that a person has named.
///
/// # Errors
/// What is wrong with it, or whose range it has a part of.
pub fn check(network: &str, subnet: &str, used: &[Used]) -> Result<Net> {
    let invalid = |why: String| RuntimeError::Invalid { tried: tried(network), why };
    let range = Net::parse(subnet).filter(|_| subnet.contains('/'));
    let range = range.ok_or_else(|| invalid(format!("`{subnet}` is no address range such as 10.1.0.0/24")))?;
    if range.base() != range {
        return Err(invalid(format!("`{subnet}` does not begin its range; `{}` does", range.base())));
    }
    if range.prefix() > if range.is_ipv4() { SMALLEST } else { SMALLEST6 } {
        return Err(invalid(format!("`{subnet}` has no room for a gateway and a container")));
    }
    let begin = range.address();
    if begin.is_loopback() || begin.is_multicast() || begin.is_unspecified() {
        return Err(invalid(format!("`{subnet}` is not for hosts")));
    }
    match clash(range, used) {
        None => Ok(range),
        Some(other) => Err(RuntimeError::Conflict {
            tried: tried(network),
            why: format!("`{range}` overlaps with `{}` of {}", other.range, other.by),
        }),
    }
}

fn tried(network: &str) -> String {
    format!("create network `{network}`")
}

/// What shares addresses with `range`. A default route leads to all there is and takes nothing away.
fn clash(range: Net, used: &[Used]) -> Option<&Used> {
    used.iter().find(|used| used.range.prefix() > 0 && used.range.overlaps(range))
}

fn candidates() -> impl Iterator<Item = Net> {
    POOLS.iter().flat_map(|(begin, prefix)| {
        let begin = Ipv4Addr::from(*begin).to_bits();
        (0..1u32 << (PREFIX - prefix)).map(move |at| {
            let address = Ipv4Addr::from(begin + (at << (32 - PREFIX)));
            Net::new(IpAddr::V4(address), PREFIX)
        })
    })
}

/// `fd`, a global id of 40 bits and a subnet of 16: random by the id that they are hashed from.
fn unique_local(id: &NetworkId, salt: u8) -> Net {
    let digest = Sha256::new().chain_update(id.as_str()).chain_update([salt]).finalize();
    let mut bytes = [0; 16];
    bytes[0] = 0xfd;
    bytes[1..8].copy_from_slice(&digest[..7]);
    Net::new(IpAddr::V6(Ipv6Addr::from(bytes)), PREFIX6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(ranges: &[(&str, &str)]) -> Vec<Used> {
        let of = |(range, by): &(&str, &str)| Used { range: Net::parse(range).unwrap(), by: (*by).to_owned() };
        ranges.iter().map(of).collect()
    }

    #[test]
    fn a_new_network_gets_the_first_range_nobody_has() {
        assert_eq!(choose("a", &[]).unwrap().to_string(), "10.211.0.0/22");
        let taken = used(&[("10.211.0.0/22", "network `a`"), ("10.211.5.0/24", "a VPN"), ("0.0.0.0/0", "eth0")]);
        assert_eq!(choose("b", &taken).unwrap().to_string(), "10.211.8.0/22");
        let vpn = used(&[("10.0.0.0/8", "a VPN")]);
        assert_eq!(choose("c", &vpn).unwrap().to_string(), "192.168.128.0/22");
        let all = used(&[("10.0.0.0/8", "a VPN"), ("192.168.0.0/16", "home")]);
        assert!(choose("d", &all).unwrap_err().to_string().contains("every range"));
    }

    #[test]
    fn ipv6_ranges_are_local_and_differ() {
        let (a, b) = (NetworkId::new("a"), NetworkId::new("b"));
        let (one, two) = (choose6("a", &a, &[]).unwrap(), choose6("b", &b, &[]).unwrap());
        assert!(Net::parse("fd00::/8").unwrap().contains_range(one));
        assert!(!one.overlaps(two));
        let taken = [Used { range: one, by: "network `x`".into() }];
        assert!(!choose6("a", &a, &taken).unwrap().overlaps(one), "a range that is taken was chosen");
    }

    #[test]
    fn a_named_range_is_checked() {
        let taken = used(&[("10.5.0.0/16", "the host's route over `eth0`")]);
        let why = |subnet: &str| check("web", subnet, &taken).unwrap_err().to_string();
        assert_eq!(check("web", "10.6.0.0/24", &taken).unwrap().to_string(), "10.6.0.0/24");
        assert_eq!(
            why("10.5.9.0/24"),
            "cannot create network `web`: `10.5.9.0/24` overlaps with `10.5.0.0/16` of the host's route over `eth0`"
        );
        assert!(why("10.6.0.9/24").contains("`10.6.0.0/24` does"));
        assert!(why("10.6.0.0").contains("no address range"));
        assert!(why("10.6.0.0/33").contains("no address range"));
        assert!(why("10.6.0.0/31").contains("no room"));
        assert!(why("127.0.0.0/8").contains("not for hosts"));
        assert!(check("web", "fd01::/64", &taken).is_ok());
        assert!(why("fd01::/127").contains("no room"));
    }
}
