//! Processes as people read them: as a tree, and how long they have worked. Knows no system's tables.

use std::collections::HashMap;

use crate::model::Process;

/// As `ps` has it: hours, minutes and seconds.
pub(crate) fn time(seconds: u64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Parents first, each followed by its children, with their depth.
pub(crate) fn in_order(processes: Vec<Process>) -> Vec<Process> {
    let ids: Vec<u32> = processes.iter().map(|process| process.pid).collect();
    let mut children: HashMap<Option<u32>, Vec<Process>> = HashMap::new();
    for process in processes {
        let parent = Some(process.parent).filter(|parent| ids.contains(parent) && *parent != process.pid);
        children.entry(parent).or_default().push(process);
    }
    let mut ordered = Vec::with_capacity(ids.len());
    let mut waiting: Vec<(usize, Process)> = Vec::new();
    let push = |waiting: &mut Vec<(usize, Process)>, children: Vec<Process>, depth| {
        waiting.extend(children.into_iter().rev().map(|child| (depth, child)));
    };
    push(&mut waiting, children.remove(&None).unwrap_or_default(), 0);
    while let Some((depth, mut process)) = waiting.pop() {
        push(&mut waiting, children.remove(&Some(process.pid)).unwrap_or_default(), depth + 1);
        process.depth = depth;
        ordered.push(process);
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_follow_their_parents() {
        let process = |pid, parent| Process { pid, parent, ..Process::default() };
        let ordered = in_order(vec![process(5, 3), process(1, 0), process(3, 1), process(4, 1), process(9, 800)]);
        let tree: Vec<_> = ordered.iter().map(|process| (process.pid, process.depth)).collect();
        assert_eq!(tree, [(1, 0), (3, 1), (5, 2), (4, 1), (9, 0)]);
    }

    #[test]
    fn time_is_told_in_hours() {
        assert_eq!((time(3), time(3_600 * 100 + 61)), ("00:00:03".to_owned(), "100:01:01".to_owned()));
    }
}
