//! What a prune would take, shown before it is asked for. Knows no dashboard.

use crate::{
    app::{
        cmd::{Cmd, Prune},
        desk::Desk,
        view::Outcome,
    },
    model::Bytes,
    views::overlay::{Choice, Picker},
};

/// Offers prunes: the only one that would take anything goes on to its question, among several one is picked.
pub(crate) fn offer(prunes: Vec<Prune>, nothing: &str, desk: &Desk) -> Outcome {
    if let Err(refusal) = desk.may_change() {
        return Outcome::Refuse(refusal);
    }
    let mut prunes: Vec<Prune> = prunes.into_iter().filter(|prune| !prune.targets.is_empty()).collect();
    match prunes.len() {
        0 => Outcome::refuse(nothing),
        1 => Outcome::Do(vec![Cmd::Prune(prunes.remove(0))]),
        _ => {
            let choices = prunes.iter().map(|prune| Choice::new(prune.what.words(), preview(prune))).collect();
            let picked = move |at: usize| Outcome::Do(vec![Cmd::Prune(prunes[at].clone())]);
            Outcome::Open(Box::new(Picker::new("Prune", choices, picked)))
        }
    }
}

fn preview(prune: &Prune) -> String {
    match prune.frees {
        Some(bytes) => format!("{} of them, about {bytes}", prune.targets.len()),
        None => format!("{} of them", prune.targets.len()),
    }
}

/// The sum of what is known; `None` when nothing is.
pub(crate) fn sum(sizes: impl IntoIterator<Item = Option<Bytes>>) -> Option<Bytes> {
    sizes.into_iter().flatten().fold(None, |sum, size| Some(sum.unwrap_or_default() + size))
}
