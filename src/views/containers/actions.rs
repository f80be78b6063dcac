//! What keys do with containers: wishes, questions and lists to pick from. Performs nothing.

use std::collections::BTreeSet;

use super::{create, jump, limits};
use crate::{
    app::{
        cmd::{Cmd, Prune, PruneKind, Target},
        console::Wire,
        desk::Desk,
        keys::Intent,
        view::{Outcome, Wish},
    },
    model::{Bytes, Container, Feature, Refusal, RemoveContainer, State, Verb},
    views::{
        board::Picked,
        overlay::{self, Choice, Picker, Prompt},
        prune,
    },
};

/// Answers an action.
///
/// # Errors
/// Why it cannot be done.
pub(super) fn act(intent: Intent, picked: &Picked<'_, Container>, desk: &Desk) -> Result<Outcome, Refusal> {
    let rows = &picked.rows;
    Ok(match intent {
        Intent::New => create::form(picked.selected, desk)?,
        Intent::Prune => prune::offer(vec![prunable(desk)], NOTHING_STOPPED, desk),
        Intent::StartStop => start_stop(some(rows)?, desk),
        Intent::Restart => {
            Outcome::Do(some(rows)?.iter().map(|row| Cmd::Restart(Target::of(row), desk.settings.grace)).collect())
        }
        Intent::Pause => pause(some(rows)?),
        Intent::Kill => kill(some(rows)?, desk)?,
        Intent::Remove => Outcome::Do(some(rows)?.iter().map(|row| remove(row)).collect()),
        Intent::Rename => rename(picked.one("rename")?, desk)?,
        Intent::Limits => limits::form(picked.one("limits")?, desk)?,
        Intent::Exec => exec(picked.one("exec")?, desk)?,
        Intent::Attach => attach(picked.one("attach")?, desk)?,
        Intent::Jump => jump::picker(picked.one("jump")?, desk),
        _ => Outcome::Ignored,
    })
}

/// Why an action cannot be done with the selected row.
pub(super) fn refusal(intent: Intent, row: Option<&Container>, desk: &Desk) -> Option<String> {
    match intent {
        Intent::New | Intent::Groups => return None,
        Intent::Prune => return stopped(desk).next().is_none().then(|| NOTHING_STOPPED.to_owned()),
        _ => {}
    }
    let Some(row) = row else { return Some("nothing is selected".into()) };
    let (verb, feature) = match intent {
        Intent::StartStop if row.state.is_up() => (Verb::Stop, None),
        Intent::StartStop => (Verb::Start, None),
        Intent::Restart => (Verb::Restart, None),
        Intent::Pause if row.state == State::Paused => (Verb::Unpause, Some(Feature::Pause)),
        Intent::Pause => (Verb::Pause, Some(Feature::Pause)),
        Intent::Kill => (Verb::Kill, None),
        Intent::Remove => (Verb::Remove, None),
        Intent::Rename => (Verb::Rename, None),
        Intent::Limits => (Verb::Update, Some(Feature::Update)),
        Intent::Exec => (Verb::Exec, Some(Feature::Exec)),
        Intent::Attach => (Verb::Attach, None),
        _ => return None,
    };
    allowed(verb, feature, row, desk).err().map(|refusal| refusal.0)
}

/// Whether the engine can do it and the container's state lets it.
fn allowed(verb: Verb, feature: Option<Feature>, row: &Container, desk: &Desk) -> Result<(), Refusal> {
    if let Some(why) = feature.and_then(|feature| desk.store.caps.refuses(feature)) {
        return Err(Refusal::new(format!("cannot {} `{}`: {why}", verb.word(), row.name)));
    }
    row.allows(verb)
}

/// As [`allowed`], and nothing else stands in the way of a change.
pub(super) fn may(verb: Verb, feature: Option<Feature>, row: &Container, desk: &Desk) -> Result<(), Refusal> {
    desk.may_change().and_then(|()| allowed(verb, feature, row, desk))
}

fn some<'a, 'b>(rows: &'b [&'a Container]) -> Result<&'b [&'a Container], Refusal> {
    if rows.is_empty() { Err(Refusal::new("nothing is selected")) } else { Ok(rows) }
}

fn remove(row: &Container) -> Cmd {
    Cmd::Remove(Target::of(row), RemoveContainer { volumes: false, force: row.state.is_up() })
}

/// Stops what runs, starts what does not; with both among the marked, one has to say which.
fn start_stop(rows: &[&Container], desk: &Desk) -> Outcome {
    let grace = desk.settings.grace;
    let (up, down): (Vec<&Container>, Vec<&Container>) = rows.iter().partition(|row| row.state.is_up());
    let stop: Vec<Cmd> = up.iter().map(|row| Cmd::Stop(Target::of(row), grace)).collect();
    let start: Vec<Cmd> = down.iter().map(|row| Cmd::Start(Target::of(row))).collect();
    match (stop.len(), start.len()) {
        (_, 0) => Outcome::Do(stop),
        (0, _) => Outcome::Do(start),
        (up, down) => {
            let choices = vec![
                Choice::new(format!("start {down}"), "those of the marked that do not run"),
                Choice::new(format!("stop {up}"), "those of the marked that run"),
            ];
            let take = move |index| Outcome::Do(if index == 0 { start.clone() } else { stop.clone() });
            Outcome::Open(Box::new(Picker::new("Some of the marked run and some do not", choices, take)))
        }
    }
}

/// Thaws when all are frozen, and freezes those that are not otherwise.
fn pause(rows: &[&Container]) -> Outcome {
    let (frozen, others): (Vec<&Container>, Vec<&Container>) = rows.iter().partition(|row| row.state == State::Paused);
    Outcome::Do(match others.is_empty() {
        true => frozen.iter().map(|row| Cmd::Unpause(Target::of(row))).collect(),
        false => others.iter().map(|row| Cmd::Pause(Target::of(row))).collect(),
    })
}

fn kill(rows: &[&Container], desk: &Desk) -> Result<Outcome, Refusal> {
    let targets: Vec<Target> =
        rows.iter().filter(|row| row.allows(Verb::Kill).is_ok()).map(|row| Target::of(row)).collect();
    if targets.is_empty() {
        may(Verb::Kill, None, rows[0], desk)?;
    }
    desk.may_change()?;
    let title = match targets.as_slice() {
        [one] => format!("Signal to the main process of `{}`", one.name),
        many => format!("Signal to the main processes of {} containers", many.len()),
    };
    Ok(Outcome::Open(overlay::signal(title, desk, move |signal| {
        Outcome::Do(targets.iter().map(|target| Cmd::Kill(target.clone(), signal)).collect())
    })))
}

/// What Docker takes as a container's name: `[a-zA-Z0-9][a-zA-Z0-9_.-]+`.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    let mut letters = name.chars();
    let first = letters.next().is_some_and(|c| c.is_ascii_alphanumeric());
    let rest = letters.clone().count() > 0 && letters.all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    if first && rest {
        return Ok(());
    }
    Err("a name has two letters or more: a-z, A-Z, 0-9, and after the first also _ . -".into())
}

fn rename(row: &Container, desk: &Desk) -> Result<Outcome, Refusal> {
    may(Verb::Rename, None, row, desk)?;
    let target = Target::of(row);
    let taken: BTreeSet<String> = desk.store.containers.values().map(|c| c.name.clone()).collect();
    let take = move |name: &str| {
        let name = name.trim();
        check_name(name)?;
        if name == target.name {
            return Err("that is its name already".into());
        }
        if taken.contains(name) {
            return Err(format!("another container is called `{name}`"));
        }
        Ok(Outcome::Do(vec![Cmd::Rename(target.clone(), name.to_owned())]))
    };
    Ok(Outcome::Open(Box::new(Prompt::new(format!("Rename `{}`", row.name), take).with(&row.name))))
}

fn exec(row: &Container, desk: &Desk) -> Result<Outcome, Refusal> {
    may(Verb::Exec, Some(Feature::Exec), row, desk)?;
    Ok(Outcome::Open(overlay::exec(row.id.clone(), row.name.clone(), desk)))
}

fn attach(row: &Container, desk: &Desk) -> Result<Outcome, Refusal> {
    may(Verb::Attach, None, row, desk)?;
    let (container, name) = (row.id.clone(), row.name.clone());
    let attach =
        move || Outcome::Wish(Wish::Console { container: container.clone(), name: name.clone(), wire: Wire::Attach });
    if row.tty != Some(false) {
        return Ok(attach());
    }
    let choices = vec![
        Choice::new("stay", ""),
        Choice::new("attach", "what is typed goes to its standard input line by line, where it reads it"),
    ];
    let take = move |index| if index == 1 { attach() } else { Outcome::Handled };
    let title = format!("`{}` has no terminal: attach all the same?", row.name);
    Ok(Outcome::Open(Box::new(Picker::new(title, choices, take))))
}

const NOTHING_STOPPED: &str = "nothing to prune: no container is stopped";

/// What the engine's prune removes.
fn stopped(desk: &Desk) -> impl Iterator<Item = &Container> {
    let all = desk.store.containers.values();
    all.filter(|row| matches!(row.state, State::Created | State::Exited(_) | State::Dead))
}

/// What a prune would take.
pub(crate) fn prunable(desk: &Desk) -> Prune {
    let mut targets: Vec<String> = stopped(desk).map(|row| row.name.clone()).collect();
    targets.sort();
    let counted: Option<Bytes> = stopped(desk).map(|row| row.size_rw).sum::<Option<Bytes>>();
    let frees = counted.or_else(|| desk.store.usage.as_ref().map(|usage| usage.containers.reclaimable));
    Prune { what: PruneKind::Containers, targets, frees }
}
