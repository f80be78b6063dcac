//! Networks, who is in them, and what can be done about that. Knows no driver's details.

mod form;
#[cfg(test)]
mod tests;

use ratatui::text::{Line, Span};

use super::{
    Dashboard,
    board::{Board, BoardView, Column, Page, Picked, Sort, gather, maybe, muted, none, plain},
    detail::{
        InspectPage,
        facts::{Fact, FactsPage},
        related::{self, Field, RelatedPage, Relation},
    },
    overlay::{Choice, Picker},
    prune,
};
use crate::{
    app::{
        cmd::{Cmd, Prune, PruneKind, Target},
        desk::Desk,
        keys::Intent,
        theme::Role,
        view::Outcome,
    },
    model::{Age, Container, Feature, Kind, Network, NetworkEndpoint, Part, Refusal, Subject},
};

/// The dashboard of networks.
pub fn dashboard() -> Box<dyn Dashboard> {
    Box::new(BoardView::new(Networks))
}

struct Networks;

const COLUMNS: &[Column<Network>] = &[
    Column::new("NAME", (8, 32), 0, |n: &Network, desk| plain(desk, &n.name)).grows().by(|a, b, _| a.name.cmp(&b.name)),
    Column::new("DRIVER", (6, 12), 2, |n: &Network, desk| muted(desk, &n.driver)).by(|a, b, _| a.driver.cmp(&b.driver)),
    Column::new("SUBNET", (15, 34), 1, |n: &Network, desk| subnet(n, desk, |s| Some(&s.range)))
        .by(|a, b, _| range(a).cmp(&range(b))),
    Column::new("GATEWAY", (10, 30), 5, |n: &Network, desk| subnet(n, desk, |s| s.gateway.as_ref())),
    Column::new("USED BY", (7, 7), 1, |n: &Network, desk| plain(desk, n.endpoints.len().to_string()))
        .right()
        .down(|a, b, _| a.endpoints.len().cmp(&b.endpoints.len())),
    Column::new("TRAITS", (12, 17), 3, traits),
    Column::new("SCOPE", (5, 7), 6, |n: &Network, desk| muted(desk, &n.scope)).by(|a, b, _| a.scope.cmp(&b.scope)),
    Column::new("AGE", (4, 6), 4, |n: &Network, desk| {
        maybe(desk, Role::Muted, n.created.map(|at| Age::since(at, desk.now)))
    })
    .right()
    .by(|a, b, _| b.created.cmp(&a.created)),
];

/// The first range's text, as so many fit; a mark says that there are more.
fn subnet(network: &Network, desk: &Desk, what: fn(&crate::model::Subnet) -> Option<&String>) -> Line<'static> {
    let mut told = network.subnets.iter().filter_map(what);
    let Some(first) = told.next() else { return none(desk) };
    match told.count() {
        0 => muted(desk, first),
        more => muted(desk, format!("{first} +{more}")),
    }
}

fn range(network: &Network) -> Option<std::net::IpAddr> {
    crate::model::Net::parse(&network.subnets.first()?.range).map(crate::model::Net::address)
}

/// What sets a network apart: names are resolved in it, no way out, IPv6.
fn traits(network: &Network, desk: &Desk) -> Line<'static> {
    let words = [
        (resolves_names(network), "dns", Role::Muted),
        (network.internal, "internal", Role::Warn),
        (network.ipv6, "ipv6", Role::Info),
    ];
    let mut spans = Vec::new();
    for (_, word, role) in words.into_iter().filter(|(is, _, _)| *is) {
        if !spans.is_empty() {
            spans.push(Span::raw(" "));
        }
        spans.push(Span::styled(word, desk.theme.style(role)));
    }
    if spans.is_empty() { none(desk) } else { Line::from(spans) }
}

/// Whether containers reach each other by name: Docker's own resolver serves every network that a user made.
fn resolves_names(network: &Network) -> bool {
    !network.is_builtin() && !has_no_places(network)
}

/// Whether containers share it, or have none, rather than getting a place in it.
fn has_no_places(network: &Network) -> bool {
    matches!(network.driver.as_str(), "host" | "null" | "none")
}

impl Board for Networks {
    type Row = Network;

    fn title(&self) -> &'static str {
        "Networks"
    }

    fn intent(&self) -> Intent {
        Intent::Networks
    }

    fn parts(&self) -> &'static [Part] {
        &[Part::Networks, Part::Containers]
    }

    fn rows<'a>(&self, desk: &'a Desk) -> Vec<&'a Network> {
        desk.store.networks.values().collect()
    }

    fn id<'a>(&self, row: &'a Network) -> &'a str {
        row.id.as_str()
    }

    fn subject(&self, row: &Network) -> Subject {
        Subject::new(Kind::Network, row.id.as_str(), &row.name)
    }

    fn columns(&self) -> &'static [Column<Network>] {
        COLUMNS
    }

    fn sort(&self) -> Option<Sort> {
        Some(Sort { column: 0, down: false })
    }

    fn haystack(&self, row: &Network, _desk: &Desk, text: &mut String) {
        let ranges = row.subnets.iter().map(|subnet| subnet.range.as_str());
        let names = row.endpoints.iter().map(|endpoint| endpoint.name.as_str());
        gather(text, [row.name.as_str(), &row.driver, row.id.short()].into_iter().chain(ranges).chain(names));
    }

    fn summary(&self, rows: &[&Network], _desk: &Desk) -> String {
        let unused = rows.iter().filter(|network| is_unused(network)).count();
        format!("{} · {unused} unused", Kind::Network.count(rows.len()))
    }

    fn empty(&self, desk: &Desk) -> (String, String) {
        ("no networks".into(), format!("{} makes one", desk.keys.label(Intent::New).unwrap_or_default()))
    }

    fn pages(&self) -> Vec<Box<dyn Page>> {
        vec![
            Box::new(RelatedPage::new(Relation {
                title: "Endpoints",
                part: Part::Networks,
                fields: &ENDPOINTS,
                rows: |subject, desk| find(subject, desk).map(|n| n.endpoints.iter().collect()).unwrap_or_default(),
                cells: |endpoint, _, desk| endpoint_cells(endpoint, desk),
                leads: |endpoint, _| endpoint_subject(endpoint),
                none: "no running container is in it",
            })),
            Box::new(InspectPage::new()),
            Box::new(FactsPage::new("Options", options)),
        ]
    }

    fn act(&mut self, intent: Intent, picked: &Picked<'_, Network>, desk: &Desk) -> Outcome {
        let one =
            |action: &str, act: fn(&Network, &Desk) -> Outcome| picked.on_one(action, |network| act(network, desk));
        match intent {
            Intent::New => form::open(desk),
            Intent::Remove => picked.each("remove", removal),
            Intent::Prune => prune::offer(vec![prunable(desk)], "every network is in use or the engine's own", desk),
            Intent::Connect => one("connect", connect),
            Intent::Disconnect => one("disconnect", disconnect),
            Intent::Jump => one("jump", jump),
            _ => Outcome::Ignored,
        }
    }

    fn actions(&self) -> &'static [Intent] {
        &[Intent::Connect, Intent::Disconnect, Intent::New, Intent::Remove, Intent::Prune, Intent::Jump]
    }

    fn refusal(&self, intent: Intent, row: Option<&Network>, desk: &Desk) -> Option<String> {
        let refused = match (intent, row) {
            (Intent::New | Intent::Prune, _) => changes(desk).err(),
            (_, None) => Some(Refusal::new("nothing is selected")),
            (Intent::Remove, Some(network)) => removal(network).err(),
            (Intent::Connect, Some(network)) => changes(desk).and_then(|()| places(network)).err(),
            (Intent::Disconnect, Some(network)) if members(network, desk).is_empty() => Some(nobody(network)),
            (Intent::Jump, Some(network)) if network.endpoints.is_empty() => Some(nobody(network)),
            _ => None,
        };
        refused.map(|refusal| refusal.0)
    }
}

/// The columns of [`endpoint_cells`].
const ENDPOINTS: [Field; 4] = [
    Field::new("CONTAINER", (12, 40), 0),
    Field::new("IPV4", (15, 18), 1),
    Field::new("IPV6", (8, 43), 3),
    Field::new("MAC", (17, 17), 2),
];

fn endpoint_cells(endpoint: &NetworkEndpoint, desk: &Desk) -> Vec<Line<'static>> {
    let told = |text: &str| maybe(desk, Role::Muted, Some(text).filter(|text| !text.is_empty()));
    vec![plain(desk, &endpoint.name), told(&endpoint.address), told(&endpoint.address6), told(&endpoint.mac)]
}

fn endpoint_subject(endpoint: &NetworkEndpoint) -> Subject {
    Subject::new(Kind::Container, endpoint.container.as_str(), &endpoint.name)
}

fn find<'a>(subject: &Subject, desk: &'a Desk) -> Option<&'a Network> {
    desk.store.networks.get(subject.id.as_str())
}

fn options(subject: &Subject, desk: &Desk) -> Vec<Fact> {
    let Some(network) = find(subject, desk) else { return Vec::new() };
    let yes = |is| if is { "yes" } else { "no" };
    let mut facts = vec![
        Fact::new("id", network.id.as_str()),
        Fact::new("driver", format!("{}, {}", network.driver, network.scope)),
    ];
    for subnet in &network.subnets {
        let gateway = subnet.gateway.as_ref().map(|gateway| format!(", gateway {gateway}")).unwrap_or_default();
        facts.push(Fact::new("subnet", format!("{}{gateway}", subnet.range)));
    }
    facts.extend(Fact::known("host's bridge", network.bridge()));
    facts.extend([
        Fact::new("masquerade", yes(network.masquerades())),
        Fact::new("internal", yes(network.internal)),
        Fact::new("IPv6", yes(network.ipv6)),
    ]);
    facts.extend(Fact::known("created", network.created.map(|at| desk.stamp(at))));
    facts.extend(network.options.iter().map(|(key, value)| Fact::new("option", format!("{key}={value}"))));
    facts.extend(network.labels.iter().map(|(key, value)| Fact::new("label", format!("{key}={value}"))));
    facts
}

/// Whether networks may be changed at all here.
fn changes(desk: &Desk) -> Result<(), Refusal> {
    desk.may_change()?;
    desk.store.caps.refuses(Feature::Networks).map_or(Ok(()), |refusal| Err(refusal.clone()))
}

fn is_unused(network: &Network) -> bool {
    !network.is_builtin() && network.endpoints.is_empty()
}

fn removal(network: &Network) -> Result<Cmd, Refusal> {
    let name = &network.name;
    if network.is_builtin() {
        return Err(Refusal::new(format!("cannot remove `{name}`: the engine made it for itself")));
    }
    if !network.endpoints.is_empty() {
        let who = related::named(network.endpoints.iter().map(|endpoint| endpoint.name.as_str()));
        return Err(Refusal::new(format!("cannot remove `{name}`: {who} must be disconnected first")));
    }
    Ok(Cmd::RemoveNetwork(network.id.clone(), name.clone()))
}

/// What a prune would take.
pub(crate) fn prunable(desk: &Desk) -> Prune {
    let unused = desk.store.networks.values().filter(|network| is_unused(network));
    let targets = unused.map(|network| network.name.clone()).collect();
    Prune { what: PruneKind::Networks, targets, frees: None }
}

/// Whether a container can be given a place in a network.
fn places(network: &Network) -> Result<(), Refusal> {
    if has_no_places(network) {
        return Err(Refusal::new(format!("`{}` has no places: it is chosen when a container is made", network.name)));
    }
    Ok(())
}

fn is_member(container: &Container, network: &Network) -> bool {
    container.networks.iter().any(|place| match &place.id {
        Some(id) => *id == network.id,
        None => place.network == network.name,
    })
}

/// Everyone in a network, those that do not run too.
fn members<'a>(network: &Network, desk: &'a Desk) -> Vec<&'a Container> {
    desk.store.containers.values().filter(|container| is_member(container, network)).collect()
}

/// Containers that can be given one more network: those with the host's, another container's or none cannot.
fn strangers<'a>(network: &Network, desk: &'a Desk) -> Vec<&'a Container> {
    let bound = |mode: &str| matches!(mode, "host" | "none") || mode.starts_with("container:");
    let all = desk.store.containers.values();
    all.filter(|container| !is_member(container, network) && !bound(&container.network_mode)).collect()
}

fn nobody(network: &Network) -> Refusal {
    Refusal::new(format!("no container is in `{}`", network.name))
}

fn connect(network: &Network, desk: &Desk) -> Outcome {
    if let Err(refusal) = changes(desk).and_then(|()| places(network)) {
        return refusal.into();
    }
    let strangers = strangers(network, desk);
    if strangers.is_empty() {
        return Outcome::refuse(format!("there is no container that could be connected to `{}`", network.name));
    }
    pick(format!("Connect to {}", network.name), network, strangers, Cmd::Connect)
}

fn disconnect(network: &Network, desk: &Desk) -> Outcome {
    if let Err(refusal) = changes(desk) {
        return refusal.into();
    }
    match members(network, desk).as_slice() {
        [] => nobody(network).into(),
        [only] => Outcome::Do(vec![Cmd::Disconnect(network.id.clone(), network.name.clone(), Target::of(only))]),
        members => pick(format!("Disconnect from {}", network.name), network, members.to_vec(), Cmd::Disconnect),
    }
}

/// A wish about a network and a container.
type Rewire = fn(crate::model::NetworkId, String, Target) -> Cmd;

/// Lets pick one of these containers, by name.
fn pick(title: String, network: &Network, mut containers: Vec<&Container>, wish: Rewire) -> Outcome {
    containers.sort_by(|a, b| a.name.cmp(&b.name));
    let choices = containers.iter().map(|c| Choice::new(&c.name, format!("{} · {}", c.state, c.image))).collect();
    let targets: Vec<Target> = containers.into_iter().map(Target::of).collect();
    let (id, name) = (network.id.clone(), network.name.clone());
    let picked = move |at: usize| Outcome::Do(vec![wish(id.clone(), name.clone(), targets[at].clone())]);
    Outcome::Open(Box::new(Picker::new(title, choices, picked)))
}

fn jump(network: &Network, _desk: &Desk) -> Outcome {
    let to = network.endpoints.iter().map(endpoint_subject).collect();
    related::jump("Jump to a container", to, nobody(network).0)
}
