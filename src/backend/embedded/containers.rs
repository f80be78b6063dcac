//! Containers of the engine aboard. Knows neither cgroups nor files.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::stream;
use tokio::time::{MissedTickBehavior, interval};

use super::{EmbeddedEngine, archive, error::failed, harmless as quiet, meter::Meter};
use crate::{
    backend::{Archive, Containers, EngineError, Flow, Pruned, Result, wire::sgr::harmless},
    model::{
        CommitSpec, Container, ContainerId, ContainerSpec, GRACE, ImageId, Limits, LogLine, LogOptions, PathChange,
        Process, RemoveContainer, Sample, Signal, Until,
    },
    runtime::{self, Runtime},
};

/// Between two samples of what a container uses.
const SAMPLE: Duration = Duration::from_secs(1);

/// A line with nothing in it that a terminal would obey but colours.
fn shown(line: LogLine) -> LogLine {
    LogLine { text: harmless(&line.text), ..line }
}

fn number(signal: Signal) -> i32 {
    signal.number().into()
}

impl EmbeddedEngine {
    /// The whole id of a container that may be named otherwise.
    async fn id_of(&self, id: &ContainerId, tried: &'static str) -> Result<ContainerId> {
        let id = id.clone();
        self.blocking(tried, move |runtime| Ok(runtime.record(&id, tried)?.id)).await
    }

    /// The same of one that is only looked at, whoever made it.
    async fn seen(&self, id: &ContainerId, tried: &'static str) -> Result<ContainerId> {
        let id = id.clone();
        self.blocking(tried, move |runtime| runtime.seen(&id, tried)).await
    }

    /// What it has been given to end by itself, or else its own; `tried` is a verb.
    async fn grace(&self, id: &ContainerId, given: Option<Duration>, tried: &'static str) -> Result<Duration> {
        let Some(grace) = given else {
            let id = id.clone();
            let record = self.blocking(tried, move |runtime| runtime.record(&id, tried)).await?;
            return Ok(record.spec.life.grace.unwrap_or(GRACE));
        };
        Ok(grace)
    }
}

#[async_trait]
impl Containers for EmbeddedEngine {
    async fn containers(&self) -> Result<Vec<Container>> {
        let all = self.blocking("list the containers", Runtime::containers).await?;
        Ok(all.into_iter().map(quiet::container).collect())
    }

    async fn container(&self, id: &ContainerId) -> Result<Container> {
        let id = id.clone();
        self.blocking("inspect a container", move |runtime| runtime.container(&id)).await.map(quiet::container)
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId> {
        let spec = spec.clone();
        let create_and_start = move |runtime: &Runtime| {
            let id = runtime.create(&spec)?;
            if spec.start {
                runtime.start(&id)?;
            }
            Ok(id)
        };
        self.blocking("create a container", create_and_start).await
    }

    async fn start(&self, id: &ContainerId) -> Result<()> {
        let id = self.id_of(id, "start").await?;
        self.blocking("start a container", move |runtime| runtime.start(&id)).await
    }

    async fn stop(&self, id: &ContainerId, grace: Duration) -> Result<()> {
        self.stop_with(id, None, Some(grace)).await
    }

    async fn restart(&self, id: &ContainerId, grace: Duration) -> Result<()> {
        self.restart_with(id, None, Some(grace)).await
    }

    async fn kill(&self, id: &ContainerId, signal: Signal) -> Result<()> {
        let id = self.id_of(id, "kill").await?;
        self.blocking("kill a container", move |runtime| runtime.kill(&id, number(signal))).await
    }

    async fn pause(&self, id: &ContainerId) -> Result<()> {
        let id = self.id_of(id, "pause").await?;
        self.blocking("pause a container", move |runtime| runtime.pause(&id, true)).await
    }

    async fn unpause(&self, id: &ContainerId) -> Result<()> {
        let id = self.id_of(id, "unpause").await?;
        self.blocking("unpause a container", move |runtime| runtime.pause(&id, false)).await
    }

    async fn rename(&self, id: &ContainerId, name: &str) -> Result<()> {
        let id = self.id_of(id, "rename").await?;
        let name = name.to_owned();
        self.blocking("rename a container", move |runtime| runtime.rename(&id, &name)).await
    }

    async fn remove(&self, id: &ContainerId, how: RemoveContainer) -> Result<()> {
        let id = self.id_of(id, "remove").await?;
        self.runtime.remove(&id, how).await.map(drop).map_err(failed)
    }

    async fn update(&self, id: &ContainerId, limits: &Limits) -> Result<()> {
        let id = self.id_of(id, "change the limits of").await?;
        let limits = limits.clone();
        self.blocking("change limits", move |runtime| runtime.update(&id, &limits)).await
    }

    async fn logs(&self, id: &ContainerId, options: LogOptions) -> Result<Flow<LogLine>> {
        let id = self.id_of(id, "read the log of").await?;
        let runtime = Arc::clone(&self.runtime);
        let reading = self.blocking("open a log", move |runtime| runtime.log(&id, options)).await?;
        let batches = stream::try_unfold((runtime, Some(reading)), |(runtime, reading)| async move {
            let Some(mut reading) = reading else { return Ok(None) };
            let lines = reading.next(&runtime).await.map_err(failed)?;
            let rest = (!lines.is_empty()).then_some(reading);
            let lines = stream::iter(lines.into_iter().map(|line| Ok::<_, EngineError>(shown(line))));
            Ok::<_, EngineError>(Some((lines, (runtime, rest))))
        });
        Ok(Box::pin(futures_util::TryStreamExt::try_flatten(batches)))
    }

    async fn stats(&self, id: &ContainerId) -> Result<Flow<Sample>> {
        let id = self.seen(id, "measure").await?;
        let mut ticks = interval(SAMPLE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let start = (Arc::clone(&self.runtime), ticks, Meter::default(), id);
        Ok(Box::pin(stream::unfold(start, |(runtime, mut ticks, mut meter, id)| async move {
            loop {
                ticks.tick().await;
                let (measured, which) = (Arc::clone(&runtime), id.clone());
                let measure = move || measured.counters(&which);
                match runtime::blocking("measure a container", measure).await {
                    // It does not run: nothing to tell, and that for good.
                    Ok(None) => return None,
                    Ok(Some((at, counters, host))) => {
                        if let Some(sample) = meter.read(at, &counters, host) {
                            return Some((Ok(sample), (runtime, ticks, meter, id)));
                        }
                    }
                    Err(error) => return Some((Err(failed(error)), (runtime, ticks, meter, id))),
                }
            }
        })))
    }

    async fn processes(&self, id: &ContainerId) -> Result<Vec<Process>> {
        let id = self.seen(id, "list the processes of").await?;
        let processes = self.blocking("list processes", move |runtime| runtime.processes(&id)).await?;
        Ok(self.enriched(processes.into_iter().map(quiet::process).collect()).await.0)
    }

    async fn changes(&self, id: &ContainerId) -> Result<Vec<PathChange>> {
        let id = self.id_of(id, "compare the files of").await?;
        self.blocking("compare files", move |runtime| runtime.changes(&id)).await
    }

    async fn prune_containers(&self) -> Result<Pruned> {
        let (count, freed) = self.blocking("prune the containers", Runtime::prune_containers).await?;
        Ok(Pruned { count, freed })
    }

    async fn stop_with(&self, id: &ContainerId, signal: Option<Signal>, grace: Option<Duration>) -> Result<()> {
        let id = self.id_of(id, "stop").await?;
        let grace = self.grace(&id, grace, "stop").await?;
        self.runtime.stop(&id, signal.map(number), grace).await.map_err(failed)
    }

    async fn restart_with(&self, id: &ContainerId, signal: Option<Signal>, grace: Option<Duration>) -> Result<()> {
        let id = self.id_of(id, "restart").await?;
        let grace = self.grace(&id, grace, "restart").await?;
        self.runtime.restart(&id, signal.map(number), grace).await.map_err(failed)
    }

    async fn commit(&self, id: &ContainerId, spec: &CommitSpec) -> Result<ImageId> {
        let id = self.id_of(id, "make an image of").await?;
        self.runtime.commit(&id, spec).await.map_err(failed)
    }

    async fn export(&self, id: &ContainerId) -> Result<Archive> {
        let id = self.id_of(id, "export").await?;
        let runtime = Arc::clone(&self.runtime);
        Ok(archive::written(move |to| runtime.export(&id, to)))
    }

    async fn copy_out(&self, id: &ContainerId, path: &str) -> Result<Archive> {
        let id = self.id_of(id, "copy out of").await?;
        let (runtime, path) = (Arc::clone(&self.runtime), path.to_owned());
        archive::begun(archive::written(move |to| runtime.copy_out(&id, &path, to))).await
    }

    async fn copy_in(&self, id: &ContainerId, folder: &str, archive: Archive) -> Result<()> {
        let id = self.id_of(id, "copy into").await?;
        let (runtime, folder) = (Arc::clone(&self.runtime), folder.to_owned());
        archive::read(archive, move |from| runtime.copy_in(&id, &folder, from)).await
    }

    async fn wait(&self, id: &ContainerId, until: Until) -> Result<i64> {
        let id = self.id_of(id, "wait for").await?;
        self.runtime.wait(&id, until).await.map_err(failed)
    }
}
