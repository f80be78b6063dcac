//! What is read from an engine while somebody looks: parts, answers, samples, logs. Each is one small task.

use std::{path::PathBuf, sync::Arc, time::Duration};

use futures_util::StreamExt;
use tokio::{io::AsyncWriteExt, net::TcpStream, sync::mpsc, time};

use super::Line;
use crate::{
    app::msg::Msg,
    backend::{Engine, EngineError, Result, feed::Connector},
    model::{Ask, Change, ContainerId, Listing, LogOptions, Part, Problem, Told, endpoint::Endpoint},
};

/// How long a job whose connection broke waits before its stream is opened again.
const REOPEN: Duration = Duration::from_secs(2);
/// How often the host's load is sampled.
const LOAD: Duration = Duration::from_secs(2);
/// How long a port may take to accept a probe.
const PORT: Duration = Duration::from_secs(3);
/// Lines of a log told at once; room for all of them is made each time.
const LINES: usize = 100;

pub(super) async fn part(mut line: Line, part: Part) {
    let Some(engine) = line.engine().await else { return };
    let change = match list(engine.as_ref(), part).await {
        Ok(listing) => Change::Listed(listing),
        Err(error) => Change::Failed(part, line.problem(&error)),
    };
    line.tell(Msg::Changes(line.epoch, vec![change])).await;
}

async fn list(engine: &dyn Engine, part: Part) -> Result<Listing> {
    Ok(match part {
        Part::Containers => Listing::Containers(engine.containers().await?),
        Part::Images => Listing::Images(engine.images().await?),
        Part::Layers => Listing::Layers(engine.layers().await?),
        Part::Sessions => Listing::Sessions(engine.sessions().await?),
        Part::Volumes => Listing::Volumes(engine.volumes().await?),
        Part::Nat => Listing::Nat(engine.nat().await?),
        Part::Firewall => Listing::Firewall(engine.firewall().await?),
        Part::Networks => Listing::Networks(engine.networks().await?),
        Part::Usage => Listing::Usage(engine.disk_usage().await?),
    })
}

pub(super) async fn answer(mut line: Line, ask: Ask) {
    let Some(engine) = line.engine().await else { return };
    let told = told(engine.as_ref(), &ask).await.map_err(|error| line.problem(&error));
    line.tell(Msg::Told(line.epoch, ask, told)).await;
}

async fn told(engine: &dyn Engine, ask: &Ask) -> Result<Told> {
    Ok(match ask {
        Ask::Inspect(subject) => Told::Document(engine.inspect(subject).await?),
        Ask::Container(id) => Told::Container(Box::new(engine.container(id).await?)),
        Ask::Processes(id) => Told::Processes(engine.processes(id).await?),
        Ask::Changes(id) => Told::Changes(engine.changes(id).await?),
        Ask::Files(volume, folder) => Told::Files(engine.browse_volume(volume, folder).await?),
        Ask::History(id) => Told::History(engine.history(id).await?),
        Ask::Explain(packet) => Told::Explanation(engine.explain(packet).await?),
    })
}

/// Samples of one container for as long as the task is held; a stream that breaks is opened again.
pub(super) async fn stats(mut line: Line, id: ContainerId) {
    loop {
        let Some(engine) = line.engine().await else { return };
        if let Ok(mut samples) = engine.stats(&id).await {
            while let Some(Ok(sample)) = samples.next().await {
                line.tell(Msg::Changes(line.epoch, vec![Change::Sample(id.clone(), sample)])).await;
            }
        }
        time::sleep(REOPEN).await;
    }
}

pub(super) async fn host_load(mut line: Line) {
    loop {
        let Some(engine) = line.engine().await else { return };
        match engine.host_load().await {
            Ok(load) => line.tell(Msg::Changes(line.epoch, vec![Change::HostLoad(load)])).await,
            // Not every engine is on this host; the header simply shows no load then.
            Err(EngineError::Unsupported { .. }) => return,
            Err(error) => tracing::debug!(%error),
        }
        time::sleep(LOAD).await;
    }
}

/// A log from its last `tail` lines on; told in batches, so that a flood costs one frame and not a thousand.
pub(super) async fn log(mut line: Line, id: ContainerId, tail: u32) {
    let Some(engine) = line.engine().await else { return };
    let options = LogOptions { tail: (tail != u32::MAX).then_some(tail), since: None, follow: true };
    let flow = match engine.logs(&id, options).await {
        Ok(flow) => flow,
        Err(error) => {
            let problem = line.problem(&error);
            line.tell(Msg::LogEnd(line.epoch, id, Some(problem))).await;
            return;
        }
    };
    let mut batches = flow.ready_chunks(LINES);
    line.tell(Msg::Log(line.epoch, id.clone(), Vec::new())).await;
    while let Some(batch) = batches.next().await {
        let mut lines = Vec::with_capacity(batch.len());
        let mut failed = None;
        for item in batch {
            match item {
                Ok(text) => lines.push(text),
                Err(error) => failed = Some(line.problem(&error)),
            }
        }
        line.tell(Msg::Log(line.epoch, id.clone(), lines)).await;
        if failed.is_some() {
            line.tell(Msg::LogEnd(line.epoch, id, failed)).await;
            return;
        }
    }
    line.tell(Msg::LogEnd(line.epoch, id, None)).await;
}

/// Writes a new file; one that is there already is left as it is.
pub(super) async fn save(inbox: mpsc::Sender<Msg>, path: PathBuf, text: String) {
    let written = async {
        let mut file = tokio::fs::File::options().write(true).create_new(true).open(&path).await?;
        file.write_all(text.as_bytes()).await?;
        file.flush().await
    };
    let result = written.await.map_err(|error: std::io::Error| {
        let hint = (error.kind() == std::io::ErrorKind::AlreadyExists).then(|| "type another name".to_owned());
        Problem { sentence: format!("cannot save to {}: {error}", path.display()), hint }
    });
    drop(inbox.send(Msg::Saved(path, result)).await);
}

/// Connects to an endpoint just to see whether it answers, and who.
pub(super) async fn probe(connector: Arc<dyn Connector>, inbox: mpsc::Sender<Msg>, endpoint: Endpoint) {
    let asked = async {
        let engine = connector.connect(&endpoint).await?;
        let (system, _) = engine.describe().await?;
        let latency = engine.ping().await?;
        Ok(format!("{} {} on {}, {} ms", system.engine, system.version, system.os, latency.as_millis()))
    };
    let result = asked.await.map_err(|error: EngineError| Problem::from(&error));
    drop(inbox.send(Msg::Probed(endpoint.name, result)).await);
}

/// Connects to a host port just to see whether somebody accepts.
pub(super) async fn probe_port(inbox: mpsc::Sender<Msg>, address: String) {
    let result = match time::timeout(PORT, TcpStream::connect(&address)).await {
        Ok(Ok(_)) => Ok(format!("{address} accepts connections")),
        Ok(Err(error)) => Err(Problem::new(format!("cannot connect to {address}: {error}"))),
        Err(_) => Err(Problem::new(format!("cannot connect to {address}: no answer within {} s", PORT.as_secs()))),
    };
    drop(inbox.send(Msg::Notice(result)).await);
}
