//! Whatever hands do, the console stays a console.

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

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_keys_lead_astray(keys in proptest::collection::vec(select(KEYS), 60), wide in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let (width, height) = if wide { (160, 45) } else { (60, 15) };
            let mut shore = Shore::with(FakeEngine::new(), "overview", width, height).await;
            for key in keys {
                shore.press(key).await;
                assert!(shore.screen().starts_with(" longshore"), "after {key}:\n{}", shore.screen());
            }
        });
    }
}
