//! What tests of pages share: containers to look at, keys in, the page as text. Not part of the program.

use chrono::Duration;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{desk::Desk, keys::Place, view::Outcome},
    model::{Container, ImageId, Kind, State, Subject, sample},
    views::{board::Page, kit::probe},
};

/// A container of this name in this state, two hours old, with the name as its id.
pub(crate) fn container(name: &str, state: State) -> Container {
    Container {
        image: "nginx:1.27".into(),
        image_id: ImageId::new("sha256:1"),
        command: "nginx -g daemon off;".into(),
        created: Desk::for_test().now - Duration::hours(2),
        ..sample::container(name, state)
    }
}

/// A container as a subject.
pub(crate) fn subject(name: &str) -> Subject {
    Subject::new(Kind::Container, name, name)
}

/// A key by the letters on it.
pub(crate) fn key(name: &str) -> KeyEvent {
    let code = match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        _ => return letter(name),
    };
    KeyEvent::new(code, KeyModifiers::NONE)
}

fn letter(name: &str) -> KeyEvent {
    let (modifiers, rest) = match name.strip_prefix('^') {
        Some(rest) if !rest.is_empty() => (KeyModifiers::CONTROL, rest),
        _ => (KeyModifiers::NONE, name),
    };
    KeyEvent::new(KeyCode::Char(rest.chars().next().unwrap()), modifiers)
}

/// Presses keys on a page that has the whole screen; gives the last answer.
pub(crate) fn press(page: &mut dyn Page, subject: &Subject, desk: &Desk, names: &[&str]) -> Outcome {
    let mut outcome = Outcome::Ignored;
    for name in names {
        let key = key(name);
        let intent = desk.keys.meaning(&[Place::Text, Place::Everywhere], key);
        outcome = page.key(intent, key, subject, desk);
    }
    outcome
}

/// A page as text.
pub(crate) fn page(page: &mut dyn Page, subject: &Subject, desk: &Desk, width: u16, height: u16) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    page.draw(subject, buffer.area, &mut buffer, desk);
    probe::text(&buffer)
}

/// What came of a key, in words.
pub(crate) fn words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Refuse(refusal) => format!("refused: {refusal}"),
        Outcome::Do(wishes) => wishes.iter().map(crate::app::cmd::Cmd::title).collect::<Vec<_>>().join(", "),
        Outcome::Wish(wish) => format!("{wish:?}"),
        Outcome::CloseThen(then) => format!("closed, {}", words(then)),
        _ => "something else".into(),
    }
}
