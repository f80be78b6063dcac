use super::*;
use ratatui::style::{Color, Modifier};

fn users(texts: &[(&str, &str)]) -> Vec<(String, String)> {
    texts.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect()
}

#[test]
fn every_theme_that_comes_along_says_something_of_every_role() {
    let (themes, problems) = Theme::all(&[]);
    assert_eq!(problems, []);
    assert_eq!(themes.len(), BUILTIN.len());
}

#[test]
fn roles_are_in_the_order_of_the_enum_and_their_keys_differ() {
    let mut keys: Vec<_> = Role::ALL.iter().map(|r| r.key()).collect();
    for (index, role) in Role::ALL.into_iter().enumerate() {
        assert_eq!(role as usize, index);
    }
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), Role::COUNT);
}

#[test]
fn a_users_theme_inherits_and_changes_one_role() {
    let (themes, problems) = Theme::all(&users(&[(
        "mine",
        "inherits = \"longshore-dark\"\n[palette]\nred = \"#ff0000\"\n[bad]\nfg = \"red\"\nbold = true",
    )]));
    assert_eq!(problems, []);
    let bad = themes["mine"].style(Role::Bad);
    assert_eq!(bad.fg, Some(Color::Rgb(255, 0, 0)));
    assert!(bad.add_modifier.contains(Modifier::BOLD));
    assert_eq!(themes["mine"].style(Role::Text), themes[DEFAULT].style(Role::Text));
}

#[test]
fn problems_name_theme_line_and_key_and_the_others_count() {
    let (themes, problems) = Theme::all(&users(&[
        ("a", "inherits = \"b\""),
        ("b", "inherits = \"a\""),
        ("c", "inherits = \"mono\"\n\nbanana = \"red\""),
        ("d", "inherits = \"mono\"\ntext = \"reddish\""),
        ("e", "text = \"red\""),
        ("f", "text = "),
        ("g", "inherits = \"mono\"\n[palette]\ntext = \"red\"\n\n[text]\nfg = \"reddish\""),
    ]));
    assert_eq!(themes.len(), BUILTIN.len());
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(told[0].contains("theme `b` inherits from `a`, which leads back to it"), "{told:?}");
    assert_eq!(told[2], "theme `c`, line 3: `banana` is no role; `longshore themes --roles` lists them");
    assert!(told[3].starts_with("theme `d`, line 2: `text`: `reddish` is no colour"), "{told:?}");
    assert!(told[4].contains("theme `e` says nothing of `muted`"), "{told:?}");
    assert!(told[5].starts_with("theme `f`: "), "{told:?}");
    assert!(told[6].starts_with("theme `g`, line 5: `text`: `reddish` is no colour"), "{told:?}");
}

#[test]
fn the_environment_says_how_many_colours_there_are() {
    let depth = |pairs: &[(&str, &str)]| {
        ColorDepth::detect(|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    };
    assert_eq!(depth(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]), ColorDepth::None);
    assert_eq!(depth(&[("TERM", "xterm-256color"), ("NO_COLOR", "")]), ColorDepth::Ansi256);
    assert_eq!(depth(&[("TERM", "xterm"), ("COLORTERM", "truecolor")]), ColorDepth::True);
    assert_eq!(depth(&[("TERM", "linux")]), ColorDepth::Ansi16);
    assert_eq!(depth(&[("TERM", "dumb")]), ColorDepth::None);
}

#[test]
fn without_colour_the_selection_is_still_seen() {
    let (themes, _) = Theme::all(&[]);
    for (name, theme) in themes {
        let bare = theme.fit(ColorDepth::None);
        let selected = bare.style(Role::Selected);
        assert!(selected.add_modifier.contains(Modifier::REVERSED), "{name}");
        for role in Role::ALL {
            let style = bare.style(role);
            assert!(matches!(style.fg, None | Some(Color::Reset)), "{name}: {}", role.key());
        }
    }
}

#[test]
fn fewer_colours_give_the_nearest() {
    let (themes, _) = Theme::all(&[]);
    let old = themes[DEFAULT].clone().fit(ColorDepth::Ansi16);
    for role in Role::ALL {
        assert!(!matches!(old.style(role).fg, Some(Color::Rgb(..) | Color::Indexed(_))), "{}", role.key());
    }
}

#[test]
fn sixteen_colours_keep_meanings_apart_and_in_sight() {
    let (themes, _) = Theme::all(&[]);
    for (name, ground) in [(DEFAULT, Color::Black), ("longshore-light", Color::White)] {
        let theme = themes[name].clone().fit(ColorDepth::Ansi16);
        let hues = [Role::Good, Role::Warn, Role::Bad, Role::Faint].map(|role| theme.style(role).fg);
        for (index, hue) in hues.iter().enumerate() {
            assert!(!hues[..index].contains(hue), "{name}: {hues:?}");
        }
        for role in Role::ALL {
            let style = theme.style(role);
            assert!(style.bg.is_some() || style.fg != Some(ground), "{name}: {} is not seen", role.key());
        }
        let selected = theme.style(Role::Selected);
        let reversed = selected.add_modifier.contains(Modifier::REVERSED);
        assert!(reversed || selected.bg.is_some_and(|bg| bg != ground), "{name}: {selected:?}");
    }
}

/// WCAG 2.1 relative luminance.
fn luminance(color: Color) -> f64 {
    let Color::Rgb(r, g, b) = color else { panic!("{color:?} is no RGB colour") };
    let part = |v: u8| {
        let v = f64::from(v) / 255.0;
        if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
}

#[test]
fn text_can_be_read_on_the_grounds_the_themes_are_made_for() {
    let (themes, _) = Theme::all(&[]);
    let grounds = [(DEFAULT, Color::Rgb(0x10, 0x14, 0x18)), ("longshore-light", Color::Rgb(0xff, 0xff, 0xff))];
    for (name, ground) in grounds {
        for role in [Role::Text, Role::Muted, Role::Good, Role::Warn, Role::Bad, Role::Accent, Role::KeyLabel] {
            let (a, b) = (luminance(themes[name].style(role).fg.unwrap()), luminance(ground));
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= 4.5, "{name}: {} has {contrast:.1}", role.key());
        }
    }
}
