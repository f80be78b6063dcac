//! Sessions through Docker's API and what the host adds: main processes, execs and their trees. Knows no JSON.

use std::collections::HashMap;

use async_trait::async_trait;
use futures_util::{StreamExt, stream};

use super::{
    AT_ONCE, DockerEngine, QUICK,
    call::{Ask, segment},
};
use crate::{
    backend::{
        Console, Containers, EngineError, Result, Sessions, Size, clocks, derive, local::ProcessFacts, wire::exec,
    },
    model::{Container, ContainerId, ExecSpec, Process, Session, Signal, State},
};

impl DockerEngine {
    /// Adds to processes what the host knows of them; gives the facts as well.
    pub(super) async fn enriched(&self, processes: Vec<Process>) -> (Vec<Process>, HashMap<u32, ProcessFacts>) {
        clocks::enriched(&self.clocks, self.host.clone(), processes).await
    }

    /// The sessions of one container. One that ends meanwhile has none.
    async fn sessions_of(&self, listed: Container) -> Vec<Session> {
        let (inspected, processes) = tokio::join!(self.inspected(&listed.id), self.top(&listed.id));
        let Ok(inspected) = inspected else {
            return Vec::new();
        };
        let (processes, facts) = self.enriched(processes.unwrap_or_default()).await;
        let mut execs = Vec::new();
        for id in &inspected.execs {
            execs.extend(self.exec_facts(id).await.ok().filter(|exec| exec.running));
        }
        derive::sessions(&inspected.container, &inspected.user, &execs, processes, &facts)
    }

    pub(super) async fn exec_facts(&self, id: &str) -> Result<exec::Exec> {
        let ask = Ask::get(format!("/exec/{}/json", segment(id)));
        self.call.read("inspect the exec", ask, QUICK, exec::exec).await
    }

    /// Sends a signal from inside, by an exec of `kill`: for engines on other machines that tell inner ids.
    async fn signal_inside(&self, id: &ContainerId, inner: u32, signal: Signal, tried: &str) -> Result<()> {
        let command = ["kill".to_owned(), format!("-{signal}"), inner.to_string()].to_vec();
        let spec = ExecSpec { command, user: Some("0".to_owned()), ..ExecSpec::default() };
        let exec = self.create_exec(id, &spec).await?;
        let start = Ask::post(format!("/exec/{}/start", segment(&exec))).body(&serde_json::json!({ "Detach": true }));
        self.call.done(tried, start, QUICK).await?;
        match self.exec_code(&exec).await? {
            Some(0) | None => Ok(()),
            Some(code) => Err(EngineError::Refused {
                tried: tried.to_owned(),
                code: u32::try_from(code).unwrap_or(0),
                why: format!("`kill` inside the container ended with code {code}"),
            }),
        }
    }
}

#[async_trait]
impl Sessions for DockerEngine {
    async fn sessions(&self) -> Result<Vec<Session>> {
        let running =
            self.containers().await?.into_iter().filter(|c| matches!(c.state, State::Running | State::Paused));
        let each = stream::iter(running).map(|container| self.sessions_of(container)).buffered(AT_ONCE);
        Ok(each.collect::<Vec<_>>().await.into_iter().flatten().collect())
    }

    async fn exec(&self, id: &ContainerId, spec: &ExecSpec, size: Size) -> Result<Console> {
        self.exec_console(id, spec, size).await
    }

    async fn attach(&self, id: &ContainerId, size: Size) -> Result<Console> {
        self.attach_console(id, size).await
    }

    async fn exec_detached(&self, id: &ContainerId, spec: &ExecSpec) -> Result<()> {
        let exec = self.create_exec(id, spec).await?;
        let body = serde_json::json!({ "Detach": true, "Tty": spec.tty });
        let start = Ask::post(format!("/exec/{}/start", segment(&exec))).body(&body);
        self.call.done(&self.tried("exec in", id), start, QUICK).await
    }

    async fn run(&self, id: &ContainerId, size: Size) -> Result<Console> {
        self.run_console(id, size).await
    }

    async fn signal(&self, id: &ContainerId, pid: u32, signal: Signal) -> Result<()> {
        let tried = self.tried(&format!("send {signal} to process {pid} of"), id);
        // An id may have gone to another process since it was shown: it must still be the container's.
        let (processes, _) = self.enriched(self.top(id).await?).await;
        let Some(process) = processes.into_iter().find(|process| process.pid == pid) else {
            return Err(EngineError::NotFound { tried, why: "it has ended".to_owned() });
        };
        if let Some(host) = self.host.clone() {
            let send = move || host.signal(pid, signal);
            return tokio::task::spawn_blocking(send)
                .await
                .unwrap_or_else(|why| Err(super::error::nonsense(&tried, why)));
        }
        match process.inner {
            Some(inner) => self.signal_inside(id, inner, signal, &tried).await,
            None => Err(EngineError::Unsupported {
                tried,
                why: "the engine does not tell the process's id inside, and its host is another machine".to_owned(),
            }),
        }
    }
}
