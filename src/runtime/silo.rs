//! The processes of a container of Windows: what the host compute service lists of it, joined with what the host's
//! kernel tells of the same numbers. Pure.
//!
//! Under process isolation a container is a silo of the host: its processes are the host's, by the same numbers, in a
//! session of their own. In a virtual machine they are the guest's, and the host's kernel must not be asked for them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::{
    document::hcs::statistics::{ProcessDetails, Statistics},
    host::Counters,
    process_tree::{in_order, time},
};
use crate::model::{Bytes, Process};

/// Of HCS's processor time so much makes a second.
const SECOND: u64 = 10_000_000;

/// What a container has used, as the rest of the runtime counts. Its network is counted by its endpoints.
pub fn counters(used: &Statistics, processes: usize, limit: Option<Bytes>) -> Counters {
    Counters {
        cpu_nanos: used.processor.total_100ns.saturating_mul(100),
        // The limit is held against what is committed, so that is what is measured by it.
        memory: used.memory.commit_bytes,
        memory_limit: limit.map(|limit| limit.0),
        pids: processes as u64,
        disk_read: used.storage.read_size_bytes,
        disk_write: used.storage.write_size_bytes,
        ..Counters::default()
    }
}

/// A process as the host's kernel has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostProcess {
    /// Its number.
    pub pid: u32,
    /// The number of the process that started it, which may be another's by now.
    pub parent: u32,
    /// Its threads.
    pub threads: u32,
    /// The session it is in, where the kernel says so.
    pub session: Option<u32>,
    /// Its program's file, without the folder.
    pub image: String,
}

/// What runs in a container.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Silo {
    /// Its processes, parents before their children.
    pub processes: Vec<Process>,
    /// The session of the host that stands for the container's own; none for a virtual machine.
    pub session: Option<u32>,
    /// Whether the numbers are the guest's, and no process of the host has them.
    pub is_guest: bool,
}

impl Silo {
    /// Joins both; `host` is `None` for a container in a virtual machine.
    pub fn join(listed: &[ProcessDetails], host: Option<&[HostProcess]>) -> Self {
        let known: HashMap<u32, &HostProcess> = host.into_iter().flatten().map(|one| (one.pid, one)).collect();
        // A number may have become another process's between the two looks.
        let of = |one: &ProcessDetails| {
            let found = known.get(&one.process_id).copied();
            found.filter(|host| host.image.eq_ignore_ascii_case(&one.image_name))
        };
        let begun: HashMap<u32, Option<DateTime<Utc>>> =
            listed.iter().map(|one| (one.process_id, one.create_timestamp)).collect();
        let processes = listed.iter().map(|one| process(one, of(one), &begun)).collect();
        // Services begin first; a second session is one that somebody has logged on to.
        let first = listed.iter().filter(|one| of(one).is_some()).min_by_key(|one| one.create_timestamp);
        Self {
            processes: in_order(processes),
            session: first.and_then(of).and_then(|host| host.session),
            is_guest: host.is_none(),
        }
    }
}

fn process(
    listed: &ProcessDetails,
    host: Option<&HostProcess>,
    begun: &HashMap<u32, Option<DateTime<Utc>>>,
) -> Process {
    // Windows keeps the number of a parent that has ended: whoever has it now and is younger is none. So no circle of
    // processes can be their own parents.
    let is_older = |parent: &u32| begun.get(parent).is_none_or(|parent| *parent < listed.create_timestamp);
    Process {
        pid: listed.process_id,
        parent: host.map(|host| host.parent).filter(is_older).unwrap_or_default(),
        inner: Some(listed.process_id),
        command: listed.image_name.clone(),
        memory: Some(Bytes(listed.private_working_set_bytes.saturating_add(listed.shared_working_set_bytes))),
        threads: host.map(|host| host.threads),
        tty: "?".to_owned(),
        time: time(listed.user_100ns.saturating_add(listed.kernel_100ns) / SECOND),
        ..Process::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(pid: u32, image: &str, second: i64) -> ProcessDetails {
        ProcessDetails {
            process_id: pid,
            image_name: image.to_owned(),
            create_timestamp: DateTime::from_timestamp(second, 0),
            user_100ns: 25_000_000,
            kernel_100ns: 10_000_000,
            private_working_set_bytes: 100,
            shared_working_set_bytes: 20,
            ..ProcessDetails::default()
        }
    }

    fn host(pid: u32, parent: u32, session: u32, image: &str) -> HostProcess {
        HostProcess { pid, parent, threads: 7, session: Some(session), image: image.to_owned() }
    }

    fn tree(silo: &Silo) -> Vec<(u32, usize)> {
        silo.processes.iter().map(|process| (process.pid, process.depth)).collect()
    }

    #[test]
    fn a_silo_is_a_tree_in_a_session_of_the_host() {
        let list = [listed(30, "app.exe", 3), listed(10, "smss.exe", 1), listed(20, "CExecSvc.exe", 2)];
        let kernel = [
            host(10, 4, 3, "smss.exe"),
            host(20, 10, 3, "cexecsvc.exe"),
            host(30, 20, 4, "app.exe"),
            host(99, 1, 1, "explorer.exe"),
        ];
        let silo = Silo::join(&list, Some(&kernel));
        assert_eq!((tree(&silo), silo.session, silo.is_guest), (vec![(10, 0), (20, 1), (30, 2)], Some(3), false));
        let app = &silo.processes[2];
        assert_eq!(
            (app.inner, app.threads, app.memory, app.time.as_str()),
            (Some(30), Some(7), Some(Bytes(120)), "00:00:03")
        );
    }

    #[test]
    fn a_number_that_has_changed_hands_is_nobodys() {
        let list = [listed(10, "smss.exe", 1), listed(20, "app.exe", 2)];
        let silo = Silo::join(&list, Some(&[host(10, 20, 3, "smss.exe"), host(20, 10, 9, "other.exe")]));
        assert_eq!((tree(&silo), silo.session), (vec![(10, 0), (20, 0)], Some(3)));
        assert_eq!(silo.processes[1].threads, None);
    }

    #[test]
    fn parents_that_are_younger_are_none() {
        let list = [listed(10, "a.exe", 1), listed(20, "b.exe", 2)];
        let silo = Silo::join(&list, Some(&[host(10, 20, 3, "a.exe"), host(20, 10, 3, "b.exe")]));
        assert_eq!(tree(&silo), [(10, 0), (20, 1)]);
    }

    #[test]
    fn what_was_used_is_counted_in_nanoseconds_and_bytes() {
        let used: Statistics = serde_json::from_str(
            r#"{ "Processor": { "TotalRuntime100ns": 15 }, "Memory": { "MemoryUsageCommitBytes": 4096 },
                 "Storage": { "WriteSizeBytes": 512 } }"#,
        )
        .unwrap();
        let counted = counters(&used, 7, Some(Bytes(8192)));
        assert_eq!(
            (counted.cpu_nanos, counted.memory, counted.memory_limit, counted.pids),
            (1500, 4096, Some(8192), 7)
        );
        assert_eq!((counted.disk_read, counted.disk_write, counted.net_in), (0, 512, 0));
    }

    #[test]
    fn a_guest_is_not_looked_for_on_the_host() {
        let silo = Silo::join(&[listed(10, "smss.exe", 1)], None);
        assert_eq!((silo.session, silo.is_guest, silo.processes[0].threads), (None, true, None));
    }
}
