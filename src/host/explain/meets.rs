//! Whether a rule matches a packet of which not everything is known. Knows no chains.

use std::net::IpAddr;

use super::super::{
    filter::{Conditions, Test, is_interface},
    net::Net,
    rules::is_bridge,
    scene::Scene,
};
use crate::model::Protocol;

/// How sure something is; the least sure of several conditions counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sure {
    /// It is not so.
    No,
    /// That hangs on what is not known.
    Maybe,
    /// It is so.
    Yes,
}

impl From<bool> for Sure {
    fn from(so: bool) -> Self {
        if so { Self::Yes } else { Self::No }
    }
}

/// By which interface a packet comes or goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// A network's bridge.
    Bridge(String),
    /// One that leads to the outside, whatever its name.
    Outside,
    /// That is not known at this point.
    Unknown,
}

/// The first packet of a connection, as far as it is known.
#[derive(Clone, Debug)]
pub(super) struct Traveller {
    /// Its protocol.
    pub(super) protocol: Protocol,
    /// Whether it is one of IPv6.
    pub(super) v6: bool,
    /// Who sent it; `None`: anybody outside.
    pub(super) source: Option<IpAddr>,
    /// Whom it goes to; `None`: one of the host's addresses.
    pub(super) destination: Option<IpAddr>,
    /// The port it goes to.
    pub(super) port: u16,
    /// The way in.
    pub(super) comes_by: By,
    /// The way out.
    pub(super) goes_by: By,
    /// Whether its destination was changed on the way.
    pub(super) translated: bool,
}

/// Whether all conditions hold for it.
pub(super) fn meets(when: &Conditions, packet: &Traveller, scene: &Scene) -> Sure {
    let word = |test: &Test<String>| Sure::from(test.holds(|word| is_protocol(word, packet)));
    let port = |test: &Test<_>| Sure::from(test.holds(|span: &super::super::net::Span| span.contains(packet.port)));
    // It opens a connection, so no rule about replies is for it.
    let state =
        |test: &Test<String>| Sure::from(test.holds(|state| state == "new" || state == "dnat" && packet.translated));
    let source = |test: &Test<Net>| packet.source.map_or(Sure::Maybe, |address| within(test, address));
    let by = |test: &Test<String>, by: &By| passes(test, by, scene);
    [
        ask(&when.protocol, word),
        ask(&when.ports, port),
        ask(&when.states, state),
        ask(&when.source, source),
        ask(&when.destination, |test| to(test, packet)),
        ask(&when.comes_by, |test| by(test, &packet.comes_by)),
        ask(&when.goes_by, |test| by(test, &packet.goes_by)),
        ask(&when.between, |test| together(test, packet, scene)),
        Sure::from(when.v6.is_none_or(|v6| v6 == packet.v6)),
        Sure::from(when.opening.unwrap_or(true)),
        Sure::from(!when.to_host || packet.destination.is_none()),
        if when.more { Sure::Maybe } else { Sure::Yes },
    ]
    .into_iter()
    .min()
    .unwrap_or(Sure::Yes)
}

fn ask<T>(test: &Option<Test<T>>, sure: impl Fn(&Test<T>) -> Sure) -> Sure {
    test.as_ref().map_or(Sure::Yes, sure)
}

/// Protocols have names and numbers (IANA "Protocol Numbers").
fn is_protocol(word: &str, packet: &Traveller) -> bool {
    let number = match packet.protocol {
        Protocol::Tcp => "6",
        Protocol::Udp => "17",
        Protocol::Sctp => "132",
    };
    word == packet.protocol.word() || word == number || word == "all"
}

fn within(test: &Test<Net>, address: IpAddr) -> Sure {
    test.holds(|net| net.contains(address)).into()
}

/// A destination that is not known is an address of the host that can be reached from outside: never loopback.
fn to(test: &Test<Net>, packet: &Traveller) -> Sure {
    let is_loopback = |net: &Net| net.is_loopback();
    match packet.destination {
        Some(address) => within(test, address),
        None if test.any.iter().all(is_loopback) => Sure::from(test.not),
        None => Sure::Maybe,
    }
}

fn passes(test: &Test<String>, by: &By, scene: &Scene) -> Sure {
    // No name is that of what came in nowhere: the host has sent it.
    let inner = |pattern: &String| is_bridge(pattern, scene) || pattern == "lo" || pattern.is_empty();
    match by {
        By::Bridge(name) => test.holds(|pattern| is_interface(pattern, name)).into(),
        By::Outside if test.any.iter().all(inner) => Sure::from(test.not),
        By::Outside | By::Unknown => Sure::Maybe,
    }
}

/// An interface that leads outside is no bridge, whatever its name.
fn together(test: &Test<(String, String)>, packet: &Traveller, scene: &Scene) -> Sure {
    let all = |which: fn(&(String, String)) -> &String| test.any.iter().all(|pair| is_bridge(which(pair), scene));
    match (&packet.comes_by, &packet.goes_by) {
        (By::Bridge(from), By::Bridge(to)) => {
            test.holds(|(come, go)| is_interface(come, from) && is_interface(go, to)).into()
        }
        (By::Outside, _) if all(|(come, _)| come) => test.not.into(),
        (_, By::Outside) if all(|(_, go)| go) => test.not.into(),
        _ => Sure::Maybe,
    }
}
