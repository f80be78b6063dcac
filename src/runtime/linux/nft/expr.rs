//! Rules of nf_tables as rows of expressions, each writing or testing registers (linux/netfilter/nf_tables.h). Knows
//! neither our tables nor what a rule is for.

use std::net::IpAddr;

use super::attr::Attrs;
use crate::model::{Net, Protocol};

/// `NFTA_LIST_ELEM`.
pub(super) const ELEMENT: u16 = 1;
/// `NFTA_EXPR_NAME` and `NFTA_EXPR_DATA`.
const NAME: u16 = 1;
const DATA: u16 = 2;
/// `NFTA_DATA_VALUE` and `NFTA_DATA_VERDICT`.
pub(super) const VALUE: u16 = 1;
const VERDICT: u16 = 2;
/// `NFTA_VERDICT_CODE` and `NFTA_VERDICT_CHAIN`.
const CODE: u16 = 1;
const CHAIN: u16 = 2;
/// `NFT_REG_VERDICT`.
const VERDICTS: u32 = 0;
/// `NFT_REG32_00`, the first of sixteen registers of four bytes.
const R0: u32 = 8;
/// `NFT_LOOKUP_F_INV`.
const INVERTED: u32 = 1;
/// `NFT_CMP_EQ`, `NFT_CMP_NEQ`, `NFT_CMP_LTE`, `NFT_CMP_GTE`.
const EQUAL: u32 = 0;
const OTHER: u32 = 1;
const AT_MOST: u32 = 3;
const AT_LEAST: u32 = 5;
/// `NFT_META_IIFNAME`, `NFT_META_OIFNAME`, `NFT_META_NFPROTO`, `NFT_META_L4PROTO`.
const IN_LINK: u32 = 6;
const OUT_LINK: u32 = 7;
const FAMILY: u32 = 15;
const TRANSPORT: u32 = 16;
/// `NFT_PAYLOAD_NETWORK_HEADER` and `NFT_PAYLOAD_TRANSPORT_HEADER`.
const IP: u32 = 1;
const PORTS: u32 = 2;
/// `NFT_CT_STATE` and `NFT_CT_STATUS`.
const STATE: u32 = 0;
const STATUS: u32 = 2;
/// `NF_CT_STATE_BIT(IP_CT_ESTABLISHED) | NF_CT_STATE_BIT(IP_CT_RELATED)`.
const ESTABLISHED_OR_RELATED: u32 = 2 | 4;
/// `NF_CT_STATE_BIT(IP_CT_NEW)`.
const NEW: u32 = 8;
/// Where TCP's flags are, and those by which a connection begins and ends (RFC 9293).
const FLAGS: u32 = 13;
const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;
/// `IPS_DST_NAT` (linux/netfilter/nf_conntrack_common.h).
const TRANSLATED: u32 = 1 << 5;
/// `NFT_FIB_RESULT_ADDRTYPE`, `NFTA_FIB_F_SADDR`, `NFTA_FIB_F_DADDR`, `RTN_LOCAL` (linux/rtnetlink.h).
const ADDRESS_TYPE: u32 = 3;
const OF_SOURCE: u32 = 1;
const OF_DESTINATION: u32 = 2;
const LOCAL: u32 = 2;
/// `NFT_NAT_DNAT`.
const DESTINATION_NAT: u32 = 1;
/// `IPPROTO_ICMPV6`, and its types from router solicitation to redirect (RFC 4861).
const ICMP6: u8 = 58;
const NEIGHBOURS: (u8, u8) = (133, 137);
/// `NFTNL_UDATA_RULE_COMMENT`, as the nft tool reads it.
const COMMENT: u8 = 0;

/// The two families of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ip {
    V4,
    V6,
}

impl Ip {
    pub(super) const BOTH: [Self; 2] = [Self::V4, Self::V6];

    pub(super) const fn of(address: IpAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }

    /// `NFPROTO_IPV4`, `NFPROTO_IPV6`.
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::V4 => 2,
            Self::V6 => 10,
        }
    }

    /// Bytes of an address.
    pub(super) const fn width(self) -> u32 {
        match self {
            Self::V4 => 4,
            Self::V6 => 16,
        }
    }

    /// Where in the header the source's or the destination's address is (RFC 791, RFC 8200).
    const fn offset(self, end: End) -> u32 {
        match (self, end) {
            (Self::V4, End::Source) => 12,
            (Self::V4, End::Destination) => 16,
            (Self::V6, End::Source) => 8,
            (Self::V6, End::Destination) => 24,
        }
    }
}

/// Whose address of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Source,
    Destination,
}

/// Which link of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    In,
    Out,
}

impl Way {
    const fn key(self) -> u32 {
        match self {
            Self::In => IN_LINK,
            Self::Out => OUT_LINK,
        }
    }
}

/// What becomes of a packet, in nf_tables' numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict<'a> {
    Drop,
    Accept,
    Return,
    Jump(&'a str),
}

/// A rule in the making. Its parts are tested from left to right.
#[derive(Clone, Debug, Default)]
pub(super) struct Rule {
    expressions: Attrs,
    comment: Option<String>,
}

impl Rule {
    /// A rule that every packet meets.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Packets whose link is in a set of names, or not in it.
    pub(super) fn link(self, way: Way, is_in: bool, set: &str) -> Self {
        self.meta(way.key(), R0).lookup(set, R0, None, !is_in)
    }

    /// Packets over one link.
    pub(super) fn link_is(self, way: Way, name: &str) -> Self {
        self.meta(way.key(), R0).compare(R0, EQUAL, &link_name(name))
    }

    /// Packets not over that link.
    pub(super) fn link_is_not(self, way: Way, name: &str) -> Self {
        self.meta(way.key(), R0).compare(R0, OTHER, &link_name(name))
    }

    /// Packets whose links, in and out, are a pair in a set.
    pub(super) fn links(self, set: &str) -> Self {
        // A name takes four registers.
        self.meta(IN_LINK, R0).meta(OUT_LINK, R0 + 4).lookup(set, R0, None, false)
    }

    /// Packets of this family, in a table of both.
    pub(super) fn family(self, ip: Ip) -> Self {
        self.meta(FAMILY, R0).compare(R0, EQUAL, &[ip.number()])
    }

    /// Packets from or to an address in this range.
    pub(super) fn address(self, end: End, range: Net) -> Self {
        let (ip, prefix) = (Ip::of(range.address()), u32::from(range.prefix()));
        let (wanted, mask) = match range.base().address() {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
                (v4.octets().to_vec(), mask.to_be_bytes().to_vec())
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
                (v6.octets().to_vec(), mask.to_be_bytes().to_vec())
            }
        };
        let loaded = self.payload(IP, ip.offset(end), ip.width(), R0);
        if range.single().is_some() {
            return loaded.compare(R0, EQUAL, &wanted);
        }
        loaded.masked(&mask).compare(R0, EQUAL, &wanted)
    }

    /// Packets of this protocol, and to this port if one is given.
    pub(super) fn protocol(self, protocol: Protocol, port: Option<u16>) -> Self {
        let rule = self.meta(TRANSPORT, R0).compare(R0, EQUAL, &[number(protocol)]);
        match port {
            Some(port) => rule.payload(PORTS, 2, 2, R0).compare(R0, EQUAL, &port.to_be_bytes()),
            None => rule,
        }
    }

    /// Packets of TCP from this port if one is given, in the middle of a connection that is new to the kernel.
    pub(super) fn resumed(self, port: Option<u16>) -> Self {
        let rule = self.meta(TRANSPORT, R0).compare(R0, EQUAL, &[number(Protocol::Tcp)]);
        let rule = match port {
            Some(port) => rule.payload(PORTS, 0, 2, R0).compare(R0, EQUAL, &port.to_be_bytes()),
            None => rule,
        };
        let rule = rule.payload(PORTS, FLAGS, 1, R0).masked(&[FIN | SYN | RST | ACK]).compare(R0, OTHER, &[SYN]);
        rule.tracked(STATE, NEW)
    }

    /// Packets by which neighbours in IPv6 find each other.
    pub(super) fn neighbours(self) -> Self {
        let (first, last) = NEIGHBOURS;
        let rule = self.meta(TRANSPORT, R0).compare(R0, EQUAL, &[ICMP6]).payload(PORTS, 0, 1, R0);
        rule.compare(R0, AT_LEAST, &[first]).compare(R0, AT_MOST, &[last])
    }

    /// Packets of connections that have had an answer, or that belong to such.
    pub(super) fn established(self) -> Self {
        self.tracked(STATE, ESTABLISHED_OR_RELATED)
    }

    /// Packets whose destination was translated.
    pub(super) fn translated(self) -> Self {
        self.tracked(STATUS, TRANSLATED)
    }

    /// Packets from or to an address of the host.
    pub(super) fn local(self, end: End) -> Self {
        let which = if end == End::Source { OF_SOURCE } else { OF_DESTINATION };
        let data = Attrs::new().number(1, R0).number(2, ADDRESS_TYPE).number(3, which);
        self.push("fib", data).compare(R0, EQUAL, &LOCAL.to_ne_bytes())
    }

    /// Counts what has come so far.
    pub(super) fn counted(self) -> Self {
        self.push("counter", Attrs::new().bytes(1, &[0; 8]).bytes(2, &[0; 8]))
    }

    /// Sends packets on to where a map of host ports says. The map's key is the protocol and the port, behind the
    /// host's address if `bound`; its value an address and a port.
    pub(super) fn forwarded(self, ip: Ip, map: &str, bound: bool) -> Self {
        let (rule, next) = if bound {
            (self.payload(IP, ip.offset(End::Destination), ip.width(), R0), R0 + ip.width() / 4)
        } else {
            (self, R0)
        };
        let found = rule.meta(TRANSPORT, next).payload(PORTS, 2, 2, next + 1).lookup(map, R0, Some(R0), false);
        let port = R0 + ip.width() / 4;
        let data = Attrs::new().number(1, DESTINATION_NAT).number(2, ip.number().into()).number(3, R0).number(5, port);
        found.push("nat", data)
    }

    /// Makes the host their sender.
    pub(super) fn masqueraded(self) -> Self {
        self.push("masq", Attrs::new())
    }

    /// Ends the rule.
    pub(super) fn then(self, verdict: Verdict) -> Self {
        let (code, chain) = match verdict {
            Verdict::Drop => (0, None),
            Verdict::Accept => (1, None),
            Verdict::Return => (-5i32, None),
            Verdict::Jump(chain) => (-3, Some(chain)),
        };
        let coded = Attrs::new().bytes(CODE, &code.to_be_bytes());
        let verdict = chain.into_iter().fold(coded, |attrs, chain| attrs.text(CHAIN, chain));
        let data = Attrs::new().number(1, VERDICTS).nest(2, Attrs::new().nest(VERDICT, verdict));
        self.push("immediate", data)
    }

    /// Says what it is for, to whoever lists the rules.
    pub(super) fn comment(mut self, text: impl Into<String>) -> Self {
        self.comment = Some(text.into());
        self
    }

    /// The expressions, and the bytes that the kernel keeps for the tools.
    pub(super) fn parts(self) -> (Attrs, Option<Vec<u8>>) {
        (self.expressions, self.comment.map(|text| comment(COMMENT, &text)))
    }

    fn meta(self, key: u32, to: u32) -> Self {
        self.push("meta", Attrs::new().number(1, to).number(2, key))
    }

    fn payload(self, base: u32, offset: u32, length: u32, to: u32) -> Self {
        self.push("payload", Attrs::new().number(1, to).number(2, base).number(3, offset).number(4, length))
    }

    fn compare(self, register: u32, how: u32, with: &[u8]) -> Self {
        let with = Attrs::new().bytes(VALUE, with);
        self.push("cmp", Attrs::new().number(1, register).number(2, how).nest(3, with))
    }

    /// Keeps the bits of `mask` in the first registers.
    fn masked(self, mask: &[u8]) -> Self {
        let value = |bytes: &[u8]| Attrs::new().bytes(VALUE, bytes);
        let length = u32::try_from(mask.len()).unwrap_or_default();
        let data = Attrs::new().number(1, R0).number(2, R0).number(3, length).nest(4, value(mask));
        self.push("bitwise", data.nest(5, value(&vec![0; mask.len()])))
    }

    fn tracked(self, key: u32, any_of: u32) -> Self {
        let rule = self.push("ct", Attrs::new().number(1, R0).number(2, key));
        // Compared with nothing: one of the bits is set.
        rule.masked(&any_of.to_ne_bytes()).compare(R0, OTHER, &[0; 4])
    }

    fn lookup(self, set: &str, from: u32, to: Option<u32>, inverted: bool) -> Self {
        let mut data = Attrs::new().text(1, set).number(2, from);
        if let Some(to) = to {
            data = data.number(3, to);
        }
        if inverted {
            data = data.number(5, INVERTED);
        }
        self.push("lookup", data)
    }

    fn push(mut self, name: &str, data: Attrs) -> Self {
        self.expressions.push_nested(ELEMENT, Attrs::new().text(NAME, name).nest(DATA, data));
        self
    }
}

/// The name of a link as the kernel compares it: sixteen bytes (`IFNAMSIZ`).
pub(super) fn link_name(name: &str) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(name.bytes()).for_each(|(to, from)| *to = from);
    bytes
}

/// The protocol's number in an IP header.
pub(in crate::runtime::linux) const fn number(protocol: Protocol) -> u8 {
    match protocol {
        Protocol::Tcp => 6,
        Protocol::Udp => 17,
        Protocol::Sctp => 132,
    }
}

/// A comment as the nft tool keeps it beside rules and elements: kind, length, text, zero.
pub(super) fn comment(kind: u8, text: &str) -> Vec<u8> {
    let text = &text.as_bytes()[..text.len().min(120)];
    let length = u8::try_from(text.len() + 1).unwrap_or(u8::MAX);
    [&[kind, length], text, &[0]].concat()
}

/// The text of such a comment.
pub(super) fn read_comment(bytes: &[u8], kind: u8) -> Option<String> {
    let [found, length, rest @ ..] = bytes else { return None };
    let text = rest.get(..usize::from(*length))?;
    (*found == kind).then(|| String::from_utf8_lossy(text).trim_end_matches('\0').to_owned())
}
