//! Addresses in a network's range: the gateway's, and the next one for a container. Knows neither host nor database;
//! whoever asks holds the lock between reading what is taken and writing what is given.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use crate::{
    model::Net,
    runtime::{Result, RuntimeError},
};

/// Addresses that are taken, and by whom: "`web`".
pub type Taken = BTreeMap<IpAddr, String>;

/// The gateway of a range: the one a person has named, or its first address.
///
/// # Errors
/// When the named one is no address that a host of the range can have.
pub fn gateway(network: &str, range: Net, wanted: Option<&str>) -> Result<IpAddr> {
    let tried = || format!("create network `{network}`");
    let (first, _) = hosts(range);
    let Some(wanted) = wanted else { return Ok(address(range, first)) };
    let parsed: Option<IpAddr> = wanted.parse().ok();
    parsed.filter(|address| is_host(range, *address)).ok_or_else(|| RuntimeError::Invalid {
        tried: tried(),
        why: format!("`{wanted}` is no address of a gateway in `{range}`"),
    })
}

/// An address for `container`: the one a person has named, or the lowest that is free.
///
/// # Errors
/// When the named one is outside of the range or taken, or none is free.
pub fn assign(container: &str, range: Net, gateway: IpAddr, taken: &Taken, wanted: Option<IpAddr>) -> Result<IpAddr> {
    let tried = || format!("give `{container}` an address in `{range}`");
    if let Some(wanted) = wanted {
        return check(range, gateway, taken, wanted, tried);
    }
    let (first, last) = hosts(range);
    let free = |address: &IpAddr| *address != gateway && !taken.contains_key(address);
    // As many steps as there are taken addresses at most, but for the two ends and the gateway.
    (first..=last)
        .map(|number| address(range, number))
        .find(free)
        .ok_or_else(|| RuntimeError::Conflict { tried: tried(), why: "all its addresses are taken".into() })
}

fn check(range: Net, gateway: IpAddr, taken: &Taken, wanted: IpAddr, tried: impl Fn() -> String) -> Result<IpAddr> {
    if !is_host(range, wanted) {
        return Err(RuntimeError::Invalid { tried: tried(), why: format!("{wanted} is not one of its addresses") });
    }
    let holder = if wanted == gateway { Some("the gateway") } else { taken.get(&wanted).map(String::as_str) };
    match holder {
        None => Ok(wanted),
        Some(holder) => Err(RuntimeError::Conflict { tried: tried(), why: format!("{holder} has {wanted}") }),
    }
}

/// Whether a host can have this address of the range.
fn is_host(range: Net, address: IpAddr) -> bool {
    let (first, last) = hosts(range);
    range.contains(address) && (first..=last).contains(&bits(address))
}

/// The first and the last address that hosts can have: not the range's own, in IPv4 not the broadcast address, and in
/// IPv6 not that of all routers (RFC 4291, 2.6.1), which is the range's own too.
fn hosts(range: Net) -> (u128, u128) {
    let base = bits(range.base().address());
    let (width, ends) = if range.is_ipv4() { (32, 1) } else { (128, 0) };
    let size = 1u128.checked_shl(width - u32::from(range.prefix())).map_or(u128::MAX, |size| size - 1);
    (base.saturating_add(1), base.saturating_add(size).saturating_sub(ends))
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_bits().into(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// The address of that number, of the range's family.
fn address(range: Net, number: u128) -> IpAddr {
    if range.is_ipv4() {
        // Numbers of IPv4 ranges have 32 bits by how they are made.
        IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(number).unwrap_or(u32::MAX)))
    } else {
        IpAddr::V6(Ipv6Addr::from_bits(number))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn net(text: &str) -> Net {
        Net::parse(text).unwrap()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn taken(addresses: &[&str]) -> Taken {
        addresses.iter().map(|address| (ip(address), "`db`".to_owned())).collect()
    }

    #[test]
    fn the_lowest_free_address_is_given() {
        let range = net("10.0.0.0/29");
        let next = |held: &[&str]| assign("web", range, ip("10.0.0.1"), &taken(held), None).map(|a| a.to_string());
        assert_eq!(next(&[]).unwrap(), "10.0.0.2");
        assert_eq!(next(&["10.0.0.2", "10.0.0.4"]).unwrap(), "10.0.0.3");
        let full = ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"];
        assert_eq!(
            next(&full).unwrap_err().to_string(),
            "cannot give `web` an address in `10.0.0.0/29`: all its addresses are taken"
        );
    }

    #[test]
    fn a_named_address_is_checked() {
        let range = net("10.0.0.0/24");
        let held = taken(&["10.0.0.9"]);
        let ask = |wanted: &str| assign("web", range, ip("10.0.0.1"), &held, Some(ip(wanted)));
        assert_eq!(ask("10.0.0.200").unwrap(), ip("10.0.0.200"));
        let why = |wanted: &str| ask(wanted).unwrap_err().to_string();
        assert!(why("10.0.0.9").ends_with("`db` has 10.0.0.9"));
        assert!(why("10.0.0.1").ends_with("the gateway has 10.0.0.1"));
        for outside in ["10.0.1.2", "10.0.0.255", "10.0.0.0", "fd00::2"] {
            assert!(why(outside).ends_with("is not one of its addresses"), "{outside}");
        }
    }

    #[test]
    fn a_gateway_is_the_first_address_or_the_named_one() {
        assert_eq!(gateway("n", net("10.0.0.0/24"), None).unwrap(), ip("10.0.0.1"));
        assert_eq!(gateway("n", net("fd00::/64"), None).unwrap(), ip("fd00::1"));
        assert_eq!(gateway("n", net("10.0.0.0/24"), Some("10.0.0.254")).unwrap(), ip("10.0.0.254"));
        assert!(gateway("n", net("10.0.0.0/24"), Some("10.0.1.1")).is_err());
        assert!(gateway("n", net("10.0.0.0/24"), Some("gate")).is_err());
    }

    proptest! {
        #[test]
        fn no_address_is_given_twice(base: u32, prefix in 24u8..=30, count in 0usize..300) {
            let range = Net::new(IpAddr::V4(base.into()), prefix).base();
            let gate = gateway("n", range, None).unwrap();
            let mut held = Taken::new();
            for _ in 0..count {
                let Ok(next) = assign("c", range, gate, &held, None) else { break };
                prop_assert!(range.contains(next) && next != gate);
                prop_assert!(held.insert(next, String::new()).is_none());
            }
            let room = (1usize << (32 - prefix)) - 3;
            prop_assert_eq!(held.len(), count.min(room));
        }
    }
}
