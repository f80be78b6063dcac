//! What a container has used, from the files of its cgroup. Knows their formats.

use std::fs;

use super::{Cgroup, Version, flat, number_of, read_number, read_word};
use crate::runtime::{Result, RuntimeError, host::Counters};

/// Version 1 says "no limit" with the largest whole page below 2^63.
const NO_LIMIT: u64 = 1 << 62;

impl Cgroup {
    /// What it has used; the network is not a cgroup's business and left at 0.
    pub(crate) fn counters(&self) -> Result<Counters> {
        if self.folders().is_empty() {
            let tried = format!("measure container `{}`", self.id.short());
            return Err(RuntimeError::Conflict { tried, why: "it does not run".into() });
        }
        Ok(match self.version {
            Version::One => self.counters_one(),
            Version::Two => self.counters_two(),
        })
    }

    fn counters_one(&self) -> Counters {
        let memory = self.folder("memory");
        let used = read_number(&memory.join("memory.usage_in_bytes")).unwrap_or(0);
        let droppable = flat(&memory.join("memory.stat"), "total_inactive_file").unwrap_or(0);
        let io = fs::read_to_string(self.folder("blkio").join("blkio.throttle.io_service_bytes"));
        let (disk_read, disk_write) = service_bytes(&io.unwrap_or_default());
        Counters {
            cpu_nanos: read_number(&self.folder("cpuacct").join("cpuacct.usage")).unwrap_or(0),
            memory: used.saturating_sub(droppable),
            memory_limit: read_number(&memory.join("memory.limit_in_bytes")).filter(|limit| *limit < NO_LIMIT),
            pids: read_number(&self.folder("pids").join("pids.current")).unwrap_or(0),
            disk_read,
            disk_write,
            ..Counters::default()
        }
    }

    fn counters_two(&self) -> Counters {
        let folder = self.folder("");
        let used = read_number(&folder.join("memory.current")).unwrap_or(0);
        let droppable = flat(&folder.join("memory.stat"), "inactive_file").unwrap_or(0);
        let (disk_read, disk_write) = io_stat(&fs::read_to_string(folder.join("io.stat")).unwrap_or_default());
        let cpu = fs::read_to_string(folder.join("cpu.stat")).unwrap_or_default();
        Counters {
            cpu_nanos: number_of(&cpu, "usage_usec").unwrap_or(0).saturating_mul(1000),
            memory: used.saturating_sub(droppable),
            memory_limit: read_word(&folder.join("memory.max")).and_then(|word| word.parse().ok()),
            pids: read_number(&folder.join("pids.current")).unwrap_or(0),
            disk_read,
            disk_write,
            ..Counters::default()
        }
    }
}

/// Sums `8:0 Read 4096` lines of version 1 over all disks.
fn service_bytes(text: &str) -> (u64, u64) {
    let sum = |wanted: &str| {
        let mut words = text.lines().map(|line| line.split(' ').collect::<Vec<_>>());
        let numbers = words.by_ref().filter_map(|words| match words[..] {
            [_, what, bytes] if what == wanted => bytes.parse::<u64>().ok(),
            _ => None,
        });
        numbers.sum()
    };
    (sum("Read"), sum("Write"))
}

/// Sums `8:0 rbytes=1 wbytes=2 …` lines of version 2 over all disks.
fn io_stat(text: &str) -> (u64, u64) {
    let sum = |wanted: &str| {
        let pairs = text.split_whitespace().filter_map(|word| word.split_once('='));
        pairs.filter(|(key, _)| *key == wanted).filter_map(|(_, bytes)| bytes.parse::<u64>().ok()).sum()
    };
    (sum("rbytes"), sum("wbytes"))
}

/// Bytes received and sent by all links but loopback, from the text of a `/proc/PID/net/dev`.
pub(crate) fn net_dev(text: &str) -> (u64, u64) {
    let links = text.lines().filter_map(|line| line.split_once(':')).filter(|(name, _)| name.trim() != "lo");
    let bytes = links.map(|(_, numbers)| {
        // Received bytes come first, sent bytes ninth (proc_pid_net(5)).
        let at = |index| numbers.split_whitespace().nth(index).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
        (at(0), at(8))
    });
    bytes.fold((0, 0), |sum, link| (sum.0 + link.0, sum.1 + link.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_all_disks_are_added() {
        let one = "8:0 Read 4096\n8:0 Write 1\n8:0 Sync 9\n254:0 Read 4\n254:0 Write 2\nTotal 4103\n";
        assert_eq!(service_bytes(one), (4100, 3));
        let two = "8:0 rbytes=4096 wbytes=1 rios=7 wios=8 dbytes=0 dios=0\n254:0 rbytes=4 wbytes=2 rios=1\n";
        assert_eq!(io_stat(two), (4100, 3));
    }

    #[test]
    fn loopback_is_no_traffic() {
        let text = "Inter-|   Receive   |  Transmit\n face |bytes    packets\n    \
                    lo:    9  1 0 0 0 0 0 0     9  1 0 0 0 0 0 0\n  \
                    eth0: 1500 10 0 0 0 0 0 0   700  5 0 0 0 0 0 0\n";
        assert_eq!(net_dev(text), (1500, 700));
    }
}
