//! Port ranges, as packet filters write them. Knows no packet filter.

use std::{fmt, net::IpAddr};

pub(crate) use crate::model::Net;

/// Ports from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// The lowest.
    pub(crate) first: u16,
    /// The highest, which is in it.
    pub(crate) last: u16,
}

impl Span {
    /// One port alone.
    pub(crate) const fn one(port: u16) -> Self {
        Self { first: port, last: port }
    }

    /// Reads `80`, `80:90` (iptables) and `80-90` (nft); an open end reaches to the end.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let Some((first, last)) = text.split_once([':', '-']) else {
            return text.parse().ok().map(Self::one);
        };
        let first = if first.is_empty() { 0 } else { first.parse().ok()? };
        let last = if last.is_empty() { u16::MAX } else { last.parse().ok()? };
        Some(Self { first, last })
    }

    /// Whether `port` is in it.
    pub(crate) const fn contains(self, port: u16) -> bool {
        self.first <= port && port <= self.last
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last { write!(f, "{}", self.first) } else { write!(f, "{}-{}", self.first, self.last) }
    }
}

/// `address:port`, with brackets around an IPv6 address.
pub(crate) fn socket(address: IpAddr, port: u16) -> String {
    std::net::SocketAddr::new(address, port).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_read_in_every_spelling() {
        assert_eq!(Span::parse("8000:8010").unwrap().to_string(), "8000-8010");
        assert!(Span::parse("1024:").unwrap().contains(u16::MAX));
        assert_eq!(Span::parse("http"), None);
    }
}
