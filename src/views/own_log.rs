//! longshore's own log, newest last: what it did and what troubled it. Writes none.

use tracing::Level;

use crate::{
    app::{
        desk::Desk,
        keys::Intent,
        own_log::Noted,
        theme::Role,
        view::{Outcome, Wish},
    },
    model::{Kind, Part, Subject},
    views::{
        Dashboard,
        board::{Board, BoardView, Column, Page, Picked, cell, muted, plain},
        detail::facts::{Fact, FactsPage},
    },
};

/// The dashboard of our own log.
pub fn dashboard() -> Box<dyn Dashboard> {
    Box::new(BoardView::new(OwnLog))
}

struct OwnLog;

impl Board for OwnLog {
    type Row = Noted;

    fn title(&self) -> &'static str {
        "Log"
    }

    fn intent(&self) -> Intent {
        Intent::Log
    }

    fn parts(&self) -> &'static [Part] {
        &[]
    }

    fn rows<'a>(&self, desk: &'a Desk) -> Vec<&'a Noted> {
        desk.own_log.iter().collect()
    }

    fn revision(&self, desk: &Desk) -> u64 {
        desk.own_log.revision()
    }

    fn follows(&self) -> bool {
        true
    }

    fn id<'a>(&self, row: &'a Noted) -> &'a str {
        &row.key
    }

    fn subject(&self, row: &Noted) -> Subject {
        Subject::new(Kind::Other, row.key.as_str(), row.record.level.as_str().to_lowercase())
    }

    fn columns(&self) -> &'static [Column<Noted>] {
        COLUMNS
    }

    fn haystack(&self, row: &Noted, _desk: &Desk, text: &mut String) {
        text.push_str(&[row.record.level.as_str(), &row.record.target, &row.record.text].join(" "));
    }

    fn summary(&self, rows: &[&Noted], _desk: &Desk) -> String {
        let count = |level: Level| rows.iter().filter(|row| row.record.level == level).count();
        let words = [(rows.len(), "record"), (count(Level::ERROR), "error"), (count(Level::WARN), "warning")];
        words.map(|(n, word)| format!("{n} {word}{}", if n == 1 { "" } else { "s" })).join(" · ")
    }

    fn empty(&self, _desk: &Desk) -> (String, String) {
        ("nothing was logged yet".into(), "LONGSHORE_LOG=debug at the start tells more".into())
    }

    fn pages(&self) -> Vec<Box<dyn Page>> {
        vec![Box::new(FactsPage::new("Record", facts))]
    }

    fn act(&mut self, intent: Intent, picked: &Picked<'_, Noted>, _desk: &Desk) -> Outcome {
        if intent != Intent::Copy {
            return Outcome::Ignored;
        }
        let line = |row: &&Noted| {
            let record = &row.record;
            format!("{} {} {}: {}", record.time.to_rfc3339(), record.level, record.target, record.text)
        };
        Outcome::Wish(Wish::Copy(picked.rows.iter().map(line).collect::<Vec<_>>().join("\n")))
    }

    fn actions(&self) -> &'static [Intent] {
        &[Intent::Copy, Intent::Save]
    }
}

type Col = Column<Noted>;

const COLUMNS: &[Col] = &[
    Col::new("TIME", (8, 8), 0, |n, desk| muted(desk, desk.clock(n.record.time)))
        .by(|a, b, _| a.record.time.cmp(&b.record.time)),
    // The graver, the smaller a level is.
    Col::new("LEVEL", (5, 5), 0, |n, desk| cell(desk, role(n.record.level), n.record.level.as_str().to_lowercase()))
        .by(|a, b, _| a.record.level.cmp(&b.record.level)),
    Col::new("TARGET", (12, 32), 2, |n, desk| muted(desk, room(n))).by(|a, b, _| a.record.target.cmp(&b.record.target)),
    Col::new("MESSAGE", (20, 200), 0, |n, desk| plain(desk, n.record.text.as_str())).grows(),
];

/// The module that logged; of our own ones, the crate goes without saying.
fn room(noted: &Noted) -> &str {
    let target = noted.record.target.as_str();
    target.strip_prefix("longshore::").unwrap_or(target)
}

fn role(level: Level) -> Role {
    match level {
        Level::ERROR => Role::Bad,
        Level::WARN => Role::Warn,
        Level::INFO => Role::Info,
        _ => Role::Muted,
    }
}

fn facts(subject: &Subject, desk: &Desk) -> Vec<Fact> {
    let Some(Noted { record, .. }) = desk.own_log.iter().find(|row| row.key == subject.id) else {
        return Vec::new();
    };
    vec![
        Fact::sentence(role(record.level), record.text.as_str()),
        Fact::sentence(Role::Text, ""),
        Fact::new("time", desk.stamp(record.time)),
        Fact::new("level", record.level.as_str().to_lowercase()),
        Fact::new("target", record.target.as_str()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        logging::{LogRing, Record},
        views::stage::Stage,
    };

    fn note(ring: &LogRing, level: Level, text: &str) {
        let time = Desk::for_test().now;
        ring.push(Record { time, level, target: "longshore::feed".into(), text: text.into() });
    }

    /// A stage over a log of three records, and the ring that fills it.
    fn stage() -> (Stage, LogRing) {
        let ring = LogRing::new();
        note(&ring, Level::INFO, "connected to `here`");
        note(&ring, Level::WARN, "events were silent for 12 s, reading everything again endpoint=here");
        note(&ring, Level::ERROR, "cannot write the audit log: no space left on device");
        let mut desk = Desk::for_test();
        desk.own_log = crate::app::own_log::OwnLog::new(ring.clone());
        assert!(desk.own_log.catch_up());
        (Stage::new(desk, vec![dashboard()]), ring)
    }

    #[test]
    fn the_newest_record_is_last_and_selected() {
        insta::assert_snapshot!("80x24", stage().0.screen());
        insta::assert_snapshot!("160x45", stage().0.sized(160, 45).screen());
    }

    #[test]
    fn the_selection_follows_the_end_until_one_looks_elsewhere() {
        let (mut stage, ring) = stage();
        stage.screen();
        note(&ring, Level::INFO, "the newest");
        stage.desk.own_log.catch_up();
        assert!(stage.press(&["c"]).copied().ends_with("the newest"));
        stage.press(&["up"]);
        note(&ring, Level::INFO, "newer still");
        stage.desk.own_log.catch_up();
        assert!(stage.press(&["c"]).copied().ends_with("no space left on device"));
    }

    #[test]
    fn nothing_new_is_nothing_to_draw() {
        let (mut stage, _ring) = stage();
        assert!(!stage.desk.own_log.catch_up());
    }
}
