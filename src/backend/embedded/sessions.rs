//! Sessions and processes aboard, with what the host adds. Knows no /proc.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;

use super::{EmbeddedEngine, console, error::failed, harmless};
use crate::{
    backend::{Console, EngineError, Result, Sessions, Size, clocks, derive, local::ProcessFacts, wire::exec::Exec},
    model::{Container, ContainerId, ExecSpec, Process, Session, SessionId, Signal, text::cleaned},
    runtime::{self, Running, Runtime},
};

impl EmbeddedEngine {
    /// Adds to processes what the host knows of them; gives the facts as well.
    pub(super) async fn enriched(&self, processes: Vec<Process>) -> (Vec<Process>, HashMap<u32, ProcessFacts>) {
        clocks::enriched(&self.clocks, self.host.clone(), processes).await
    }

    async fn sessions_of(&self, container: Container, running: Running) -> Vec<Session> {
        let (processes, facts) = self.enriched(running.processes.into_iter().map(harmless::process).collect()).await;
        let execs: Vec<_> = running.execs.iter().map(exec).collect();
        derive::sessions(&harmless::container(container), &cleaned(running.user), &execs, processes, &facts)
    }
}

fn exec((id, process, pid): &(SessionId, runtime::document::Process, u32)) -> Exec {
    Exec {
        id: id.to_string(),
        running: true,
        exit_code: None,
        pid: Some(*pid),
        user: cleaned(process.user.as_str()),
        command: cleaned(process.args.join(" ")),
        tty: process.tty,
    }
}

#[async_trait]
impl Sessions for EmbeddedEngine {
    async fn sessions(&self) -> Result<Vec<Session>> {
        let all = self.blocking("list the sessions", Runtime::running).await?;
        let mut sessions = Vec::new();
        for (container, running) in all {
            sessions.extend(self.sessions_of(container, running).await);
        }
        Ok(sessions)
    }

    async fn exec(&self, id: &ContainerId, spec: &ExecSpec, size: Size) -> Result<Console> {
        let (id, spec) = (id.clone(), spec.clone());
        let started = self.blocking("exec in a container", move |runtime| runtime.exec(&id, &spec)).await?;
        console::open("exec in the container", started.line, size).await
    }

    async fn exec_detached(&self, id: &ContainerId, spec: &ExecSpec) -> Result<()> {
        let (id, spec) = (id.clone(), spec.clone());
        self.blocking("exec in a container", move |runtime| runtime.exec(&id, &spec).map(drop)).await
    }

    async fn attach(&self, id: &ContainerId, size: Size) -> Result<Console> {
        let id = id.clone();
        let line = self.blocking("attach to a container", move |runtime| runtime.attach(&id)).await?;
        console::open_now("attach to the container", line, size).await
    }

    async fn run(&self, id: &ContainerId, size: Size) -> Result<Console> {
        let id = id.clone();
        let started = self.blocking("start a container", move |runtime| {
            let id = runtime.record(&id, "start")?.id;
            runtime.start_attached(&id)
        });
        console::open("attach to the container", started.await?.line, size).await
    }

    async fn signal(&self, id: &ContainerId, pid: u32, signal: Signal) -> Result<()> {
        let id = id.clone();
        let number = signal.number().into();
        let runtime = Arc::clone(&self.runtime);
        let send = move || runtime.signal(&id, pid, number);
        runtime::blocking("signal a process", send).await.map_err(|error| match failed(error) {
            EngineError::NotFound { tried, .. } => EngineError::NotFound { tried, why: "it has ended".into() },
            other => other,
        })
    }
}
