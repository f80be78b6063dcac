//! The rules of `nft -a list ruleset` by their handles, so that a rule is shown as its own tool spells it.
//! Knows nothing of what the words mean.

use std::collections::HashMap;

use super::super::filter::{Family, Place};
use crate::model::text::cleaned;

/// The text of every rule.
#[derive(Debug, Default)]
pub(crate) struct Words(HashMap<(Place, u64), String>);

impl Words {
    /// Reads what the tool prints. A rule may run over several lines (long sets do); it ends with its handle.
    pub(crate) fn parse(text: &str) -> Self {
        let mut words = HashMap::new();
        let mut table: Option<(Family, String)> = None;
        let mut chain: Option<Place> = None;
        let mut rule = String::new();
        for line in text.lines().map(str::trim) {
            if let Some(named) = line.strip_prefix("table ") {
                table = named.split_once(' ').and_then(|(f, name)| Some((Family::of(f)?, first(name))));
                chain = None;
            } else if let Some(named) = line.strip_prefix("chain ").filter(|_| chain.is_none()) {
                let place = |(family, table): &(Family, String)| Place {
                    family: *family,
                    table: table.clone(),
                    chain: first(named),
                    legacy: false,
                };
                chain = table.as_ref().map(place);
                rule.clear();
            } else if let Some(place) = &chain {
                if rule.is_empty() && line == "}" {
                    chain = None;
                } else if !(rule.is_empty() && is_header(line)) {
                    rule.push_str(if rule.is_empty() { "" } else { " " });
                    rule.push_str(line);
                    if let Some((text, handle)) = ended(&rule) {
                        words.insert((place.clone(), handle), cleaned(text));
                        rule.clear();
                    }
                }
            }
        }
        Self(words)
    }

    /// The text of one rule.
    pub(crate) fn get(&self, place: &Place, handle: u64) -> Option<&str> {
        self.0.get(&(place.clone(), handle)).map(String::as_str)
    }
}

fn first(text: &str) -> String {
    cleaned(text.split_whitespace().next().unwrap_or_default())
}

/// Whether a line says something of the chain rather than being a rule.
fn is_header(line: &str) -> bool {
    line.is_empty() || line.starts_with("type ") && line.contains(" hook ") || line.starts_with("comment ")
}

fn ended(rule: &str) -> Option<(&str, u64)> {
    let (text, handle) = rule.rsplit_once(" # handle ")?;
    Some((text, handle.parse().ok()?))
}
