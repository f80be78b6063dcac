//! The pages of a NAT mapping: its facts, its live sessions, the networks behind it. Knows no kernel.

use crossterm::event::KeyEvent;
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::Line,
};

use super::{reach_role, way};
use crate::{
    app::{desk::Desk, keys::Intent, theme::Role, view::Outcome},
    model::{Bytes, Mapping, NatSession, Network, Reach, Subject},
    views::{
        board::{Page, Scroll, muted, page::joined, plain},
        detail::facts::Fact,
        kit::text,
    },
};

fn find<'a>(subject: &Subject, desk: &'a Desk) -> Option<&'a Mapping> {
    desk.store.nat.mappings.iter().find(|mapping| mapping.id.as_str() == subject.id)
}

/// Everything about one mapping.
pub(super) fn facts(subject: &Subject, desk: &Desk) -> Vec<Fact> {
    let Some(mapping) = find(subject, desk) else { return Vec::new() };
    let port = &mapping.port;
    let mut facts = Vec::new();
    if let Some(with) = &mapping.conflict {
        let taken = port.host_port.unwrap_or_default();
        let sentence = format!("port {taken}/{} is taken by {with}: only one of them can have it", port.protocol);
        facts.extend([Fact::sentence(Role::Bad, sentence), Fact::sentence(Role::Text, "")]);
    }
    let state = match mapping.reach {
        Reach::Up => "up: its container runs",
        Reach::Down => "down: its container does not run",
        Reach::Answered => "a probe was answered",
        Reach::Refused => "a probe was refused or timed out",
    };
    facts.push(Fact::new("host", way::host(mapping)));
    facts.push(Fact::new(
        "leads to",
        format!("{} port {}/{}", mapping.container_name, port.container_port, port.protocol),
    ));
    facts.extend(Fact::known("sent on to", mapping.target.as_deref()));
    facts.push(Fact::new("URL", way::url(mapping, desk)).role(Role::Accent));
    facts.push(Fact::new("state", state).role(reach_role(mapping.reach)));
    facts.extend(Fact::known("network", Some(&mapping.network)));
    facts.push(Fact::new("made by", mapping.made_by.word()));
    facts.extend(Fact::known("container id", mapping.container.as_ref()).map(|fact| fact.role(Role::Muted)));
    facts
}

/// The live sessions that came in by a mapping.
pub(super) fn sessions<'a>(mapping: &'a Mapping, desk: &'a Desk) -> impl Iterator<Item = &'a NatSession> {
    desk.store.nat.sessions.iter().filter(move |session| comes_by(session, mapping))
}

fn comes_by(session: &NatSession, mapping: &Mapping) -> bool {
    let port = |socket: &str| socket.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    let into = match &mapping.target {
        Some(target) => session.translated == *target,
        None => session.container.as_deref() == Some(&mapping.container_name),
    };
    !session.outbound
        && into
        && session.protocol == mapping.port.protocol
        && port(&session.destination) == mapping.port.host_port
}

/// The networks whose containers go out by the host's address.
pub(super) fn networks(desk: &Desk) -> Vec<&Network> {
    desk.store.networks.values().filter(|network| network.masquerades()).collect()
}

/// NAT networks with their ranges.
pub(super) fn network_facts(desk: &Desk) -> Vec<Fact> {
    let mut networks = networks(desk);
    networks.sort_by(|a, b| a.name.cmp(&b.name));
    if networks.is_empty() {
        return vec![Fact::sentence(Role::Muted, "no network goes out by the host's address")];
    }
    let fact = |network: &&Network| {
        let ranges = network.subnets.iter().map(|subnet| match &subnet.gateway {
            Some(gateway) => format!("{} by gateway {gateway}", subnet.range),
            None => subnet.range.clone(),
        });
        let ranges = ranges.collect::<Vec<_>>().join(", ");
        Fact::new(&network.name, format!("{} · {ranges} · goes out masqueraded", network.driver))
    };
    networks.iter().map(fact).collect()
}

/// Live translated connections: those of the mapping, or with `space` all of them.
#[derive(Default)]
pub(super) struct SessionsPage {
    all: bool,
    scroll: Scroll,
}

impl SessionsPage {
    fn lines(&self, subject: &Subject, desk: &Desk) -> Vec<Line<'static>> {
        if let Some(why) = &desk.store.nat.sessions_hidden {
            return vec![muted(desk, format!("live sessions cannot be seen: {why}"))];
        }
        let shown: Vec<&NatSession> = match find(subject, desk) {
            Some(mapping) if !self.all => sessions(mapping, desk).collect(),
            _ => desk.store.nat.sessions.iter().collect(),
        };
        if shown.is_empty() {
            let words = if self.all { "nobody is connected" } else { "nobody is connected by this mapping now" };
            return vec![muted(desk, words)];
        }
        shown.into_iter().map(|session| line(session, desk)).collect()
    }
}

impl Page for SessionsPage {
    fn title(&self) -> &'static str {
        "Sessions"
    }

    fn turn(&mut self, _subject: &Subject) {
        self.scroll = Scroll::default();
    }

    fn key(&mut self, intent: Option<Intent>, _key: KeyEvent, _subject: &Subject, _desk: &Desk) -> Outcome {
        if intent == Some(Intent::Toggle) {
            self.all = !self.all;
            return Outcome::Handled;
        }
        self.scroll.key(intent)
    }

    fn draw(&mut self, subject: &Subject, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        self.scroll.draw(self.lines(subject, desk), area, buffer, desk);
        None
    }

    fn remark(&self, _subject: &Subject, _desk: &Desk) -> String {
        if self.all { "of all mappings; space: of this one" } else { "of this mapping; space: of all" }.into()
    }

    fn text(&self, subject: &Subject, desk: &Desk) -> Option<String> {
        Some(joined(&self.lines(subject, desk)))
    }
}

/// Columns of an address with its port, IPv4.
const SOCKET: usize = 21;

/// `tcp ESTABLISHED 10.0.0.5:51234 → 10.0.0.1:8080 → 172.17.0.2:80  1.2 MiB  web`.
fn line(session: &NatSession, desk: &Desk) -> Line<'static> {
    let glyphs = desk.theme.glyphs();
    let pad = |socket: &str| text::pad(socket, SOCKET.max(text::width(socket)), false, glyphs);
    let mut line = muted(desk, format!("{:<4} {:<11} ", session.protocol.word(), session.state.to_lowercase()));
    line.extend(plain(desk, pad(&session.source)));
    line.extend(muted(desk, format!(" {} {}", glyphs.to, pad(&session.destination))));
    line.extend(plain(desk, format!(" {} {}", glyphs.to, pad(&session.translated))));
    let bytes = session.bytes.map(|bytes| format!("  {}", Bytes(bytes)));
    let left = session.timeout.map(|seconds| format!("  {seconds} s left"));
    let name = session.container.as_ref().map(|name| format!("  {name}"));
    line.extend(muted(desk, [bytes, left, name].into_iter().flatten().collect::<String>()));
    line
}
