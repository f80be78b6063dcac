//! The themes and the keys, as lists. Knows no engine.

use std::io::Write;

use chrono::DateTime;

use super::{
    args::Args,
    print::{Failure, Out, note},
    table::{Column, text, write},
};
use crate::{
    app::{
        keys::{Entry, Keys, TABLE},
        theme::{DEFAULT, Role, Theme},
    },
    console::user_themes,
    paths::Paths,
};

/// Writes the name of each theme; the one that needs no choice is marked.
pub(super) fn themes(out: &mut Out) -> Result<(), Failure> {
    let users = Paths::find().map(|paths| user_themes(&paths)).unwrap_or_default();
    let (themes, problems) = Theme::all(&users);
    for name in themes.keys() {
        writeln!(out, "{name}{}", if name == DEFAULT { " (default)" } else { "" })?;
    }
    problems.iter().for_each(|problem| note(&problem.to_string()));
    Ok(())
}

/// Writes the keys of a theme's file.
pub(super) fn roles(out: &mut Out) -> Result<(), Failure> {
    for role in Role::ALL {
        writeln!(out, "{}", role.key())?;
    }
    Ok(())
}

/// Writes each key and what it means, with the user's own keys.
pub(super) fn keys(args: &Args, out: &mut Out) -> Result<(), Failure> {
    let mut keys = Keys::new(args.keys.unwrap_or_default());
    if let Ok(paths) = Paths::find()
        && let Ok(text) = std::fs::read_to_string(paths.keys_file())
    {
        let problems = keys.customise(&paths.keys_file().display().to_string(), &text);
        problems.iter().for_each(|problem| note(&problem.to_string()));
    }
    let rows: Vec<Row> = TABLE.iter().map(|entry| (entry, keys.labels(entry.intent))).collect();
    Ok(write(out, &KEYS, &rows, DateTime::default())?)
}

type Row = (&'static Entry, String);

const KEYS: [Column<Row>; 4] = [
    text("KEYS", |row, _| row.1.clone()),
    text("WHERE", |row, _| row.0.place.title().to_lowercase()),
    text("NAME", |row, _| row.0.name.to_owned()),
    text("MEANING", |row, _| row.0.help.to_owned()),
];
