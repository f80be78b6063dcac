//! Sessions of a fake engine. Knows no script but the call it is.

use async_trait::async_trait;

use super::{
    Call, FakeEngine, console,
    shell::{self, Step},
    world::{World, conflict, not_found},
};
use crate::{
    backend::{Console, Result, Sessions, Size},
    model::{ContainerId, ExecSpec, Process, Session, SessionId, SessionKind, Signal},
};

#[async_trait]
impl Sessions for FakeEngine {
    async fn sessions(&self) -> Result<Vec<Session>> {
        self.call(Call::Sessions, "", |world, _| Ok(world.all_sessions())).await
    }

    async fn exec(&self, id: &ContainerId, spec: &ExecSpec, size: Size) -> Result<Console> {
        let session = self
            .call(Call::Exec, id.as_str(), |world, tried| {
                world.running(tried, id)?;
                Ok(world.begin_exec(id, spec))
            })
            .await?;
        let steps = shell::steps(&spec.command);
        Ok(console::open(
            self.clone(),
            console::Plan { id: id.clone(), session: Some(session), steps, tty: spec.tty },
            size,
        ))
    }

    async fn attach(&self, id: &ContainerId, size: Size) -> Result<Console> {
        let (steps, tty) = self
            .call(Call::Attach, id.as_str(), |world, tried| {
                let item = world.item(tried, id)?;
                if !item.container.state.is_up() {
                    return Err(conflict(tried, "You cannot attach to a stopped container, start it first"));
                }
                // What it printed at its start is in its log; it goes on from there.
                let steps = shell::after_first_words(&item.command);
                Ok((steps, item.container.tty.unwrap_or_default()))
            })
            .await?;
        Ok(console::open(self.clone(), console::Plan { id: id.clone(), session: None, steps, tty }, size))
    }

    async fn exec_detached(&self, id: &ContainerId, spec: &ExecSpec) -> Result<()> {
        self.call(Call::Exec, id.as_str(), |world, tried| {
            world.running(tried, id)?;
            let session = world.begin_exec(id, spec);
            let end = shell::steps(&spec.command).into_iter().find_map(|step| match step {
                Step::Exit(code) => Some(Some(code)),
                Step::Print(..) | Step::Touch(_) => None,
                _ => Some(None),
            });
            if let Some(Some(code)) = end {
                world.end_exec(id, &session, code);
            }
            Ok(())
        })
        .await
    }

    async fn run(&self, id: &ContainerId, size: Size) -> Result<Console> {
        let (steps, tty) = self.call(Call::Run, id.as_str(), |world, tried| world.run_heard(tried, id)).await?;
        Ok(console::open(self.clone(), console::Plan { id: id.clone(), session: None, steps, tty }, size))
    }

    async fn signal(&self, id: &ContainerId, pid: u32, signal: Signal) -> Result<()> {
        self.call(Call::Signal, id.as_str(), |world, tried| {
            world.running(tried, id)?;
            world.signal(tried, id, pid, signal)
        })
        .await
    }
}

impl World {
    fn all_sessions(&self) -> Vec<Session> {
        let up = self.containers.values().filter(|item| item.container.state.is_up() && !item.processes.is_empty());
        let of_one = |item: &super::world::Item| {
            let container = &item.container;
            let main = Session {
                id: SessionId::new(container.id.as_str()),
                container: container.id.clone(),
                container_name: container.name.clone(),
                kind: SessionKind::Main,
                host_session: container.pid,
                user: item.processes.first().map(|process| process.user.clone()).unwrap_or_default(),
                command: container.command.clone(),
                processes: item.processes.clone(),
                tty: container.tty,
                started: container.started,
            };
            let execs = self.execs.values().filter(|session| session.container == container.id);
            std::iter::once(main).chain(execs.cloned()).collect::<Vec<_>>()
        };
        let mut all: Vec<_> = up.flat_map(of_one).collect();
        all.sort_by(|a, b| {
            (&a.container_name, a.started, a.host_session).cmp(&(&b.container_name, b.started, b.host_session))
        });
        all
    }

    pub(super) fn begin_exec(&mut self, id: &ContainerId, spec: &ExecSpec) -> SessionId {
        let session = SessionId::new(self.fresh("exec"));
        let pid = self.fresh_pid();
        let command = spec.command.join(" ");
        let user = spec.user.clone().unwrap_or_else(|| "root".to_owned());
        let leader = Process {
            pid,
            parent: 1,
            user: user.clone(),
            command: command.clone(),
            tty: if spec.tty { "pts/0" } else { "?" }.to_owned(),
            time: "00:00:00".to_owned(),
            ..Process::default()
        };
        let name = self.name_of(id.as_str()).to_owned();
        let began = Session {
            id: session.clone(),
            container: id.clone(),
            container_name: name,
            kind: SessionKind::Exec,
            host_session: Some(pid),
            user,
            command: command.clone(),
            processes: vec![leader],
            tty: Some(spec.tty),
            started: Some(self.now),
        };
        self.execs.insert(session.clone(), began);
        for deed in ["exec_create", "exec_start"] {
            self.happened_to(id, &format!("{deed}: {command}"), &[("execID", session.as_str())]);
        }
        session
    }

    /// Ends an exec.
    pub(super) fn end_exec(&mut self, id: &ContainerId, session: &SessionId, code: i64) {
        if self.execs.remove(session).is_some() {
            self.happened_to(id, "exec_die", &[("execID", session.as_str()), ("exitCode", &code.to_string())]);
        }
    }

    fn signal(&mut self, tried: &str, id: &ContainerId, pid: u32, signal: Signal) -> Result<()> {
        let mortal = matches!(signal.name(), "KILL" | "TERM" | "INT" | "QUIT");
        let exec = self.execs.values().find(|s| s.container == *id && s.processes.iter().any(|p| p.pid == pid));
        if let Some(session) = exec.map(|session| session.id.clone()) {
            if mortal {
                self.end_exec(id, &session, super::life::KILLED);
            }
            return Ok(());
        }
        let item = self.item(tried, id)?;
        let Some(at) = item.processes.iter().position(|process| process.pid == pid) else {
            return Err(not_found(tried, format!("there is no process {pid}")));
        };
        match (mortal, at) {
            (true, 0) => self.died(id, super::life::KILLED),
            (true, at) => drop(item.processes.remove(at)),
            (false, _) => {}
        }
        Ok(())
    }
}
