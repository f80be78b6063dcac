//! Processes as `ps` or Windows prints them through Docker: columns by title. Knows no transport.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::lenient::Text;
use crate::model::{Bytes, Process};

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Table {
    titles: Option<Vec<Text>>,
    processes: Option<Vec<Option<Vec<Text>>>>,
}

/// Reads the answer to `GET /containers/{id}/top`: parents before children, each with its depth.
///
/// # Errors
/// When the answer is no object.
pub(crate) fn processes(body: &[u8]) -> serde_json::Result<Vec<Process>> {
    let table: Table = serde_json::from_slice(body)?;
    let columns = Columns::of(&table.titles.unwrap_or_default());
    let rows = table.processes.unwrap_or_default();
    Ok(tree(rows.into_iter().flatten().filter_map(|row| columns.process(&row)).collect()))
}

/// Where each fact stands; titles differ between `ps -ef`, `ps aux`, Podman and Windows.
struct Columns {
    pid: Option<usize>,
    parent: Option<usize>,
    inner: Option<usize>,
    user: Option<usize>,
    tty: Option<usize>,
    time: Option<usize>,
    cpu: Option<usize>,
    memory: Option<usize>,
    threads: Option<usize>,
    command: Option<usize>,
    windows: bool,
}

impl Columns {
    fn of(titles: &[Text]) -> Self {
        let find = |names: &[&str]| {
            names.iter().find_map(|name| titles.iter().position(|title| title.as_str().eq_ignore_ascii_case(name)))
        };
        let host = find(&["HPID"]);
        Self {
            // Podman prints the inner id as PID and, if asked, the host's as HPID.
            pid: host.or(find(&["PID"])),
            parent: find(&["HPPID", "PPID"]),
            inner: host.and(find(&["PID"])),
            user: find(&["USER", "UID", "HUSER"]),
            tty: find(&["TTY", "TT"]),
            time: find(&["TIME", "CPU"]),
            cpu: find(&["%CPU", "C"]),
            memory: find(&["RSS", "Private Working Set"]),
            threads: find(&["NLWP", "THCNT"]),
            command: find(&["CMD", "COMMAND", "ARGS", "Name"]),
            windows: find(&["Private Working Set"]).is_some(),
        }
    }

    fn process(&self, row: &[Text]) -> Option<Process> {
        let cell = |column: Option<usize>| column.and_then(|at| row.get(at)).map_or("", Text::as_str);
        let number = |column| cell(column).trim().parse::<u32>().ok();
        Some(Process {
            pid: number(self.pid)?,
            parent: number(self.parent).unwrap_or(0),
            inner: number(self.inner),
            user: cell(self.user).to_owned(),
            command: cell(self.command).to_owned(),
            cpu_percent: cell(self.cpu).trim().trim_end_matches('%').parse().ok().filter(|_| !self.windows),
            memory: self.memory(cell(self.memory)),
            threads: number(self.threads),
            tty: cell(self.tty).to_owned(),
            time: cell(self.time).to_owned(),
            depth: 0,
        })
    }

    /// `ps` prints kibibytes, Windows an amount with a unit in powers of 1000 (`1.2MB`).
    fn memory(&self, text: &str) -> Option<Bytes> {
        if !self.windows {
            return text.trim().parse::<u64>().ok().map(|kib| Bytes(kib << 10));
        }
        let text = text.trim();
        let (number, factor) = [("GB", 1e9), ("MB", 1e6), ("kB", 1e3), ("B", 1.0)]
            .iter()
            .find_map(|(unit, factor)| text.strip_suffix(unit).map(|number| (number, *factor)))?;
        number.trim().parse::<f64>().ok().map(|n| Bytes((n * factor) as u64))
    }
}

/// Orders processes so that each follows its parent, in the order they were told; sets their depth.
pub(crate) fn tree(processes: Vec<Process>) -> Vec<Process> {
    let known: HashSet<u32> = processes.iter().map(|p| p.pid).collect();
    let mut children: HashMap<Option<u32>, Vec<Process>> = HashMap::new();
    for process in processes {
        let parent = Some(process.parent).filter(|p| known.contains(p) && *p != process.pid);
        children.entry(parent).or_default().push(process);
    }
    let mut ordered = Vec::with_capacity(known.len());
    let mut todo = next(&mut children, None, 0);
    while let Some(process) = todo.pop() {
        todo.extend(next(&mut children, Some(process.pid), process.depth + 1));
        ordered.push(process);
    }
    // Whatever is left stands in a circle, which no kernel makes; it is shown, not lost.
    ordered.extend(children.into_values().flatten());
    ordered
}

/// The children of one, the last first, for a stack.
fn next(children: &mut HashMap<Option<u32>, Vec<Process>>, parent: Option<u32>, depth: usize) -> Vec<Process> {
    let mut found = children.remove(&parent).unwrap_or_default();
    found.iter_mut().for_each(|process| process.depth = depth);
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(body: &str) -> Vec<(u32, usize)> {
        processes(body.as_bytes()).unwrap().iter().map(|p| (p.pid, p.depth)).collect()
    }

    #[test]
    fn children_follow_their_parents() {
        let body = r#"{"Titles":["UID","PID","PPID","C","STIME","TTY","TIME","CMD"],"Processes":[
            ["root","10","1","0","10:00","?","00:00:01","nginx: master"],
            ["root","30","12","0","10:00","?","00:00:00","sh"],
            ["101","11","10","0","10:00","?","00:00:00","nginx: worker"],
            ["101","12","10","0","10:00","?","00:00:00","nginx: worker"]]}"#;
        assert_eq!(shape(body), [(10, 0), (11, 1), (12, 1), (30, 2)]);
        let first = processes(body.as_bytes()).unwrap().remove(0);
        assert_eq!(
            (first.user.as_str(), first.command.as_str(), first.time.as_str()),
            ("root", "nginx: master", "00:00:01")
        );
    }

    #[test]
    fn a_circle_of_parents_loses_nobody() {
        let body = r#"{"Titles":["PID","PPID"],"Processes":[["1","2"],["2","1"],["3","3"],null,["x"]]}"#;
        let mut pids: Vec<_> = shape(body).into_iter().map(|(pid, _)| pid).collect();
        pids.sort_unstable();
        assert_eq!(pids, [1, 2, 3]);
    }

    #[test]
    fn windows_prints_amounts_and_names() {
        let body = r#"{"Titles":["Name","PID","CPU","Private Working Set"],
            "Processes":[["smss.exe","1234","00:00:00.093","1.5MB"]]}"#;
        let smss = processes(body.as_bytes()).unwrap().remove(0);
        assert_eq!((smss.pid, smss.memory, smss.command.as_str()), (1234, Some(Bytes(1_500_000)), "smss.exe"));
        assert_eq!((smss.time.as_str(), smss.cpu_percent), ("00:00:00.093", None));
    }
}
