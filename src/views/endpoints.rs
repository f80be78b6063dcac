//! The endpoints: engines to look at, what told of them and what their last test said. Opens no connection.

mod form;

use std::hash::{DefaultHasher, Hash, Hasher};

use ratatui::text::Line;

use crate::{
    app::{
        desk::{Desk, Known, Tested},
        keys::Intent,
        theme::Role,
        view::{Outcome, Wish},
    },
    model::{
        Age, Kind, Link, Part, Subject,
        endpoint::{Endpoint, Source},
    },
    views::{
        Dashboard,
        board::{Board, BoardView, Column, Page, Picked, cell, maybe, muted, none, plain},
        detail::facts::{Fact, FactsPage},
        overlay::{Choice, Picker},
    },
};

/// The dashboard of endpoints.
pub fn dashboard() -> Box<dyn Dashboard> {
    Box::new(BoardView::new(Endpoints))
}

struct Endpoints;

impl Board for Endpoints {
    type Row = Known;

    fn title(&self) -> &'static str {
        "Endpoints"
    }

    fn intent(&self) -> Intent {
        Intent::Endpoints
    }

    fn parts(&self) -> &'static [Part] {
        &[]
    }

    fn rows<'a>(&self, desk: &'a Desk) -> Vec<&'a Known> {
        desk.endpoints.iter().collect()
    }

    fn revision(&self, desk: &Desk) -> u64 {
        // Endpoints are few and have no revision of their own.
        let mut hasher = DefaultHasher::new();
        desk.store.revision.hash(&mut hasher);
        for known in &desk.endpoints {
            (known.endpoint.name.as_str(), state(known, desk).1).hash(&mut hasher);
        }
        hasher.finish()
    }

    fn id<'a>(&self, row: &'a Known) -> &'a str {
        &row.endpoint.name
    }

    fn subject(&self, row: &Known) -> Subject {
        Subject::new(Kind::Engine, row.endpoint.name.as_str(), row.endpoint.name.as_str())
    }

    fn columns(&self) -> &'static [Column<Known>] {
        COLUMNS
    }

    fn haystack(&self, row: &Known, _desk: &Desk, text: &mut String) {
        let endpoint = &row.endpoint;
        let address = endpoint.address.to_string();
        let words = [&endpoint.name, &address, &endpoint.likely_kind().to_string(), &endpoint.source.to_string()];
        text.push_str(&words.map(String::as_str).join(" "));
    }

    fn summary(&self, rows: &[&Known], desk: &Desk) -> String {
        let answered = rows.iter().filter(|known| matches!(known.tested, Tested::Answered(_))).count();
        let tested = if answered > 0 { format!(" · {answered} answered") } else { String::new() };
        format!("{} known · looking at {}{tested}", rows.len(), desk.endpoint.name)
    }

    fn empty(&self, _desk: &Desk) -> (String, String) {
        let hint = "n adds one; docker contexts, DOCKER_HOST and sockets of this machine appear by themselves";
        ("no endpoint is known".into(), hint.into())
    }

    fn pages(&self) -> Vec<Box<dyn Page>> {
        vec![Box::new(FactsPage::new("Info", facts))]
    }

    fn open(&self, row: &Known, desk: &Desk) -> Option<Outcome> {
        let name = row.endpoint.name.as_str();
        Some(match is_current(row, desk) {
            true => Outcome::refuse(format!("`{name}` is looked at already")),
            false => Outcome::Wish(Wish::Switch(name.to_owned())),
        })
    }

    fn act(&mut self, intent: Intent, picked: &Picked<'_, Known>, desk: &Desk) -> Outcome {
        if intent == Intent::New {
            return Outcome::Open(Box::new(form::new()));
        }
        let act = match intent {
            Intent::Copy => |row: &Known, _: &Desk| Outcome::Wish(Wish::Copy(row.endpoint.address.to_string())),
            Intent::Test => |row: &Known, _: &Desk| Outcome::Wish(Wish::TestEndpoint(row.endpoint.name.clone())),
            Intent::Remove => remove,
            _ => return Outcome::Ignored,
        };
        picked.on_one(crate::app::keys::entry(intent).hint, |row| act(row, desk))
    }

    fn actions(&self) -> &'static [Intent] {
        &[Intent::Test, Intent::New, Intent::Remove, Intent::Copy]
    }

    fn word(&self, intent: Intent) -> Option<&'static str> {
        match intent {
            Intent::Open => Some("switch"),
            Intent::Test => Some("test"),
            Intent::Copy => Some("copy address"),
            _ => None,
        }
    }

    fn changes(&self, _intent: Intent) -> bool {
        false
    }

    fn refusal(&self, intent: Intent, row: Option<&Known>, desk: &Desk) -> Option<String> {
        row.filter(|_| intent == Intent::Remove).and_then(|row| kept(row, desk))
    }
}

type Col = Column<Known>;

const COLUMNS: &[Col] = &[
    Col::new("NAME", (10, 24), 0, name).by(|a, b, _| a.endpoint.name.cmp(&b.endpoint.name)),
    Col::new("ADDRESS", (20, 60), 0, address)
        .grows()
        .by(|a, b, _| a.endpoint.address.to_string().cmp(&b.endpoint.address.to_string())),
    Col::new("KIND", (6, 9), 3, |k, desk| muted(desk, k.endpoint.likely_kind().to_string()))
        .by(|a, b, _| a.endpoint.likely_kind().to_string().cmp(&b.endpoint.likely_kind().to_string())),
    Col::new("OS", (5, 16), 4, |k, desk| {
        let system = desk.store.system.as_ref().filter(|_| is_current(k, desk));
        maybe(desk, Role::Muted, system.map(|system| &system.os_type))
    }),
    Col::new("STATE", (12, 28), 0, |k, desk| {
        let (role, words) = state(k, desk);
        cell(desk, role, words)
    })
    .by(|a, b, desk| state(a, desk).1.cmp(&state(b, desk).1)),
    Col::new("LATENCY", (7, 7), 2, |k, desk| match &desk.store.link {
        Link::Live { latency } if is_current(k, desk) => muted(desk, millis(*latency)),
        _ => none(desk),
    })
    .right(),
    Col::new("CONTAINERS", (10, 10), 5, |k, desk| {
        let known = is_current(k, desk) && desk.store.fetch(Part::Containers).is_known();
        maybe(desk, Role::Muted, known.then_some(desk.store.containers.len()))
    })
    .right(),
    Col::new("FROM", (14, 14), 1, |k, desk| muted(desk, k.endpoint.source.to_string()))
        .by(|a, b, _| a.endpoint.source.to_string().cmp(&b.endpoint.source.to_string())),
];

fn is_current(known: &Known, desk: &Desk) -> bool {
    known.endpoint.name == desk.endpoint.name
}

/// The name of the one that is looked at stands out.
fn name(known: &Known, desk: &Desk) -> Line<'static> {
    let glyphs = desk.theme.glyphs();
    match is_current(known, desk) {
        true => cell(desk, Role::Accent, format!("{} {}", glyphs.endpoint, known.endpoint.name)),
        false => plain(desk, format!("  {}", known.endpoint.name)),
    }
}

/// The address, with a lock where it is encrypted and a warning where anybody on the way could take over.
fn address(known: &Known, desk: &Desk) -> Line<'static> {
    let glyphs = desk.theme.glyphs();
    let mut line = plain(desk, known.endpoint.address.to_string());
    if known.endpoint.uses_tls() {
        line.extend(cell(desk, Role::Good, format!(" {}", glyphs.lock)));
    } else if known.endpoint.is_plain_tcp() {
        line.extend(cell(desk, Role::Bad, format!(" {} no TLS", glyphs.warn)));
    }
    line
}

fn millis(latency: std::time::Duration) -> String {
    format!("{} ms", latency.as_millis().max(1))
}

/// How an endpoint stands: how its link is when it is looked at, else what its last test said.
fn state(known: &Known, desk: &Desk) -> (Role, String) {
    if is_current(known, desk) {
        return match &desk.store.link {
            Link::Connecting => (Role::Busy, "connecting".into()),
            Link::Live { .. } => (Role::Good, "live".into()),
            Link::Stale { since } => (Role::Warn, format!("stale {}", Age::since(*since, desk.now))),
            Link::Lost { .. } => (Role::Bad, "lost".into()),
        };
    }
    match &known.tested {
        Tested::Never => (Role::Muted, "never tested".into()),
        Tested::Testing => (Role::Busy, "testing".into()),
        Tested::Answered(words) => (Role::Good, words.clone()),
        Tested::Failed(_) => (Role::Bad, "no answer".into()),
    }
}

fn facts(subject: &Subject, desk: &Desk) -> Vec<Fact> {
    let Some(known) = desk.endpoints.iter().find(|known| known.endpoint.name == subject.id) else {
        return Vec::new();
    };
    let endpoint = &known.endpoint;
    let (role, words) = state(known, desk);
    let mut facts = vec![Fact::new("address", endpoint.address.to_string()), Fact::new("state", words).role(role)];
    let problem = match (&known.tested, &desk.store.link) {
        (_, Link::Lost { problem, .. }) if is_current(known, desk) => Some(problem),
        (Tested::Failed(problem), _) => Some(problem),
        _ => None,
    };
    if let Some(problem) = problem {
        facts.push(Fact::new("why", problem.sentence.as_str()).role(Role::Bad));
        facts.extend(Fact::known("what to do", problem.hint.as_ref()));
    }
    facts.push(Fact::new("told by", endpoint.source.to_string()));
    facts.push(Fact::new("changes", if endpoint.read_only { "none: it is read-only" } else { "are possible" }));
    facts.extend(encryption(endpoint));
    facts
}

fn encryption(endpoint: &Endpoint) -> Vec<Fact> {
    if endpoint.is_plain_tcp() {
        let words = "none: anybody on the way can read along and take the host over; use TLS or ssh://";
        return vec![Fact::new("encryption", words).role(Role::Bad)];
    }
    let mut facts: Vec<Fact> = Fact::known("encryption", endpoint.uses_tls().then_some("TLS"))
        .into_iter()
        .map(|f| f.role(Role::Good))
        .collect();
    if let Some(tls) = &endpoint.tls {
        let path = |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let files = [("CA file", path(&tls.ca)), ("certificate", path(&tls.cert)), ("key file", path(&tls.key))];
        facts.extend(files.into_iter().filter_map(|(name, file)| Fact::known(name, file)));
        if !tls.verify {
            facts.push(Fact::new("engine's name", "is not verified: anybody can pose as it").role(Role::Bad));
        }
    }
    facts
}

/// Why an endpoint cannot be removed.
fn kept(known: &Known, desk: &Desk) -> Option<String> {
    let name = &known.endpoint.name;
    if known.endpoint.source != Source::Config {
        let source = known.endpoint.source;
        return Some(format!("`{name}` is told by the {source}, not by the config file: it can only be removed there"));
    }
    is_current(known, desk).then(|| format!("`{name}` is looked at: switch to another endpoint first"))
}

fn remove(known: &Known, desk: &Desk) -> Outcome {
    if let Some(why) = kept(known, desk) {
        return Outcome::refuse(why);
    }
    let name = known.endpoint.name.clone();
    let title = format!("Remove `{name}` from the config file?");
    let choices = vec![Choice::new("keep", ""), Choice::new("remove", "the engine itself is not touched")];
    Outcome::Open(Box::new(Picker::new(title, choices, move |i| match i {
        1 => Outcome::Wish(Wish::RemoveEndpoint(name.clone())),
        _ => Outcome::Handled,
    })))
}

#[cfg(test)]
mod tests;
