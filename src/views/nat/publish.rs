//! What is changed in NAT: ports published and closed while their containers run. Performs nothing.

use crate::{
    app::{
        cmd::{Cmd, Target},
        desk::Desk,
        view::Outcome,
    },
    model::{Container, Feature, Mapping, Refusal},
    views::{
        containers::{conflict, parse_ports},
        overlay::{Field, Form, Values},
    },
};

/// What is wrong, and in which field.
type Wrong = (&'static str, String);

/// Why the engine publishes no ports of containers that are there.
pub(super) fn refusal(desk: &Desk) -> Option<Refusal> {
    desk.store.caps.refuses(Feature::Publish).cloned()
}

/// The form for one more mapping, with the container of the selected one.
pub(super) fn form(selected: Option<&Mapping>, desk: &Desk) -> Result<Outcome, Refusal> {
    desk.may_change()?;
    if let Some(refusal) = refusal(desk) {
        return Err(refusal);
    }
    let mut names: Vec<String> = desk.store.containers.values().map(|container| container.name.clone()).collect();
    if names.is_empty() {
        return Err(Refusal::new("there is no container whose ports could be published"));
    }
    names.sort();
    let selected = selected.map_or("", |mapping| mapping.container_name.as_str());
    let fields = vec![
        Field::choice("container", "Container", "whose port it is; Space turns it", names).with(selected),
        Field::line("ports", "Ports", "8080:80/tcp, 127.0.0.1:53:53/udp; 80 alone lets the engine choose")
            .checked(|text| parse_ports(text).map(drop)),
    ];
    Ok(Outcome::Open(Box::new(Form::new("Publish ports", "Publish", fields, publish))))
}

fn publish(values: &Values, desk: &Desk) -> Result<Outcome, Wrong> {
    let name = values.get("container");
    let container = desk.store.containers.values().find(|container| container.name == name);
    let container = container.ok_or_else(|| ("container", format!("there is no `{name}` any more")))?;
    let ports = parse_ports(values.get("ports")).map_err(|why| ("ports", why))?;
    if ports.is_empty() {
        return Err(("ports", "type a port of the container, such as 8080:80".into()));
    }
    if let Some(taken) = conflict(&ports, desk) {
        return Err(("ports", taken));
    }
    Ok(Outcome::Do(ports.into_iter().map(|port| Cmd::Publish(Target::of(container), port)).collect()))
}

/// Ends these mappings.
///
/// # Errors
/// When one leads to nobody whom the engine knows.
pub(super) fn close(rows: &[&Mapping], desk: &Desk) -> Result<Outcome, Refusal> {
    if let Some(refusal) = refusal(desk) {
        return Err(refusal);
    }
    let wish = |row: &&Mapping| {
        let container = row.container.as_ref().and_then(|id| desk.store.containers.get(id));
        let unknown = || Refusal::new(format!("{} leads to no container that the engine knows", row.port));
        container.map(|c: &Container| Cmd::Unpublish(Target::of(c), row.port.clone())).ok_or_else(unknown)
    };
    Ok(Outcome::Do(rows.iter().map(wish).collect::<Result<_, _>>()?))
}
