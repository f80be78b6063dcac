//! The phase of one health check: runs it inside and writes down what its result makes of the container. Knows not
//! when the next one is.

use std::{
    fs,
    io::{self, Read},
    os::fd::AsFd,
    path::Path,
    process::ExitCode,
    time::Duration,
};

use chrono::Utc;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Signal, pidfd_send_signal},
};
use serde::{Deserialize, Serialize};

use super::{create::Ours, exec, read_order};
use crate::{
    model::Health,
    runtime::{
        Result, RuntimeError,
        db::Db,
        document::{Order, Process},
        health::{Check, Watch},
        layout::Layout,
        records::{container, life},
    },
};

/// The file in a running folder that the next check goes on from.
const FILE: &str = "health.json";
/// Bytes of a check's output that are kept; Docker's figure.
const OUTPUT: u64 = 4096;
/// Checks that are kept; Docker's figure.
const KEPT: usize = 5;

/// What the checks have found so far.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Found {
    healthy: Option<bool>,
    streak: u32,
    last: Vec<Round>,
}

/// One check, as it went.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Round {
    began: i64,
    ended: i64,
    code: i32,
    output: String,
}

pub(super) fn run(folder: &Path) -> ExitCode {
    if check(folder).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn check(folder: &Path) -> Result<()> {
    let order = read_order(folder)?;
    let Some(check) = order.health.as_ref().and_then(Check::of) else { return Ok(()) };
    let mut found: Found =
        fs::read(folder.join(FILE)).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
    let db = Db::open(&Layout::at(&order.data))?;
    let record = db.look(|c| container::get(c, &order.id))?;
    let began = Utc::now();
    let age = record.started.and_then(|started| (began - started).to_std().ok()).unwrap_or_default();
    let (code, output) = probe(&order, folder, &check).unwrap_or_else(|error| (-1, error.to_string()));
    let mut watch = found.watch();
    let changed = watch.told(&check, code == 0, age);
    found.healthy = match watch.health {
        Health::Healthy => Some(true),
        Health::Unhealthy => Some(false),
        Health::None | Health::Starting => None,
    };
    found.streak = watch.streak;
    found.last.push(Round { began: began.timestamp_millis(), ended: Utc::now().timestamp_millis(), code, output });
    found.last.drain(..found.last.len().saturating_sub(KEPT));
    let tried = || format!("write down the health of container `{}`", order.name);
    let text = serde_json::to_vec(&found).map_err(|error| RuntimeError::system(tried())(error.into()))?;
    fs::write(folder.join(FILE), text).map_err(RuntimeError::system(tried()))?;
    if changed {
        db.change(&tried(), |t| life::health(t, &order.id, watch.health))?;
    }
    Ok(())
}

impl Found {
    fn watch(&self) -> Watch {
        let health = match self.healthy {
            Some(true) => Health::Healthy,
            Some(false) => Health::Unhealthy,
            None => Health::Starting,
        };
        Watch { health, streak: self.streak }
    }
}

/// Runs it; gives its code and what it printed.
fn probe(order: &Order, folder: &Path, check: &Check) -> Result<(i32, String)> {
    let tried = format!("check the health of container `{}`", order.name);
    let process = Process { args: check.command.clone(), ..Process::default() };
    let mut inner = exec::spawn(order, folder, process, &tried)?;
    let handle = exec::handle(&inner.child).map_err(RuntimeError::system(tried.clone()))?;
    let wait = || -> io::Result<bool> {
        let timeout = Timespec::try_from(check.timeout).ok();
        Ok(poll(&mut [PollFd::new(&handle, PollFlags::IN)], timeout.as_ref())? > 0)
    };
    let in_time = wait().unwrap_or(false);
    if !in_time {
        // It may have ended just now.
        let _ = pidfd_send_signal(handle.as_fd(), Signal::KILL);
    }
    let status = inner.child.wait().map_err(RuntimeError::system(tried))?;
    if !in_time {
        let why = format!("it has taken longer than {} s and was ended", Duration::as_secs_f32(&check.timeout));
        return Ok((-1, why));
    }
    Ok((status.code().unwrap_or(-1), output(inner.streams)))
}

/// What is in its pipes; its children may still hold them open.
fn output(streams: Ours) -> String {
    let Ours::Pipes(_, out, err) = streams else { return String::new() };
    let mut text = Vec::new();
    for pipe in [out, err] {
        if rustix::io::ioctl_fionbio(&pipe, true).is_ok() {
            // Up to what is there now.
            let _ = fs::File::from(pipe).take(OUTPUT).read_to_end(&mut text);
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}
