//! What the cards of the overview say.

use ratatui::text::{Line, Span};

use super::{SAMPLED, known, subject};
use crate::{
    app::{desk::Desk, theme::Role},
    model::{
        Age, Bytes, Container, DiskUsage, Finding, Gravity, HostLoad, Kind, Part, Sample, Share, State, Subject,
        System, findings,
    },
    views::kit::{spark, text, wrap::wrap},
};

/// One card.
pub(super) struct Card {
    pub(super) title: &'static str,
    pub(super) remark: String,
    pub(super) lines: Vec<CardLine>,
}

/// One line of a card, and what it is about.
pub(super) struct CardLine {
    pub(super) line: Line<'static>,
    pub(super) subject: Option<Subject>,
}

impl Card {
    fn new(title: &'static str) -> Self {
        Self { title, remark: String::new(), lines: Vec::new() }
    }

    fn line(&mut self, line: Line<'static>) {
        self.lines.push(CardLine { line, subject: None });
    }

    fn item(&mut self, line: Line<'static>, subject: Subject) {
        self.lines.push(CardLine { line, subject: Some(subject) });
    }

    fn say(&mut self, desk: &Desk, role: Role, words: impl Into<String>) {
        self.line(Line::styled(words.into(), desk.theme.style(role)));
    }

    /// The card as text.
    pub(super) fn text(&self) -> String {
        let lines = self.lines.iter().map(|l| format!("  {}\n", text::plain(&l.line)));
        format!("{}\n{}", self.title, lines.collect::<String>())
    }
}

/// The cards, worked out anew only when something they show has changed.
#[derive(Default)]
pub(super) struct Cards {
    known: Option<(u64, u64, i64)>,
    all: Vec<Card>,
}

impl Cards {
    pub(super) fn of(&mut self, desk: &Desk) -> &[Card] {
        let now = (desk.store.revision, desk.store.sampled, desk.now.timestamp() / 5);
        if self.known != Some(now) {
            self.known = Some(now);
            self.all = vec![
                found(desk),
                containers(desk),
                engine(desk),
                disk(desk),
                top(desk, "Top CPU", |s| s.cpu_percent),
                top(desk, "Top memory", |s| s.memory.0 as f64),
                networks(desk),
                events(desk),
            ];
        }
        &self.all
    }
}

/// Columns of a fact's name.
const NAME: usize = 10;

fn fact(desk: &Desk, name: &str, value: impl Into<String>) -> Line<'static> {
    Line::from(vec![
        Span::styled(text::pad(name, NAME, false, desk.theme.glyphs()), desk.theme.style(Role::Muted)),
        Span::styled(format!(" {}", value.into()), desk.theme.style(Role::Text)),
    ])
}

fn engine(desk: &Desk) -> Card {
    let mut card = Card::new("Engine and host");
    card.line(fact(desk, "endpoint", desk.endpoint.address.to_string()));
    let Some(system) = &desk.store.system else {
        card.say(desk, Role::Muted, "asking the engine …");
        return card;
    };
    for (name, value) in facts(system) {
        if !value.trim().is_empty() {
            card.line(fact(desk, name, value));
        }
    }
    if let Some(HostLoad { disk_free: Some(free), disk_total: Some(total), .. }) = desk.store.loads.back() {
        card.line(fact(desk, "disk", format!("{free} of {total} free")));
    }
    card
}

fn facts(system: &System) -> [(&'static str, String); 10] {
    let cgroup = format!("v{} {}", system.cgroup_version, system.cgroup_driver);
    [
        ("engine", system.spoken()),
        ("host", system.hostname.clone()),
        ("system", system.os.clone()),
        ("kernel", format!("{} {}", system.kernel, system.arch)),
        ("size", format!("{} CPUs, {}", system.cpus, system.memory)),
        ("isolation", system.isolation.clone()),
        ("storage", format!("{} in {}", system.storage_driver, system.data_root)),
        ("cgroup", if system.cgroup_version.is_empty() { String::new() } else { cgroup }),
        ("runtime", system.runtime.clone()),
        ("security", system.security.join(", ")),
    ]
}

fn found(desk: &Desk) -> Card {
    let mut card = Card::new("Findings");
    let all = findings(&desk.store, desk.endpoint.is_plain_tcp(), desk.now);
    if !known(desk, Part::Containers) {
        card.say(desk, Role::Muted, "reading containers …");
    } else if all.is_empty() {
        card.say(desk, Role::Good, format!("{} nothing to worry about", desk.theme.glyphs().check));
    }
    card.remark = if all.is_empty() { String::new() } else { all.len().to_string() };
    for finding in all.iter().take(SHOWN) {
        finding_lines(&mut card, finding, desk);
    }
    if all.len() > SHOWN {
        card.say(desk, Role::Muted, format!("and {} more", all.len() - SHOWN));
    }
    card
}

/// Findings shown at once.
const SHOWN: usize = 8;
/// Columns that every card has room for.
const WIDE: usize = 35;

fn finding_lines(card: &mut Card, finding: &Finding, desk: &Desk) {
    let role = if finding.grave == Gravity::Bad { Role::Bad } else { Role::Warn };
    let glyphs = desk.theme.glyphs();
    for (index, words) in wrap(&finding.text, WIDE - 2).into_iter().enumerate() {
        let sign = if index == 0 { glyphs.warn } else { " " };
        let line = Line::from(vec![
            Span::styled(format!("{sign} "), desk.theme.style(role)),
            Span::styled(words, desk.theme.style(Role::Text)),
        ]);
        match (&finding.subject, index) {
            (Some(subject), 0) => card.item(line, subject.clone()),
            _ => card.line(line),
        }
    }
}

fn containers(desk: &Desk) -> Card {
    let mut card = Card::new("Containers");
    let count = |test: fn(&Container) -> bool| desk.store.containers.values().filter(|c| test(c)).count();
    let glyphs = desk.theme.glyphs();
    let rows: [(Role, &str, &str, usize); 5] = [
        (Role::Good, glyphs.running, "running", count(|c| c.state == State::Running)),
        (Role::Warn, glyphs.paused, "paused", count(|c| c.state == State::Paused)),
        (Role::Warn, glyphs.half, "restarting", count(|c| c.state == State::Restarting)),
        (Role::Muted, glyphs.stopped, "created", count(|c| c.state == State::Created)),
        (Role::Muted, glyphs.stopped, "exited", count(|c| matches!(c.state, State::Exited(_) | State::Dead))),
    ];
    for (role, sign, word, n) in rows.into_iter().filter(|(_, _, word, n)| *n > 0 || *word == "running") {
        let line = Line::from(vec![
            Span::styled(format!("{sign} "), desk.theme.style(role)),
            Span::styled(text::pad(word, NAME, false, glyphs), desk.theme.style(Role::Muted)),
            Span::styled(format!("{n:>7}"), desk.theme.style(Role::Text)),
        ]);
        card.item(line, Subject::new(Kind::Container, "", word));
    }
    card.remark = desk.store.containers.len().to_string();
    card
}

fn top(desk: &Desk, title: &'static str, worth: fn(&Sample) -> f64) -> Card {
    let mut card = Card::new(title);
    let running = desk.store.containers.values().filter(|c| c.state == State::Running).count();
    if running > SAMPLED {
        card.remark = format!("of {SAMPLED} sampled");
    }
    let mut used: Vec<(&Container, &Sample)> =
        desk.store.containers.values().filter_map(|c| Some((c, desk.store.sample(&c.id)?))).collect();
    used.sort_by(|a, b| worth(b.1).total_cmp(&worth(a.1)));
    for (container, sample) in used.into_iter().take(5) {
        card.item(use_line(container, sample, title == "Top CPU", desk), subject(container));
    }
    if card.lines.is_empty() {
        let words = if running == 0 { "nothing runs" } else { "sampling …" };
        card.say(desk, Role::Muted, words);
    }
    card
}

fn use_line(container: &Container, sample: &Sample, cpu: bool, desk: &Desk) -> Line<'static> {
    let glyphs = desk.theme.glyphs();
    let series = desk.store.stats.get(&container.id);
    let name = text::pad(&container.name, 16, false, glyphs);
    let (role, worth, shown): (Role, fn(&Sample) -> f64, String) = if cpu {
        (Role::ChartCpu, |s| s.cpu_percent, format!("{:>6.1} %", sample.cpu_percent))
    } else {
        (Role::ChartMemory, |s| s.memory.0 as f64, format!("{:>9}", sample.memory.to_string()))
    };
    let values: Vec<f64> = series.map(|s| s.iter().map(worth).collect()).unwrap_or_default();
    let top = values.iter().copied().fold(if cpu { 10.0 } else { 1.0 }, f64::max);
    Line::from(vec![
        Span::styled(name, desk.theme.style(Role::Text)),
        Span::raw(" "),
        Span::styled(spark::spark(&values, 8, Some(top), glyphs), desk.theme.style(role)),
        Span::styled(shown, desk.theme.style(Role::Text)),
    ])
}

fn disk(desk: &Desk) -> Card {
    let mut card = Card::new("Disk use");
    let Some(usage) = &desk.store.usage else {
        card.say(desk, Role::Muted, "counting …");
        return card;
    };
    let DiskUsage { images, containers, volumes, build_cache, at } = usage;
    card.remark = format!("{} ago", Age::since(*at, desk.now));
    let rows = [("images", images), ("writable", containers), ("volumes", volumes), ("cache", build_cache)];
    for (word, share) in rows {
        card.line(share_line(word, share, desk));
    }
    let all = |of: fn(&Share) -> Bytes| of(images) + of(containers) + of(volumes) + of(build_cache);
    let total = Share { count: 0, size: all(|s| s.size), reclaimable: all(|s| s.reclaimable) };
    card.line(share_line("together", &total, desk));
    card
}

fn share_line(word: &str, share: &Share, desk: &Desk) -> Line<'static> {
    let glyphs = desk.theme.glyphs();
    let count = if share.count > 0 { share.count.to_string() } else { String::new() };
    let free = if share.reclaimable.0 > 0 { format!("{} unused", share.reclaimable) } else { String::new() };
    Line::from(vec![
        Span::styled(text::pad(word, 9, false, glyphs), desk.theme.style(Role::Muted)),
        Span::styled(format!("{count:>3}{:>9}", share.size.to_string()), desk.theme.style(Role::Text)),
        Span::styled(format!(" {free}"), desk.theme.style(Role::Muted)),
    ])
}

fn events(desk: &Desk) -> Card {
    let mut card = Card::new("Last events");
    for event in desk.store.events.iter().rev().take(6) {
        let glyphs = desk.theme.glyphs();
        let line = Line::from(vec![
            Span::styled(format!("{} ", desk.clock(event.at)), desk.theme.style(Role::Stamp)),
            Span::styled(text::pad(&event.action, 9, false, glyphs), desk.theme.style(Role::Accent)),
            Span::styled(format!(" {}", event.name), desk.theme.style(Role::Text)),
        ]);
        card.item(line, Subject::new(event.kind, &event.id, &event.name));
    }
    if card.lines.is_empty() {
        card.say(desk, Role::Muted, "nothing has happened since longshore looks");
    }
    card
}

fn networks(desk: &Desk) -> Card {
    let mut card = Card::new("NAT networks");
    let all: Vec<_> = desk.store.networks.values().filter(|n| !n.subnets.is_empty()).collect();
    for network in all.iter().take(6) {
        let subnet = network.subnets.first().map(|s| s.range.clone()).unwrap_or_default();
        let out = if network.masquerades() { "masquerade" } else { "no way out" };
        let line = Line::from(vec![
            Span::styled(text::pad(&network.name, 12, false, desk.theme.glyphs()), desk.theme.style(Role::Text)),
            Span::styled(format!(" {subnet}"), desk.theme.style(Role::Text)),
            Span::styled(format!(" {out}"), desk.theme.style(Role::Muted)),
        ]);
        card.item(line, Subject::new(Kind::Network, network.id.as_str(), &network.name));
    }
    if all.is_empty() {
        let words = if known(desk, Part::Networks) { "no network has addresses" } else { "reading networks …" };
        card.say(desk, Role::Muted, words);
    }
    card
}
