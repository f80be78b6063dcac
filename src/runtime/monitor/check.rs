//! One health check: runs it and writes down what its result makes of the container. Knows neither how it is run nor
//! when the next one is.

use std::path::Path;

use chrono::Utc;
use serde::{Deserialize, Serialize};

use super::folder::{read_json, read_order, write_json};
use crate::{
    model::Health,
    runtime::{
        Result, RuntimeError,
        db::Db,
        document::Order,
        health::{Check, Watch},
        layout::Layout,
        records::{
            container::{self, Record},
            life,
        },
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
    /// When the run began that they are of, in milliseconds of the Unix era: the next one in this folder begins anew.
    run: Option<i64>,
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

/// Runs the check of the container in a running folder; `probe` does so, and gives the exit code and what was printed,
/// or `None` where that is of no interest any more. Of a run that has ended meanwhile nothing is written down.
///
/// # Errors
/// When its order cannot be read or the result not be written down.
pub fn run(folder: &Path, probe: impl FnOnce(&Order, &Check) -> Result<Option<(i32, String)>>) -> Result<()> {
    let order = read_order(folder)?;
    let Some(check) = order.health.as_ref().and_then(Check::of) else { return Ok(()) };
    let db = Db::open(&Layout::at(&order.data))?;
    let record = db.look(|c| container::get(c, &order.id))?;
    let mut found = Found::of(folder, &record);
    let began = Utc::now();
    let age = record.started.and_then(|started| (began - started).to_std().ok()).unwrap_or_default();
    let Some((code, output)) = probe(&order, &check).unwrap_or_else(|error| Some((-1, error.to_string()))) else {
        return Ok(());
    };
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
    db.change(&tried(), |t| {
        let now = container::get(t, &order.id)?;
        if !now.state.is_up() || now.started != record.started {
            return Ok(());
        }
        write_json(&folder.join(FILE), &found).map_err(RuntimeError::system(tried()))?;
        if changed { life::health(t, &order.id, watch.health) } else { Ok(()) }
    })
}

impl Found {
    /// What there is of this run.
    fn of(folder: &Path, record: &Record) -> Self {
        let run = record.started.map(|started| started.timestamp_millis());
        let found: Option<Self> = read_json(&folder.join(FILE)).ok();
        found.filter(|found| found.run == run).unwrap_or_else(|| Self { run, ..Self::default() })
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{HealthCheck, State},
        runtime::monitor::end::fixtures::running,
    };

    fn passes(_: &Order, _: &Check) -> Result<Option<(i32, String)>> {
        Ok(Some((0, String::new())))
    }

    fn check() -> HealthCheck {
        HealthCheck { test: vec!["CMD".into(), "true".into()], ..HealthCheck::default() }
    }

    #[test]
    fn the_next_run_in_the_same_folder_is_checked_anew() {
        let stage = running(Some(check()));
        let health = || stage.record().health;
        run(&stage.folder, passes).unwrap();
        assert_eq!(health(), Health::Healthy);
        stage.started_again();
        assert_eq!(health(), Health::Starting);
        run(&stage.folder, passes).unwrap();
        assert_eq!(health(), Health::Healthy);
    }

    #[test]
    fn a_check_that_outlives_its_run_says_nothing_of_the_next() {
        let stage = running(Some(check()));
        let late = |_: &Order, _: &Check| {
            stage.started_again();
            Ok(Some((0, String::new())))
        };
        run(&stage.folder, late).unwrap();
        assert_eq!(stage.record().health, Health::Starting);
        run(&stage.folder, |_, _| Ok(None)).unwrap();
        assert_eq!(stage.record().health, Health::Starting, "it was called off");
        let ended = |_: &Order, _: &Check| {
            stage.ended();
            Ok(Some((0, String::new())))
        };
        run(&stage.folder, ended).unwrap();
        assert_eq!((stage.record().health, stage.record().state), (Health::None, State::Exited(0)));
    }
}
