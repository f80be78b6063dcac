//! One health check: runs it and writes down what its result makes of the container. Knows neither how it is run nor
//! when the next one is.

use std::{fs, path::Path};

use chrono::Utc;
use serde::{Deserialize, Serialize};

use super::folder::read_order;
use crate::{
    model::Health,
    runtime::{
        Result, RuntimeError,
        db::Db,
        document::Order,
        health::{Check, Watch},
        layout::Layout,
        records::{container, life},
    },
};

/// The file in a running folder that the next check goes on from.
const FILE: &str = "health.json";
/// Bytes of a check's output that are kept; Docker's figure.
pub const OUTPUT: u64 = 4096;
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

/// Runs the check of the container in a running folder; `probe` does so, and gives the exit code and what was printed.
///
/// # Errors
/// When its order cannot be read or the result not be written down.
pub fn run(folder: &Path, probe: impl FnOnce(&Order, &Check) -> Result<(i32, String)>) -> Result<()> {
    let order = read_order(folder)?;
    let Some(check) = order.health.as_ref().and_then(Check::of) else { return Ok(()) };
    let mut found: Found =
        fs::read(folder.join(FILE)).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
    let db = Db::open(&Layout::at(&order.data))?;
    let record = db.look(|c| container::get(c, &order.id))?;
    let began = Utc::now();
    let age = record.started.and_then(|started| (began - started).to_std().ok()).unwrap_or_default();
    let (code, output) = probe(&order, &check).unwrap_or_else(|error| (-1, error.to_string()));
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

/// Why a check that takes too long has failed.
pub fn too_slow(check: &Check) -> String {
    format!("it has taken longer than {} s and was ended", check.timeout.as_secs_f32())
}
