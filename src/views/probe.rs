//! What tests of dashboards share: drawing one, pressing keys, saying in words what came of it. Not part of the program.

use crossterm::event::KeyEvent;
use ratatui::{buffer::Buffer, layout::Rect};

use super::{Dashboard, kit::probe};
use crate::app::{
    desk::Desk,
    keys::{Intent, Keys, TABLE},
    view::{Outcome, View},
};

/// A dashboard as it looks in a window of this size.
pub(crate) fn screen(view: &mut (impl View + ?Sized), desk: &Desk, width: u16, height: u16) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    view.draw(area, &mut buffer, desk);
    probe::text(&buffer)
}

/// Presses the keys of these intents, one after the other; gives what came of the last in words.
pub(crate) fn press(view: &mut (impl View + ?Sized), desk: &Desk, intents: &[Intent]) -> String {
    let outcomes = intents.iter().map(|intent| view.key(key(&desk.keys, *intent), desk));
    outcomes.last().map(|outcome| words(&outcome)).unwrap_or_default()
}

/// Types a text into a view, and Enter; gives what came of it in words.
pub(crate) fn enter(view: &mut (impl View + ?Sized), desk: &Desk, text: &str) -> String {
    for c in text.chars() {
        view.key(KeyEvent::from(crossterm::event::KeyCode::Char(c)), desk);
    }
    words(&view.key(KeyEvent::from(crossterm::event::KeyCode::Enter), desk))
}

/// The hint bar's words: `x cancel`, greyed ones in brackets.
pub(crate) fn hints(board: &dyn Dashboard, desk: &Desk) -> String {
    let word = |hint: &super::Hint| match hint.refused {
        true => format!("({} {})", hint.key, hint.label),
        false => format!("{} {}", hint.key, hint.label),
    };
    board.hints(desk).iter().map(word).collect::<Vec<_>>().join("  ")
}

/// The view that an action opens.
pub(crate) fn opened(view: &mut (impl View + ?Sized), desk: &Desk, intent: Intent) -> Box<dyn View> {
    match view.key(key(&desk.keys, intent), desk) {
        Outcome::Open(view) => view,
        other => panic!("nothing was opened: {}", words(&other)),
    }
}

/// An outcome in words.
pub(crate) fn words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Ignored => "ignored".into(),
        Outcome::Handled => "handled".into(),
        Outcome::Refuse(refusal) => format!("refused: {refusal}"),
        Outcome::Do(wishes) | Outcome::Confirmed(wishes) => {
            wishes.iter().map(crate::app::cmd::Cmd::title).collect::<Vec<_>>().join(", ")
        }
        Outcome::Wish(wish) => format!("{wish:?}"),
        Outcome::Open(_) => "opened".into(),
        Outcome::Close => "closed".into(),
        Outcome::CloseThen(then) => format!("closed, {}", words(then)),
        Outcome::Jump(subject) => format!("jump to {} {} ({})", subject.kind.word(), subject.name, subject.id),
        Outcome::Act(intent) => format!("act {intent:?}"),
    }
}

fn key(keys: &Keys, intent: Intent) -> KeyEvent {
    let entry = TABLE.iter().find(|entry| entry.intent == intent).unwrap();
    let chord: crate::app::keys::Chord = entry.keys[0].parse().unwrap();
    let event = chord.event();
    assert!(keys.label(intent).is_some(), "{} has no key", entry.name);
    event
}
