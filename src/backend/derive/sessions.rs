//! Which process belongs to which session of a container. Knows neither /proc nor an engine's client.

use std::collections::HashMap;

use crate::{
    backend::{
        local::ProcessFacts,
        wire::{exec::Exec, top::tree},
    },
    model::{Container, Process, Session, SessionId, SessionKind},
};

/// The main session, then one for each running exec. A process belongs to the nearest leader above it; one whose
/// parent has ended to the leader of its POSIX session, and otherwise to the main session, as its parent is now
/// the container's first process.
pub(crate) fn sessions(
    container: &Container,
    user: &str,
    execs: &[Exec],
    processes: Vec<Process>,
    facts: &HashMap<u32, ProcessFacts>,
) -> Vec<Session> {
    let leaders: HashMap<u32, usize> =
        execs.iter().enumerate().filter_map(|(at, exec)| Some((exec.pid?, at))).collect();
    let parents: HashMap<u32, u32> = processes.iter().map(|p| (p.pid, p.parent)).collect();
    let mut main = Vec::new();
    let mut of_execs: Vec<Vec<Process>> = execs.iter().map(|_| Vec::new()).collect();
    for process in processes {
        match exec_of(process.pid, container.pid, &leaders, &parents, facts).and_then(|at| of_execs.get_mut(at)) {
            Some(exec) => exec.push(process),
            None => main.push(process),
        }
    }
    let first = main_session(container, user, tree(main), facts);
    let others = execs.iter().zip(of_execs).map(|(exec, of)| exec_session(container, exec, tree(of), facts));
    std::iter::once(first).chain(others).collect()
}

fn exec_of(
    pid: u32,
    main: Option<u32>,
    leaders: &HashMap<u32, usize>,
    parents: &HashMap<u32, u32>,
    facts: &HashMap<u32, ProcessFacts>,
) -> Option<usize> {
    let mut at = pid;
    // No tree is deeper than it has processes; the bound holds against parents in a circle.
    for _ in 0..=parents.len() {
        if let Some(exec) = leaders.get(&at) {
            return Some(*exec);
        }
        // What main started is main's; what main only adopted is told apart by its session below.
        match parents.get(&at) {
            Some(parent) if Some(*parent) != main && parents.contains_key(parent) => at = *parent,
            _ => break,
        }
    }
    let session = facts.get(&pid).and_then(|facts| facts.session)?;
    leaders.get(&session).copied()
}

fn main_session(
    container: &Container,
    user: &str,
    processes: Vec<Process>,
    facts: &HashMap<u32, ProcessFacts>,
) -> Session {
    let leader = processes.iter().position(|p| Some(p.pid) == container.pid).and_then(|at| processes.get(at));
    let leader = leader.or(processes.first());
    let told = leader.and_then(|leader| facts.get(&leader.pid));
    let running_as = leader.map(|l| l.user.as_str()).filter(|u| !u.is_empty());
    Session {
        id: SessionId::new(container.id.as_str()),
        container: container.id.clone(),
        container_name: container.name.clone(),
        kind: SessionKind::Main,
        host_session: told.and_then(|facts| facts.session),
        user: running_as.unwrap_or(user).to_owned(),
        command: leader.map_or(&container.command, |leader| &leader.command).clone(),
        tty: container.tty,
        started: told.and_then(|facts| facts.started).or(container.started),
        processes,
    }
}

fn exec_session(
    container: &Container,
    exec: &Exec,
    processes: Vec<Process>,
    facts: &HashMap<u32, ProcessFacts>,
) -> Session {
    let told = exec.pid.and_then(|pid| facts.get(&pid));
    let running_as = processes.first().map(|leader| leader.user.as_str()).filter(|user| !user.is_empty());
    Session {
        id: SessionId::new(&exec.id),
        container: container.id.clone(),
        container_name: container.name.clone(),
        kind: SessionKind::Exec,
        host_session: told.and_then(|facts| facts.session),
        user: running_as.unwrap_or(&exec.user).to_owned(),
        command: exec.command.clone(),
        tty: Some(exec.tty),
        started: told.and_then(|facts| facts.started),
        processes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::derive::fixtures::container;

    fn process(pid: u32, parent: u32) -> Process {
        Process { pid, parent, user: "root".into(), command: format!("p{pid}"), ..Process::default() }
    }

    fn exec(id: &str, pid: u32) -> Exec {
        Exec { id: id.into(), running: true, pid: Some(pid), command: id.into(), tty: true, ..Exec::default() }
    }

    fn pids(session: &Session) -> Vec<u32> {
        session.processes.iter().map(|process| process.pid).collect()
    }

    #[test]
    fn processes_belong_to_the_leader_above_them() {
        let mut web = container("web");
        web.pid = Some(10);
        let processes = vec![process(10, 1), process(11, 10), process(20, 1), process(21, 20), process(22, 21)];
        let all = sessions(&web, "", &[exec("sh", 20)], processes, &HashMap::new());
        assert_eq!((pids(&all[0]), pids(&all[1])), (vec![10, 11], vec![20, 21, 22]));
        assert_eq!((all[1].kind, all[1].command.as_str(), all[1].processes[2].depth), (SessionKind::Exec, "sh", 2));
    }

    #[test]
    fn an_orphan_is_known_by_its_session() {
        let mut web = container("web");
        web.pid = Some(10);
        let facts = HashMap::from([(21, ProcessFacts { session: Some(20), ..ProcessFacts::default() })]);
        let processes = vec![process(10, 1), process(20, 1), process(21, 10), process(30, 10)];
        let all = sessions(&web, "", &[exec("sh", 20)], processes, &facts);
        assert_eq!((pids(&all[0]), pids(&all[1])), (vec![10, 30], vec![20, 21]));
    }

    #[test]
    fn without_processes_there_are_still_sessions() {
        let mut web = container("web");
        web.command = "nginx".into();
        let all = sessions(&web, "app", &[exec("sh", 20)], Vec::new(), &HashMap::new());
        assert_eq!((all.len(), all[0].command.as_str(), all[0].user.as_str()), (2, "nginx", "app"));
    }
}
