//! Connections that the kernel remembers, read and forgotten. Knows neither containers nor rules.
//!
//! The kernel keeps to what it decided for a flow's first packet. A flow that is forgotten is decided anew with its
//! next one; the chains of our table let no TCP connection begin in its middle, see [`crate::runtime::linux::nft`].

use std::net::IpAddr;

use rustix::io::Errno;

use super::netlink::{DUMP, Message, Netlink, Refused, attributes};
use crate::runtime::linux::nft::{Attrs, IPV4, IPV6};

/// `NFNL_SUBSYS_CTNETLINK` with `IPCTNL_MSG_CT_GET` and `IPCTNL_MSG_CT_DELETE`
/// (linux/netfilter/nfnetlink_conntrack.h, as of all further numbers).
const GET: u16 = 1 << 8 | 1;
const DELETE: u16 = 1 << 8 | 2;
/// Bytes of `struct nfgenmsg`.
const HEAD: usize = 4;
/// `CTA_TUPLE_ORIG` and `CTA_TUPLE_REPLY`, in each `CTA_TUPLE_IP` and `CTA_TUPLE_PROTO`.
const ORIGINAL: u16 = 1;
const REPLY: u16 = 2;
const ADDRESSES: u16 = 1;
const PROTOCOL: u16 = 2;
/// `CTA_IP_V4_SRC`, `CTA_IP_V4_DST`, `CTA_IP_V6_SRC`, `CTA_IP_V6_DST`.
const SOURCE4: u16 = 1;
const DESTINATION4: u16 = 2;
const SOURCE6: u16 = 3;
const DESTINATION6: u16 = 4;
/// `CTA_PROTO_NUM`, `CTA_PROTO_SRC_PORT`, `CTA_PROTO_DST_PORT`.
const NUMBER: u16 = 1;
const SOURCE_PORT: u16 = 2;
const DESTINATION_PORT: u16 = 3;
/// `CTA_FILTER` with `CTA_FILTER_ORIG_FLAGS` and `CTA_FILTER_REPLY_FLAGS`, and the flag for the source's address. Older
/// kernels than 5.8 pass over it and tell of all flows.
const FILTER: u16 = 25;
const BY_SOURCE: u32 = 1;

/// One that is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flow {
    /// As in the header of IP.
    pub(super) protocol: u8,
    /// Who began it.
    pub(super) from: IpAddr,
    /// The address and port that were gone to; the port is `None` where the protocol has none.
    pub(super) asked: (IpAddr, Option<u16>),
    /// Who answers: somebody else where the destination was translated.
    pub(super) to: (IpAddr, Option<u16>),
    /// What names it to the kernel: the head of the message, and how it began.
    name: (Vec<u8>, Vec<u8>),
}

/// Which flows the kernel is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// All of them.
    All,
    /// Those that this address began.
    From(IpAddr),
    /// Those that this address answers.
    To(IpAddr),
}

impl Flow {
    /// Whether it goes elsewhere than it asked.
    pub(super) fn is_translated(&self) -> bool {
        self.asked != self.to
    }

    fn read(answer: &Message) -> Option<Self> {
        let (head, rest) = answer.body.split_at_checked(HEAD)?;
        let (original, reply) = (inside(rest, ORIGINAL)?, inside(rest, REPLY)?);
        Some(Self {
            protocol: *inside(inside(original, PROTOCOL)?, NUMBER)?.first()?,
            from: address(original, SOURCE4, SOURCE6)?,
            asked: (address(original, DESTINATION4, DESTINATION6)?, port(original, DESTINATION_PORT)),
            to: (address(reply, SOURCE4, SOURCE6)?, port(reply, SOURCE_PORT)),
            name: (head.to_vec(), original.to_vec()),
        })
    }

    fn deletion(&self) -> Message {
        let mut body = self.name.0.clone();
        body.extend(Attrs::new().nested(ORIGINAL, &self.name.1).into_bytes());
        Message { kind: DELETE, flags: 0, body, answered: true }
    }
}

impl Which {
    fn question(self) -> Message {
        let (source, tuple) = match self {
            Self::All => (None, ORIGINAL),
            Self::From(address) => (Some(address), ORIGINAL),
            Self::To(address) => (Some(address), REPLY),
        };
        let family = source.map_or(0, |address| if address.is_ipv4() { IPV4 } else { IPV6 });
        let mut body = vec![family, 0, 0, 0];
        if let Some(address) = source {
            let addresses = match address {
                IpAddr::V4(v4) => Attrs::new().bytes(SOURCE4, &v4.octets()),
                IpAddr::V6(v6) => Attrs::new().bytes(SOURCE6, &v6.octets()),
            };
            // The kinds of flags are numbered as the tuples are.
            let filter = Attrs::new().bytes(tuple, &BY_SOURCE.to_ne_bytes());
            let all = Attrs::new().nest(tuple, Attrs::new().nest(ADDRESSES, addresses)).nest(FILTER, filter);
            body.extend(all.into_bytes());
        }
        Message { kind: GET, flags: DUMP, body, answered: false }
    }
}

/// Makes the kernel forget those of these flows of which `is_over` says so.
pub(super) fn forget(which: &[Which], is_over: impl Fn(&Flow) -> bool) -> Result<(), Refused> {
    if which.is_empty() {
        return Ok(());
    }
    let mut netlink = Netlink::netfilter()?;
    for which in which {
        let answers = netlink.ask(which.question())?;
        for flow in answers.iter().filter_map(Flow::read).filter(&is_over) {
            match netlink.run(&[flow.deletion()]) {
                // It has ended by itself.
                Err(refused) if refused.is(Errno::NOENT) => {}
                result => result?,
            }
        }
    }
    Ok(())
}

fn inside(bytes: &[u8], kind: u16) -> Option<&[u8]> {
    attributes(bytes).find(|(found, _)| *found == kind).map(|(_, value)| value)
}

fn address(tuple: &[u8], v4: u16, v6: u16) -> Option<IpAddr> {
    let addresses = inside(tuple, ADDRESSES)?;
    let four = inside(addresses, v4).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok()).map(IpAddr::from);
    four.or_else(|| inside(addresses, v6).and_then(|bytes| <[u8; 16]>::try_from(bytes).ok()).map(IpAddr::from))
}

fn port(tuple: &[u8], kind: u16) -> Option<u16> {
    Some(u16::from_be_bytes(*inside(inside(tuple, PROTOCOL)?, kind)?.first_chunk()?))
}
