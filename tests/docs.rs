//! Holds the documents against the program: keys, flags, pictures, links. Knows the code by what it makes public.
//! `LONGSHORE_BLESS=1 cargo test --test docs` writes the key table anew.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic, in its helpers too")]

use std::{fmt::Write, fs, path::Path, process::Command};

use longshore::{
    app::keys::{Keys, Place, Preset, TABLE},
    views,
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn document(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// What stands between the two marks of this name.
fn between<'t>(text: &'t str, mark: &str) -> &'t str {
    let (start, end) = (format!("<!-- {mark} -->"), format!("<!-- /{mark} -->"));
    let from = text.find(&start).unwrap_or_else(|| panic!("no mark {start}")) + start.len();
    let to = text.find(&end).unwrap_or_else(|| panic!("no mark {end}"));
    text[from..to].trim()
}

fn key_table() -> String {
    let keys = Keys::new(Preset::Longshore);
    let mut table = String::from("| keys | where | meaning |\n|---|---|---|\n");
    for place in [Place::Everywhere, Place::List, Place::Text] {
        for entry in TABLE.iter().filter(|entry| entry.place == place) {
            let labels: Vec<String> = keys.labels(entry.intent).split(' ').map(|key| format!("`{key}`")).collect();
            let title = place.title().to_lowercase();
            writeln!(table, "| {} | {title} | {} |", labels.join(" "), entry.help.replace('|', "\\|")).unwrap();
        }
    }
    table.trim().to_owned()
}

#[test]
fn the_key_table_is_that_of_the_code() {
    let readme = document("README.md");
    let (written, made) = (between(&readme, "keys"), key_table());
    if std::env::var_os("LONGSHORE_BLESS").is_some() {
        let (before, rest) = readme.split_once("<!-- keys -->").unwrap();
        let (_, after) = rest.split_once("<!-- /keys -->").unwrap();
        fs::write(root().join("README.md"), format!("{before}<!-- keys -->\n{made}\n<!-- /keys -->{after}")).unwrap();
        return;
    }
    assert_eq!(written, made, "write it anew with LONGSHORE_BLESS=1");
}

/// Words that begin with a dash, up to what a flag can consist of.
fn flags(text: &str) -> Vec<String> {
    let words = text.split(|c: char| c.is_whitespace() || "`(,;".contains(c));
    let flag = |word: &str| word.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap().to_owned();
    let long = words.filter(|word| word.starts_with("--") && word.len() > 3).map(flag);
    long.filter(|flag| flag.len() > 2).collect()
}

fn help(of: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_longshore")).args(of).arg("--help").output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_flag_in_the_readme_exists() {
    let commands = ["ps", "nat", "events", "info", "run"];
    let known: String = help(&[]) + &commands.iter().map(|command| help(&[command])).collect::<String>();
    let readme = document("README.md");
    // Flags of cargo are not ours; HTML's comments are no flags.
    let ours = readme.lines().filter(|line| !line.contains("cargo") && !line.starts_with("<!--"));
    let said: Vec<String> = ours.flat_map(flags).collect();
    assert!(said.len() > 10, "flags are found: {said:?}");
    for flag in said {
        assert!(known.contains(&flag), "{flag} is in README.md, but not in --help");
    }
}

#[test]
fn every_command_in_the_readme_exists() {
    let readme = document("README.md");
    let known = help(&[]);
    let lines = readme.lines().filter_map(|line| line.strip_prefix("longshore "));
    let words = lines.filter_map(|line| line.split_whitespace().next());
    let commands: Vec<&str> = words.filter(|word| word.chars().all(|c| c.is_ascii_lowercase())).collect();
    assert!(commands.len() > 3, "commands are found: {commands:?}");
    for command in commands {
        assert!(known.lines().any(|line| line.trim_start().starts_with(command)), "`{command}` is no command");
    }
}

#[test]
fn two_commands_are_enough() {
    let readme = document("README.md");
    assert!(readme.contains("\ncargo install --locked --path . && longshore "), "how to install and open it");
    assert!(readme.contains("\nscripts/test.sh "), "how to run the tests");
    assert!(root().join("scripts/test.sh").exists());
}

#[test]
fn examples_of_settings_keys_and_themes_are_accepted() {
    let readme = document("README.md");
    let examples: Vec<&str> = readme.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let [config, keys, theme] = examples.as_slice() else { panic!("three examples, not {}", examples.len()) };
    let (_, remarks) = longshore::config::Config::parse(config, Path::new("config.toml"));
    assert_eq!(remarks, []);
    assert_eq!(Keys::new(Preset::Longshore).customise("keys.toml", keys), []);
    let (themes, problems) = longshore::app::theme::Theme::all(&[("mine".to_owned(), (*theme).to_owned())]);
    assert!(problems.is_empty() && themes.contains_key("mine"), "{problems:?}");
}

#[test]
fn figures_were_measured() {
    let readme = document("README.md");
    let figures = between(&readme, "figures");
    for scene in ["20 real", "100 real", "10,000 fake"] {
        let row = figures.lines().find(|line| line.contains(scene)).unwrap_or_else(|| panic!("no figures of {scene}"));
        assert!(row.chars().filter(char::is_ascii_digit).count() > 10, "{row}");
    }
}

#[test]
fn the_changelog_has_room_for_what_comes() {
    let changelog = document("CHANGELOG.md");
    let (_, unreleased) = changelog.split_once("\n## Unreleased\n").expect("a section `Unreleased`");
    assert!(unreleased.lines().any(|line| line.starts_with("- ")), "it says something");
}

#[test]
fn every_dashboard_has_its_pictures() {
    for name in views::shell().names() {
        for look in ["longshore-dark-80x24", "longshore-dark-160x45", "longshore-light-80x24", "longshore-light-160x45"]
        {
            let file = format!("screenshots/{}-{look}.svg", name.to_lowercase().replace(' ', "-"));
            let picture = fs::read_to_string(root().join(&file)).unwrap_or_else(|_| panic!("{file} is missing"));
            assert!(picture.starts_with("<svg") && picture.matches("<text").count() > 10, "{file} shows nothing");
        }
    }
}

#[test]
fn links_lead_somewhere() {
    for name in ["README.md", "CHANGELOG.md"] {
        let text = document(name);
        let markdown = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let html = ["src=\"", "srcset=\""].into_iter().flat_map(|start| text.split(start).skip(1));
        let html = html.filter_map(|rest| rest.split('"').next());
        let links: Vec<&str> = markdown.chain(html).filter(|link| !link.starts_with("http")).collect();
        assert!(name != "README.md" || links.len() > 10, "links are found: {links:?}");
        for link in links {
            assert!(root().join(link).exists(), "{name} leads to {link}, which is not there");
        }
    }
}
