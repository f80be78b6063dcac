//! Looking at containers: `logs`, `top`, `stats`, `diff`. Changes nothing.

use std::io::{self, Write};

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use futures_util::{StreamExt, future::join_all};

use super::{find, words};
use crate::{
    backend::{Engine, EngineError},
    cli::{
        print::{Failure, Out},
        table::{Column, number, text, write},
    },
    model::{Container, LogLine, LogOptions, PathChangeKind, Process, Sample, Stream},
};

/// `logs`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Logs {
    /// Wait for more
    #[arg(short = 'f', long)]
    follow: bool,
    /// Lines from the end, or all
    #[arg(short = 'n', long, value_name = "N", default_value = "all", allow_hyphen_values = true)]
    tail: String,
    /// Begin each line with its time
    #[arg(short = 't', long)]
    timestamps: bool,
    /// Only what was written since: a time such as 10m, or a date
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only what was written until then
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    container: String,
}

/// `top`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Top {
    container: String,
    /// Taken for docker's sake: the columns are always the same
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    columns: Vec<String>,
}

/// `stats`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Stats {
    /// Print one sample of each and end
    #[arg(long)]
    no_stream: bool,
    /// Print JSON, a line for each sample
    #[arg(long)]
    json: bool,
    /// All that run when none is named
    #[arg(value_name = "CONTAINER")]
    containers: Vec<String>,
}

/// `diff`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Diff {
    container: String,
}

/// A moment: a date, seconds of Unix time, or a time before now.
fn moment(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, Failure> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.with_timezone(&Utc));
    }
    if let Some(at) = text.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0)) {
        return Ok(at);
    }
    let before = words::time(text)?;
    Ok(now - Duration::from_std(before).unwrap_or_default())
}

impl Logs {
    fn options(&self, now: DateTime<Utc>) -> Result<LogOptions, Failure> {
        // Docker takes any other word, and -1, for all.
        let tail = self.tail.parse().ok();
        let since = self.since.as_deref().map(|text| moment(text, now)).transpose()?;
        Ok(LogOptions { tail, since: since.map(|at| at.timestamp()), follow: self.follow })
    }

    pub(crate) async fn go(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        let now = Utc::now();
        let until = self.until.as_deref().map(|text| moment(text, now)).transpose()?;
        let id = find::container(engine, &self.container).await?.id;
        let mut lines = engine.logs(&id, self.options(now)?).await?;
        while let Some(line) = lines.next().await {
            let line = line?;
            if line.at.zip(until).is_some_and(|(at, until)| at > until) {
                break;
            }
            self.print(&line, out)?;
        }
        Ok(())
    }

    fn print(&self, line: &LogLine, out: &mut Out) -> io::Result<()> {
        let at = line.at.filter(|_| self.timestamps).map(|at| at.to_rfc3339_opts(SecondsFormat::Nanos, true) + " ");
        let at = at.unwrap_or_default();
        match line.stream {
            Stream::Err => writeln!(io::stderr(), "{at}{}", line.text),
            Stream::Out => {
                writeln!(out, "{at}{}", line.text)?;
                // Somebody waits for it.
                if self.follow { out.flush() } else { Ok(()) }
            }
        }
    }
}

impl Top {
    pub(crate) async fn go(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        let id = find::container(engine, &self.container).await?.id;
        Ok(write(out, &PROCESSES, &engine.processes(&id).await?, Utc::now())?)
    }
}

const PROCESSES: [Column<Process>; 6] = [
    text("UID", |p, _| p.user.clone()),
    number("PID", |p, _| p.pid.to_string()),
    number("PPID", |p, _| p.parent.to_string()),
    text("TTY", |p, _| p.tty.clone()),
    text("TIME", |p, _| p.time.clone()),
    text("CMD", |p, _| p.command.clone()),
];

impl Diff {
    pub(crate) async fn go(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        let id = find::container(engine, &self.container).await?.id;
        for change in engine.changes(&id).await? {
            let letter = match change.kind {
                PathChangeKind::Added => 'A',
                PathChangeKind::Changed => 'C',
                PathChangeKind::Removed => 'D',
            };
            writeln!(out, "{letter} {}", change.path)?;
        }
        Ok(())
    }
}

type Row = (Container, Sample);

const SAMPLES: [Column<Row>; 8] = [
    text("CONTAINER ID", |row, _| row.0.id.short().to_owned()),
    text("NAME", |row, _| row.0.name.clone()),
    number("CPU %", |row, _| format!("{:.2}%", row.1.cpu_percent)),
    text("MEM USAGE / LIMIT", |row, _| format!("{} / {}", row.1.memory, row.1.memory_limit)),
    number("MEM %", |row, _| format!("{:.2}%", row.1.memory_percent())),
    text("NET I/O", |row, _| format!("{} / {}", row.1.net_in_total, row.1.net_out_total)),
    text("BLOCK I/O", |row, _| format!("{} / {}", row.1.disk_read_total, row.1.disk_write_total)),
    number("PIDS", |row, _| row.1.pids.to_string()),
];

impl Stats {
    pub(crate) async fn go(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        let mut watched = Vec::new();
        for container in self.chosen(engine).await? {
            let samples = engine.stats(&container.id).await?;
            watched.push((container, samples));
        }
        loop {
            // Each tells about once a second, so one round is one look at all.
            let round =
                join_all(watched.iter_mut().map(async |(one, samples)| (one.clone(), samples.next().await))).await;
            let mut rows = Vec::new();
            for (one, sample) in round {
                if let Some(sample) = sample {
                    rows.push((one, sample?));
                }
            }
            if rows.is_empty() {
                return Ok(());
            }
            self.print(&rows, out)?;
            if self.no_stream {
                return Ok(());
            }
        }
    }

    async fn chosen(&self, engine: &dyn Engine) -> Result<Vec<Container>, EngineError> {
        if self.containers.is_empty() {
            return Ok(engine.containers().await?.into_iter().filter(|one| one.state.is_up()).collect());
        }
        let mut all = Vec::new();
        for name in &self.containers {
            all.push(find::container(engine, name).await?);
        }
        Ok(all)
    }

    fn print(&self, rows: &[Row], out: &mut Out) -> Result<(), Failure> {
        if self.json {
            for (one, sample) in rows {
                serde_json::to_writer(
                    &mut *out,
                    &serde_json::json!({ "id": one.id, "name": one.name, "sample": sample }),
                )?;
                writeln!(out)?;
            }
        } else {
            write(out, &SAMPLES, rows, Utc::now())?;
        }
        Ok(out.flush()?)
    }
}
