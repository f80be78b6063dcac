//! The chains that our table always has, and the rules in them. They speak of sets and maps only, never of one
//! container. Knows no element.
//!
//! The order of the kernel's hooks and what we do there: `guard` keeps the host's loopback from containers; the
//! `nat-` chains lead published ports to containers and give what leaves the host's address; `forward` keeps networks
//! apart. `rules-in` and `rules-out` are people's, see [`super::filter`].

use std::net::{IpAddr, Ipv4Addr};

use super::{
    expr::{End, Ip, Rule, Verdict, Way},
    message::{Hook, INET, Kind, chain, get_chain, rule, table},
    sets::{self, Set},
};
use crate::{
    model::Net,
    runtime::linux::network::netlink::{CREATE, EXCLUSIVE, Message},
};

/// A chain that is never called: its name says which of our versions has made the table.
const VERSION: &str = "longshore-rules-3";
/// People's rules about packets into containers.
pub(super) const RULES_IN: &str = "rules-in";
/// The same for packets out of them.
pub(super) const RULES_OUT: &str = "rules-out";

/// `NF_INET_PRE_ROUTING`, …
const PREROUTING: u32 = 0;
const INPUT: u32 = 1;
const FORWARD: u32 = 2;
const OUTPUT: u32 = 3;
const POSTROUTING: u32 = 4;
/// `NF_IP_PRI_RAW`, `NF_IP_PRI_NAT_DST`, `NF_IP_PRI_FILTER`, `NF_IP_PRI_NAT_SRC` (linux/netfilter_ipv4.h).
const RAW: i32 = -300;
const NAT_DST: i32 = -100;
const FILTER: i32 = 0;
const NAT_SRC: i32 = 100;

/// A question to which the kernel has an answer where the table is there in this version.
pub(super) fn version(name: &str) -> Message {
    get_chain(INET, name, VERSION)
}

/// The whole table; fails where it is there already.
pub(super) fn make(name: &str) -> Vec<Message> {
    let mut all = vec![table(Kind::NewTable, CREATE | EXCLUSIVE, name)];
    all.extend(contents(name));
    all
}

/// The whole table in place of another.
pub(super) fn replace(name: &str) -> Vec<Message> {
    let mut all = remove(name).to_vec();
    all.push(table(Kind::NewTable, CREATE, name));
    all.extend(contents(name));
    all
}

/// Takes the table away.
pub(super) fn remove(name: &str) -> [Message; 2] {
    // Made first, so that there is one to delete.
    [table(Kind::NewTable, CREATE, name), table(Kind::DeleteTable, 0, name)]
}

fn contents(name: &str) -> Vec<Message> {
    let mut all: Vec<_> = Set::ALL.into_iter().map(|set| sets::make(name, set)).collect();
    all.push(chain(name, VERSION, None));
    all.push(chain(name, RULES_IN, None));
    all.push(chain(name, RULES_OUT, None));
    for (chain_name, hook, rules) in chains() {
        all.push(chain(name, chain_name, Some(&hook)));
        all.extend(rules.into_iter().map(|each| rule(name, chain_name, each)));
    }
    all
}

fn chains() -> [(&'static str, Hook, Vec<Rule>); 7] {
    let hook = |kind, number, priority| Hook { kind, number, priority };
    [
        ("guard", hook("filter", PREROUTING, RAW), guard()),
        ("nat-prerouting", hook("nat", PREROUTING, NAT_DST), published()),
        ("nat-output", hook("nat", OUTPUT, NAT_DST), published()),
        ("nat-postrouting", hook("nat", POSTROUTING, NAT_SRC), leaving()),
        ("input", hook("filter", INPUT, FILTER), to_host()),
        ("forward", hook("filter", FORWARD, FILTER), through()),
        ("output", hook("filter", OUTPUT, FILTER), from_host()),
    ]
}

fn from_container() -> Rule {
    Rule::new().link(Way::In, true, Set::Bridges.name())
}

fn to_container() -> Rule {
    Rule::new().link(Way::Out, true, Set::Bridges.name())
}

/// Our bridges route 127.0.0.0/8, so that published ports work from there; nobody else shall come in by it.
fn guard() -> Vec<Rule> {
    let loopback = Net::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8);
    let rule = from_container().family(Ip::V4).address(End::Destination, loopback).counted();
    vec![rule.then(Verdict::Drop).comment("longshore: the host's loopback is its own")]
}

/// Ports on one address of the host come before those on every address.
fn published() -> Vec<Rule> {
    let of = |ip| {
        let to_host = || Rule::new().family(ip).local(End::Destination);
        [to_host().forwarded(ip, Set::bound(ip).name(), true), to_host().forwarded(ip, Set::ports(ip).name(), false)]
    };
    Ip::BOTH.into_iter().flat_map(of).collect()
}

fn leaving() -> Vec<Rule> {
    vec![
        Rule::new()
            .link(Way::In, true, Set::Outward.name())
            .link(Way::Out, false, Set::Bridges.name())
            .counted()
            .masqueraded()
            .comment("longshore: containers go out as the host"),
        // Both ends are containers, or one is the host: the answer must come back through the host, not past it.
        from_container()
            .link(Way::Out, true, Set::Bridges.name())
            .translated()
            .masqueraded()
            .comment("longshore: a container at a port of the host"),
        // What the host sends itself came in nowhere, nor did what a bridge translates without routing it.
        to_container()
            .translated()
            .link_is(Way::In, "")
            .masqueraded()
            .comment("longshore: the host at a port of its own"),
    ]
}

fn to_host() -> Vec<Rule> {
    vec![
        Rule::new().link(Way::In, false, Set::Bridges.name()).then(Verdict::Accept),
        Rule::new().neighbours().then(Verdict::Accept),
        Rule::new().established().then(Verdict::Accept),
        Rule::new().then(Verdict::Jump(RULES_OUT)),
    ]
}

fn from_host() -> Vec<Rule> {
    vec![
        Rule::new().neighbours().then(Verdict::Accept),
        Rule::new().established().then(Verdict::Accept),
        // What the host sends to a port of its own still bears the loopback's name here.
        Rule::new().translated().then(Verdict::Jump(RULES_IN)),
        Rule::new().link(Way::Out, false, Set::Bridges.name()).then(Verdict::Accept),
        Rule::new().then(Verdict::Jump(RULES_IN)),
    ]
}

fn through() -> Vec<Rule> {
    vec![
        Rule::new()
            .link(Way::In, false, Set::Bridges.name())
            .link(Way::Out, false, Set::Bridges.name())
            .then(Verdict::Accept)
            .comment("longshore: not of our networks"),
        Rule::new().established().then(Verdict::Accept),
        Rule::new().then(Verdict::Jump(RULES_OUT)),
        Rule::new().then(Verdict::Jump(RULES_IN)),
        to_container().translated().then(Verdict::Accept).comment("longshore: published ports"),
        Rule::new().links(Set::Talking.name()).then(Verdict::Accept).comment("longshore: within a network"),
        to_container().counted().then(Verdict::Drop).comment("longshore: networks are apart"),
        // What is left of a connection whose port was closed would go on as one of the container's own.
        from_container()
            .resumed(None)
            .counted()
            .then(Verdict::Drop)
            .comment("longshore: no connection begins in its middle"),
        Rule::new()
            .link(Way::In, true, Set::Bridges.name())
            .link(Way::In, false, Set::Outward.name())
            .counted()
            .then(Verdict::Drop)
            .comment("longshore: internal networks stay inside"),
    ]
}
