//! The firewall's rules that touch containers, in the order in which the host looks at them. Knows no kernel.

mod change;
mod explain;
mod packet;

use std::collections::BTreeMap;

use ratatui::text::Line;

use crate::{
    app::{
        desk::Desk,
        keys::Intent,
        theme::Role,
        view::{Outcome, Wish},
    },
    model::{Action, Bytes, ContainerId, Kind, Part, Rule, Subject},
    views::{
        Dashboard,
        board::{Board, BoardView, Column, Page, Picked, Sort, cell, maybe, muted, plain},
        detail::facts::{Fact, FactsPage},
        overlay::Prompt,
    },
};

/// The dashboard of firewall rules.
pub fn dashboard() -> Box<dyn Dashboard> {
    Box::new(BoardView::new(Rules))
}

struct Rules;

impl Board for Rules {
    type Row = Rule;

    fn title(&self) -> &'static str {
        "Firewall"
    }

    fn intent(&self) -> Intent {
        Intent::Firewall
    }

    fn parts(&self) -> &'static [Part] {
        &[Part::Firewall, Part::Networks]
    }

    fn rows<'a>(&self, desk: &'a Desk) -> Vec<&'a Rule> {
        desk.store.firewall.rules.iter().collect()
    }

    fn id<'a>(&self, row: &'a Rule) -> &'a str {
        row.id.as_str()
    }

    fn subject(&self, row: &Rule) -> Subject {
        Subject::new(Kind::Rule, row.id.as_str(), format!("{} {}", row.order, row.name))
    }

    fn columns(&self) -> &'static [Column<Rule>] {
        COLUMNS
    }

    fn sort(&self) -> Option<Sort> {
        Some(Sort { column: 0, down: false })
    }

    fn group<'a>(&self, row: &'a Rule) -> Option<&'a str> {
        Some(&row.chain)
    }

    fn group_word(&self) -> Option<&'static str> {
        Some("chain")
    }

    fn haystack(&self, row: &Rule, _desk: &Desk, text: &mut String) {
        let container = row.container_name.as_deref().unwrap_or_default();
        let words = [&row.name, row.direction.word(), row.owner.word(), &row.chain, container, &row.text];
        text.push_str(&words.join(" "));
    }

    fn summary(&self, rows: &[&Rule], _desk: &Desk) -> String {
        let stops = rows.iter().filter(|rule| matches!(rule.action, Action::Drop | Action::Reject)).count();
        let words = Kind::Rule.count(rows.len());
        match stops {
            0 => words,
            1 => format!("{words} · 1 stops packets"),
            n => format!("{words} · {n} stop packets"),
        }
    }

    fn note(&self, desk: &Desk) -> Option<Line<'static>> {
        desk.store.firewall.derived.as_ref().map(|note| cell(desk, Role::Derived, note.as_str()))
    }

    fn empty(&self, _desk: &Desk) -> (String, String) {
        let hint = "rules appear when a container publishes a port or a network goes out by the host's address";
        ("no rule of the firewall touches a container".into(), hint.into())
    }

    fn pages(&self) -> Vec<Box<dyn Page>> {
        vec![Box::new(FactsPage::new("Rule", facts))]
    }

    fn act(&mut self, intent: Intent, picked: &Picked<'_, Rule>, desk: &Desk) -> Outcome {
        match intent {
            Intent::Test => explain(desk),
            Intent::Jump => picked.on_one("jump", jump),
            Intent::Copy => {
                let texts = picked.rows.iter().map(|rule| rule.text.as_str());
                Outcome::Wish(Wish::Copy(texts.collect::<Vec<_>>().join("\n")))
            }
            Intent::New => change::form(desk).unwrap_or_else(Outcome::Refuse),
            Intent::Remove => change::remove(&picked.rows, desk).unwrap_or_else(Outcome::Refuse),
            _ => Outcome::Ignored,
        }
    }

    fn actions(&self) -> &'static [Intent] {
        &[Intent::New, Intent::Remove, Intent::Test, Intent::Jump, Intent::Copy, Intent::Groups]
    }

    fn word(&self, intent: Intent) -> Option<&'static str> {
        match intent {
            Intent::Test => Some("explain"),
            Intent::Groups => Some("chains"),
            _ => None,
        }
    }

    fn refusal(&self, intent: Intent, row: Option<&Rule>, desk: &Desk) -> Option<String> {
        match intent {
            Intent::Test => unexplained(desk),
            Intent::Jump => row.filter(|rule| rule.container.is_none()).map(nobody),
            Intent::New => change::refusal(desk).map(|refusal| refusal.0),
            Intent::Remove => row.filter(|rule| rule.number.is_none()).map(|rule| change::foreign(rule, desk).0),
            _ => None,
        }
    }
}

type Col = Column<Rule>;

const COLUMNS: &[Col] = &[
    Col::new("#", (3, 5), 0, |r, desk| muted(desk, r.order.to_string())).right().by(|a, b, _| a.order.cmp(&b.order)),
    Col::new("NAME", (14, 40), 0, |r, desk| plain(desk, r.name.as_str())).grows().by(|a, b, _| a.name.cmp(&b.name)),
    Col::new("WAY", (4, 4), 3, |r, desk| muted(desk, r.direction.word())).by(|a, b, _| a.direction.cmp(&b.direction)),
    Col::new("ACTION", (10, 26), 0, action).by(|a, b, _| a.action.cmp(&b.action)),
    Col::new("PROTO", (5, 6), 2, |r, desk| muted(desk, r.protocol.as_str())).by(|a, b, _| a.protocol.cmp(&b.protocol)),
    Col::new("PORTS", (6, 14), 0, |r, desk| told(&r.ports, desk)).by(|a, b, _| a.ports.cmp(&b.ports)),
    Col::new("REMOTE", (10, 20), 6, |r, desk| told(&r.remote, desk)).by(|a, b, _| a.remote.cmp(&b.remote)),
    Col::new("CHAIN", (12, 26), 5, |r, desk| muted(desk, r.chain.as_str())).by(|a, b, _| a.chain.cmp(&b.chain)),
    Col::new("ON", (3, 3), 1, |r, desk| muted(desk, if r.enabled { "yes" } else { "no" }))
        .only(|desk| desk.store.firewall.rules.iter().any(|rule| !rule.enabled))
        .by(|a, b, _| a.enabled.cmp(&b.enabled)),
    Col::new("OWNER", (9, 9), 4, |r, desk| muted(desk, r.owner.word())).by(|a, b, _| a.owner.cmp(&b.owner)),
    Col::new("CONTAINER", (9, 20), 1, |r, desk| maybe(desk, Role::Text, r.container_name.as_deref()))
        .by(|a, b, _| a.container_name.cmp(&b.container_name)),
    Col::new("HITS", (6, 7), 2, |r, desk| maybe(desk, Role::Muted, r.packets.map(short)))
        .right()
        .only(counted)
        .down(|a, b, _| a.packets.cmp(&b.packets)),
    Col::new("BYTES", (8, 8), 4, |r, desk| maybe(desk, Role::Muted, r.bytes.map(Bytes)))
        .right()
        .only(counted)
        .down(|a, b, _| a.bytes.cmp(&b.bytes)),
];

fn counted(desk: &Desk) -> bool {
    desk.store.firewall.derived.is_none()
}

fn action_role(action: &Action) -> Role {
    match action {
        Action::Accept | Action::Dnat(_) => Role::Good,
        Action::Drop | Action::Reject => Role::Bad,
        Action::Masquerade => Role::Info,
        Action::Jump(_) | Action::Return | Action::Continue => Role::Muted,
    }
}

fn action(rule: &Rule, desk: &Desk) -> Line<'static> {
    cell(desk, action_role(&rule.action), desk.theme.glyphs().plain(&rule.action.word()))
}

/// What a rule asks for; nothing asked is everything.
fn told(asked: &str, desk: &Desk) -> Line<'static> {
    if asked.is_empty() { muted(desk, "all") } else { plain(desk, asked) }
}

/// A number with a decimal prefix, so that it stays short.
fn short(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        1_000..1_000_000 => format!("{:.1} k", number as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} M", number as f64 / 1e6),
        _ => format!("{:.1} G", number as f64 / 1e9),
    }
}

fn facts(subject: &Subject, desk: &Desk) -> Vec<Fact> {
    let Some(rule) = desk.store.firewall.rules.iter().find(|rule| rule.id.as_str() == subject.id) else {
        return Vec::new();
    };
    let all = |asked: &str| if asked.is_empty() { "all".to_owned() } else { asked.to_owned() };
    let state = if rule.enabled { "in force" } else { "not in force" };
    let mut facts = vec![
        Fact::sentence(Role::Accent, rule.text.as_str()),
        Fact::sentence(Role::Text, ""),
        Fact::new("action", rule.action.word()).role(action_role(&rule.action)),
        Fact::new("chain", format!("{}, {state}", rule.chain)),
        Fact::new("direction", rule.direction.word()),
        Fact::new("protocol", format!("{}, ports {}", rule.protocol, all(&rule.ports))),
        Fact::new("remote", all(&rule.remote)),
        Fact::new("owner", rule.owner.word()),
    ];
    facts.extend(Fact::known("container", rule.container_name.as_ref()));
    facts.extend(Fact::known("packets", rule.packets));
    facts.extend(Fact::known("bytes", rule.bytes.map(Bytes)));
    facts.push(Fact::new("id", rule.id.as_str()).role(Role::Muted));
    facts
}

fn nobody(rule: &Rule) -> String {
    format!("rule {} is about no container in particular", rule.order)
}

fn jump(rule: &Rule) -> Outcome {
    match &rule.container {
        Some(id) => {
            Outcome::Jump(Subject::new(Kind::Container, id.as_str(), rule.container_name.clone().unwrap_or_default()))
        }
        None => Outcome::refuse(nobody(rule)),
    }
}

/// Why it cannot be told what the rules do with a packet.
fn unexplained(desk: &Desk) -> Option<String> {
    let derived = desk.store.firewall.derived.as_ref()?;
    Some(format!("only the real rules tell what happens to a packet, and these are {derived}"))
}

/// Asks for a packet and shows which rule decides about it.
fn explain(desk: &Desk) -> Outcome {
    if let Some(why) = unexplained(desk) {
        return Outcome::refuse(why);
    }
    let names: BTreeMap<String, ContainerId> =
        desk.store.containers.values().map(|c| (c.name.clone(), c.id.clone())).collect();
    let take = move |typed: &str| {
        let packet = packet::parse(typed, |name| names.get(name).cloned())?;
        Ok(Outcome::Open(Box::new(explain::Explained::new(packet)) as Box<_>))
    };
    Outcome::Open(Box::new(Prompt::new("Explain a packet", take).with("in tcp ").explained(packet::GRAMMAR)))
}

#[cfg(test)]
mod tests;
