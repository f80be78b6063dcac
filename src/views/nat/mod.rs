//! The NAT mappings: which host port leads into which container, and the connections of the moment. Knows no kernel.

mod pages;
mod publish;
mod way;

use ratatui::text::Line;

use crate::{
    app::{
        desk::Desk,
        keys::Intent,
        theme::Role,
        view::{Outcome, Wish},
    },
    model::{Kind, Mapping, Part, Reach, Subject},
    views::{
        Dashboard,
        board::{Board, BoardView, Column, Page, Picked, cell, gather, muted, none, plain},
        detail::{facts::FactsPage, related},
    },
};

/// The dashboard of NAT mappings.
pub fn dashboard() -> Box<dyn Dashboard> {
    Box::new(BoardView::new(Mappings))
}

struct Mappings;

impl Board for Mappings {
    type Row = Mapping;

    fn title(&self) -> &'static str {
        "NAT"
    }

    fn intent(&self) -> Intent {
        Intent::Nat
    }

    fn parts(&self) -> &'static [Part] {
        &[Part::Nat, Part::Networks]
    }

    fn rows<'a>(&self, desk: &'a Desk) -> Vec<&'a Mapping> {
        desk.store.nat.mappings.iter().collect()
    }

    fn id<'a>(&self, row: &'a Mapping) -> &'a str {
        row.id.as_str()
    }

    fn subject(&self, row: &Mapping) -> Subject {
        Subject::new(Kind::Mapping, row.id.as_str(), row.port.to_string())
    }

    fn columns(&self) -> &'static [Column<Mapping>] {
        COLUMNS
    }

    fn group<'a>(&self, row: &'a Mapping) -> Option<&'a str> {
        Some(&row.network)
    }

    fn group_word(&self) -> Option<&'static str> {
        Some("network")
    }

    fn haystack(&self, row: &Mapping, _desk: &Desk, text: &mut String) {
        let conflict = if row.conflict.is_some() { "conflict" } else { "" };
        let port = row.port.to_string();
        gather(text, [&port, &row.container_name, &row.network, row.made_by.word(), row.reach.word(), conflict]);
    }

    fn summary(&self, rows: &[&Mapping], desk: &Desk) -> String {
        let conflicts = rows.iter().filter(|row| row.conflict.is_some()).count();
        let conflicts = match conflicts {
            0 => String::new(),
            1 => " · 1 in conflict".into(),
            n => format!(" · {n} in conflict"),
        };
        let sessions = match (&desk.store.nat.sessions_hidden, desk.store.nat.sessions.len()) {
            (Some(_), _) => String::new(),
            (None, 1) => " · 1 live session".into(),
            (None, n) => format!(" · {n} live sessions"),
        };
        format!("{}{conflicts}{sessions}", Kind::Mapping.count(rows.len()))
    }

    fn note(&self, desk: &Desk) -> Option<Line<'static>> {
        desk.store.nat.derived.as_ref().map(|note| cell(desk, Role::Derived, note.as_str()))
    }

    fn empty(&self, desk: &Desk) -> (String, String) {
        let networks = pages::networks(desk).len();
        let networks = match networks {
            0 => String::new(),
            1 => "; 1 network goes out by the host's address".into(),
            n => format!("; {n} networks go out by the host's address"),
        };
        (format!("no host port leads into a container{networks}"), "a container publishes one with `-p 8080:80`".into())
    }

    fn pages(&self) -> Vec<Box<dyn Page>> {
        vec![
            Box::new(FactsPage::new("Mapping", pages::facts)),
            Box::<pages::SessionsPage>::default(),
            Box::new(FactsPage::new("Networks", |_, desk| pages::network_facts(desk))),
        ]
    }

    fn act(&mut self, intent: Intent, picked: &Picked<'_, Mapping>, desk: &Desk) -> Outcome {
        let act = match intent {
            Intent::Copy => |row: &Mapping, desk: &Desk| Outcome::Wish(Wish::Copy(way::url(row, desk))),
            Intent::Test => test,
            Intent::Jump => jump,
            Intent::New => return publish::form(picked.selected, desk).unwrap_or_else(Outcome::Refuse),
            Intent::Remove => return publish::close(&picked.rows, desk).unwrap_or_else(Outcome::Refuse),
            _ => return Outcome::Ignored,
        };
        picked.on_one(self.word(intent).unwrap_or("this"), |row| act(row, desk))
    }

    fn actions(&self) -> &'static [Intent] {
        &[Intent::New, Intent::Remove, Intent::Copy, Intent::Test, Intent::Jump, Intent::Groups]
    }

    fn word(&self, intent: Intent) -> Option<&'static str> {
        Some(match intent {
            Intent::New => "publish",
            Intent::Remove => "close",
            Intent::Copy => "copy URL",
            Intent::Test => "probe",
            Intent::Jump => "jump",
            Intent::Groups => "networks",
            _ => return None,
        })
    }

    fn refusal(&self, intent: Intent, row: Option<&Mapping>, desk: &Desk) -> Option<String> {
        if matches!(intent, Intent::New | Intent::Remove) {
            return publish::refusal(desk).map(|refusal| refusal.0);
        }
        row.filter(|_| intent == Intent::Test).and_then(way::untestable)
    }
}

type Col = Column<Mapping>;

const COLUMNS: &[Col] = &[
    Col::new("HOST", (12, 26), 0, |m, desk| plain(desk, way::host(m))).by(|a, b, _| key(a).cmp(&key(b))),
    Col::new("LEADS TO", (14, 32), 0, target).grows().by(|a, b, _| a.container_name.cmp(&b.container_name)),
    Col::new("STATE", (8, 8), 0, reach).by(|a, b, _| a.reach.cmp(&b.reach)),
    Col::new("CONFLICT", (8, 20), 1, conflict).down(|a, b, _| a.conflict.cmp(&b.conflict)),
    Col::new("NETWORK", (8, 18), 3, |m, desk| muted(desk, m.network.as_str())).by(|a, b, _| a.network.cmp(&b.network)),
    Col::new("MADE BY", (7, 10), 4, |m, desk| muted(desk, m.made_by.word())).by(|a, b, _| a.made_by.cmp(&b.made_by)),
    Col::new("SESSIONS", (8, 8), 2, |m, desk| match pages::sessions(m, desk).count() {
        0 => none(desk),
        n => plain(desk, n.to_string()),
    })
    .right()
    .only(|desk| desk.store.nat.sessions_hidden.is_none()),
];

/// Ports sort by number and not by letters.
fn key(mapping: &Mapping) -> (Option<u16>, crate::model::Protocol, Option<&str>) {
    (mapping.port.host_port, mapping.port.protocol, mapping.port.host_ip.as_deref())
}

fn target(mapping: &Mapping, desk: &Desk) -> Line<'static> {
    let mut line = plain(desk, mapping.container_name.as_str());
    let port = format!(":{}/{}", mapping.port.container_port, mapping.port.protocol);
    line.extend(muted(desk, port));
    line
}

fn reach_role(reach: Reach) -> Role {
    match reach {
        Reach::Up | Reach::Answered => Role::Good,
        Reach::Down => Role::Muted,
        Reach::Refused => Role::Bad,
    }
}

fn reach(mapping: &Mapping, desk: &Desk) -> Line<'static> {
    cell(desk, reach_role(mapping.reach), mapping.reach.word())
}

fn conflict(mapping: &Mapping, desk: &Desk) -> Line<'static> {
    match &mapping.conflict {
        Some(with) => cell(desk, Role::Bad, with.as_str()),
        None => none(desk),
    }
}

fn test(mapping: &Mapping, desk: &Desk) -> Outcome {
    match (way::untestable(mapping), way::socket(mapping, desk)) {
        (Some(why), _) => Outcome::refuse(why),
        (None, socket) => Outcome::Wish(Wish::TestPort(socket)),
    }
}

/// Leads to the container, or to the network where that is known too and wanted.
fn jump(mapping: &Mapping, desk: &Desk) -> Outcome {
    let container =
        mapping.container.iter().map(|id| Subject::new(Kind::Container, id.as_str(), &mapping.container_name));
    let network = desk.store.networks.values().filter(|network| network.name == mapping.network);
    let network = network.map(|network| Subject::new(Kind::Network, network.id.as_str(), &network.name));
    let unknown = format!("the engine does not know who {} is", mapping.container_name);
    related::jump("Jump to", container.chain(network).collect(), unknown)
}

#[cfg(test)]
mod tests;
