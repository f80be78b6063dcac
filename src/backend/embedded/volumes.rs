//! Volumes of the engine aboard. Knows no disk.

use std::sync::Arc;

use async_trait::async_trait;

use super::{EmbeddedEngine, archive, harmless};
use crate::{
    backend::{Archive, Pruned, Result, Volumes, derive},
    model::{FileEntry, Volume, VolumeName, VolumeSpec},
    runtime::host::Packing,
};

#[async_trait]
impl Volumes for EmbeddedEngine {
    async fn volumes(&self) -> Result<Vec<Volume>> {
        let (volumes, containers) =
            self.blocking("list the volumes", |runtime| Ok((runtime.volumes()?, runtime.containers()?))).await?;
        let sizes = self.volume_sizes();
        let containers: Vec<_> = containers.into_iter().map(harmless::container).collect();
        let volumes = volumes.into_iter().map(harmless::volume).collect();
        let mut volumes = derive::volumes(volumes, &containers);
        for volume in &mut volumes {
            volume.size = sizes.get(&volume.name).copied();
        }
        Ok(volumes)
    }

    async fn create_volume(&self, spec: &VolumeSpec) -> Result<VolumeName> {
        let spec = spec.clone();
        self.blocking("create a volume", move |runtime| runtime.create_volume(&spec)).await
    }

    async fn remove_volume(&self, name: &VolumeName) -> Result<()> {
        let name = name.clone();
        self.blocking("remove a volume", move |runtime| runtime.remove_volume(&name).map(drop)).await
    }

    async fn prune_volumes(&self, all: bool) -> Result<Pruned> {
        let (count, freed) = self.blocking("prune the volumes", move |runtime| runtime.prune_volumes(all)).await?;
        Ok(Pruned { count, freed })
    }
    async fn browse_volume(&self, name: &VolumeName, folder: &str) -> Result<Vec<FileEntry>> {
        let (name, folder) = (name.clone(), folder.to_owned());
        let found = self.blocking("look into a volume", move |runtime| runtime.browse_volume(&name, &folder)).await?;
        Ok(found.into_iter().map(harmless::file).collect())
    }

    async fn back_up_volume(&self, name: &VolumeName) -> Result<Archive> {
        let (runtime, name) = (Arc::clone(&self.runtime), name.clone());
        let write = move |to: &mut dyn std::io::Write| runtime.back_up_volume(&name, Packing::Plain, to);
        archive::begun(archive::written(write)).await
    }

    async fn restore_volume(&self, name: &VolumeName, archive: Archive) -> Result<()> {
        let (runtime, name) = (Arc::clone(&self.runtime), name.clone());
        archive::read(archive, move |from| runtime.restore_volume(&name, from)).await
    }
}
