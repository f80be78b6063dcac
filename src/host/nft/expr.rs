//! Statements and expressions of libnftables-json(5), read as far as the firewall dashboard shows them.
//! What is not read is marked as "more", never dropped in silence.

use std::borrow::Cow;

use serde_json::Value;

use super::{
    super::{
        filter::{Conditions, Line, Test, Verdict},
        net::{Net, Span},
    },
    sets::cases,
};
use crate::model::{Action, text::cleaned};

/// Elements of a set or map by its name.
pub(super) type Named<'n> = dyn Fn(&str) -> Option<&'n [Value]> + 'n;

/// Adds what one statement says to its rule.
pub(super) fn read(statement: &Value, line: &mut Line, named: &Named<'_>) {
    let Some((name, body)) = statement.as_object().and_then(|object| object.iter().next()) else { return };
    match name.as_str() {
        "match" => line.when.more |= !condition(body, &mut line.when, named),
        "counter" => line.counter = body["packets"].as_u64().zip(body["bytes"].as_u64()),
        "comment" => line.comment = body.as_str().map(cleaned),
        "vmap" => vmap(body, line),
        "xt" => xt(body, line),
        "limit" | "quota" | "ct count" => line.when.more = true,
        "dnat" if body["addr"]["map"].is_object() => {
            line.then = Verdict(Action::Dnat(target(body)));
            line.when.v6 = line.when.v6.or(body["family"].as_str().map(|family| family == "ip6"));
            line.cases = elements(&body["addr"]["map"]["data"], named).and_then(|elements| cases(body, elements, line));
            line.when.more |= line.cases.is_none();
        }
        _ => {
            if let Some(action) = verdict(name, body) {
                line.then = Verdict(action);
            }
        }
    }
}

fn verdict(name: &str, body: &Value) -> Option<Action> {
    Some(match name {
        "accept" => Action::Accept,
        "drop" => Action::Drop,
        "reject" => Action::Reject,
        "return" => Action::Return,
        "jump" | "goto" => Action::Jump(cleaned(body["target"].as_str()?)),
        "dnat" | "redirect" => Action::Dnat(target(body)),
        "snat" | "masquerade" => Action::Masquerade,
        _ => return None,
    })
}

/// Where a `dnat` leads: an address, a port or both; a map is named, for it holds many.
fn target(body: &Value) -> String {
    let part = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => cleaned(text.as_str()),
        Value::Object(map) if map.contains_key("map") => map["map"]["data"].as_str().map_or("map".into(), cleaned),
        Value::Object(map) if map.contains_key("range") => range(&map["range"]),
        other => cleaned(other.to_string()),
    };
    let (address, port) = (part(&body["addr"]), part(&body["port"]));
    match (port.is_empty(), address.contains(':')) {
        (true, _) => address,
        (false, true) => format!("[{address}]:{port}"),
        (false, false) => format!("{address}:{port}"),
    }
}

fn range(ends: &Value) -> String {
    let end = |i: usize| ends[i].as_str().map_or_else(|| ends[i].to_string(), str::to_owned);
    cleaned(format!("{}-{}", end(0), end(1)))
}

/// A verdict map decides by a table of its own; here only where it can lead is read.
fn vmap(body: &Value, line: &mut Line) {
    line.when.more = true;
    collect_jumps(&body["data"], &mut line.maps_to);
}

fn collect_jumps(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_jumps(item, found)),
        Value::Object(map) => {
            for (name, body) in map {
                match body["target"].as_str() {
                    Some(chain) if matches!(name.as_str(), "jump" | "goto") => found.push(cleaned(chain)),
                    _ => collect_jumps(body, found),
                }
            }
        }
        _ => {}
    }
}

/// An extension of iptables, of which nft only tells the name. `iptables-save` tells the rest, where it is there.
fn xt(body: &Value, line: &mut Line) {
    match (body["type"].as_str(), body["name"].as_str()) {
        (Some("target"), Some("MASQUERADE" | "SNAT")) => line.then = Verdict(Action::Masquerade),
        (Some("target"), Some("DNAT" | "REDIRECT")) => line.then = Verdict(Action::Dnat(String::new())),
        (Some("target"), Some("REJECT")) => line.then = Verdict(Action::Reject),
        (Some("match"), Some(name)) if name != "comment" => line.when.more = true,
        _ => {}
    }
}

/// Reads one comparison; false when it is of a kind that is not read.
fn condition(body: &Value, when: &mut Conditions, named: &Named<'_>) -> bool {
    let not = match body["op"].as_str() {
        Some("==" | "in") => false,
        Some("!=") => true,
        _ => return false,
    };
    let (left, right) = (&body["left"], &body["right"]);
    let right = &elements(right, named).map_or(Cow::Borrowed(right), |all| Cow::Owned(Value::Array(all.to_vec())));
    let field = (left["payload"]["protocol"].as_str(), left["payload"]["field"].as_str());
    let key = left["meta"]["key"].as_str();
    if let (Some(family @ ("ip" | "ip6")), _) = field {
        when.v6 = Some(family == "ip6");
    }
    match (field, key, left["ct"]["key"].as_str()) {
        ((Some("ip" | "ip6"), Some("saddr")), ..) => set(&mut when.source, not, right, net),
        ((Some("ip" | "ip6"), Some("daddr")), ..) => set(&mut when.destination, not, right, net),
        ((Some("ip"), Some("protocol")), ..) | ((Some("ip6"), Some("nexthdr")), ..) | (_, Some("l4proto"), _) => {
            set(&mut when.protocol, not, right, word)
        }
        ((Some(protocol), Some("dport")), ..) => {
            transport(protocol, when);
            set(&mut when.ports, not, right, span)
        }
        ((Some(protocol @ ("icmp" | "icmpv6")), _), ..) => {
            transport(protocol, when);
            false
        }
        (_, Some("iifname" | "iif"), _) => link(&mut when.comes_by, not, right),
        (_, Some("oifname" | "oif"), _) => link(&mut when.goes_by, not, right),
        (_, Some("nfproto"), _) => family(right, not, when),
        (_, _, Some("state" | "status")) => set(&mut when.states, not, right, word),
        _ => {
            let parts = left["concat"].as_array().map(Vec::as_slice).unwrap_or_default();
            let keys: Vec<_> = parts.iter().filter_map(|part| part["meta"]["key"].as_str()).collect();
            match keys[..] {
                ["iifname", "oifname"] => set(&mut when.between, not, right, pair),
                _ => flags(left, right, not, when) || local_destination(left, right, not, when),
            }
        }
    }
}

/// nft needs no `-p`: the protocol is asked for along with a field of it.
fn transport(protocol: &str, when: &mut Conditions) {
    if protocol != "th" && when.protocol.is_none() {
        when.protocol = Some(Test { not: false, any: vec![cleaned(protocol)] });
    }
}

/// An interface may be asked for twice, as in "one of ours, but none of these".
fn link(place: &mut Option<Test<String>>, not: bool, right: &Value) -> bool {
    let Some(earlier) = place.take() else { return set(place, not, right, word) };
    let mut next = None;
    let is_read = set(&mut next, not, right, word);
    let is_exact = |test: &Test<String>| !test.any.iter().any(|name| name.ends_with('*'));
    match next.filter(|next| is_exact(next) && is_exact(&earlier)) {
        Some(next) => *place = Some(earlier.and(next)),
        None => {
            *place = Some(earlier);
            return false;
        }
    }
    is_read
}

/// `meta nfproto ipv4`
fn family(right: &Value, not: bool, when: &mut Conditions) -> bool {
    let v6 = match right.as_str() {
        Some("ipv6") => !not,
        Some("ipv4") => not,
        _ => return false,
    };
    when.v6 = Some(v6);
    true
}

/// `tcp flags & (fin | syn | rst | ack) == syn`: only a packet that opens a connection has `syn` and none of the others.
fn flags(left: &Value, right: &Value, not: bool, when: &mut Conditions) -> bool {
    let field = &left["&"][0]["payload"];
    let mask = left["&"][1].as_array().map(Vec::as_slice).unwrap_or_default();
    let opens = field["protocol"] == "tcp" && field["field"] == "flags" && right == "syn";
    if !opens || !["syn", "ack"].iter().all(|flag| mask.iter().any(|masked| masked == flag)) {
        return false;
    }
    transport("tcp", when);
    when.opening = Some(!not);
    true
}

/// `fib daddr type local`
fn local_destination(left: &Value, right: &Value, not: bool, when: &mut Conditions) -> bool {
    let fib = &left["fib"];
    let asks_type = fib["result"].as_str() == Some("type");
    let of_destination = fib["flags"].as_str() == Some("daddr")
        || fib["flags"].as_array().is_some_and(|flags| flags.iter().any(|flag| flag == "daddr"));
    let local = asks_type && of_destination && right.as_str() == Some("local") && !not;
    when.to_host |= local;
    local
}

fn set<T>(place: &mut Option<Test<T>>, not: bool, right: &Value, value: impl Fn(&Value) -> Option<T>) -> bool {
    let values = match right {
        Value::Object(map) if map.contains_key("set") => {
            map["set"].as_array().map(|set| set.iter().map(value).collect())
        }
        Value::Array(items) => Some(items.iter().map(value).collect()),
        one => Some(std::iter::once(one).map(value).collect()),
    };
    match values.flatten() {
        Some(any) if place.is_none() => {
            *place = Some(Test { not, any });
            true
        }
        _ => false,
    }
}

/// An element of a set may carry a counter or a comment around its value.
pub(super) fn bare(value: &Value) -> &Value {
    value.get("elem").map_or(value, |elem| &elem["val"])
}

fn pair(value: &Value) -> Option<(String, String)> {
    let parts = bare(value)["concat"].as_array()?;
    Some((word(parts.first()?)?, word(parts.get(1)?)?))
}

/// The elements of the set or map that is named (`@name`).
fn elements<'n>(name: &Value, named: &Named<'n>) -> Option<&'n [Value]> {
    named(name.as_str()?.strip_prefix('@')?)
}

/// A string that does not name a set (`@name`), whose elements are elsewhere.
fn word(value: &Value) -> Option<String> {
    match bare(value) {
        Value::String(text) if !text.starts_with('@') => Some(cleaned(text.as_str())),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn net(value: &Value) -> Option<Net> {
    let value = bare(value);
    match value.get("prefix") {
        Some(prefix) => {
            Some(Net::new(prefix["addr"].as_str()?.parse().ok()?, u8::try_from(prefix["len"].as_u64()?).ok()?))
        }
        None => Net::parse(value.as_str()?),
    }
}

fn span(value: &Value) -> Option<Span> {
    let value = bare(value);
    let port = |value: &Value| u16::try_from(value.as_u64()?).ok();
    match value.get("range") {
        Some(ends) => Some(Span { first: port(&ends[0])?, last: port(&ends[1])? }),
        None => port(value).map(Span::one),
    }
}
