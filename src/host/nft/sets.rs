//! Named sets and maps of libnftables-json(5), by which rules speak of what changes. Knows no rule.

use std::{collections::HashMap, net::IpAddr};

use serde_json::Value;

use super::{
    super::{
        filter::{Conditions, Family, Line, Place, Test, Verdict},
        net::{Net, Span, socket},
    },
    expr::bare,
};
use crate::model::{Action, text::cleaned};

/// A set with more elements than this is not looked into: lists of strangers to be refused can have a hundred thousand.
const MOST: usize = 4096;

/// All sets and maps of a ruleset.
pub(super) struct Sets<'r>(HashMap<(Family, String, String), &'r [Value]>);

impl<'r> Sets<'r> {
    /// Those among these objects.
    pub(super) fn of(objects: &'r [Value]) -> Self {
        let named = objects.iter().filter_map(|object| object.get("set").or_else(|| object.get("map")));
        let read = named.filter_map(|set| {
            let of = |key| set[key].as_str();
            let key = (Family::of(of("family")?)?, cleaned(of("table")?), cleaned(of("name")?));
            // One without elements has no list.
            Some((key, set["elem"].as_array().map_or(&[][..], Vec::as_slice)))
        });
        Self(read.collect())
    }

    /// The elements of the one that a rule at this place calls `name`, unless there are too many.
    pub(super) fn get(&self, place: &Place, name: &str) -> Option<&'r [Value]> {
        let key = (place.family, place.table.clone(), cleaned(name));
        self.0.get(&key).copied().filter(|elements| elements.len() <= MOST)
    }
}

/// The cases of a `dnat` by a map: what a packet must be for each, and where it then leads. `None` where the map's
/// keys or values are of a kind that is not read.
pub(super) fn cases(body: &Value, elements: &[Value], of: &Line) -> Option<Vec<Line>> {
    let key = body["addr"]["map"]["key"]["concat"].as_array()?;
    elements.iter().map(|element| case(key, element, of)).collect()
}

fn case(key: &[Value], element: &Value, of: &Line) -> Option<Line> {
    let (values, to) = (bare(&element[0])["concat"].as_array()?, bare(&element[1])["concat"].as_array()?);
    let mut when = Conditions::default();
    for (part, value) in key.iter().zip(values) {
        let payload = (part["payload"]["protocol"].as_str(), part["payload"]["field"].as_str());
        match (payload, part["meta"]["key"].as_str()) {
            ((Some("ip" | "ip6"), Some("daddr")), _) => when.destination = Some(one(Net::parse(value.as_str()?)?)),
            ((_, Some("dport")), _) => when.ports = Some(one(Span::one(port(value)?))),
            (_, Some("l4proto")) => when.protocol = Some(one(cleaned(value.as_str()?))),
            _ => return None,
        }
    }
    let address: IpAddr = to.first()?.as_str()?.parse().ok()?;
    let then = Verdict(Action::Dnat(socket(address, port(to.get(1)?)?)));
    Some(Line { handle: of.handle, number: of.number, comment: of.comment.clone(), when, then, ..Line::default() })
}

fn one<T>(value: T) -> Test<T> {
    Test { not: false, any: vec![value] }
}

fn port(value: &Value) -> Option<u16> {
    u16::try_from(value.as_u64()?).ok()
}
