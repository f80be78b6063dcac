//! Volumes of the engine aboard. Knows no disk.

use async_trait::async_trait;

use super::{EmbeddedEngine, harmless};
use crate::{
    backend::{Pruned, Result, Volumes, derive},
    model::{Volume, VolumeName, VolumeSpec},
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
}
