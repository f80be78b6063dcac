//! Containers through Docker's API. Knows no JSON: `wire` reads and writes it.

use std::{sync::atomic::Ordering, time::Duration};

use async_trait::async_trait;
use bytes::Bytes as Chunk;
use futures_util::{StreamExt, stream};

use super::{DockerEngine, LIST, LONG, QUICK, TIDY, UNBOUND, call::Ask, named, stats};
use crate::{
    backend::{
        Archive, Containers, EngineError, Flow, Pruned, Result,
        wire::{changes, container, login::split, logs::LogReader, prune, spec, system, top},
    },
    model::{
        Bytes, CommitSpec, Container, ContainerId, ContainerSpec, ImageId, Limits, LogLine, LogOptions, PathChange,
        Process, RemoveContainer, Sample, Signal, Until, text::clean,
    },
};

/// The API since which stop and restart take a signal (Docker 23).
const SIGNALS: (u32, u32) = (1, 42);

fn path(id: &ContainerId, deed: &str) -> String {
    format!("/containers/{}{deed}", super::call::segment(id.as_str()))
}

impl DockerEngine {
    async fn deed(&self, verb: &str, id: &ContainerId, deed: &str, limit: Duration) -> Result<()> {
        self.call.done(&self.tried(verb, id), Ask::post(path(id, deed)), limit).await
    }

    /// Stop and restart: the engine answers when it is done, so its time is the grace and more.
    async fn ended_by(
        &self,
        verb: &str,
        id: &ContainerId,
        signal: Option<Signal>,
        grace: Option<Duration>,
    ) -> Result<()> {
        let mut ask = Ask::post(path(id, &format!("/{verb}")));
        if let Some(signal) = signal {
            self.takes_signals(verb, id).await?;
            ask = ask.with("signal", format!("SIG{signal}"));
        }
        if let Some(grace) = grace {
            ask = ask.with("t", grace.as_secs().to_string());
        }
        // Its own grace is not known here, so nothing bounds it.
        self.call.done(&self.tried(verb, id), ask, grace.map_or(UNBOUND, |grace| grace + TIDY)).await
    }

    /// An engine before API 1.42 would pass over the signal without a word, and send the container's own.
    async fn takes_signals(&self, verb: &str, id: &ContainerId) -> Result<()> {
        let tried = self.tried(verb, id);
        let spoken = self.call.read(&tried, Ask::get("/version"), QUICK, system::api_version).await?;
        if spoken >= SIGNALS {
            return Ok(());
        }
        let why = format!(
            "this engine speaks Docker's API {}.{}, which takes a signal to end with only from 1.42 on",
            spoken.0, spoken.1
        );
        Err(EngineError::Unsupported { tried, why })
    }

    /// One, with what only sessions and layers need.
    pub(super) async fn inspected(&self, id: &ContainerId) -> Result<container::Inspected> {
        let tried = self.tried("inspect", id);
        let one = self.call.read(&tried, Ask::get(path(id, "/json")), QUICK, container::container).await?;
        self.learn_name(&one.container);
        Ok(one)
    }

    /// All of them, with the bytes in their writable layers: slow, for the engine walks through their files.
    pub(super) async fn weighed(&self) -> Result<Vec<Container>> {
        let ask = Ask::get("/containers/json").with("all", "1").with("size", "1");
        let mut all = self.call.read("measure the containers", ask, LONG, container::containers).await?;
        for container in &mut all {
            // A size of 0 is left out of the answer.
            container.size_rw.get_or_insert(Bytes(0));
        }
        Ok(all)
    }
}

#[async_trait]
impl Containers for DockerEngine {
    async fn containers(&self) -> Result<Vec<Container>> {
        let ask = Ask::get("/containers/json").with("all", "1");
        let all = self.call.read("list the containers", ask, LIST, container::containers).await?;
        self.learn_names(&all);
        Ok(all)
    }

    async fn container(&self, id: &ContainerId) -> Result<Container> {
        self.inspected(id).await.map(|one| one.container)
    }

    async fn create(&self, wanted: &ContainerSpec) -> Result<ContainerId> {
        let name = wanted.name.as_deref().unwrap_or(&wanted.image);
        let tried = named("create the container", name);
        let mut ask = Ask::post("/containers/create").body(&spec::create_body(wanted));
        if let Some(name) = &wanted.name {
            ask = ask.with("name", name);
        }
        if let Some(platform) = &wanted.platform {
            ask = ask.with("platform", platform);
        }
        let id = self.call.read(&tried, ask, LIST, spec::created).await?;
        if wanted.start {
            self.call.done(&named("start", name), Ask::post(path(&id, "/start")), LIST).await?;
        }
        Ok(id)
    }

    async fn start(&self, id: &ContainerId) -> Result<()> {
        self.deed("start", id, "/start", TIDY).await
    }

    async fn stop(&self, id: &ContainerId, grace: Duration) -> Result<()> {
        self.stop_with(id, None, Some(grace)).await
    }

    async fn restart(&self, id: &ContainerId, grace: Duration) -> Result<()> {
        self.restart_with(id, None, Some(grace)).await
    }

    async fn kill(&self, id: &ContainerId, signal: Signal) -> Result<()> {
        let ask = Ask::post(path(id, "/kill")).with("signal", format!("SIG{signal}"));
        self.call.done(&self.tried("kill", id), ask, TIDY).await
    }

    async fn pause(&self, id: &ContainerId) -> Result<()> {
        self.deed("pause", id, "/pause", TIDY).await
    }

    async fn unpause(&self, id: &ContainerId) -> Result<()> {
        self.deed("unpause", id, "/unpause", TIDY).await
    }

    async fn rename(&self, id: &ContainerId, name: &str) -> Result<()> {
        let ask = Ask::post(path(id, "/rename")).with("name", name);
        self.call.done(&self.tried("rename", id), ask, QUICK).await
    }

    async fn remove(&self, id: &ContainerId, how: RemoveContainer) -> Result<()> {
        let flag = |on: bool| if on { "1" } else { "0" };
        let ask = Ask::delete(path(id, "")).with("v", flag(how.volumes)).with("force", flag(how.force));
        self.call.done(&self.tried("remove", id), ask, LONG).await
    }

    async fn update(&self, id: &ContainerId, limits: &Limits) -> Result<()> {
        let ask = Ask::post(path(id, "/update")).body(&spec::update_body(limits));
        self.call.done(&self.tried("update", id), ask, LIST).await
    }

    async fn logs(&self, id: &ContainerId, options: LogOptions) -> Result<Flow<LogLine>> {
        let mut ask = Ask::get(path(id, "/logs")).with("stdout", "1").with("stderr", "1").with("timestamps", "1");
        ask = ask.with("follow", if options.follow { "1" } else { "0" });
        ask = ask.with("tail", options.tail.map_or_else(|| "all".to_owned(), |lines| lines.to_string()));
        if let Some(since) = options.since {
            ask = ask.with("since", since.to_string());
        }
        let chunks = self.call.stream(self.tried("read the log of", id), ask);
        Ok(log_lines(chunks))
    }

    async fn stats(&self, id: &ContainerId) -> Result<Flow<Sample>> {
        let tried = self.tried("measure", id);
        Ok(stats::samples(self.call.clone(), tried, path(id, "/stats"), &self.measured))
    }

    async fn processes(&self, id: &ContainerId) -> Result<Vec<Process>> {
        let processes = self.top(id).await?;
        Ok(self.enriched(processes).await.0)
    }

    async fn changes(&self, id: &ContainerId) -> Result<Vec<PathChange>> {
        let tried = self.tried("compare the files of", id);
        self.call.read(&tried, Ask::get(path(id, "/changes")), LONG, changes::changes).await
    }

    async fn prune_containers(&self) -> Result<Pruned> {
        self.call.read("prune the containers", Ask::post("/containers/prune"), LONG, prune::pruned).await
    }

    async fn stop_with(&self, id: &ContainerId, signal: Option<Signal>, grace: Option<Duration>) -> Result<()> {
        self.ended_by("stop", id, signal, grace).await
    }

    async fn restart_with(&self, id: &ContainerId, signal: Option<Signal>, grace: Option<Duration>) -> Result<()> {
        self.ended_by("restart", id, signal, grace).await
    }

    async fn wait(&self, id: &ContainerId, until: Until) -> Result<i64> {
        let ask = Ask::post(path(id, "/wait")).with("condition", until.word());
        self.call.read(&self.tried("wait for", id), ask, UNBOUND, spec::exit_code).await
    }

    async fn commit(&self, id: &ContainerId, wanted: &CommitSpec) -> Result<ImageId> {
        self.call
            .read(&self.tried("make an image of", id), commit_ask(id, wanted), LONG, spec::id)
            .await
            .map(ImageId::new)
    }

    async fn export(&self, id: &ContainerId) -> Result<Archive> {
        Ok(self.call.stream(self.tried("export", id), Ask::get(path(id, "/export"))))
    }

    async fn copy_out(&self, id: &ContainerId, from: &str) -> Result<Archive> {
        let tried = format!("{}:{}", self.tried("copy from", id), clean(from));
        Ok(self.call.stream(tried, Ask::get(path(id, "/archive")).with("path", from)))
    }

    async fn copy_in(&self, id: &ContainerId, folder: &str, archive: Archive) -> Result<()> {
        let tried = format!("{}:{}", self.tried("copy to", id), clean(folder));
        let ask = Ask::put(path(id, "/archive")).with("path", folder).upload(archive);
        self.call.done(&tried, ask, UNBOUND).await
    }
}

fn commit_ask(id: &ContainerId, wanted: &CommitSpec) -> Ask {
    let pause = if wanted.pause { "1" } else { "0" };
    let mut ask = Ask::post("/commit").with("container", id.as_str()).with("pause", pause);
    if let Some(reference) = &wanted.reference {
        let (repository, tag) = split(reference);
        ask = ask.with("repo", repository).with("tag", tag);
    }
    for (key, value) in [("author", &wanted.author), ("comment", &wanted.message)] {
        if let Some(value) = value {
            ask = ask.with(key, value);
        }
    }
    wanted.changes.iter().fold(ask, |ask, change| ask.with("changes", change))
}

/// Asks for more than the usual columns: memory, threads and the whole user name. procps has them, busybox has not.
const PS_ARGUMENTS: &str = "-eo pid,ppid,user:32,tty,time,rss,nlwp,args";

impl DockerEngine {
    /// Its processes as the engine tells them.
    pub(super) async fn top(&self, id: &ContainerId) -> Result<Vec<Process>> {
        let tried = self.tried("list the processes of", id);
        let ask = Ask::get(path(id, "/top"));
        if !self.plain_ps.load(Ordering::Relaxed) {
            let rich = ask.clone().with("ps_args", PS_ARGUMENTS);
            match self.call.read(&tried, rich, QUICK, top::processes).await {
                // The engine knows `ps` with other arguments only: Windows, Podman, busybox.
                Err(EngineError::Refused { .. }) => {}
                told => return told,
            }
        }
        let told = self.call.read(&tried, ask, QUICK, top::processes).await;
        self.plain_ps.fetch_or(told.is_ok(), Ordering::Relaxed);
        told
    }
}

/// Cuts a log into lines as it comes.
fn log_lines(chunks: Flow<Chunk>) -> Flow<LogLine> {
    let start = (chunks, Some(LogReader::default()));
    let batches = stream::unfold(start, |(mut chunks, reader)| async move {
        let mut reader = reader?;
        let lines: Vec<Result<LogLine>> = match chunks.next().await {
            Some(Ok(chunk)) => {
                let lines = reader.push(&chunk).into_iter().map(Ok).collect();
                return Some((stream::iter::<Vec<_>>(lines), (chunks, Some(reader))));
            }
            Some(Err(error)) => reader.finish().into_iter().map(Ok).chain([Err(error)]).collect(),
            None => reader.finish().into_iter().map(Ok).collect(),
        };
        Some((stream::iter(lines), (chunks, None)))
    });
    Box::pin(batches.flatten())
}
