//! What an operator should know without looking for it. Pure over the store; knows no screen.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Bytes, Container, Health, Kind, State, Store, Subject};

/// Something an operator should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub grave: Gravity,
    /// The sentence.
    pub text: String,
    /// What it is about.
    pub subject: Option<Subject>,
}

/// How bad a finding is; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gravity {
    /// Something does not work.
    Bad,
    /// Something may soon not work, or is not as it should be.
    Warn,
}

/// Restarts from which a container that started a short while ago is in a loop.
const LOOP: u32 = 3;
/// What "a short while" is.
const LOOP_TIME: TimeDelta = TimeDelta::minutes(10);
/// A disk with less free than this share of it, or than this amount, is nearly full.
const LOW_SHARE: u64 = 10;
const LOW: Bytes = Bytes(1 << 30);

/// What an operator should know at `now`, the worst first; `plain_tcp`: the engine is reached without TLS.
pub fn findings(store: &Store, plain_tcp: bool, now: DateTime<Utc>) -> Vec<Finding> {
    let mut found: Vec<Finding> = store.containers.values().filter_map(|c| of_container(c, now)).collect();
    found.extend(conflicts(store));
    if plain_tcp {
        let text = "the engine is open on plain TCP: whoever reaches the port is root on its host".to_owned();
        found.push(Finding { grave: Gravity::Bad, text, subject: None });
    }
    found.extend(low_disk(store));
    if let Some(system) = &store.system {
        let warnings = system.warnings.iter().map(|w| w.trim_start_matches("WARNING: ").to_owned());
        found.extend(warnings.map(|text| Finding { grave: Gravity::Warn, text, subject: None }));
    }
    found.sort_by_key(|f| f.grave);
    found
}

fn of_container(container: &Container, now: DateTime<Utc>) -> Option<Finding> {
    let started = container.started.is_some_and(|at| now - at < LOOP_TIME);
    let looping = container.state == State::Restarting || (container.restarts >= LOOP && started);
    let (grave, what) = match container.state {
        State::Running if container.health == Health::Unhealthy => (Gravity::Bad, "is unhealthy".to_owned()),
        State::Dead => (Gravity::Bad, "is dead: its engine lost it".to_owned()),
        _ if looping && container.state.is_up() => {
            (Gravity::Bad, format!("is in a restart loop ({} restarts)", container.restarts))
        }
        State::Exited(_) if container.oom_killed => (Gravity::Bad, "was killed for want of memory".to_owned()),
        // 137 is 128 + KILL: by hand, or by the kernel where the engine did not say.
        State::Exited(137) => (Gravity::Warn, "was killed (exit 137)".to_owned()),
        State::Exited(code) if container.state.is_failure() => (Gravity::Warn, format!("failed with {code}")),
        _ => return None,
    };
    let subject = Subject::new(Kind::Container, container.id.as_str(), &container.name);
    Some(Finding { grave, text: format!("`{}` {what}", container.name), subject: Some(subject) })
}

fn conflicts(store: &Store) -> impl Iterator<Item = Finding> {
    store.nat.mappings.iter().filter_map(|mapping| {
        let other = mapping.conflict.as_ref()?;
        let port = mapping.port.host_port?;
        let subject = Subject::new(Kind::Mapping, mapping.id.as_str(), port.to_string());
        let text = format!("port {port} of `{}` is taken by {other}", mapping.container_name);
        Some(Finding { grave: Gravity::Bad, text, subject: Some(subject) })
    })
}

fn low_disk(store: &Store) -> Option<Finding> {
    let load = store.loads.back()?;
    let (free, total) = (load.disk_free?, load.disk_total?);
    let low = free < LOW || free.0 < total.0 / LOW_SHARE;
    let text = format!("the disk of the engine's data has only {free} of {total} left");
    low.then_some(Finding { grave: Gravity::Warn, text, subject: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Change, HostLoad, Listing, sample};

    fn told(containers: Vec<Container>) -> Vec<String> {
        let mut store = Store::default();
        store.apply(Change::Listed(Listing::Containers(containers)), DateTime::UNIX_EPOCH);
        findings(&store, false, DateTime::UNIX_EPOCH).into_iter().map(|f| f.text).collect()
    }

    #[test]
    fn a_healthy_host_has_no_findings() {
        assert_eq!(
            told(vec![sample::container("web", State::Running), sample::container("job", State::Exited(0))]),
            [""; 0]
        );
    }

    #[test]
    fn the_worst_comes_first_and_each_names_its_container() {
        let mut sick = sample::container("sick", State::Running);
        sick.health = Health::Unhealthy;
        let mut eaten = sample::container("eaten", State::Exited(137));
        eaten.oom_killed = true;
        let failed = sample::container("failed", State::Exited(2));
        let told = told(vec![failed, sick, eaten]);
        assert_eq!(told, ["`eaten` was killed for want of memory", "`sick` is unhealthy", "`failed` failed with 2"]);
    }

    #[test]
    fn a_loop_is_many_restarts_a_short_while_ago() {
        let mut looping = sample::container("looping", State::Running);
        looping.restarts = LOOP;
        looping.started = Some(DateTime::UNIX_EPOCH);
        assert_eq!(told(vec![looping.clone()]), ["`looping` is in a restart loop (3 restarts)"]);
        looping.started = Some(DateTime::UNIX_EPOCH - LOOP_TIME);
        assert_eq!(told(vec![looping]), [""; 0]);
    }

    #[test]
    fn a_nearly_full_disk_and_an_open_engine_are_told() {
        let mut store = Store::default();
        let load =
            HostLoad { disk_free: Some(Bytes::mib(500)), disk_total: Some(Bytes::mib(100_000)), ..HostLoad::default() };
        store.apply(Change::HostLoad(load), DateTime::UNIX_EPOCH);
        let told = findings(&store, true, DateTime::UNIX_EPOCH);
        assert!(told[0].text.starts_with("the engine is open on plain TCP"), "{told:?}");
        assert!(told[1].text.contains("500 MiB of 98 GiB"), "{told:?}");
    }
}
