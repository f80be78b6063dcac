//! Address ranges in CIDR form. Knows neither packet filter nor engine.

use std::{fmt, net::IpAddr};

/// An address range in CIDR form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Net {
    address: IpAddr,
    prefix: u8,
}

impl Net {
    /// The range, its prefix cut to what the address family has.
    pub fn new(address: IpAddr, prefix: u8) -> Self {
        Self { address, prefix: prefix.min(width(address)) }
    }

    /// Reads `10.0.0.0/8`, `10.0.0.1`, `10.0.0.0/255.0.0.0` and their IPv6 kin.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/').unwrap_or((text, ""));
        let address: IpAddr = address.parse().ok()?;
        let prefix = match prefix {
            "" => width(address),
            _ => prefix.parse().ok().or_else(|| mask(prefix.parse().ok()?))?,
        };
        (prefix <= width(address)).then_some(Self { address, prefix })
    }

    /// The address before the prefix.
    pub const fn address(self) -> IpAddr {
        self.address
    }

    /// How many bits at its head all addresses in it share.
    pub const fn prefix(self) -> u8 {
        self.prefix
    }

    /// Whether `address` is in it.
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => same_head(ours.to_bits(), theirs.to_bits(), 32 - self.prefix),
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => same_head(ours.to_bits(), theirs.to_bits(), 128 - self.prefix),
            _ => false,
        }
    }

    /// Whether all of `other` is in it.
    pub fn contains_range(self, other: Self) -> bool {
        self.prefix <= other.prefix && self.contains(other.address)
    }

    /// Whether the two have an address in common.
    pub fn overlaps(self, other: Self) -> bool {
        if self.prefix <= other.prefix { self.contains(other.address) } else { other.contains(self.address) }
    }

    /// Whether all of it is the host's own loopback.
    pub fn is_loopback(self) -> bool {
        let whole = if self.address.is_ipv4() { 8 } else { 128 };
        self.address.is_loopback() && self.prefix >= whole
    }

    /// The range without what an address has behind the prefix: `10.0.0.0/8` for `10.1.2.3/8`.
    pub fn base(self) -> Self {
        let address = match self.address {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.checked_shl(u32::from(32 - self.prefix)).unwrap_or(0);
                IpAddr::V4((v4.to_bits() & mask).into())
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.checked_shl(u32::from(128 - self.prefix)).unwrap_or(0);
                IpAddr::V6((v6.to_bits() & mask).into())
            }
        };
        Self { address, ..self }
    }

    /// Whether it is a range of IPv4.
    pub const fn is_ipv4(self) -> bool {
        self.address.is_ipv4()
    }

    /// The address, if it is only one.
    pub fn single(self) -> Option<IpAddr> {
        (self.prefix == width(self.address)).then_some(self.address)
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn mask(mask: IpAddr) -> Option<u8> {
    match mask {
        IpAddr::V4(mask) => u8::try_from(mask.to_bits().leading_ones()).ok(),
        IpAddr::V6(mask) => u8::try_from(mask.to_bits().leading_ones()).ok(),
    }
}

/// Whether two numbers are alike but for their last `tail` bits.
fn same_head<T: Into<u128>>(a: T, b: T, tail: u8) -> bool {
    (a.into() ^ b.into()).checked_shr(tail.into()).unwrap_or(0) == 0
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.single() {
            Some(address) => write!(f, "{address}"),
            None => write!(f, "{}/{}", self.address, self.prefix),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> Net {
        Net::parse(text).unwrap()
    }

    #[test]
    fn a_range_holds_its_addresses_and_no_others() {
        let docker = net("172.17.0.0/16");
        assert!(docker.contains("172.17.255.1".parse().unwrap()));
        assert!(!docker.contains("172.18.0.1".parse().unwrap()));
        assert!(!docker.contains("::1".parse().unwrap()));
        assert!(net("0.0.0.0/0").contains("8.8.8.8".parse().unwrap()));
        assert!(net("fd00::/8").contains("fd12::7".parse().unwrap()));
    }

    #[test]
    fn ranges_overlap_whichever_is_wider() {
        assert!(net("10.0.0.0/8").overlaps(net("10.1.2.3")) && net("10.1.2.3").overlaps(net("10.0.0.0/8")));
        assert!(!net("10.0.0.0/24").overlaps(net("10.0.1.0/24")));
    }

    #[test]
    fn ranges_read_in_every_spelling() {
        assert_eq!(net("172.17.0.2/32").to_string(), "172.17.0.2");
        assert_eq!(net("10.0.0.0/255.0.0.0").to_string(), "10.0.0.0/8");
        assert_eq!(Net::parse("10.0.0.0/33"), None);
    }

    #[test]
    fn a_base_is_the_first_address() {
        assert_eq!(net("10.1.2.3/8").base(), net("10.0.0.0/8"));
        assert_eq!(net("10.1.2.3/0").base(), net("0.0.0.0/0"));
        assert_eq!(net("fd00::1:2/64").base(), net("fd00::/64"));
    }
}
