//! Use of the host's processors and memory, from the text of `/proc/stat` and `/proc/meminfo` (proc(5)).
//! Knows no file system and no clock.

use crate::model::Bytes;

/// Processor time since boot, in ticks, all processors together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CpuTimes {
    /// Time in which something ran.
    pub(crate) busy: u64,
    /// All time.
    pub(crate) total: u64,
}

impl CpuTimes {
    /// Reads the `cpu` line. Guest time is in user time already, and waiting for a disk is idleness.
    pub(crate) fn parse(stat: &str) -> Option<Self> {
        let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
        let ticks: Vec<u64> = line.split_whitespace().take(8).map_while(|word| word.parse().ok()).collect();
        let [_, _, _, idle, ..] = ticks.as_slice() else { return None };
        let total: u64 = ticks.iter().sum();
        let waiting = ticks.get(4).copied().unwrap_or_default();
        Some(Self { busy: total.saturating_sub(idle + waiting), total })
    }

    /// Percent of all processors that were busy since `earlier`, 0 to 100. Counters of a processor that was
    /// unplugged can run backwards; that counts as idle.
    pub(crate) fn percent_since(self, earlier: Self) -> f64 {
        let total = self.total.saturating_sub(earlier.total);
        let busy = self.busy.saturating_sub(earlier.busy).min(total);
        if total == 0 { 0.0 } else { busy as f64 * 100.0 / total as f64 }
    }
}

/// Memory there is, and what of it could be had without swapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    /// All.
    pub(crate) total: Bytes,
    /// `MemAvailable`.
    pub(crate) available: Bytes,
}

impl Memory {
    /// Reads both lines.
    pub(crate) fn parse(meminfo: &str) -> Option<Self> {
        let field = |name: &str| {
            let line = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            kibibytes(line)
        };
        Some(Self { total: field("MemTotal")?, available: field("MemAvailable")? })
    }

    /// What is in use.
    pub(crate) const fn used(self) -> Bytes {
        self.total.less(self.available)
    }
}

/// `   1528 kB`, as the files of `/proc` write sizes.
pub(crate) fn kibibytes(text: &str) -> Option<Bytes> {
    let number: u64 = text.trim().strip_suffix("kB")?.trim().parse().ok()?;
    number.checked_mul(1024).map(Bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn load_is_what_was_busy_between_two_readings() {
        let first = CpuTimes::parse("cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 1 2 3 4").unwrap();
        let second = CpuTimes::parse("cpu  130 0 70 840 60 0 0 0 0 0\n").unwrap();
        assert_eq!(second.percent_since(first), 50.0);
        assert_eq!(first.percent_since(first), 0.0);
        assert_eq!(first.percent_since(second), 0.0);
        assert_eq!(CpuTimes::parse("intr 1 2 3"), None);
    }

    #[test]
    fn guest_time_is_not_counted_twice() {
        let with_guest = CpuTimes::parse("cpu  100 0 0 100 0 0 0 0 90 0").unwrap();
        assert_eq!(with_guest, CpuTimes { busy: 100, total: 200 });
    }

    #[test]
    fn caches_are_not_memory_in_use() {
        let text = "MemTotal:       24576000 kB\nMemFree:          100000 kB\nMemAvailable:   20000000 kB\n";
        let memory = Memory::parse(text).unwrap();
        assert_eq!(memory.used(), Bytes(4_576_000 * 1024));
        assert_eq!(Memory::parse("MemTotal: 1 kB\n"), None);
    }
}
