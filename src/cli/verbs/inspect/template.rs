//! The part of Go's templates that people use to read a document: fields, `json`, `index`, `len`. Not a language.

use serde_json::Value;

use crate::cli::verbs::words::{BadValue, Read};

/// Text with places to fill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// What to do with a value, and the way to it.
    Value(Show, Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Show {
    Plain,
    Json,
    Length,
}

impl Template {
    /// Reads `text {{.Field.Field}} text`.
    pub(super) fn parse(text: &str) -> Read<Self> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((action, after)) = after.split_once("}}") else {
                return Err(BadValue(format!("`{text}`: a {{{{ is not closed")));
            };
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(action_of(action.trim())?);
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// The text with what a document says.
    pub(super) fn fill(&self, document: &Value) -> Read<String> {
        self.0.iter().map(|piece| piece.fill(document)).collect()
    }
}

fn action_of(action: &str) -> Read<Piece> {
    let unknown = || BadValue(format!("`{{{{{action}}}}}` is not understood: take .Field, json, index or len"));
    let words = words(action).ok_or_else(unknown)?;
    let (show, words) = match words.split_first() {
        Some((first, rest)) if first == "json" => (Show::Json, rest),
        Some((first, rest)) if first == "len" => (Show::Length, rest),
        Some((first, rest)) if first == "index" => (Show::Plain, rest),
        _ => (Show::Plain, words.as_slice()),
    };
    let (path, keys) = words.split_first().filter(|(path, _)| path.starts_with('.')).ok_or_else(unknown)?;
    if !keys.is_empty() && !action.starts_with("index") {
        return Err(unknown());
    }
    let fields = path.split('.').filter(|field| !field.is_empty()).map(str::to_owned);
    Ok(Piece::Value(show, fields.chain(keys.iter().cloned()).collect()))
}

/// Words, of which some are quoted.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    Some(words)
}

impl Piece {
    fn fill(&self, document: &Value) -> Read<String> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::Value(show, way) => {
                let mut value = document;
                for step in way {
                    value = match value {
                        Value::Object(fields) => fields.get(step).unwrap_or(&Value::Null),
                        Value::Array(all) => {
                            step.parse().ok().and_then(|at: usize| all.get(at)).unwrap_or(&Value::Null)
                        }
                        _ => return Err(BadValue(format!("there is no `{step}` in `.{}`", way.join(".")))),
                    };
                }
                Ok(show.words(value))
            }
        }
    }
}

impl Show {
    fn words(self, value: &Value) -> String {
        match (self, value) {
            (Self::Json, value) => value.to_string(),
            (Self::Length, Value::Array(all)) => all.len().to_string(),
            (Self::Length, Value::Object(all)) => all.len().to_string(),
            (Self::Length, Value::String(text)) => text.len().to_string(),
            (Self::Length, _) => "0".to_owned(),
            (Self::Plain, value) => plain(value),
        }
    }
}

/// As Go's `fmt` prints it.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "<no value>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(all) => format!("[{}]", all.iter().map(plain).collect::<Vec<_>>().join(" ")),
        Value::Object(fields) => {
            let fields: Vec<_> = fields.iter().map(|(key, value)| format!("{key}:{}", plain(value))).collect();
            format!("map[{}]", fields.join(" "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fill(template: &str) -> Read<String> {
        let document = json!({ "State": { "Status": "running", "Pid": 7 }, "Cmd": ["a", "b"], "L": { "x.y": "z" } });
        Template::parse(template)?.fill(&document)
    }

    #[test]
    fn fields_are_filled_in() {
        assert_eq!(fill("{{.State.Status}}/{{ .State.Pid }}!").as_deref(), Ok("running/7!"));
        assert_eq!(fill("{{json .Cmd}} {{len .Cmd}} {{.Cmd}}").as_deref(), Ok(r#"["a","b"] 2 [a b]"#));
        assert_eq!(fill("{{index .L \"x.y\"}} {{index .Cmd 1}}").as_deref(), Ok("z b"));
        assert_eq!(fill("{{.Nothing}}").as_deref(), Ok("<no value>"));
    }

    #[test]
    fn what_is_more_than_that_is_refused() {
        for wrong in ["{{.A", "{{range .A}}", "{{}}", "{{.Cmd x}}", "{{.State.Pid.x}}"] {
            assert!(fill(wrong).is_err(), "{wrong}");
        }
    }
}
