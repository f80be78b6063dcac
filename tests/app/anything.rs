//! Whatever hands do and whatever happens to the engine meanwhile, the console stays a console.

use std::time::Duration;

use crossterm::event::{MouseButton, MouseEventKind};
use longshore::backend::fake::FakeEngine;
use proptest::{prelude::*, sample::select};

use crate::story::Shore;

/// Every key with a meaning somewhere, and those that answer questions and fill in forms.
#[rustfmt::skip]
const KEYS: &[&str] = &[
    "1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "f2", "f3", "f4", "f1", "f8", "f9",
    "y", "y", "enter", "enter", "enter", "esc", "tab", "shift-tab", "space", "up", "down", "left", "right",
    "home", "end", "pageup", "pagedown", "backspace", "delete", "ctrl-s", "ctrl-o", "ctrl-r", "ctrl-u", "ctrl-d",
    "?", ":", "/", "!", "*", "a", "c", "d", "e", "f", "g", "G", "h", "i", "j", "k", "K", "l", "L", "m", "M", "n", "N",
    "o", "O", "p", "P", "q", "r", "R", "s", "t", "T", "w", "x", "z", "C", "D", "J", "Y", "v", "ctrl-]", "ctrl-c",
];

const MOUSE: &[MouseEventKind] =
    &[MouseEventKind::Down(MouseButton::Left), MouseEventKind::ScrollDown, MouseEventKind::ScrollUp];

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    Press(&'static str),
    Mouse(MouseEventKind, u16, u16),
    Paste(&'static str),
    Resize(u16, u16),
    Wait(u64),
    Die,
    Revive,
    End(&'static str),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        40 => select(KEYS).prop_map(Step::Press),
        4 => (select(MOUSE), 0..100u16, 0..30u16).prop_map(|(kind, column, row)| Step::Mouse(kind, column, row)),
        1 => select(&["web", "\u{1b}[2J\r\n/", "größe 容器"]).prop_map(Step::Paste),
        1 => (60..200u16, 15..50u16).prop_map(|(width, height)| Step::Resize(width, height)),
        1 => (1..30u64).prop_map(Step::Wait),
        1 => Just(Step::Die),
        2 => Just(Step::Revive),
        1 => select(&["web-1", "api", "proxy", "db"]).prop_map(Step::End),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_leads_astray(steps in proptest::collection::vec(step(), 60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut shore = Shore::with(FakeEngine::new(), "overview", 80, 24).await;
            for step in steps {
                take(&mut shore, &step).await;
                assert!(shore.screen().starts_with(" longshore"), "after {step:?}:\n{}", shore.screen());
            }
        });
    }
}

async fn take(shore: &mut Shore, step: &Step) {
    match step {
        Step::Press(key) => drop(shore.press(key).await),
        Step::Mouse(kind, column, row) => drop(shore.mouse(*kind, *column, *row).await),
        Step::Paste(text) => drop(shore.paste(text).await),
        Step::Resize(width, height) => drop(shore.resize(*width, *height).await),
        Step::Wait(seconds) => drop(shore.wait(Duration::from_secs(*seconds)).await),
        Step::Die => shore.engine.die(),
        Step::Revive => shore.engine.revive(),
        Step::End(name) => shore.engine.end(&shore.engine.id(name), 137),
    }
    shore.settle().await;
}
