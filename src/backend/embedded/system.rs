//! The engine aboard itself and its host. Knows no table of the kernel's.

use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use chrono::Utc;
use futures_util::{StreamExt, TryStreamExt};
use serde_json::Value;

use super::{EmbeddedEngine, documents, error::failed, harmless};
use crate::{
    backend::{EngineError, Flow, Result, System},
    model::{Bytes, Caps, DiskUsage, Event, Feature, HostLoad, LayerKind, Share, Subject, System as About},
    runtime::Runtime,
};

/// What of an event's attributes tells what happened; the rest are labels.
const TELLING: [&str; 9] =
    ["exitCode", "signal", "image", "container", "oldName", "execID", "driver", "destination", "type"];

#[async_trait]
impl System for EmbeddedEngine {
    async fn describe(&self) -> Result<(About, Caps)> {
        let about = self.blocking("describe the engine aboard", |runtime| Ok(about(runtime))).await?;
        let mut caps = Caps::default();
        if self.host.is_none() {
            for feature in [Feature::NatSessions, Feature::FirewallRules, Feature::HostLoad] {
                caps.remove(feature, "the tables of this host cannot be read");
            }
        }
        Ok((about, caps))
    }

    async fn ping(&self) -> Result<Duration> {
        let asked = Instant::now();
        self.blocking("reach the database", |runtime| runtime.db().look(crate::runtime::records::event::newest))
            .await?;
        Ok(asked.elapsed())
    }

    async fn disk_usage(&self) -> Result<DiskUsage> {
        let (usage, sizes) = self.blocking("count the disk use", disk_usage).await?;
        *self.sizes.lock().unwrap_or_else(PoisonError::into_inner) = sizes.into_iter().collect();
        Ok(usage)
    }

    async fn events(&self) -> Result<Flow<Event>> {
        let events = self.runtime.events().await.map_err(failed)?;
        let telling = |mut event: Event| {
            event.detail.retain(|(key, _)| TELLING.contains(&key.as_str()));
            harmless::event(event)
        };
        Ok(events.map_ok(telling).map_err(failed).boxed())
    }

    async fn host_load(&self) -> Result<HostLoad> {
        let tried = "read the load of the host";
        let unread = |why: String| EngineError::Unsupported { tried: tried.to_owned(), why };
        let host = self.host.clone().ok_or_else(|| unread("it cannot be read here".into()))?;
        let data_root = self.runtime.layout().data.clone();
        let read_load = move || host.load(&data_root);
        tokio::task::spawn_blocking(read_load).await.unwrap_or_else(|why| Err(unread(why.to_string())))
    }

    async fn inspect(&self, subject: &Subject) -> Result<Value> {
        let subject = subject.clone();
        self.blocking("read a document", move |runtime| documents::of(runtime, &subject)).await
    }
}

fn about(runtime: &Runtime) -> About {
    let about = runtime.platform().about.clone();
    About {
        engine: "longshore".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        api_version: "aboard".into(),
        os_type: about.platform.os,
        os: about.os,
        kernel: about.kernel,
        arch: std::env::consts::ARCH.into(),
        hostname: about.hostname,
        cpus: std::thread::available_parallelism().map_or(1, |count| count.get() as u64),
        memory: about.memory,
        storage_driver: about.storage_driver.into(),
        data_root: runtime.layout().data.display().to_string(),
        isolation: about.isolation.into(),
        cgroup_version: about.cgroup_version.into(),
        cgroup_driver: about.cgroup_driver.into(),
        runtime: about.runtime.into(),
        security: about.security.into_iter().map(String::from).collect(),
        warnings: Vec::new(),
        log_driver: "json-file".into(),
    }
}

type Sizes = Vec<(crate::model::VolumeName, Bytes)>;

fn disk_usage(runtime: &Runtime) -> crate::runtime::Result<(DiskUsage, Sizes)> {
    let layers = runtime.images().layers()?;
    let shared = layers.iter().filter(|layer| layer.kind != LayerKind::Writable);
    let (mut images, mut containers, mut volumes) = (Share::default(), Share::default(), Share::default());
    images.count = runtime.images().images()?.len();
    for layer in shared {
        let size = layer.size.unwrap_or_default();
        images.size = images.size + size;
        if layer.containers.is_empty() {
            images.reclaimable = images.reclaimable + size;
        }
    }
    for container in runtime.containers()?.into_iter().filter(|container| container.maker.is_none()) {
        add(&mut containers, runtime.usage(&runtime.layout().container(&container.id)), container.state.is_up());
    }
    let mut sizes = Vec::new();
    for (volume, size) in runtime.volume_sizes()? {
        add(&mut volumes, size, !volume.used_by.is_empty());
        sizes.push((volume.name, size));
    }
    Ok((DiskUsage { images, containers, volumes, build_cache: Share::default(), at: Utc::now() }, sizes))
}

fn add(share: &mut Share, size: Bytes, needed: bool) {
    share.count += 1;
    share.size = share.size + size;
    if !needed {
        share.reclaimable = share.reclaimable + size;
    }
}
