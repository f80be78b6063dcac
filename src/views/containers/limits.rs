//! The form that changes what a container may use and when it is started again. Changes nothing itself.

use super::actions::may;
use crate::{
    app::{
        cmd::{Cmd, Target},
        desk::Desk,
        view::Outcome,
    },
    model::{Bytes, Container, Feature, Limits, Refusal, RestartPolicy, Verb},
    views::overlay::{Field, Form, Values},
};

/// The form, filled with what is known.
pub(super) fn form(row: &Container, desk: &Desk) -> Result<Outcome, Refusal> {
    may(Verb::Update, Some(Feature::Update), row, desk)?;
    let Some(limits) = row.limits.clone() else {
        return Err(Refusal::new(format!("what `{}` may use is being read: try again in a moment", row.name)));
    };
    let mut fields = fields(&limits);
    fields.push(restart_field(limits.restart));
    let target = Target::of(row);
    let check = move |values: &Values, _: &Desk| {
        let new = read(values)?;
        if new == limits {
            return Err(("memory", "nothing was changed".into()));
        }
        if let Some((name, why)) = lifted(&limits, &new) {
            return Err((name, why));
        }
        Ok(Outcome::Do(vec![Cmd::Update(target.clone(), changed(&limits, &new))]))
    };
    Ok(Outcome::Open(Box::new(Form::new(format!("Limits of `{}`", row.name), "Apply", fields, check))))
}

/// The fields of limits, which the form for a new container has too.
pub(super) fn fields(limits: &Limits) -> Vec<Field> {
    let amount = |bytes: Option<Bytes>| bytes.map(typed).unwrap_or_default();
    vec![
        Field::line("memory", "memory", "most memory, such as 512m or 2g; empty for no limit")
            .with(amount(limits.memory))
            .checked(|text| bytes(text).map(drop)),
        Field::line("swap", "memory+swap", "most memory and swap together, not less than memory")
            .with(amount(limits.memory_swap))
            .checked(|text| bytes(text).map(drop)),
        Field::line("cpus", "processors", "most processors, such as 0.5 or 2; empty for no limit")
            .with(limits.cpus.map(|cpus| cpus.to_string()).unwrap_or_default())
            .checked(|text| cpus(text).map(drop)),
        Field::line("pids", "processes", "most processes; empty for no limit")
            .with(limits.pids.map(|pids| pids.to_string()).unwrap_or_default())
            .checked(|text| pids(text).map(drop)),
    ]
}

/// The field of the restart policy.
pub(super) fn restart_field(policy: RestartPolicy) -> Field {
    Field::line("restart", "restart", "no, always, unless-stopped, on-failure or on-failure:N")
        .with(policy.to_string())
        .checked(|text| text.parse::<RestartPolicy>().map(drop).map_err(|bad| bad.to_string()))
}

/// Bytes as they are typed: in the greatest unit that says them whole.
fn typed(bytes: Bytes) -> String {
    let unit = [(30, "g"), (20, "m"), (10, "k")].into_iter().find(|(shift, _)| bytes.0.trailing_zeros() >= *shift);
    unit.map_or_else(|| bytes.0.to_string(), |(shift, letter)| format!("{}{letter}", bytes.0 >> shift))
}

/// The limits in a form's fields.
///
/// # Errors
/// The field and what is wrong with it.
pub(super) fn read(values: &Values) -> Result<Limits, (&'static str, String)> {
    let limits = Limits {
        memory: value(values, "memory", bytes)?,
        memory_swap: value(values, "swap", bytes)?,
        cpus: value(values, "cpus", cpus)?,
        pids: value(values, "pids", pids)?,
        restart: values.get("restart").parse().map_err(|bad| ("restart", format!("{bad}")))?,
    };
    if let (Some(swap), Some(memory)) = (limits.memory_swap, limits.memory)
        && swap < memory
    {
        return Err(("swap", format!("it counts memory too, so it cannot be less than {memory}")));
    }
    if limits.memory_swap.is_some() && limits.memory.is_none() {
        return Err(("swap", "it counts memory too, so memory needs a limit as well".into()));
    }
    Ok(limits)
}

fn value<T>(
    values: &Values,
    name: &'static str,
    parse: fn(&str) -> Result<T, String>,
) -> Result<Option<T>, (&'static str, String)> {
    values.some(name).map(|text| parse(&text)).transpose().map_err(|why| (name, why))
}

/// The least memory Docker takes.
const LEAST: Bytes = Bytes::mib(6);

fn bytes(text: &str) -> Result<Bytes, String> {
    let bytes = Bytes::parse(text).ok_or_else(|| format!("`{text}` is no amount: type 512m, 2g or bytes"))?;
    if bytes < LEAST { Err(format!("less than {LEAST} is too little for any container")) } else { Ok(bytes) }
}

fn cpus(text: &str) -> Result<f64, String> {
    let cpus = text.parse::<f64>().ok().filter(|cpus| cpus.is_finite() && *cpus >= 0.01);
    cpus.ok_or_else(|| format!("`{text}` is no number of processors: type 0.5 or 2"))
}

fn pids(text: &str) -> Result<i64, String> {
    let pids = text.parse::<i64>().ok().filter(|pids| *pids > 0);
    pids.ok_or_else(|| format!("`{text}` is no number of processes"))
}

/// The field of a limit that would be taken away: engines keep what an update does not name.
fn lifted(old: &Limits, new: &Limits) -> Option<(&'static str, String)> {
    let fields = [
        ("memory", old.memory.is_some() && new.memory.is_none()),
        ("swap", old.memory_swap.is_some() && new.memory_swap.is_none()),
        ("cpus", old.cpus.is_some() && new.cpus.is_none()),
        ("pids", old.pids.is_some() && new.pids.is_none()),
    ];
    let (name, _) = fields.into_iter().find(|(_, lifted)| *lifted)?;
    Some((name, "a limit can be changed but not lifted while the container exists".into()))
}

/// Only what is different; the restart policy is always told.
fn changed(old: &Limits, new: &Limits) -> Limits {
    // Docker refuses a memory limit above the old sum with swap, so both are told when either changes.
    let memory = new.memory != old.memory || new.memory_swap != old.memory_swap;
    Limits {
        memory: new.memory.filter(|_| memory),
        memory_swap: new.memory_swap.filter(|_| memory),
        cpus: new.cpus.filter(|_| new.cpus != old.cpus),
        pids: new.pids.filter(|_| new.pids != old.pids),
        restart: new.restart,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_typed_as_they_are_read() {
        for text in ["512m", "2g", "1536m", "7000000"] {
            assert_eq!(typed(bytes(text).unwrap()), text);
        }
        assert_eq!(bytes("1m"), Err("less than 6.0 MiB is too little for any container".into()));
        assert!(bytes("much").is_err());
    }

    #[test]
    fn only_what_is_different_is_told() {
        let old = Limits { memory: Some(Bytes::mib(64)), cpus: Some(1.0), ..Limits::default() };
        let new = Limits { cpus: Some(2.0), ..old.clone() };
        assert_eq!(changed(&old, &new), Limits { cpus: Some(2.0), ..Limits::default() });
        assert_eq!(lifted(&old, &new), None);
        assert_eq!(lifted(&old, &Limits::default()).map(|(name, _)| name), Some("memory"));
    }
}
