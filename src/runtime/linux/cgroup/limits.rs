//! Changing what a running container may use. Knows which file of which controller holds which limit.

use std::{fs, io};

use super::{Cgroup, Version};
use crate::{
    model::{Limits, Tuning},
    runtime::{Result, RuntimeError},
};

/// Microseconds in which a container may use its share of processors; the kernel's and Docker's default.
pub(crate) const PERIOD: u64 = 100_000;

/// One file to write.
#[derive(Debug, PartialEq, Eq)]
struct Write {
    controller: &'static str,
    file: &'static str,
    value: String,
}

impl Cgroup {
    /// Changes the limits. What is `None` is lifted.
    pub(crate) fn limit(&self, limits: &Limits, tuning: &Tuning) -> Result<()> {
        let mut writes = writes(self.version, limits, tuning);
        let tried = |write: &Write| format!("set `{}` of container `{}`", write.file, self.id.short());
        let mut put_off = Vec::new();
        for write in writes.drain(..) {
            match self.write(&write) {
                // On version 1 memory must not exceed memory with swap at any time: the other one goes first.
                Err(error) if write.controller == "memory" && error.raw_os_error() == Some(22) => put_off.push(write),
                done => done.map_err(RuntimeError::system(tried(&write)))?,
            }
        }
        for write in put_off {
            self.write(&write).map_err(RuntimeError::system(tried(&write)))?;
        }
        Ok(())
    }

    fn write(&self, write: &Write) -> io::Result<()> {
        match fs::write(self.folder(write.controller).join(write.file), &write.value) {
            // A limit that the kernel cannot set (swap accounting is off) and nobody wants needs no lifting.
            Err(error) if error.kind() == io::ErrorKind::NotFound && matches!(write.value.as_str(), "-1" | "max") => {
                Ok(())
            }
            done => done,
        }
    }
}

fn writes(version: Version, limits: &Limits, tuning: &Tuning) -> Vec<Write> {
    let write = |controller, file, value: String| Write { controller, file, value };
    let memory = limits.memory.map(|bytes| bytes.0);
    let with_swap = limits.memory_swap.map(|bytes| bytes.0);
    let quota = limits.cpus.map(|cpus| (cpus * PERIOD as f64).round() as u64);
    let pids = limits.pids.filter(|most| *most > 0).map_or("max".into(), |most| most.to_string());
    let mut all = Vec::new();
    match version {
        Version::One => {
            let or_none = |limit: Option<u64>| limit.map_or("-1".into(), |limit| limit.to_string());
            all.push(write("memory", "memory.limit_in_bytes", or_none(memory)));
            all.push(write("memory", "memory.memsw.limit_in_bytes", or_none(with_swap)));
            all.push(write("cpu", "cpu.cfs_quota_us", or_none(quota)));
            all.push(write("pids", "pids.max", pids));
            let soft = tuning.memory_reservation.map(|bytes| bytes.0.to_string());
            all.extend(soft.map(|soft| write("memory", "memory.soft_limit_in_bytes", soft)));
            all.extend(tuning.cpu_shares.map(|shares| write("cpu", "cpu.shares", shares.to_string())));
        }
        Version::Two => {
            let or_max = |limit: Option<u64>| limit.map_or("max".into(), |limit| limit.to_string());
            // Version 2 counts swap by itself.
            let swap = with_swap.map(|both| both.saturating_sub(memory.unwrap_or(0)));
            all.push(write("memory", "memory.max", or_max(memory)));
            all.push(write("memory", "memory.swap.max", or_max(swap)));
            all.push(write("cpu", "cpu.max", format!("{} {PERIOD}", or_max(quota))));
            all.push(write("pids", "pids.max", pids));
            let low = tuning.memory_reservation.map(|bytes| bytes.0.to_string());
            all.extend(low.map(|low| write("memory", "memory.low", low)));
            let weight = tuning.cpu_shares.map(weight_of_shares);
            all.extend(weight.map(|weight| write("cpu", "cpu.weight", weight.to_string())));
        }
    }
    all.extend(tuning.cpuset.clone().map(|cpus| write("cpuset", "cpuset.cpus", cpus)));
    all
}

/// 2…262144 to 1…10000, as the OCI runtimes do.
fn weight_of_shares(shares: u64) -> u64 {
    1 + (shares.clamp(2, 262_144) - 2) * 9_999 / 262_142
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Bytes;

    fn lines(version: Version, limits: &Limits, tuning: &Tuning) -> Vec<String> {
        writes(version, limits, tuning).iter().map(|write| format!("{} {}", write.file, write.value)).collect()
    }

    #[test]
    fn each_version_has_its_own_files() {
        let limits = Limits {
            memory: Some(Bytes(64 << 20)),
            memory_swap: Some(Bytes(96 << 20)),
            cpus: Some(1.5),
            pids: Some(10),
            ..Limits::default()
        };
        let tuning = Tuning { cpu_shares: Some(1024), cpuset: Some("0-1".into()), ..Tuning::default() };
        assert_eq!(
            lines(Version::One, &limits, &tuning),
            [
                "memory.limit_in_bytes 67108864",
                "memory.memsw.limit_in_bytes 100663296",
                "cpu.cfs_quota_us 150000",
                "pids.max 10",
                "cpu.shares 1024",
                "cpuset.cpus 0-1",
            ]
        );
        assert_eq!(
            lines(Version::Two, &limits, &tuning),
            [
                "memory.max 67108864",
                "memory.swap.max 33554432",
                "cpu.max 150000 100000",
                "pids.max 10",
                "cpu.weight 39",
                "cpuset.cpus 0-1",
            ]
        );
    }

    #[test]
    fn no_limit_lifts_the_old_one() {
        let lifted = lines(Version::Two, &Limits::default(), &Tuning::default());
        assert_eq!(lifted, ["memory.max max", "memory.swap.max max", "cpu.max max 100000", "pids.max max"]);
    }
}
