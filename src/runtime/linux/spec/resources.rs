//! What a container may use, as the OCI spec says it. Knows no cgroup's files.

use oci_spec::{
    OciSpecError,
    runtime::{
        LinuxBlockIoBuilder, LinuxCpuBuilder, LinuxMemoryBuilder, LinuxPidsBuilder, LinuxResources,
        LinuxResourcesBuilder,
    },
};

use super::{Host, devices};
use crate::{
    model::Bytes,
    runtime::{document::Order, linux::cgroup::PERIOD},
};

pub(super) fn of(order: &Order, host: &Host) -> Result<LinuxResources, OciSpecError> {
    let (limits, tuning) = (&order.spec.limits, &order.spec.tuning);
    let mut resources = LinuxResourcesBuilder::default().devices(devices::rules(order.spec.privileged, host)?);
    let bytes = |bytes: Bytes| i64::try_from(bytes.0).unwrap_or(i64::MAX);
    if limits.memory.is_some() || limits.memory_swap.is_some() || tuning.memory_reservation.is_some() {
        let mut memory = LinuxMemoryBuilder::default();
        if let Some(limit) = limits.memory {
            memory = memory.limit(bytes(limit));
        }
        if let Some(both) = limits.memory_swap {
            memory = memory.swap(bytes(both));
        }
        if let Some(low) = tuning.memory_reservation {
            memory = memory.reservation(bytes(low));
        }
        resources = resources.memory(memory.build()?);
    }
    if limits.cpus.is_some() || tuning.cpu_shares.is_some() || tuning.cpuset.is_some() {
        let mut cpu = LinuxCpuBuilder::default();
        if let Some(cpus) = limits.cpus {
            cpu = cpu.period(PERIOD).quota((cpus * PERIOD as f64).round() as i64);
        }
        if let Some(shares) = tuning.cpu_shares {
            cpu = cpu.shares(shares);
        }
        if let Some(cpus) = &tuning.cpuset {
            cpu = cpu.cpus(cpus.clone());
        }
        resources = resources.cpu(cpu.build()?);
    }
    if let Some(most) = limits.pids {
        // Docker's 0 and -1 both say "no limit"; the spec has -1 for it.
        resources = resources.pids(LinuxPidsBuilder::default().limit(if most > 0 { most } else { -1 }).build()?);
    }
    if let Some(weight) = tuning.blkio_weight {
        resources = resources.block_io(LinuxBlockIoBuilder::default().weight(weight).build()?);
    }
    resources.build()
}
