//! What a container uses, from an engine's counters: the formulas of the docker command line. Knows no transport.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::lenient::{Map, Moment, Number, Text};
use crate::model::{Bytes, Rate, Sample};

/// Nanoseconds in the unit in which Windows counts processor time.
const WINDOWS_TICK_NANOS: f64 = 100.0;

/// Turns counters into use: keeps the last reading, for rates and percents are differences.
#[derive(Default)]
pub(crate) struct Meter {
    last: Option<Reading>,
}

#[derive(Clone, Copy)]
struct Reading {
    at: DateTime<Utc>,
    cpu: u64,
    system: u64,
    net: (u64, u64),
    disk: (u64, u64),
}

impl Meter {
    /// Reads one line of `GET /containers/{id}/stats`. `None` for what is no sample: an empty one, sent for a
    /// container that does not run, and the very first, where there is nothing to compare with.
    pub(crate) fn read(&mut self, line: &[u8]) -> Option<Sample> {
        let stats: Stats = serde_json::from_slice(line).ok()?;
        let at = stats.read.0?;
        let now = stats.reading(at);
        let before = self.last.replace(now).or_else(|| stats.before())?;
        let seconds = (now.at - before.at).as_seconds_f64();
        if seconds <= 0.0 {
            return None;
        }
        let rate = |now: u64, before: u64| Rate(now.saturating_sub(before) as f64 / seconds);
        Some(Sample {
            at,
            cpu_percent: stats.cpu_percent(&now, &before, seconds),
            memory: stats.memory(),
            memory_limit: Bytes(stats.memory_stats.limit.amount().unwrap_or(0)),
            net_in: rate(now.net.0, before.net.0),
            net_out: rate(now.net.1, before.net.1),
            disk_read: rate(now.disk.0, before.disk.0),
            disk_write: rate(now.disk.1, before.disk.1),
            pids: stats.pids_stats.current.amount().or(stats.num_procs.amount()).unwrap_or(0),
            net_in_total: Bytes(now.net.0),
            net_out_total: Bytes(now.net.1),
            disk_read_total: Bytes(now.disk.0),
            disk_write_total: Bytes(now.disk.1),
        })
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Stats {
    read: Moment,
    preread: Moment,
    num_procs: Number,
    pids_stats: Pids,
    cpu_stats: Cpu,
    precpu_stats: Cpu,
    memory_stats: Memory,
    networks: Map<Option<Net>>,
    blkio_stats: Blkio,
    storage_stats: Storage,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Pids {
    current: Number,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Cpu {
    cpu_usage: CpuUsage,
    system_cpu_usage: Number,
    online_cpus: Number,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CpuUsage {
    total_usage: Number,
    percpu_usage: Option<Vec<Number>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Memory {
    usage: Number,
    limit: Number,
    privateworkingset: Number,
    stats: Map<Number>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Net {
    rx_bytes: Number,
    tx_bytes: Number,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Blkio {
    io_service_bytes_recursive: Option<Vec<BlkioRow>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct BlkioRow {
    op: Text,
    value: Number,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Storage {
    read_size_bytes: Number,
    write_size_bytes: Number,
}

impl Stats {
    fn reading(&self, at: DateTime<Utc>) -> Reading {
        Reading {
            at,
            cpu: self.cpu_stats.total(),
            system: self.cpu_stats.system_cpu_usage.amount().unwrap_or(0),
            net: self.net(),
            disk: self.disk(),
        }
    }

    /// The reading before, which engines send along; without counters for network and disk.
    fn before(&self) -> Option<Reading> {
        let at = self.preread.0?;
        let system = self.precpu_stats.system_cpu_usage.amount().unwrap_or(0);
        Some(Reading { at, cpu: self.precpu_stats.total(), system, net: self.net(), disk: self.disk() })
    }

    /// Linux: the container's share of all processor time, times the processors. Windows counts no system time:
    /// its share of the wall time.
    fn cpu_percent(&self, now: &Reading, before: &Reading, seconds: f64) -> f64 {
        let used = now.cpu.saturating_sub(before.cpu) as f64;
        if self.num_procs.or_zero() > 0 && now.system == 0 {
            return used * WINDOWS_TICK_NANOS / (seconds * 1e9) * 100.0;
        }
        let system = now.system.saturating_sub(before.system) as f64;
        if system <= 0.0 {
            return 0.0;
        }
        used / system * self.cpu_stats.processors() * 100.0
    }

    /// Memory without the cache that the kernel can drop at once, as `docker stats` counts.
    fn memory(&self) -> Bytes {
        if let Some(private) = self.memory_stats.privateworkingset.limit() {
            return Bytes(private);
        }
        let usage = Bytes(self.memory_stats.usage.amount().unwrap_or(0));
        let counters = self.memory_stats.stats.as_ref();
        let counter = |name: &str| counters.and_then(|all| all.get(name)).and_then(|n| n.amount());
        // The first name is cgroup v1's, the second v2's.
        let cache = counter("total_inactive_file").or_else(|| counter("inactive_file")).map(Bytes);
        cache.filter(|cache| *cache < usage).map_or(usage, |cache| usage.less(cache))
    }

    fn net(&self) -> (u64, u64) {
        let all = || self.networks.iter().flatten().filter_map(|(_, net)| net.as_ref());
        let sum = |of: fn(&Net) -> Number| all().filter_map(|net| of(net).amount()).fold(0, u64::saturating_add);
        (sum(|net| net.rx_bytes), sum(|net| net.tx_bytes))
    }

    fn disk(&self) -> (u64, u64) {
        let rows = || self.blkio_stats.io_service_bytes_recursive.iter().flatten();
        let sum = |op: &str| {
            let of_op = rows().filter(|row| row.op.as_str().eq_ignore_ascii_case(op));
            of_op.filter_map(|row| row.value.amount()).fold(0, u64::saturating_add)
        };
        let windows = (self.storage_stats.read_size_bytes.amount(), self.storage_stats.write_size_bytes.amount());
        (sum("read") + windows.0.unwrap_or(0), sum("write") + windows.1.unwrap_or(0))
    }
}

impl Cpu {
    fn total(&self) -> u64 {
        self.cpu_usage.total_usage.amount().unwrap_or(0)
    }

    fn processors(&self) -> f64 {
        let online = self.online_cpus.limit().map(|n| n as f64);
        online.unwrap_or_else(|| self.cpu_usage.percpu_usage.as_ref().map_or(1.0, |all| all.len().max(1) as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linux(second: u32, cpu: u64, system: u64, rx: u64) -> String {
        format!(
            r#"{{"read":"2024-05-01T10:00:{second:02}Z","preread":"0001-01-01T00:00:00Z","pids_stats":{{"current":3}},
            "cpu_stats":{{"cpu_usage":{{"total_usage":{cpu}}},"system_cpu_usage":{system},"online_cpus":4}},
            "memory_stats":{{"usage":1000,"limit":4000,"stats":{{"inactive_file":200}}}},
            "networks":{{"eth0":{{"rx_bytes":{rx},"tx_bytes":5}}}},
            "blkio_stats":{{"io_service_bytes_recursive":[{{"op":"read","value":7}},{{"op":"Write","value":9}}]}}}}"#
        )
    }

    #[test]
    fn two_readings_make_a_sample() {
        let mut meter = Meter::default();
        assert_eq!(meter.read(linux(0, 100, 1_000, 0).as_bytes()), None);
        let sample = meter.read(linux(2, 600, 2_000, 100).as_bytes()).unwrap();
        assert_eq!((sample.cpu_percent, sample.net_in, sample.pids), (200.0, Rate(50.0), 3));
        assert_eq!((sample.memory, sample.memory_limit), (Bytes(800), Bytes(4000)));
        assert_eq!((sample.disk_read_total, sample.disk_write_total), (Bytes(7), Bytes(9)));
    }

    #[test]
    fn the_first_sample_counts_when_the_engine_sends_the_reading_before() {
        let line = r#"{"read":"2024-05-01T10:00:01Z","preread":"2024-05-01T10:00:00Z",
            "cpu_stats":{"cpu_usage":{"total_usage":300,"percpu_usage":[1,2]},"system_cpu_usage":2000},
            "precpu_stats":{"cpu_usage":{"total_usage":200},"system_cpu_usage":1000}}"#;
        let sample = Meter::default().read(line.as_bytes()).unwrap();
        assert!((sample.cpu_percent - 20.0).abs() < 1e-9);
        assert_eq!(sample.net_in, Rate(0.0));
    }

    #[test]
    fn windows_counts_ticks_over_wall_time() {
        let line = r#"{"read":"2024-05-01T10:00:01Z","preread":"2024-05-01T10:00:00Z","num_procs":4,
            "cpu_stats":{"cpu_usage":{"total_usage":5000000}},"precpu_stats":{"cpu_usage":{"total_usage":0}},
            "memory_stats":{"commitbytes":900,"privateworkingset":500},
            "storage_stats":{"read_size_bytes":11,"write_size_bytes":12}}"#;
        let sample = Meter::default().read(line.as_bytes()).unwrap();
        assert!((sample.cpu_percent - 50.0).abs() < 1e-9);
        assert_eq!((sample.memory, sample.disk_write_total, sample.pids), (Bytes(500), Bytes(12), 4));
    }

    #[test]
    fn a_stopped_container_has_no_samples() {
        assert_eq!(Meter::default().read(br#"{"read":"0001-01-01T00:00:00Z"}"#), None);
        assert_eq!(Meter::default().read(b"nonsense"), None);
    }
}
