//! Rules that people make, about containers and networks. Knows nothing of what holds for all: see
//! [`super::skeleton`].
//!
//! Packets between containers of one network stay on their bridge; whoever applies rules about containers must make
//! bridges call the filters of IP.

use std::net::IpAddr;

use super::{
    expr::{End, Ip, Rule, Verdict, Way},
    message::{Kind, rule, rules as of_chain},
    skeleton::{RULES_IN, RULES_OUT},
};
use crate::{
    model::{Net, Protocol},
    runtime::{
        document::{FilterRule, RuleScope},
        host::Applied,
        linux::network::netlink::Message,
        net::names,
    },
};

/// The comment of those against answers of what is denied.
const ANSWERS: &str = "longshore: no answers to what is denied";
/// Protocols with ports; a rule about a port of any protocol stands for one of each.
const WITH_PORTS: [Protocol; 3] = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];

/// The comment of the kernel's rules for the rule of this number.
pub(in crate::runtime::linux) fn comment_of(number: i64) -> String {
    format!("longshore: rule {number}")
}

/// Makes these the rules.
pub(super) fn apply(name: &str, asked: &[Applied]) -> Vec<Message> {
    let mut all = [RULES_IN, RULES_OUT].map(|chain| of_chain(Kind::DeleteRule, 0, name, chain)).to_vec();
    for Applied { number, scope, addresses, rule: wanted } in asked {
        let chain = if wanted.inbound { RULES_IN } else { RULES_OUT };
        // Who is allowed goes on to what holds for all.
        let verdict = if wanted.allow { Verdict::Return } else { Verdict::Drop };
        let begun = subjects(scope, addresses, wanted).into_iter();
        for begun in begun.flat_map(|(begun, own)| about(begun, own, wanted)) {
            all.push(rule(name, chain, begun.counted().then(verdict).comment(comment_of(*number))));
        }
        if !wanted.allow && matches!(wanted.protocol, None | Some(Protocol::Tcp)) {
            let chain = if wanted.inbound { RULES_OUT } else { RULES_IN };
            all.extend(answers(scope, addresses, wanted).map(|answer| rule(name, chain, answer.comment(ANSWERS))));
        }
    }
    all
}

/// Rules against answers of connections that are denied: where they were let in before, the next packet that the kernel
/// sees may be one of these, and it would take that for the begin of a connection the other way.
fn answers(scope: &RuleScope, addresses: &[IpAddr], wanted: &FilterRule) -> impl Iterator<Item = Rule> {
    let back = FilterRule { inbound: !wanted.inbound, protocol: None, port: None, ..wanted.clone() };
    let port = wanted.port;
    let begun = subjects(scope, addresses, &back).into_iter();
    let all: Vec<_> = begun.flat_map(|(begun, own)| about(begun, own, &back)).collect();
    all.into_iter().map(move |rule| rule.resumed(port).then(Verdict::Drop))
}

/// The begin of a rule for each address that it is about.
fn subjects(scope: &RuleScope, addresses: &[IpAddr], wanted: &FilterRule) -> Vec<(Rule, Option<IpAddr>)> {
    match scope {
        RuleScope::Container(_) => addresses.iter().map(|address| (Rule::new(), Some(*address))).collect(),
        RuleScope::Network(id) => {
            // What stays within a network does not come into it or leave it.
            let (to, from) = if wanted.inbound { (Way::Out, Way::In) } else { (Way::In, Way::Out) };
            let bridge = names::bridge(id);
            vec![(Rule::new().link_is(to, &bridge).link_is_not(from, &bridge), None)]
        }
    }
}

/// The rules for one subject: none if the other side is of the other family, several for a port of any protocol.
fn about(begun: Rule, own: Option<IpAddr>, wanted: &FilterRule) -> Vec<Rule> {
    let peer = wanted.peer.as_deref().and_then(Net::parse);
    let (mine, other) = if wanted.inbound { (End::Destination, End::Source) } else { (End::Source, End::Destination) };
    let family = own.or(peer.map(Net::address)).map(Ip::of);
    if peer.is_some_and(|peer| Some(Ip::of(peer.address())) != family) {
        return Vec::new();
    }
    let mut rule = begun;
    if let Some(family) = family {
        rule = rule.family(family);
    }
    if let Some(own) = own {
        rule = rule.address(mine, Net::new(own, u8::MAX));
    }
    if let Some(peer) = peer {
        rule = rule.address(other, peer);
    }
    match (wanted.protocol, wanted.port) {
        (Some(protocol), port) => vec![rule.protocol(protocol, port)],
        (None, Some(port)) => WITH_PORTS.map(|protocol| rule.clone().protocol(protocol, Some(port))).into(),
        (None, None) => vec![rule],
    }
}
