//! `longshore info`: what each endpoint offers and what is missing. Knows no dashboard.

use std::io::{self, Write};

use futures_util::future::join_all;
use serde::Serialize;

use super::{
    args::{Args, Form},
    doors,
    print::{Failure, Out, note},
};
use crate::{
    backend::{Result, feed::Connector},
    console::{Doors, options},
    model::{Caps, Problem, System, endpoint::Endpoint, text::clean},
};

/// What is known of one endpoint.
#[derive(Serialize)]
struct Report {
    name: String,
    address: String,
    told_by: String,
    /// What the engine says, if it answers.
    system: Option<System>,
    /// What it lacks, each with the reason.
    missing: Option<Caps>,
    /// How many containers it has.
    containers: Option<usize>,
    problem: Option<String>,
    hint: Option<String>,
}

/// Asks all endpoints at once and prints what they say, the most wanted first.
///
/// # Errors
/// [`Failure::NothingWorks`] when none answers.
pub(super) async fn print(args: &Args, form: Form, out: &mut Out) -> std::result::Result<(), Failure> {
    let choice = doors::choose(args);
    choice.problems.iter().for_each(|problem| note(&problem.sentence));
    let doors = Doors::new(options(), args.data_root.clone());
    let reports = join_all(choice.endpoints.iter().map(|endpoint| report(&doors, endpoint))).await;
    if form.json {
        serde_json::to_writer_pretty(&mut *out, &reports)?;
        writeln!(out)?;
    } else {
        reports.iter().try_for_each(|report| write(out, report))?;
    }
    out.flush()?;
    if reports.iter().any(|report| report.system.is_some()) { Ok(()) } else { Err(Failure::NothingWorks) }
}

async fn report(doors: &Doors, endpoint: &Endpoint) -> Report {
    let mut report = Report {
        name: endpoint.name.clone(),
        address: endpoint.address.to_string(),
        told_by: endpoint.source.to_string(),
        system: None,
        missing: None,
        containers: None,
        problem: None,
        hint: None,
    };
    match ask(doors, endpoint).await {
        Ok((system, caps, containers)) => {
            report.system = Some(system);
            report.missing = Some(caps);
            report.containers = Some(containers);
        }
        Err(error) => {
            let Problem { sentence, hint } = Problem::from(&error);
            report.problem = Some(sentence);
            report.hint = hint;
        }
    }
    report
}

async fn ask(doors: &Doors, endpoint: &Endpoint) -> Result<(System, Caps, usize)> {
    let engine = doors.connect(endpoint).await?;
    let (system, caps) = engine.describe().await?;
    Ok((system, caps, engine.containers().await?.len()))
}

fn write(out: &mut Out, report: &Report) -> io::Result<()> {
    writeln!(out, "{}  {}  (from {})", clean(&report.name), clean(&report.address), report.told_by)?;
    if let Some(problem) = &report.problem {
        writeln!(out, "  ✕ {}", clean(problem))?;
    }
    if let Some(hint) = &report.hint {
        writeln!(out, "    hint: {}", clean(hint))?;
    }
    if let Some(system) = &report.system {
        for (what, told) in facts(system, report.containers) {
            writeln!(out, "  {what:<12}{}", clean(&told))?;
        }
    }
    for (feature, why) in report.missing.iter().flat_map(Caps::lacking) {
        writeln!(out, "  {:<12}{}: {}", "missing", feature.word(), clean(&why.0))?;
    }
    Ok(())
}

fn facts(system: &System, containers: Option<usize>) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("engine", system.spoken()),
        ("host", format!("{}, {} {}, {}", system.hostname, system.os, system.kernel, system.arch)),
        ("resources", format!("{} processors, {} memory", system.cpus, system.memory)),
        ("storage", format!("{} in {}", system.storage_driver, system.data_root)),
    ];
    facts.extend(containers.map(|count| ("containers", count.to_string())));
    facts.extend(system.warnings.iter().map(|warning| ("warning", warning.clone())));
    facts
}
