//! What `nft -j list ruleset` prints, read into chains (libnftables-json(5)), and the words of each rule from
//! `nft -a list ruleset`. Knows no container and starts no program.

mod expr;
mod sets;
mod words;

use std::collections::HashMap;

use serde_json::Value;

use super::filter::{Chain, Family, Hook, Line, Place, Verdict};
use crate::model::{Action, text::cleaned};

use sets::Sets;
pub(crate) use words::Words;

/// Reads all chains of the families that carry packets of containers. `words` gives each rule its text.
///
/// # Errors
/// When it is not what libnftables-json(5) describes.
pub(crate) fn parse(json: &[u8], words: &Words) -> Result<Vec<Chain>, serde_json::Error> {
    let document: Value = serde_json::from_slice(json)?;
    let objects = document["nftables"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut chains: Vec<Chain> = objects.iter().filter_map(|object| chain(object.get("chain")?)).collect();
    // By place, for a cluster's node can have thousands of chains.
    let index: HashMap<Place, usize> = chains.iter().enumerate().map(|(i, chain)| (chain.place.clone(), i)).collect();
    let sets = Sets::of(objects);
    for rule in objects.iter().filter_map(|object| object.get("rule")) {
        let Some(place) = place(rule, "chain") else { continue };
        if let Some(chain) = index.get(&place).and_then(|i| chains.get_mut(*i)) {
            let number = chain.lines.len() + 1;
            chain.lines.push(Line { number, ..line(rule, &place, words, &sets) });
        }
    }
    for (chain, object) in chains.iter_mut().zip(chain_objects(objects)) {
        chain.lines.extend(policy(object));
    }
    Ok(chains)
}

/// The objects of those chains that [`chain`] reads, in the same order.
fn chain_objects(objects: &[Value]) -> impl Iterator<Item = &Value> {
    objects.iter().filter_map(|object| object.get("chain")).filter(|object| place(object, "name").is_some())
}

fn place(object: &Value, chain: &str) -> Option<Place> {
    Some(Place {
        family: Family::of(object["family"].as_str()?)?,
        table: cleaned(object["table"].as_str()?),
        chain: cleaned(object[chain].as_str()?),
        legacy: false,
    })
}

fn chain(object: &Value) -> Option<Chain> {
    let hook = object["hook"].as_str().and_then(Hook::of);
    let priority = object["prio"].as_i64().and_then(|p| i32::try_from(p).ok()).unwrap_or_default();
    Some(Chain { place: place(object, "name")?, base: hook.map(|hook| (hook, priority)), lines: Vec::new() })
}

fn policy(object: &Value) -> Option<Line> {
    let word = object["policy"].as_str()?;
    let then = Verdict(if word == "drop" { Action::Drop } else { Action::Accept });
    Some(Line { policy: true, then, text: cleaned(format!("policy {word}")), ..Line::default() })
}

fn line(rule: &Value, place: &Place, words: &Words, sets: &Sets<'_>) -> Line {
    let handle = rule["handle"].as_u64();
    let mut line = Line { handle, comment: rule["comment"].as_str().map(cleaned), ..Line::default() };
    for statement in rule["expr"].as_array().into_iter().flatten() {
        expr::read(statement, &mut line, &|name| sets.get(place, name));
    }
    line.text = match handle.and_then(|handle| words.get(place, handle)) {
        Some(text) => text.to_owned(),
        None => cleaned(rule["expr"].to_string()),
    };
    let (text, cases) = (&line.text, line.cases.iter_mut().flatten());
    cases.for_each(|case| case.text.clone_from(text));
    line
}

#[cfg(test)]
mod tests;
