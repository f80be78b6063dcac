//! What a fake engine says of itself, its disk and its things. Knows no script but the call it is.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{
    Call, FakeEngine,
    world::{World, not_found},
};
use crate::{
    backend::{Flow, Result, System},
    model::{Bytes, Caps, DiskUsage, Event, HostLoad, Kind, NetworkId, Share, Subject, System as About, VolumeName},
};

#[async_trait]
impl System for FakeEngine {
    async fn describe(&self) -> Result<(About, Caps)> {
        self.call(Call::Describe, "", |world, _| Ok((world.about.clone(), world.caps.clone()))).await
    }

    async fn ping(&self) -> Result<Duration> {
        self.call(Call::Ping, "", |_, _| Ok(Duration::from_millis(1))).await
    }

    async fn disk_usage(&self) -> Result<DiskUsage> {
        self.call(Call::DiskUsage, "", |world, _| Ok(world.usage())).await
    }

    async fn events(&self) -> Result<Flow<Event>> {
        self.call(Call::Events, "", |world, _| Ok(world.listen())).await
    }

    async fn host_load(&self) -> Result<HostLoad> {
        self.call(Call::HostLoad, "", |world, _| Ok(world.load)).await
    }

    async fn inspect(&self, subject: &Subject) -> Result<Value> {
        self.call(Call::Inspect, &subject.name, |world, tried| {
            let found = world.document(subject);
            found.ok_or_else(|| not_found(tried, format!("No such {}: {}", subject.kind.word(), subject.id)))
        })
        .await
    }
}

impl World {
    fn usage(&self) -> DiskUsage {
        let images: Vec<_> = self.images.values().map(|picture| self.counted(picture)).collect();
        let layers: std::collections::BTreeMap<_, _> =
            self.images.values().flat_map(|p| &p.steps).filter_map(|s| Some((s.diff.as_ref()?, s.size))).collect();
        let idle = images.iter().filter(|image| image.containers == 0);
        let writable = |up: bool| {
            let all = self.containers.values().filter(move |item| up || !item.container.state.is_up());
            all.filter_map(|item| item.container.size_rw).sum::<Bytes>()
        };
        let unused = self.volumes.values().filter(|volume| self.users_of(&volume.name).is_empty());
        DiskUsage {
            images: Share {
                count: images.len(),
                size: Bytes(layers.values().sum()),
                reclaimable: idle.filter_map(|image| image.unique).sum(),
            },
            containers: Share { count: self.containers.len(), size: writable(true), reclaimable: writable(false) },
            volumes: Share {
                count: self.volumes.len(),
                size: self.volumes.values().filter_map(|volume| volume.size).sum(),
                reclaimable: unused.filter_map(|volume| volume.size).sum(),
            },
            build_cache: Share::default(),
            at: self.now,
        }
    }

    fn document(&self, subject: &Subject) -> Option<Value> {
        let id = subject.id.as_str();
        match subject.kind {
            Kind::Session if self.execs.contains_key(id) => serde_json::to_value(self.execs.get(id)?).ok(),
            // A main session has its container's id.
            Kind::Container | Kind::Session => {
                let container = &self.containers.get(id)?.container;
                Some(json!({
                    "Id": container.id,
                    "Name": format!("/{}", container.name),
                    "Created": container.created,
                    "Image": container.image_id,
                    "State": { "Status": container.state.to_string(), "Pid": container.pid, "OOMKilled": container.oom_killed },
                    "Config": { "Image": container.image, "Labels": container.labels, "Tty": container.tty },
                    "Mounts": container.mounts,
                    "NetworkSettings": { "Networks": container.networks },
                }))
            }
            Kind::Image => serde_json::to_value(&self.image_of(id)?.image).ok(),
            Kind::Volume => serde_json::to_value(self.volumes.get(&VolumeName::new(id))?).ok(),
            Kind::Network => serde_json::to_value(self.networks.get(&NetworkId::new(id))?).ok(),
            _ => None,
        }
    }
}
