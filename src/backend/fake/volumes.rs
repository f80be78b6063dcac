//! Volumes of a fake engine. Knows no script but the call it is.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{
    Call, FakeEngine,
    world::{World, conflict, not_found},
};
use crate::{
    backend::{Pruned, Result, Volumes, derive},
    model::{ContainerId, Kind, Volume, VolumeKind, VolumeName, VolumeSpec},
};

#[async_trait]
impl Volumes for FakeEngine {
    async fn volumes(&self) -> Result<Vec<Volume>> {
        self.call(Call::Volumes, "", |world, _| Ok(world.all_volumes())).await
    }

    async fn create_volume(&self, spec: &VolumeSpec) -> Result<VolumeName> {
        self.call(Call::CreateVolume, spec.name.as_deref().unwrap_or_default(), |world, _| {
            let name = spec.name.clone().unwrap_or_else(|| world.fresh("volume"));
            let volume = world.volume_named(&name);
            volume.labels.extend(spec.labels.clone());
            volume.options.extend(spec.options.clone());
            Ok(VolumeName::new(name))
        })
        .await
    }

    async fn remove_volume(&self, name: &VolumeName) -> Result<()> {
        self.call(Call::RemoveVolume, name.as_str(), |world, tried| {
            if !world.volumes.contains_key(name) {
                return Err(not_found(tried, format!("get {name}: no such volume")));
            }
            let users = world.users_of(name);
            if !users.is_empty() {
                let users: Vec<_> = users.iter().map(ContainerId::short).collect();
                return Err(conflict(tried, format!("remove {name}: volume is in use - [{}]", users.join(", "))));
            }
            world.drop_volume(name);
            Ok(())
        })
        .await
    }

    async fn prune_volumes(&self, all: bool) -> Result<Pruned> {
        self.call(Call::PruneVolumes, "", |world, _| {
            let wanted = |v: &&Volume| (all || v.kind == VolumeKind::Anonymous) && world.users_of(&v.name).is_empty();
            let gone: Vec<_> = world.volumes.values().filter(wanted).cloned().collect();
            for volume in &gone {
                world.drop_volume(&volume.name);
            }
            Ok(Pruned { count: gone.len(), freed: gone.iter().filter_map(|volume| volume.size).sum() })
        })
        .await
    }
}

impl World {
    /// The volumes, and the host paths that containers have mounted.
    pub(super) fn all_volumes(&self) -> Vec<Volume> {
        derive::volumes(self.volumes.values().cloned().collect(), &self.all_containers())
    }

    /// The volume of this name, made if there is none.
    pub(super) fn volume_named(&mut self, name: &str) -> &mut Volume {
        let key = VolumeName::new(name);
        let now = self.now;
        if !self.volumes.contains_key(&key) {
            self.happened(Kind::Volume, "create", name, name, &[("driver", "local")]);
        }
        self.volumes.entry(key.clone()).or_insert_with(|| Volume {
            kind: VolumeKind::of_name(name),
            driver: "local".to_owned(),
            path: format!("/var/lib/docker/volumes/{name}/_data"),
            name: key,
            size: None,
            created: Some(now),
            used_by: Vec::new(),
            labels: BTreeMap::new(),
            options: BTreeMap::new(),
            scope: "local".to_owned(),
        })
    }

    /// Containers that have it mounted, running or not.
    pub(super) fn users_of(&self, name: &VolumeName) -> Vec<ContainerId> {
        let all = self.containers.values().map(|item| &item.container);
        let users = all.filter(|container| container.mounts.iter().any(|mount| mount.source == name.as_str()));
        users.map(|container| container.id.clone()).collect()
    }

    pub(super) fn drop_anonymous_volumes(&mut self, id: &ContainerId) {
        let mounts = self.containers.get(id).map(|item| item.container.mounts.clone()).unwrap_or_default();
        for mount in mounts.iter().filter(|m| VolumeKind::of_name(&m.source) == VolumeKind::Anonymous) {
            self.drop_volume(&VolumeName::new(&mount.source));
        }
    }

    fn drop_volume(&mut self, name: &VolumeName) {
        if self.volumes.remove(name).is_some() {
            self.happened(Kind::Volume, "destroy", name.as_str(), name.as_str(), &[("driver", "local")]);
        }
    }
}
