//! One process, from the text of `/proc/PID/stat`, `status` and `cgroup` (proc(5)). Reads no file.

use std::time::Duration;

use super::load::kibibytes;
use crate::model::Bytes;

/// What `/proc/PID/stat` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    /// The parent's id.
    pub(crate) parent: u32,
    /// The POSIX session's id.
    pub(crate) session: u32,
    /// Processor time used, in ticks, user and kernel mode together.
    pub(crate) cpu_ticks: u64,
    /// When it started, in ticks since boot. With the id it names a process for good.
    pub(crate) start_ticks: u64,
}

impl Stat {
    /// Reads the line. The program's name in it can hold anything, even `) R 1`: the last bracket ends it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (_, rest) = text.rsplit_once(')')?;
        // Numbered as in proc(5), where the state after the name is field 3.
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self {
            parent: u32::try_from(field(4)?).ok()?,
            session: u32::try_from(field(6)?).ok()?,
            cpu_ticks: field(14)?.saturating_add(field(15)?),
            start_ticks: field(22)?,
        })
    }
}

/// What `/proc/PID/status` tells. Each is `None` where the kernel does not say: kernel threads have no memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Status {
    /// Its id in the innermost pid namespace.
    pub(crate) inner: Option<u32>,
    /// Its threads.
    pub(crate) threads: Option<u32>,
    /// Its resident memory.
    pub(crate) memory: Option<Bytes>,
}

impl Status {
    /// Reads the lines that matter.
    pub(crate) fn parse(text: &str) -> Self {
        let mut status = Self::default();
        for (name, value) in text.lines().filter_map(|line| line.split_once(':')) {
            match name {
                "NSpid" => status.inner = value.split_whitespace().last().and_then(|pid| pid.parse().ok()),
                "Threads" => status.threads = value.trim().parse().ok(),
                "VmRSS" => status.memory = kibibytes(value),
                _ => {}
            }
        }
        status
    }
}

/// A number of the kernel's ticks as a time.
pub(crate) fn ticks(count: u64, per_second: u64) -> Duration {
    let per_second = per_second.max(1);
    let nanos = (count % per_second) * 1_000_000_000 / per_second;
    Duration::from_secs(count / per_second) + Duration::from_nanos(nanos)
}

/// The moment of the kernel's start, in seconds since 1970: the `btime` line of `/proc/stat`.
pub(crate) fn boot_time(stat: &str) -> Option<i64> {
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

/// The container that a `/proc/PID/cgroup` speaks of: the last part of a path that holds 64 hex digits, as every
/// engine names its groups (`/docker/ID`, `docker-ID.scope`, `libpod-ID.scope`, `cri-containerd-ID.scope`).
pub(crate) fn container_of_cgroup(text: &str) -> Option<&str> {
    let paths = text.lines().filter_map(|line| line.splitn(3, ':').nth(2));
    paths.flat_map(|path| path.rsplit('/')).find_map(|part| {
        let name = part.strip_suffix(".scope").unwrap_or(part);
        let id = name.rsplit('-').next()?;
        (id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit())).then_some(id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Read from a busybox httpd in a container of Docker 20.10, Linux 6.18.
    const STAT: &str = "16566 (httpd) S 16543 16566 16566 0 -1 4194560 1025 0 1 0 1 1 0 0 20 0 1 0 231126 2322432 348 \
                        18446744073709551615 4198400 5785993 140731046661568 0 0 0 0 65540 1 1 0 0 17 0 0 0 0 0 0";

    #[test]
    fn a_process_is_read_as_the_kernel_wrote_it() {
        let stat = Stat { parent: 16543, session: 16566, cpu_ticks: 2, start_ticks: 231_126 };
        assert_eq!(Stat::parse(STAT), Some(stat));
        let status = Status::parse("Name:\thttpd\nNSpid:\t16566\t1\nVmRSS:\t    1528 kB\nThreads:\t1\n");
        assert_eq!(status, Status { inner: Some(1), threads: Some(1), memory: Some(Bytes(1528 * 1024)) });
    }

    #[test]
    fn a_name_made_to_deceive_does_not() {
        assert_eq!(Stat::parse(&STAT.replace("httpd", "x) R 1 1 1 (")), Stat::parse(STAT));
        assert_eq!(Stat::parse("16566 (cut"), None);
        assert_eq!(Stat::parse("16566 (short) S 1"), None);
    }

    #[test]
    fn ticks_become_time() {
        assert_eq!(ticks(231_126, 100), Duration::from_millis(2_311_260));
        assert_eq!(ticks(3, 0), Duration::from_secs(3));
        assert_eq!(boot_time("cpu 1 2\nbtime 1795885000\n"), Some(1_795_885_000));
    }

    #[test]
    fn a_group_tells_its_container() {
        let id = "a77e04981fd04497a00be997fcbd7eff7ef98eea6d3c56f2b5020157cf938aac";
        for path in ["/docker/ID", "/system.slice/docker-ID.scope", "/machine.slice/libpod-ID.scope/container"] {
            let text = format!("9:name=systemd:/\n0::{}\n", path.replace("ID", id));
            assert_eq!(container_of_cgroup(&text), Some(id), "{path}");
        }
        assert_eq!(container_of_cgroup("0::/user.slice/session-1.scope\n"), None);
    }
}
