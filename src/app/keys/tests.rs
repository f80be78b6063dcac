use super::*;
use crossterm::event::{KeyCode, KeyModifiers};

fn press(chord: &str) -> KeyEvent {
    let keys: [(&str, KeyCode, KeyModifiers); 5] = [
        ("^r", KeyCode::Char('r'), KeyModifiers::CONTROL),
        ("^]", KeyCode::Char('5'), KeyModifiers::CONTROL),
        ("K", KeyCode::Char('K'), KeyModifiers::SHIFT),
        ("S-Tab", KeyCode::BackTab, KeyModifiers::SHIFT),
        ("s", KeyCode::Char('s'), KeyModifiers::NONE),
    ];
    let (_, code, modifiers) = keys.into_iter().find(|(name, _, _)| *name == chord).unwrap();
    KeyEvent::new(code, modifiers)
}

#[test]
fn the_table_is_in_the_order_of_the_enum() {
    for (index, entry) in TABLE.iter().enumerate() {
        assert_eq!(entry.intent as usize, index, "{}", entry.name);
    }
}

#[test]
fn a_terminals_spelling_of_a_key_is_the_files_spelling() {
    for (label, spelled) in [("^r", "ctrl-r"), ("^]", "ctrl-]"), ("K", "shift-k"), ("S-Tab", "shift-tab")] {
        assert_eq!(Chord::of(press(label)), spelled.parse().unwrap(), "{spelled}");
        assert_eq!(Chord::of(press(label)).to_string(), label);
    }
    assert!("hyper-x".parse::<Chord>().is_err());
    assert!("f99".parse::<Chord>().is_err());
    assert!("".parse::<Chord>().is_err());
}

#[test]
fn no_preset_gives_one_key_two_meanings_in_one_place() {
    for preset in Preset::ALL {
        let mut taken = HashMap::new();
        for entry in TABLE {
            for key in preset.keys(entry) {
                let chord: Chord = key.parse().unwrap();
                let before = taken.insert((entry.place, chord), entry.name);
                assert_eq!(before, None, "{preset}: `{key}` is also `{}`", entry.name);
            }
        }
    }
}

#[test]
fn nothing_vital_sits_on_the_prefix_of_a_multiplexer() {
    for entry in TABLE {
        assert!(!entry.keys.contains(&"ctrl-a"), "{}: tmux and screen would take it", entry.name);
        assert_ne!(entry.keys, ["ctrl-b"], "{}: tmux would take it", entry.name);
    }
}

#[test]
fn a_users_key_replaces_the_presets_and_is_taken_from_others() {
    let mut keys = Keys::new(Preset::Longshore);
    assert_eq!(keys.customise("keys.toml", "restart = [\"s\", \"f6\"]"), []);
    assert_eq!(keys.meaning(&[Place::List], press("s")), Some(Intent::Restart));
    assert_eq!(keys.labels(Intent::StartStop), "");
    assert_eq!(keys.labels(Intent::Restart), "s F6");
}

#[test]
fn a_clash_is_told_with_both_names_and_the_rest_counts() {
    let mut keys = Keys::new(Preset::Longshore);
    let problems =
        keys.customise("keys.toml", "kill = \"s\"\nremove = \"s\"\nbanana = \"b\"\nlogs = 7\npause = \"f6\"");
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told.iter().any(|t| t.contains("both `kill` and `remove`")), "{told:?}");
    assert!(told.iter().any(|t| t.contains("`banana` is no action")), "{told:?}");
    assert!(told.iter().any(|t| t.contains("`logs` must be a key")), "{told:?}");
    assert_eq!(keys.labels(Intent::Pause), "F6");
    assert_eq!(keys.labels(Intent::Kill), "s");
}

#[test]
fn a_file_that_is_no_toml_is_told_with_its_name() {
    let told = Keys::new(Preset::K9s).customise("keys.toml", "kill = ");
    assert!(matches!(told.as_slice(), [KeysProblem::Syntax { file, .. }] if file == "keys.toml"), "{told:?}");
}

#[test]
fn the_innermost_place_wins() {
    let keys = Keys::new(Preset::Longshore);
    let f = KeyEvent::new(KeyCode::Char('f'), KeyModifiers::NONE);
    assert_eq!(keys.meaning(&[Place::Text, Place::Everywhere], f), Some(Intent::Follow));
    assert_eq!(keys.meaning(&[Place::List, Place::Everywhere], f), Some(Intent::Groups));
}
