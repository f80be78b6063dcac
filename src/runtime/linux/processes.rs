//! The processes of a container, from `/proc`. Knows no cgroup but by the ids it is given.

use std::{collections::HashMap, fs, path::PathBuf};

use super::inside::Inside;
use crate::{
    model::{Bytes, Process},
    runtime::process_tree::{in_order, time},
};

/// Clock ticks of a second and bytes of a page, as the kernel tells them.
struct Units {
    ticks: u64,
    page: u64,
}

/// What `/proc` says of these processes, parents before their children; of `main`'s root the names of users.
pub(crate) fn read(pids: &[u32], main: u32) -> Vec<Process> {
    let units =
        Units { ticks: rustix::param::clock_ticks_per_second().max(1), page: rustix::param::page_size() as u64 };
    let names = user_names(main);
    let processes: Vec<_> = pids.iter().filter_map(|pid| one(*pid, &names, &units)).collect();
    in_order(processes)
}

fn user_names(main: u32) -> HashMap<u32, String> {
    let root = PathBuf::from(format!("/proc/{main}/root"));
    let text = Inside::at(&root).map(|inside| inside.text("/etc/passwd")).unwrap_or_default();
    let named = text.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let (name, uid) = (fields.next()?, fields.nth(1)?.parse().ok()?);
        Some((uid, name.to_owned()))
    });
    // The first of several names counts.
    named.fold(HashMap::new(), |mut names, (uid, name)| {
        names.entry(uid).or_insert(name);
        names
    })
}

/// One process; `None` when it has ended meanwhile.
fn one(pid: u32, names: &HashMap<u32, String>, units: &Units) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let mut process = parse(&stat, &status, units)?;
    let uid = field(&status, "Uid").and_then(|uids| uids.split_whitespace().next()?.parse::<u32>().ok())?;
    process.pid = pid;
    process.user = names.get(&uid).cloned().unwrap_or_else(|| uid.to_string());
    if !command.is_empty() {
        let words = command.split(|byte| *byte == 0).filter(|word| !word.is_empty()).map(String::from_utf8_lossy);
        process.command = words.collect::<Vec<_>>().join(" ");
    }
    Some(process)
}

/// Reads the texts of proc_pid_stat(5) and proc_pid_status(5).
fn parse(stat: &str, status: &str, units: &Units) -> Option<Process> {
    let (before, after) = stat.rsplit_once(')')?;
    let name = before.split_once('(')?.1;
    // Fields from the third on.
    let fields: Vec<&str> = after.split_whitespace().collect();
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    let ticks = number(14)? + number(15)?;
    let inner = field(status, "NSpid").and_then(|ids| ids.split_whitespace().last()?.parse().ok());
    Some(Process {
        parent: u32::try_from(number(4)?).ok()?,
        inner,
        command: format!("[{name}]"),
        memory: Some(Bytes(number(24)? * units.page)),
        threads: u32::try_from(number(20)?).ok(),
        tty: terminal(number(7)?),
        time: time(ticks / units.ticks),
        ..Process::default()
    })
}

fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
}

/// `pts/N` by its device number (136 is the first of eight majors of pseudo-terminals).
fn terminal(number: u64) -> String {
    let (major, minor) = (number >> 8 & 0xfff, number & 0xff | number >> 12 & 0xfff00);
    if (136..144).contains(&major) { format!("pts/{}", (major - 136) << 20 | minor) } else { "?".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_tells_is_read() {
        let stat = "77 (a) b) S 70 77 77 34817 77 4194560 1 0 0 0 250 50 0 0 20 0 3 0 999 8000000 25 1 1 1";
        let status = "Name:\ta) b\nUid:\t33\t33\t33\t33\nNSpid:\t77\t5\n";
        let process = parse(stat, status, &Units { ticks: 100, page: 4096 }).unwrap();
        assert_eq!((process.parent, process.inner, process.threads), (70, Some(5), Some(3)));
        assert_eq!((process.tty.as_str(), process.time.as_str()), ("pts/1", "00:00:03"));
        assert_eq!(process.memory, Some(Bytes(25 * 4096)));
        assert_eq!(process.command, "[a) b]");
    }
}
