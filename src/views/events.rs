//! The events: what happened since longshore connected, newest first. Knows no engine.

use ratatui::text::Line;

use crate::{
    app::{
        desk::Desk,
        keys::Intent,
        theme::Role,
        view::{Outcome, Wish},
    },
    model::{Event, Fetch, Happening, Kind, Part, State, Subject},
    views::{
        Dashboard,
        board::{Board, BoardView, Column, LinesPage, Page, Picked, cell, gather, muted, plain},
        detail::facts::{Fact, FactsPage},
    },
};

/// The dashboard of events.
pub fn dashboard() -> Box<dyn Dashboard> {
    Box::new(BoardView::new(Events))
}

struct Events;

impl Board for Events {
    type Row = Happening;

    fn title(&self) -> &'static str {
        "Events"
    }

    fn intent(&self) -> Intent {
        Intent::Events
    }

    fn parts(&self) -> &'static [Part] {
        &[]
    }

    fn rows<'a>(&self, desk: &'a Desk) -> Vec<&'a Happening> {
        desk.store.events.iter().rev().collect()
    }

    fn id<'a>(&self, row: &'a Happening) -> &'a str {
        row.number()
    }

    fn subject(&self, row: &Happening) -> Subject {
        Subject::new(Kind::Other, row.number(), format!("{} {}", row.action, short(row)))
    }

    fn columns(&self) -> &'static [Column<Happening>] {
        COLUMNS
    }

    fn haystack(&self, row: &Happening, _desk: &Desk, text: &mut String) {
        gather(text, [row.kind.word(), &row.action, &row.name, &detail(row, DOT)]);
    }

    fn summary(&self, rows: &[&Happening], desk: &Desk) -> String {
        let bad = rows.iter().filter(|row| role(row) == Role::Bad).count();
        let since = rows.last().map(|row| format!(" since {}", desk.clock(row.at))).unwrap_or_default();
        let bad = match bad {
            0 => String::new(),
            1 => " · 1 failure".into(),
            n => format!(" · {n} failures"),
        };
        format!("{}{since}{bad}", rows.len())
    }

    fn empty(&self, _desk: &Desk) -> (String, String) {
        let hint = "an engine tells events from the moment it is connected to: start or stop something to see one";
        ("nothing happened since longshore connected".into(), hint.into())
    }

    fn pages(&self) -> Vec<Box<dyn Page>> {
        vec![Box::new(FactsPage::new("Detail", facts)), Box::new(LinesPage::new("Related", related))]
    }

    fn act(&mut self, intent: Intent, picked: &Picked<'_, Happening>, desk: &Desk) -> Outcome {
        match intent {
            Intent::Jump => picked.on_one("jump", |event| jump(event, desk)),
            Intent::Copy => {
                let line = |event: &&Happening| {
                    let words = [event.kind.word(), &event.action, &event.name, &detail(event, DOT)].join(" ");
                    format!("{} {}", event.at.to_rfc3339(), words.trim_end())
                };
                Outcome::Wish(Wish::Copy(picked.rows.iter().map(line).collect::<Vec<_>>().join("\n")))
            }
            _ => Outcome::Ignored,
        }
    }

    fn actions(&self) -> &'static [Intent] {
        &[Intent::Jump, Intent::Copy, Intent::Save]
    }

    fn refusal(&self, intent: Intent, row: Option<&Happening>, desk: &Desk) -> Option<String> {
        match (intent, row) {
            (Intent::Jump, Some(event)) => object(event, desk).err(),
            _ => None,
        }
    }
}

type Col = Column<Happening>;

const COLUMNS: &[Col] = &[
    Col::new("TIME", (8, 8), 0, |e, desk| muted(desk, desk.clock(e.at))).by(|a, b, _| a.at.cmp(&b.at)),
    Col::new("KIND", (9, 9), 2, |e, desk| muted(desk, e.kind.word())).by(|a, b, _| a.kind.cmp(&b.kind)),
    Col::new("ACTION", (10, 24), 0, |e, desk| cell(desk, role(e), action(e))).by(|a, b, _| a.action.cmp(&b.action)),
    Col::new("OBJECT", (12, 32), 0, |e, desk| plain(desk, short(e))).by(|a, b, _| a.name.cmp(&b.name)),
    Col::new("DETAIL", (16, 60), 1, |e, desk| muted(desk, detail(e, desk.theme.glyphs().dot))).grows(),
];

/// The action in a word; of a health check, what it found.
fn action(event: &Event) -> &str {
    event.action.strip_prefix("health_status: ").unwrap_or(&event.action)
}

/// The object's name; an id that stands for one is cut.
fn short(event: &Event) -> String {
    crate::model::ContainerId::new(&event.name).short().to_owned()
}

/// Between details, where no theme says otherwise.
const DOT: &str = "·";

/// What more is known, in words: `exit code 137 · image nginx`.
fn detail(event: &Event, dot: &str) -> String {
    let words = event.detail.iter().map(|(key, value)| format!("{} {value}", name(key)));
    words.collect::<Vec<_>>().join(&format!(" {dot} "))
}

/// An attribute's name as people say it.
fn name(key: &str) -> &str {
    match key {
        "exitCode" => "exit code",
        "oldName" => "was",
        "execID" => "exec",
        key => key,
    }
}

fn exit_code(event: &Event) -> Option<i64> {
    event.detail.iter().find(|(key, _)| key == "exitCode")?.1.parse().ok()
}

/// How an event is meant.
fn role(event: &Event) -> Role {
    match event.action.as_str() {
        "oom" | "health_status: unhealthy" => Role::Bad,
        "die" => match exit_code(event) {
            Some(0) => Role::Muted,
            Some(code) if !State::Exited(code).is_failure() => Role::Warn,
            _ => Role::Bad,
        },
        "start" | "unpause" | "health_status: healthy" => Role::Good,
        "kill" | "stop" | "pause" | "restart" | "destroy" | "delete" | "remove" | "prune" => Role::Warn,
        "create" | "pull" | "tag" | "connect" | "mount" => Role::Info,
        action if action.starts_with("exec_") => Role::Muted,
        _ => Role::Text,
    }
}

/// The object as it can be shown, or why it cannot.
fn object(event: &Event, desk: &Desk) -> Result<Subject, String> {
    let store = &desk.store;
    let id = event.id.as_str();
    let images = || store.images.values().find(|i| i.id.as_str() == id || i.tags.iter().any(|tag| tag == id));
    let (part, id) = match event.kind {
        Kind::Container => (Part::Containers, store.containers.get(id).map(|c| c.id.as_str())),
        Kind::Image => (Part::Images, images().map(|i| i.id.as_str())),
        Kind::Volume => (Part::Volumes, store.volumes.iter().find(|v| v.name.as_str() == id).map(|v| v.name.as_str())),
        Kind::Network => (Part::Networks, store.networks.get(id).map(|n| n.id.as_str())),
        _ => return Ok(Subject::new(event.kind, id, &event.name)),
    };
    match (id, store.fetch(part)) {
        (None, Fetch::Known(_)) => Err(format!("{} `{}` is gone", event.kind.word(), short(event))),
        (id, _) => Ok(Subject::new(event.kind, id.unwrap_or(&event.id), &event.name)),
    }
}

fn jump(event: &Event, desk: &Desk) -> Outcome {
    object(event, desk).map_or_else(Outcome::refuse, Outcome::Jump)
}

fn find<'a>(subject: &Subject, desk: &'a Desk) -> Option<&'a Happening> {
    desk.store.events.iter().find(|event| event.number() == subject.id)
}

fn facts(subject: &Subject, desk: &Desk) -> Vec<Fact> {
    let Some(event) = find(subject, desk) else {
        return vec![Fact::sentence(Role::Muted, "so much has happened since that this event is forgotten")];
    };
    let mut facts = vec![
        Fact::new("time", desk.stamp(event.at)),
        Fact::new(event.kind.word(), event.name.as_str()),
        Fact::new("action", event.action.as_str()).role(role(event)),
    ];
    facts.extend(event.detail.iter().map(|(key, value)| Fact::new(name(key), value.as_str())));
    facts.push(Fact::new("id", event.id.as_str()).role(Role::Muted));
    facts
}

/// Everything that happened to the same object, newest first.
fn related(subject: &Subject, desk: &Desk) -> Vec<Line<'static>> {
    let Some(event) = find(subject, desk) else { return Vec::new() };
    let same = |other: &&Happening| (other.kind, &other.id) == (event.kind, &event.id);
    let line = |other: &Happening| {
        let here = if other.number() == event.number() { desk.theme.glyphs().bar } else { " " };
        let mut line = cell(desk, Role::Accent, format!("{here} "));
        line.extend(muted(desk, format!("{}  ", desk.clock(other.at))));
        line.extend(cell(desk, role(other), format!("{}  ", action(other))));
        line.extend(muted(desk, detail(other, desk.theme.glyphs().dot)));
        line
    };
    desk.store.events.iter().rev().filter(same).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Change, Listing},
        views::stage::{Landing, Stage},
    };

    fn event(second: i64, kind: Kind, action: &str, name: &str, detail: &[(&str, &str)]) -> Change {
        let at = Desk::for_test().now + chrono::Duration::seconds(second);
        let detail = detail.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Change::Event(Event { at, kind, action: action.into(), id: format!("id-{name}"), name: name.into(), detail })
    }

    fn desk() -> Desk {
        Desk::for_test().told([
            event(1, Kind::Image, "pull", "nginx:1.27", &[]),
            event(2, Kind::Container, "start", "web-1", &[("image", "nginx:1.27")]),
            event(3, Kind::Container, "health_status: unhealthy", "web-1", &[("image", "nginx:1.27")]),
            event(4, Kind::Network, "connect", "shop", &[("container", "web-1")]),
            event(5, Kind::Container, "die", "web-1", &[("exitCode", "137"), ("image", "nginx:1.27")]),
            event(6, Kind::Container, "die", "job-7", &[("exitCode", "0")]),
        ])
    }

    fn stage(desk: Desk) -> Stage {
        Stage::new(desk, vec![dashboard(), Landing::of(Intent::Containers)])
    }

    #[test]
    fn the_newest_is_on_top_and_says_what_it_was() {
        insta::assert_snapshot!("80x24", stage(desk()).screen());
        insta::assert_snapshot!("160x45", stage(desk()).sized(160, 45).press(&["down", "tab"]).screen());
    }

    #[test]
    fn an_empty_table_says_since_when_it_listens() {
        let screen = stage(Desk::for_test()).screen();
        assert!(screen.contains("nothing happened since longshore connected"), "{screen}");
    }

    #[test]
    fn failing_stands_out_and_ending_as_asked_does_not() {
        let roles = |code: &str| {
            let desk = Desk::for_test().told([event(1, Kind::Container, "die", "x", &[("exitCode", code)])]);
            role(&desk.store.events[0])
        };
        assert_eq!(["0", "143", "1", "137"].map(roles), [Role::Muted, Role::Warn, Role::Bad, Role::Bad]);
    }

    #[test]
    fn jumping_leads_to_the_object_unless_it_is_gone() {
        let mut stage = stage(desk());
        assert!(stage.press(&["J"]).screen().contains("landed on id-job-7"));
        let gone = desk().told([Change::Listed(Listing::Containers(Vec::new()))]);
        let mut stage = self::stage(gone);
        assert_eq!(stage.press(&["J"]).refused(), "container `job-7` is gone");
    }

    #[test]
    fn the_selection_stays_on_its_event_while_others_come() {
        let mut stage = stage(desk());
        stage.press(&["down"]);
        stage.desk = desk().told([event(7, Kind::Container, "start", "late", &[])]);
        assert!(stage.press(&["J"]).screen().contains("landed on id-web-1"));
    }

    #[test]
    fn copying_gives_a_line_that_a_machine_can_read() {
        assert_eq!(stage(desk()).press(&["c"]).copied(), "2026-01-02T12:00:06+00:00 container die job-7 exit code 0");
    }
}
