//! From processor time to percentages: two readings of each process, some time apart. Knows neither /proc nor an
//! engine.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::local::{LocalHost, ProcessFacts};
use crate::model::Process;

/// The least time between two readings of a process's clock; below it the last percentage stands.
const TICK: Duration = Duration::from_millis(500);
/// Readings older than this are of processes that nobody looks at any more.
const FORGET: Duration = Duration::from_secs(60);

/// Processor time of processes at the last look: when, how much, and the percentage then.
#[derive(Default)]
pub(crate) struct Clocks(HashMap<u32, (Instant, Duration, Option<f64>)>);

/// Adds to processes what their host knows of them, asked on a thread that may block; gives the facts as well.
pub(crate) async fn enriched(
    clocks: &Mutex<Clocks>,
    host: Option<Arc<dyn LocalHost>>,
    mut processes: Vec<Process>,
) -> (Vec<Process>, HashMap<u32, ProcessFacts>) {
    let pids: Vec<_> = processes.iter().map(|process| process.pid).collect();
    let facts = match host {
        Some(host) if !pids.is_empty() => {
            tokio::task::spawn_blocking(move || host.processes(&pids)).await.unwrap_or_default()
        }
        _ => HashMap::new(),
    };
    let mut clocks = clocks.lock().unwrap_or_else(PoisonError::into_inner);
    clocks.enrich(&mut processes, &facts, Instant::now());
    drop(clocks);
    (processes, facts)
}

impl Clocks {
    /// Adds to processes what the host knows of them.
    fn enrich(&mut self, processes: &mut [Process], facts: &HashMap<u32, ProcessFacts>, now: Instant) {
        for process in processes {
            if let Some(facts) = facts.get(&process.pid) {
                process.inner = facts.inner.or(process.inner);
                process.memory = facts.memory.or(process.memory);
                process.threads = facts.threads.or(process.threads);
                process.cpu_percent = facts.cpu.and_then(|cpu| self.percent(process.pid, cpu, now));
            }
        }
        self.forget(now);
    }

    /// Takes a reading; gives percent of one processor since the last.
    fn percent(&mut self, pid: u32, cpu: Duration, now: Instant) -> Option<f64> {
        let percent = match self.0.get(&pid) {
            Some((at, _, percent)) if now - *at < TICK => return *percent,
            // Less time than before: the id belongs to another process now.
            Some((at, before, _)) if cpu >= *before => {
                Some((cpu - *before).as_secs_f64() / (now - *at).as_secs_f64() * 100.0)
            }
            _ => None,
        };
        self.0.insert(pid, (now, cpu, percent));
        percent
    }

    fn forget(&mut self, now: Instant) {
        self.0.retain(|_, (at, ..)| now - *at < FORGET);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_needs_two_readings_and_notices_another_process() {
        let mut clocks = Clocks::default();
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        assert_eq!(clocks.percent(7, Duration::from_secs(5), at(0)), None);
        assert_eq!(clocks.percent(7, Duration::from_secs(6), at(2000)), Some(50.0));
        assert_eq!(clocks.percent(7, Duration::from_secs(6), at(2100)), Some(50.0));
        assert_eq!(clocks.percent(7, Duration::from_secs(1), at(4000)), None);
        clocks.forget(at(100_000));
        assert!(clocks.0.is_empty());
    }
}
