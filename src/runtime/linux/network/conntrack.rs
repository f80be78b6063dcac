//! Connections that the kernel remembers, as far as they stand in a mapping's way. Knows no container.
//!
//! A flow of datagrams has no end: as long as somebody sends, the kernel keeps to what it decided for the first packet,
//! be it that there was no mapping then or that it led to a container that is gone. TCP begins anew by itself.

use std::collections::HashSet;

use rustix::io::Errno;

use super::netlink::{DUMP, Message, Netlink, Refused, attributes};
use crate::{
    model::Protocol,
    runtime::{document::MappingPlan, linux::nft::number_of},
};

/// `NFNL_SUBSYS_CTNETLINK` with `IPCTNL_MSG_CT_GET` and `IPCTNL_MSG_CT_DELETE`
/// (linux/netfilter/nfnetlink_conntrack.h, as of all further numbers).
const GET: u16 = 1 << 8 | 1;
const DELETE: u16 = 1 << 8 | 2;
/// Bytes of `struct nfgenmsg`.
const HEAD: usize = 4;
/// `CTA_TUPLE_ORIG`, and in it `CTA_TUPLE_PROTO` with `CTA_PROTO_NUM` and `CTA_PROTO_DST_PORT`.
const ORIGINAL: u16 = 1;
const PROTOCOL: u16 = 2;
const NUMBER: u16 = 1;
const DESTINATION_PORT: u16 = 3;
/// `NLA_F_NESTED`.
const NESTED: u16 = 0x8000;

/// Makes the kernel decide anew about flows of datagrams to these host ports. Looks only where there are such.
pub(super) fn forget_flows(mappings: &[MappingPlan]) -> Result<(), Refused> {
    let datagrams = mappings.iter().filter(|mapping| mapping.protocol == Protocol::Udp);
    let ports: HashSet<u16> = datagrams.map(|mapping| mapping.host_port).collect();
    if ports.is_empty() {
        return Ok(());
    }
    let mut netlink = Netlink::netfilter()?;
    let question = Message { kind: GET, flags: DUMP, body: vec![0; HEAD], answered: false };
    let all = netlink.ask(question)?;
    for flow in all.iter().filter_map(|answer| to_ports(answer, &ports)) {
        match netlink.run(&[flow]) {
            // It has ended by itself.
            Err(refused) if refused.is(Errno::NOENT) => {}
            result => result?,
        }
    }
    Ok(())
}

/// The deletion of a flow, if it goes to one of the ports.
fn to_ports(answer: &Message, ports: &HashSet<u16>) -> Option<Message> {
    let inside = |bytes, kind| attributes(bytes).find(|(found, _)| *found == kind).map(|(_, value)| value);
    let original = inside(answer.body.get(HEAD..)?, ORIGINAL)?;
    let protocol = inside(original, PROTOCOL)?;
    let port = u16::from_be_bytes(*inside(protocol, DESTINATION_PORT)?.first_chunk()?);
    if *inside(protocol, NUMBER)? != [number_of(Protocol::Udp)] || !ports.contains(&port) {
        return None;
    }
    // The family is the answer's own; the flow is named by how it began.
    let mut body = answer.body.get(..HEAD)?.to_vec();
    body.extend(u16::try_from(original.len() + 4).ok()?.to_ne_bytes());
    body.extend((ORIGINAL | NESTED).to_ne_bytes());
    body.extend(original);
    Some(Message { kind: DELETE, flags: 0, body, answered: true })
}
