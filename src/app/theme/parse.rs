//! From a theme's TOML to styles, with errors that name file, key and what is allowed. Reads no file.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use toml::{Table, Value, de::DeTable};

use super::{Glyphs, Role, Theme};

/// What is wrong with a theme.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThemeError {
    /// The file is no TOML.
    #[error("theme `{name}`: {why}")]
    Syntax {
        /// Which theme.
        name: String,
        /// What the parser said, with line and column.
        why: String,
    },
    /// It inherits from itself, or from nothing.
    #[error("theme `{name}` inherits from `{from}`, {}", if *unknown { "which there is not" } else { "which leads back to it" })]
    Inherits {
        /// Which theme.
        name: String,
        /// From whom.
        from: String,
        /// Whether there is no such theme.
        unknown: bool,
    },
    /// A key that is no role.
    #[error("theme `{name}`, line {line}: `{key}` is no role; `longshore themes --roles` lists them")]
    Role {
        /// Which theme.
        name: String,
        /// The unknown key.
        key: String,
        /// Where.
        line: usize,
    },
    /// A role's value that is not understood.
    #[error("theme `{name}`, line {line}: `{key}`: {what}")]
    Value {
        /// Which theme.
        name: String,
        /// The role.
        key: String,
        /// Where.
        line: usize,
        /// What is wrong, and what is allowed.
        what: String,
    },
    /// A role that neither the theme nor what it inherits from sets.
    #[error("theme `{name}` says nothing of `{key}`; set it, or inherit from `longshore-dark`")]
    Missing {
        /// Which theme.
        name: String,
        /// The role.
        key: &'static str,
    },
}

/// The theme of this name, with what it inherits.
pub(super) fn theme(name: &str, texts: &BTreeMap<&str, &str>) -> Result<Theme, ThemeError> {
    let mut styles: [Option<Style>; Role::COUNT] = [None; Role::COUNT];
    let mut palette = Table::new();
    let mut chain = vec![name];
    let mut files = Vec::new();
    loop {
        let this = chain[chain.len() - 1];
        let text = texts.get(this).copied().unwrap_or_default();
        let table: Table = text.parse().map_err(|error: toml::de::Error| ThemeError::Syntax {
            name: this.to_owned(),
            why: error.to_string().trim().replace('\n', " "),
        })?;
        let parent = table.get("inherits").and_then(Value::as_str).map(str::to_owned);
        files.push((this, text, table));
        let Some(parent) = parent else { break };
        let known = texts.get_key_value(parent.as_str());
        let from = || ThemeError::Inherits { name: this.into(), from: parent.clone(), unknown: known.is_none() };
        let (parent, _) = known.ok_or_else(from)?;
        if chain.contains(parent) {
            return Err(from());
        }
        chain.push(parent);
    }
    // Parents first: the child's palette and roles win.
    for (_, _, table) in files.iter().rev() {
        if let Some(Value::Table(more)) = table.get("palette") {
            palette.extend(more.clone());
        }
    }
    for (file, text, table) in files.iter().rev() {
        read_roles(file, text, table, &palette, &mut styles)?;
    }
    finish(name, styles)
}

fn finish(name: &str, styles: [Option<Style>; Role::COUNT]) -> Result<Theme, ThemeError> {
    let mut whole = [Style::new(); Role::COUNT];
    for role in Role::ALL {
        let missing = || ThemeError::Missing { name: name.to_owned(), key: role.key() };
        whole[role as usize] = styles[role as usize].ok_or_else(missing)?;
    }
    Ok(Theme { name: name.to_owned(), styles: whole, glyphs: Glyphs::UNICODE })
}

fn read_roles(
    name: &str,
    text: &str,
    table: &Table,
    palette: &Table,
    styles: &mut [Option<Style>; Role::COUNT],
) -> Result<(), ThemeError> {
    for (key, value) in table {
        if matches!(key.as_str(), "palette" | "inherits") {
            continue;
        }
        let Some(role) = Role::ALL.into_iter().find(|r| r.key() == key) else {
            return Err(ThemeError::Role { name: name.into(), key: key.clone(), line: line_of(text, key) });
        };
        let bad = |what| ThemeError::Value { name: name.into(), key: key.clone(), line: line_of(text, key), what };
        styles[role as usize] = Some(style(value, palette).map_err(bad)?);
    }
    Ok(())
}

/// The line of a key, be it `text = …`, `text.fg = …` or `[text]`; only asked for errors, so that it may parse again.
fn line_of(text: &str, key: &str) -> usize {
    let table = DeTable::parse(text).ok();
    let keys = table.iter().flat_map(|table| table.get_ref().iter());
    let start = keys.into_iter().find(|(name, _)| name.get_ref() == key).map_or(0, |(name, _)| name.span().start);
    text[..start].matches('\n').count() + 1
}

/// A style: a colour's name, or a table of `fg`, `bg` and modifiers.
fn style(value: &Value, palette: &Table) -> Result<Style, String> {
    let table = match value {
        Value::String(fg) => return Ok(Style::new().fg(color(fg, palette)?)),
        Value::Table(table) => table,
        _ => return Err("must be a colour or a table of fg, bg, bold, dim, italic, underline, reverse".into()),
    };
    let mut style = Style::new();
    for (key, value) in table {
        style = match (key.as_str(), value) {
            ("fg", Value::String(c)) => style.fg(color(c, palette)?),
            ("bg", Value::String(c)) => style.bg(color(c, palette)?),
            (word, Value::Boolean(on)) => {
                let modifier = modifier(word).ok_or_else(|| format!("`{word}` is no attribute"))?;
                if *on { style.add_modifier(modifier) } else { style }
            }
            _ => return Err(format!("`{key}` is not understood: fg and bg take a colour, attributes true or false")),
        };
    }
    Ok(style)
}

fn modifier(word: &str) -> Option<Modifier> {
    Some(match word {
        "bold" => Modifier::BOLD,
        "dim" => Modifier::DIM,
        "italic" => Modifier::ITALIC,
        "underline" => Modifier::UNDERLINED,
        "reverse" => Modifier::REVERSED,
        _ => return None,
    })
}

/// A colour: a name of the palette, `#rrggbb`, an ANSI name, an index, or `reset`.
fn color(word: &str, palette: &Table) -> Result<Color, String> {
    let word = match palette.get(word) {
        Some(Value::String(value)) => value,
        _ => word,
    };
    word.parse().map_err(|_| format!("`{word}` is no colour: write #rrggbb, an ANSI name, 0–255, or a palette name"))
}
