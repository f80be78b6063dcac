//! What a container may use, as Docker's `HostConfig` spells it, both ways. Knows no transport.

use serde::Deserialize;

use super::{
    lenient::{Flag, Map, Number, Text},
    port::Binding,
};
use crate::model::{Bytes, Limits, RestartPolicy};

/// The part of `HostConfig` that longshore shows.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct HostConfig {
    pub(super) network_mode: Text,
    pub(super) isolation: Text,
    pub(super) auto_remove: Flag,
    pub(super) port_bindings: Map<Option<Vec<Binding>>>,
    restart_policy: Option<Policy>,
    memory: Number,
    memory_swap: Number,
    nano_cpus: Number,
    cpu_quota: Number,
    cpu_period: Number,
    cpu_count: Number,
    pids_limit: Number,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Policy {
    name: Text,
    maximum_retry_count: Number,
}

/// Length of a CFS period where none is told: 100 ms (kernel, sched-bwc).
const CFS_PERIOD_MICROS: u64 = 100_000;

/// Reads the limits.
pub(super) fn limits(host: &HostConfig) -> Limits {
    Limits {
        memory: host.memory.limit().map(Bytes),
        memory_swap: host.memory_swap.limit().map(Bytes),
        cpus: cpus(host),
        pids: host.pids_limit.limit().and_then(|n| i64::try_from(n).ok()),
        restart: host.restart_policy.as_ref().map(policy).unwrap_or_default(),
    }
}

/// Three ways to say it: billionths of a processor, a share of a period, and on Windows whole processors.
fn cpus(host: &HostConfig) -> Option<f64> {
    let nano = host.nano_cpus.limit().map(|n| n as f64 / 1e9);
    let quota = host.cpu_quota.limit().map(|quota| {
        let period = host.cpu_period.limit().unwrap_or(CFS_PERIOD_MICROS);
        quota as f64 / period as f64
    });
    nano.or(quota).or(host.cpu_count.limit().map(|n| n as f64))
}

fn policy(policy: &Policy) -> RestartPolicy {
    match policy.name.as_str() {
        "always" => RestartPolicy::Always,
        "unless-stopped" => RestartPolicy::UnlessStopped,
        "on-failure" => RestartPolicy::OnFailure(u32::try_from(policy.maximum_retry_count.or_zero()).unwrap_or(0)),
        _ => RestartPolicy::No,
    }
}
