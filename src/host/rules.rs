//! Which rules of a packet filter touch containers, and what each means to people. Starts no program.

use std::net::{IpAddr, SocketAddr};

use super::{
    filter::{Chain, Conditions, Family, Hook, Line, Test, in_order, is_interface},
    net::Net,
    scene::{self, Scene},
};
use crate::model::{Action, Direction, Owner, Rule, RuleId};

/// The rules that touch containers, in the kernel's order.
pub(crate) fn rules(chains: &[Chain], scene: &Scene) -> Vec<Rule> {
    let all = in_order(chains);
    let touches = |hook: Option<Hook>, chain: &Chain, line: &Line| !line.policy && touches(hook, chain, line, scene);
    let touched: Vec<&Chain> = all.iter().filter(|(h, c, l)| touches(*h, c, l)).map(|(_, chain, _)| *chain).collect();
    // What a chain does with all else is worth a line where something in it is about containers.
    let closes = |chain: &Chain, line: &Line| line.policy && touched.iter().any(|c| std::ptr::eq(*c, chain));
    all.iter()
        .filter(|(hook, chain, line)| touches(*hook, chain, line) || closes(chain, line))
        .enumerate()
        .map(|(i, (hook, chain, line))| rule(i + 1, *hook, chain, line, scene))
        .collect()
}

fn touches(hook: Option<Hook>, chain: &Chain, line: &Line, scene: &Scene) -> bool {
    owner_of_chain(chain) != Owner::Other
        || is_user_chain(&chain.place.chain)
        || line.targets().any(|target| is_engine_chain(target) || is_user_chain(target))
        || names(&line.when, scene)
        || dnat_address(line).is_some_and(|address| scene.is_inside(address))
        || hook == Some(Hook::Forward) && may_meet(chain, line, scene)
}

/// Whether it asks for an address, a range or a bridge of containers.
fn names(when: &Conditions, scene: &Scene) -> bool {
    let ranges = [&when.source, &when.destination];
    let bridges = [&when.comes_by, &when.goes_by];
    ranges.into_iter().flatten().any(|test| test.any.iter().any(|range| scene.is_theirs(*range)))
        || bridges.into_iter().flatten().any(|test| test.any.iter().any(|name| is_bridge(name, scene)))
}

pub(crate) fn is_bridge(pattern: &str, scene: &Scene) -> bool {
    // Bridges of networks that are gone leave rules behind: Docker's are `br-` and twelve hex digits.
    let named_like_one = pattern.strip_prefix("br-").is_some_and(|id| id.len() == 12 && id.bytes().all(is_hex));
    named_like_one || pattern == "docker0" || scene.bridges().iter().any(|bridge| is_interface(pattern, bridge))
}

const fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

/// Whether a rule for forwarded packets, which names no container, decides over packets of containers all the same:
/// either end of the way may be a container's.
fn may_meet(chain: &Chain, line: &Line, scene: &Scene) -> bool {
    let decides = matches!(line.then.0, Action::Accept | Action::Drop | Action::Reject);
    let bridge = |test: &Option<Test<String>>| {
        test.as_ref().is_none_or(|t| scene.bridges().iter().any(|b| t.holds(|pattern| is_interface(pattern, b))))
    };
    let range =
        |test: &Option<Test<Net>>| test.as_ref().is_none_or(|t| t.not || t.any.iter().any(|range| scene.meets(*range)));
    let when = &line.when;
    let into = bridge(&when.goes_by) && range(&when.destination);
    let out_of = bridge(&when.comes_by) && range(&when.source);
    chain.place.family != Family::Bridge && decides && !scene.bridges().is_empty() && (into || out_of)
}

/// Chains of Docker (`DOCKER…`), podman (`NETAVARK…`) and CNI plugins (`CNI-…`).
fn is_engine_chain(chain: &str) -> bool {
    let heads = ["DOCKER", "NETAVARK", "nv_", "CNI-"];
    heads.iter().any(|head| chain.starts_with(head)) && !is_user_chain(chain)
}

/// Chains that Docker and podman make and jump to, and leave to people to fill.
fn is_user_chain(chain: &str) -> bool {
    matches!(chain, "DOCKER-USER" | "NETAVARK_USER" | "CNI-ADMIN")
}

fn owner_of_chain(chain: &Chain) -> Owner {
    let place = &chain.place;
    if place.table.starts_with("longshore") || place.chain.starts_with("LONGSHORE") {
        Owner::Longshore
    } else if matches!(place.table.as_str(), "netavark" | "docker-bridges") || is_engine_chain(&place.chain) {
        Owner::Engine
    } else {
        Owner::Other
    }
}

/// Who made a rule. In chains that belong to nobody, Docker's rules are known by their forms: a jump into its own
/// chains, an accept between bridges, and the masquerade of a network's range.
fn owner(chain: &Chain, line: &Line, scene: &Scene) -> Owner {
    let of_chain = owner_of_chain(chain);
    if of_chain != Owner::Other {
        return of_chain;
    }
    if is_user_chain(&chain.place.chain) {
        let dockers_own = line.then.0 == Action::Return && line.when.is_empty();
        return if dockers_own { Owner::Engine } else { Owner::Other };
    }
    if line.comment.as_deref().is_some_and(|comment| comment.starts_with("longshore")) {
        return Owner::Longshore;
    }
    let jumps = line.targets().any(|target| is_engine_chain(target) || is_user_chain(target));
    let between = line.then.0 == Action::Accept
        && [&line.when.comes_by, &line.when.goes_by]
            .into_iter()
            .flatten()
            .any(|t| t.wanted().iter().any(|n| is_bridge(n, scene)))
        && line.when.source.is_none()
        && line.when.destination.is_none()
        && line.when.ports.is_none();
    let masquerades = line.then.0 == Action::Masquerade
        && line.when.source.as_ref().is_some_and(|t| t.wanted().iter().any(|n| scene.is_theirs(*n)));
    if jumps || between || masquerades { Owner::Engine } else { Owner::Other }
}

/// The address that a `dnat` leads to, if it is one.
pub(crate) fn dnat_address(line: &Line) -> Option<IpAddr> {
    dnat_socket(line).map(|(address, _)| address)
}

/// The address that a `dnat` leads to, and the port unless it stays the same.
pub(crate) fn dnat_socket(line: &Line) -> Option<(IpAddr, Option<u16>)> {
    let Action::Dnat(to) = &line.then.0 else { return None };
    match to.parse::<SocketAddr>() {
        Ok(socket) => Some((socket.ip(), Some(socket.port()))),
        Err(_) => Some((to.trim_matches(['[', ']']).parse().ok()?, None)),
    }
}

fn container<'s>(line: &Line, scene: &'s Scene) -> Option<&'s scene::Owner> {
    dnat_address(line).into_iter().chain(line.when.addresses()).find_map(|address| scene.owner(address))
}

fn direction(hook: Option<Hook>, line: &Line, scene: &Scene) -> Direction {
    let by = |test: &Option<Test<String>>| {
        test.as_ref().is_some_and(|t| t.wanted().iter().any(|name| is_bridge(name, scene)))
    };
    let at = |test: &Option<Test<Net>>| {
        test.as_ref().is_some_and(|t| t.wanted().iter().any(|range| scene.is_theirs(*range)))
    };
    let into = by(&line.when.goes_by) || at(&line.when.destination) || matches!(line.then.0, Action::Dnat(_));
    let out_of = by(&line.when.comes_by) || at(&line.when.source);
    match (into, out_of, hook) {
        (true, false, _) | (false, false, Some(Hook::Prerouting)) => Direction::In,
        (false, true, _) | (false, false, Some(Hook::Postrouting)) => Direction::Out,
        _ => Direction::Both,
    }
}

fn rule(order: usize, hook: Option<Hook>, chain: &Chain, line: &Line, scene: &Scene) -> Rule {
    let direction = direction(hook, line, scene);
    let container = container(line, scene);
    let shown = |test: &Option<Test<Net>>| test.as_ref().map(ToString::to_string).unwrap_or_default();
    Rule {
        id: id(chain, line),
        order,
        name: line.comment.clone().unwrap_or_else(|| name(chain, line, container)),
        direction,
        action: line.then.0.clone(),
        protocol: line.when.protocol.as_ref().map_or_else(|| "any".to_owned(), ToString::to_string),
        ports: line.when.ports.as_ref().map(ToString::to_string).unwrap_or_default(),
        remote: match direction {
            Direction::Out => shown(&line.when.destination),
            Direction::In | Direction::Both => shown(&line.when.source),
        },
        chain: chain.place.to_string(),
        enabled: hook.is_some(),
        owner: if line.policy { Owner::Other } else { owner(chain, line, scene) },
        container: container.map(|owner| owner.id.clone()),
        container_name: container.map(|owner| owner.name.clone()),
        packets: line.counter.map(|(packets, _)| packets),
        bytes: line.counter.map(|(_, bytes)| bytes),
        text: line.text.clone(),
        number: None,
    }
}

/// The handle tells rules apart for as long as they live; without one, the place in the chain must do.
pub(crate) fn id(chain: &Chain, line: &Line) -> RuleId {
    match (line.policy, line.handle) {
        (true, _) => RuleId::new(format!("{} policy", chain.place)),
        (false, Some(handle)) => RuleId::new(format!("{} handle {handle}", chain.place)),
        (false, None) => RuleId::new(format!("{} number {}", chain.place, line.number)),
    }
}

/// What a rule does, in a few words.
fn name(chain: &Chain, line: &Line, container: Option<&scene::Owner>) -> String {
    if line.policy {
        return format!("all else in {}", chain.place.chain);
    }
    let when = &line.when;
    let whom = container.map(|owner| owner.name.clone());
    let by = |test: &Option<Test<String>>| test.as_ref().map(ToString::to_string);
    let replies = when.states.as_ref().is_some_and(|t| t.wanted().iter().any(|state| state == "established"));
    match &line.then.0 {
        Action::Jump(target) => format!("to {target}"),
        Action::Dnat(to) => format!("publish to {}", whom.unwrap_or_else(|| to.clone())),
        Action::Masquerade => match (whom, &when.source) {
            (Some(name), _) => format!("masquerade {name}"),
            (None, Some(source)) => format!("masquerade {source}"),
            (None, None) => "masquerade".to_owned(),
        },
        Action::Return if when.is_empty() => "back to the caller".to_owned(),
        action if replies => format!("{} replies", action.word()),
        action => match (whom, by(&when.comes_by), by(&when.goes_by)) {
            (Some(name), ..) => format!("{} to {name}", action.word()),
            (None, Some(from), Some(to)) => format!("{} {from} → {to}", action.word()),
            (None, Some(from), None) => format!("{} from {from}", action.word()),
            (None, None, Some(to)) => format!("{} to {to}", action.word()),
            (None, None, None) => action.word(),
        },
    }
}

#[cfg(test)]
mod tests;
