//! Volumes of a fake engine. Knows no script but the call it is.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{
    Call, FakeEngine,
    archives::{Files, gather, packed, unpacked},
    world::{World, conflict, not_found},
};
use crate::{
    backend::{Archive, Pruned, Result, Volumes, derive},
    model::{Bytes, ContainerId, FileEntry, FileKind, Kind, Volume, VolumeKind, VolumeName, VolumeSpec},
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

    async fn browse_volume(&self, name: &VolumeName, folder: &str) -> Result<Vec<FileEntry>> {
        self.call(Call::BrowseVolume, name.as_str(), |world, tried| {
            let now = world.now;
            entries(world.files_of(tried, name)?, folder.trim_matches('/'), now)
                .ok_or_else(|| not_found(tried, format!("there is no folder {folder}")))
        })
        .await
    }

    async fn back_up_volume(&self, name: &VolumeName) -> Result<Archive> {
        self.call(Call::BackUpVolume, name.as_str(), |world, tried| packed(tried, world.files_of(tried, name)?)).await
    }

    async fn restore_volume(&self, name: &VolumeName, archive: Archive) -> Result<()> {
        let all = gather(archive).await?;
        self.call(Call::RestoreVolume, name.as_str(), |world, tried| {
            let new = unpacked(tried, &all)?;
            *world.files_of(tried, name)? = new;
            Ok(())
        })
        .await
    }
}

/// What is in a folder, whose folders are there by what is in them.
fn entries(files: &Files, folder: &str, now: DateTime<Utc>) -> Option<Vec<FileEntry>> {
    let below = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let mut found: BTreeMap<&str, (FileKind, u64)> = BTreeMap::new();
    for (path, content) in files.iter().filter_map(|(path, content)| Some((path.strip_prefix(&below)?, content))) {
        match path.split_once('/') {
            Some((name, _)) => drop(found.insert(name, (FileKind::Folder, 4096))),
            None => drop(found.insert(path, (FileKind::File, content.len() as u64))),
        }
    }
    let entry = |(name, (kind, size)): (&str, (FileKind, u64))| FileEntry {
        name: name.to_owned(),
        kind,
        size: Bytes(size),
        mode: if kind == FileKind::Folder { 0o755 } else { 0o644 },
        uid: 999,
        gid: 999,
        modified: Some(now),
        target: None,
    };
    let found: Vec<_> = found.into_iter().map(entry).collect();
    (folder.is_empty() || !found.is_empty()).then_some(found)
}

impl World {
    fn files_of(&mut self, tried: &str, name: &VolumeName) -> Result<&mut Files> {
        if !self.volumes.contains_key(name) {
            return Err(not_found(tried, format!("get {name}: no such volume")));
        }
        Ok(self.volume_files.entry(name.clone()).or_default())
    }

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
