//! What is changed in the firewall: rules of longshore's own, added and removed. Performs nothing.

use std::collections::BTreeMap;

use crate::{
    app::{cmd::Cmd, desk::Desk, view::Outcome},
    model::{Feature, FilterRule, Net, Owner, Protocol, Refusal, Rule, RuleScope},
    views::overlay::{Field, Form, Values},
};

/// What is wrong, and in which field.
type Wrong = (&'static str, String);

const ANY: &str = "any";

/// Why no rule can be added or removed here.
pub(super) fn refusal(desk: &Desk) -> Option<Refusal> {
    desk.store.caps.refuses(Feature::OwnRules).cloned()
}

/// The form for one more rule.
///
/// # Errors
/// Why none can be added.
pub(super) fn form(desk: &Desk) -> Result<Outcome, Refusal> {
    desk.may_change()?;
    if let Some(refusal) = refusal(desk) {
        return Err(refusal);
    }
    let about: Vec<String> = scopes(desk).into_keys().collect();
    if about.is_empty() {
        return Err(Refusal::new("there is no container or network that a rule could be about"));
    }
    let words = |all: &[&str]| all.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let fields = vec![
        Field::choice("about", "About", "whose packets are meant; Space turns it", about),
        Field::choice("verdict", "Verdict", "whether they pass; Space turns it", words(&["deny", "allow"])),
        Field::choice("way", "Way", "in: to it; out: from it; Space turns it", words(&["in", "out"])),
        Field::choice("protocol", "Protocol", "Space turns it", words(&[ANY, "tcp", "udp", "sctp"])),
        Field::line("port", "Port", "the port that is gone to, its own for a published one; empty: every port")
            .checked(|text| port(text).map(drop)),
        Field::line("peer", "Other side", "an address or range such as 10.1.0.0/16; empty: everybody")
            .checked(|text| peer(text).map(drop)),
    ];
    Ok(Outcome::Open(Box::new(Form::new("New rule", "Add", fields, add))))
}

/// Whom a rule can be about, by what the form calls them.
fn scopes(desk: &Desk) -> BTreeMap<String, RuleScope> {
    let containers = desk.store.containers.values();
    let containers = containers.map(|c| (format!("container {}", c.name), RuleScope::Container(c.id.clone())));
    let networks = desk.store.networks.values().filter(|network| !matches!(network.driver.as_str(), "host" | "null"));
    let networks = networks.map(|n| (format!("network {}", n.name), RuleScope::Network(n.id.clone())));
    containers.chain(networks).collect()
}

fn port(text: &str) -> Result<u16, String> {
    text.parse().ok().filter(|port| *port > 0).ok_or_else(|| format!("`{text}` is no port: 1 to 65535"))
}

fn peer(text: &str) -> Result<String, String> {
    let range = Net::parse(text).ok_or_else(|| format!("`{text}` is no address or range"))?;
    match range.base() {
        base if base == range => Ok(text.to_owned()),
        base => Err(format!("{text} is an address in a range: the range is {base}")),
    }
}

fn add(values: &Values, desk: &Desk) -> Result<Outcome, Wrong> {
    let about = values.get("about");
    let scope = scopes(desk).remove(about).ok_or_else(|| ("about", format!("there is no {about} any more")))?;
    let rule = FilterRule {
        inbound: values.get("way") == "in",
        allow: values.get("verdict") == "allow",
        protocol: Protocol::of(values.get("protocol")),
        peer: values.some("peer").map(|text| peer(&text)).transpose().map_err(|why| ("peer", why))?,
        port: values.some("port").map(|text| port(&text)).transpose().map_err(|why| ("port", why))?,
    };
    let name = about.split_once(' ').map_or(about, |(_, name)| name).to_owned();
    Ok(Outcome::Do(vec![Cmd::AddRule(scope, name, rule)]))
}

/// Removes these rules, all of which must be longshore's own.
///
/// # Errors
/// Whose rule one is, and why it stays.
pub(super) fn remove(rows: &[&Rule], desk: &Desk) -> Result<Outcome, Refusal> {
    // The kernel has several rules for one of ours.
    let mut wishes = BTreeMap::new();
    for row in rows {
        let number = row.number.ok_or_else(|| foreign(row, desk))?;
        wishes.insert(number, Cmd::RemoveRule(number, row.name.clone()));
    }
    Ok(Outcome::Do(wishes.into_values().collect()))
}

/// Why a rule is not touched.
pub(super) fn foreign(rule: &Rule, desk: &Desk) -> Refusal {
    Refusal::new(match rule.owner {
        Owner::Engine => "this rule is the engine's, which would make it again: change the container's ports instead",
        Owner::Hns => "this rule is of the host network service, which would make it again",
        Owner::Longshore if desk.store.caps.has(Feature::OwnRules) => {
            "this rule holds for all containers, or comes of a published port: NAT closes those"
        }
        Owner::Longshore => "this rule is another longshore's, which looks after it",
        Owner::Other => "this rule is somebody else's: longshore does not touch it",
    })
}
