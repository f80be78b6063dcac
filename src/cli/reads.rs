//! The plain reads: one question to an engine, its answer as columns or as JSON. Knows no dashboard.

use std::io::Write;

use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::StreamExt;
use serde::Serialize;

use super::{
    args::{Args, Command, Form},
    doors,
    print::{Failure, Out, note},
    table::{Column, age, known, number, text, write},
};
use crate::{
    backend::Engine,
    model::{Container, Event, Health, Image, Layer, Mapping, NatSession, Network, Rule, Session, Volume},
};

/// Asks and prints.
pub(super) async fn print(args: &Args, command: &Command, out: &mut Out) -> Result<(), Failure> {
    let engine = doors::engine(args).await?;
    let engine = engine.as_ref();
    match command {
        Command::Ps(form) => rows(out, *form, &CONTAINERS, &engine.containers().await?),
        Command::Images(form) => rows(out, *form, &IMAGES, &engine.images().await?),
        Command::Layers(form) => rows(out, *form, &LAYERS, &engine.layers().await?),
        Command::Sessions(form) => rows(out, *form, &SESSIONS, &engine.sessions().await?),
        Command::Volumes(form) => rows(out, *form, &VOLUMES, &engine.volumes().await?),
        Command::Networks(form) => rows(out, *form, &NETWORKS, &engine.networks().await?),
        Command::Nat { live, form } => nat(engine, *live, *form, out).await,
        Command::Firewall(form) => {
            let firewall = engine.firewall().await?;
            firewall.derived.iter().for_each(|how| note(how));
            rows(out, *form, &RULES, &firewall.rules)
        }
        Command::Events(form) => events(engine, *form, out).await,
        // Answered without an engine, before this.
        Command::Info(_)
        | Command::Up
        | Command::Verb(_)
        | Command::Themes { .. }
        | Command::Keys
        | Command::Completions { .. }
        | Command::Man => Ok(()),
    }
}

fn rows<T: Serialize>(out: &mut Out, form: Form, columns: &[Column<T>], rows: &[T]) -> Result<(), Failure> {
    if form.json {
        serde_json::to_writer(&mut *out, rows)?;
        return Ok(writeln!(out)?);
    }
    Ok(write(out, columns, rows, Utc::now())?)
}

/// Containers as `ps` prints them.
pub(super) fn containers(out: &mut Out, form: Form, all: &[Container]) -> Result<(), Failure> {
    rows(out, form, &CONTAINERS, all)
}

/// Images as `images` prints them.
pub(super) fn images(out: &mut Out, form: Form, all: &[Image]) -> Result<(), Failure> {
    rows(out, form, &IMAGES, all)
}

/// Volumes as `volumes` prints them.
pub(super) fn volumes(out: &mut Out, form: Form, all: &[Volume]) -> Result<(), Failure> {
    rows(out, form, &VOLUMES, all)
}

/// Networks as `networks` prints them.
pub(super) fn networks(out: &mut Out, form: Form, all: &[Network]) -> Result<(), Failure> {
    rows(out, form, &NETWORKS, all)
}

async fn nat(engine: &dyn Engine, live: bool, form: Form, out: &mut Out) -> Result<(), Failure> {
    let nat = engine.nat().await?;
    if live {
        nat.sessions_hidden.iter().for_each(|why| note(&format!("live sessions are not to be seen: {why}")));
        return rows(out, form, &NAT_SESSIONS, &nat.sessions);
    }
    nat.derived.iter().for_each(|how| note(how));
    rows(out, form, &MAPPINGS, &nat.mappings)
}

/// Prints each event at once: somebody, or something, waits for it.
async fn events(engine: &dyn Engine, form: Form, out: &mut Out) -> Result<(), Failure> {
    let mut events = engine.events().await?;
    while let Some(event) = events.next().await {
        let event = event?;
        if form.json {
            serde_json::to_writer(&mut *out, &event)?;
            writeln!(out)?;
        } else {
            writeln!(out, "{}", line(&event))?;
        }
        out.flush()?;
    }
    Ok(())
}

fn line(event: &Event) -> String {
    let at = event.at.to_rfc3339_opts(SecondsFormat::Millis, true);
    let detail: String = event.detail.iter().map(|(key, value)| format!(" {key}={value}")).collect();
    let line = format!("{at} {} {} {}{detail}", event.kind.word(), event.action, event.name);
    crate::model::text::cleaned(line)
}

fn list(all: &[impl ToString]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

type Now = DateTime<Utc>;

const CONTAINERS: [Column<Container>; 7] = [
    text("NAME", |c, _| c.name.clone()),
    text("ID", |c, _| c.id.short().to_owned()),
    text("STATE", state),
    text("IMAGE", |c, _| c.image.clone()),
    text("PROJECT", |c, _| c.project().unwrap_or_default().to_owned()),
    number("AGE", |c, now| age(c.made(), now)),
    text("PORTS", |c, _| list(&c.ports)),
];

fn state(container: &Container, _: Now) -> String {
    let health = match container.health {
        Health::None => return container.state.to_string(),
        Health::Starting => "starting",
        Health::Healthy => "healthy",
        Health::Unhealthy => "unhealthy",
    };
    format!("{} ({health})", container.state)
}

const IMAGES: [Column<Image>; 7] = [
    text("NAME", |i, _| if i.is_dangling() { "(dangling)".to_owned() } else { list(&i.tags) }),
    text("ID", |i, _| i.id.short().to_owned()),
    number("SIZE", |i, _| i.size.to_string()),
    number("UNIQUE", |i, _| known(i.unique)),
    number("CONTAINERS", |i, _| i.containers.to_string()),
    number("AGE", |i, now| age(Some(i.created), now)),
    text("PLATFORM", |i, _| known(i.platform.as_ref())),
];

const LAYERS: [Column<Layer>; 6] = [
    text("LAYER", |l, _| format!("{:1$}{2}", "", 2 * l.depth, l.id.short())),
    text("KIND", |l, _| l.kind.word().to_owned()),
    number("SIZE", |l, _| known(l.size)),
    number("IMAGES", |l, _| l.images.len().to_string()),
    number("CONTAINERS", |l, _| l.containers.len().to_string()),
    text("MADE BY", |l, _| l.by.clone().unwrap_or_default()),
];

const SESSIONS: [Column<Session>; 8] = [
    text("CONTAINER", |s, _| s.container_name.clone()),
    text("KIND", |s, _| s.kind.word().to_owned()),
    number("SESSION", |s, _| known(s.host_session)),
    number("PID", |s, _| known(s.leader().map(|leader| leader.pid))),
    text("USER", |s, _| s.user.clone()),
    number("PROCESSES", |s, _| s.processes.len().to_string()),
    number("MEMORY", |s, _| known(s.memory())),
    text("COMMAND", |s, _| s.command.clone()),
];

const VOLUMES: [Column<Volume>; 6] = [
    text("NAME", |v, _| v.name.to_string()),
    text("KIND", |v, _| v.kind.word().to_owned()),
    text("DRIVER", |v, _| v.driver.clone()),
    number("USERS", |v, _| v.used_by.len().to_string()),
    number("AGE", |v, now| age(v.created, now)),
    text("PATH", |v, _| v.path.clone()),
];

const MAPPINGS: [Column<Mapping>; 7] = [
    text("PORT", |m, _| m.port.to_string()),
    text("CONTAINER", |m, _| m.container_name.clone()),
    text("TARGET", |m, _| known(m.target.as_ref())),
    text("NETWORK", |m, _| m.network.clone()),
    text("MADE BY", |m, _| m.made_by.word().to_owned()),
    text("STATE", |m, _| m.reach.word().to_owned()),
    text("CONFLICT", |m, _| m.conflict.clone().unwrap_or_default()),
];

const NAT_SESSIONS: [Column<NatSession>; 7] = [
    text("PROTOCOL", |s, _| s.protocol.to_string()),
    text("STATE", |s, _| s.state.clone()),
    text("FROM", |s, _| s.source.clone()),
    text("TO", |s, _| s.destination.clone()),
    text("TRANSLATED", |s, _| s.translated.clone()),
    text("DIRECTION", |s, _| if s.outbound { "out" } else { "in" }.to_owned()),
    text("CONTAINER", |s, _| known(s.container.as_ref())),
];

const RULES: [Column<Rule>; 10] = [
    number("#", |r, _| r.order.to_string()),
    text("NAME", |r, _| r.name.clone()),
    text("DIRECTION", |r, _| r.direction.word().to_owned()),
    text("ACTION", |r, _| r.action.word()),
    text("PROTOCOL", |r, _| r.protocol.clone()),
    text("PORTS", |r, _| r.ports.clone()),
    text("REMOTE", |r, _| r.remote.clone()),
    text("CHAIN", |r, _| r.chain.clone()),
    text("CONTAINER", |r, _| known(r.container_name.as_ref())),
    number("PACKETS", |r, _| known(r.packets)),
];

const NETWORKS: [Column<Network>; 7] = [
    text("NAME", |n, _| n.name.clone()),
    text("ID", |n, _| n.id.short().to_owned()),
    text("DRIVER", |n, _| n.driver.clone()),
    text("SUBNET", |n, _| n.subnets.iter().map(|s| s.range.clone()).collect::<Vec<_>>().join(" ")),
    text("GATEWAY", |n, _| n.subnets.iter().filter_map(|s| s.gateway.clone()).collect::<Vec<_>>().join(" ")),
    number("CONTAINERS", |n, _| n.endpoints.len().to_string()),
    number("AGE", |n, now| age(n.created, now)),
];
