//! Which flows end with what let them in: a published port, a container's place in its networks, the absence of a rule
//! that denies them. Knows the kernel's flows only as values.

use std::net::IpAddr;

use super::{
    conntrack::{self, Flow, Which},
    links,
    netlink::Refused,
};
use crate::{
    model::{Net, Protocol},
    runtime::{
        document::{FilterRule, LinkPlan, MappingPlan, RuleScope},
        host::Applied,
        linux::nft::number_of,
        net::names,
    },
};

/// Datagrams to these host ports follow them from now on: a flow of datagrams has no end, so that one of before would
/// keep to nobody, or to a container that is gone. TCP begins anew by itself.
pub(super) fn redirect(mappings: &[MappingPlan]) {
    let datagrams = || mappings.iter().filter(|mapping| mapping.protocol == Protocol::Udp);
    let which: &[Which] = if datagrams().next().is_some() { &[Which::All] } else { &[] };
    let udp = number_of(Protocol::Udp);
    let is_old = |flow: &Flow| flow.protocol == udp && datagrams().any(|m| flow.asked.1 == Some(m.host_port));
    note(conntrack::forget(which, is_old));
}

/// What came in by this port goes on no more.
pub(super) fn close(mapping: &MappingPlan) {
    note(conntrack::forget(&[Which::To(mapping.address)], |flow| came_by(flow, mapping)));
    redirect(std::slice::from_ref(mapping));
}

fn came_by(flow: &Flow, mapping: &MappingPlan) -> bool {
    flow.is_translated()
        && flow.protocol == number_of(mapping.protocol)
        && flow.to == (mapping.address, Some(mapping.port))
        && flow.asked.1 == Some(mapping.host_port)
        && mapping.host_ip.is_none_or(|address| address == flow.asked.0)
}

/// Nothing is remembered of a container's addresses, which may soon be another's.
pub(super) fn leave(links: &[LinkPlan]) {
    let own: Vec<IpAddr> =
        links.iter().flat_map(|link| [Some(link.address.0), link.address6.map(|(six, _)| six)]).flatten().collect();
    let which: Vec<_> = own.iter().flat_map(|address| [Which::From(*address), Which::To(*address)]).collect();
    note(conntrack::forget(&which, |flow| own.contains(&flow.from) || own.contains(&flow.to.0)));
}

/// Whoever is in the way of this finds what was before, which is no reason to fail.
fn note(done: Result<(), Refused>) {
    if let Err(refused) = done {
        tracing::warn!(error = %refused.source, "connections of before go on as they were");
    }
}

/// A rule, and the addresses that it is about.
struct Asked<'a> {
    rule: &'a FilterRule,
    own: Vec<Net>,
    /// Whether what stays among those addresses is not meant.
    at_border: bool,
}

/// What these rules deny goes on no more, though it was let in before.
pub(in crate::runtime::linux) fn deny(rules: &[Applied]) {
    if rules.iter().all(|applied| applied.rule.allow) {
        return;
    }
    let asked: Vec<_> = rules.iter().map(asked).collect();
    note(conntrack::forget(&[Which::All], |flow| is_denied(flow, &asked)));
}

fn asked(Applied { scope, addresses, rule, .. }: &Applied) -> Asked<'_> {
    match scope {
        RuleScope::Container(_) => {
            let own = addresses.iter().map(|address| Net::new(*address, u8::MAX)).collect();
            Asked { rule, own, at_border: false }
        }
        RuleScope::Network(id) => {
            // A network without a bridge has no flows.
            let own = ranges_of(&names::bridge(id)).unwrap_or_default();
            Asked { rule, own, at_border: true }
        }
    }
}

fn ranges_of(bridge: &str) -> Option<Vec<Net>> {
    let mut links = links("read the ranges of a bridge").ok()?;
    let index = links.find(bridge).ok()??.index;
    let ranges = links.ranges().ok()?;
    Some(ranges.into_iter().filter(|(_, link)| *link == index).map(|(range, _)| range).collect())
}

/// As the chains decide it: the first rule of a direction that fits.
fn is_denied(flow: &Flow, asked: &[Asked]) -> bool {
    [true, false].into_iter().any(|inbound| {
        let of_direction = || asked.iter().filter(|asked| asked.rule.inbound == inbound);
        of_direction().find(|asked| asked.is_about(flow)).is_some_and(|asked| !asked.rule.allow)
    })
}

impl Asked<'_> {
    fn is_about(&self, flow: &Flow) -> bool {
        let rule = self.rule;
        let (mine, other) = if rule.inbound { (flow.to.0, flow.from) } else { (flow.from, flow.to.0) };
        let is_own = |address: IpAddr| self.own.iter().any(|range| range.contains(address));
        let peer = rule.peer.as_deref().and_then(Net::parse);
        is_own(mine)
            && !(self.at_border && is_own(other))
            && peer.is_none_or(|peer| peer.contains(other))
            && rule.protocol.is_none_or(|protocol| number_of(protocol) == flow.protocol)
            && rule.port.is_none_or(|port| flow.to.1 == Some(port))
    }
}
