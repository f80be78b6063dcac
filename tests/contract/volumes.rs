//! Volumes.

use longshore::{
    backend::EngineError,
    model::{ContainerSpec, Mount, MountKind, RemoveContainer, Volume, VolumeKind, VolumeName, VolumeSpec},
};

use crate::stage::Stage;
use crate::support::engines::unique;

async fn listed(stage: &Stage, name: &VolumeName) -> Option<Volume> {
    stage.engine().volumes().await.unwrap().into_iter().find(|volume| volume.name == *name)
}

pub(crate) async fn a_volume_is_made_used_and_removed(stage: &Stage) {
    let engine = stage.engine();
    let name = unique("volume");
    stage.remove_later(&["volume", "rm", &name]);
    let labels = [("of".to_owned(), "a test".to_owned())].into();
    let volume =
        engine.create_volume(&VolumeSpec { name: Some(name.clone()), labels, ..VolumeSpec::default() }).await.unwrap();
    assert_eq!(volume.as_str(), name);
    let made = listed(stage, &volume).await.unwrap();
    assert_eq!((made.kind, made.used_by.len(), made.labels.len()), (VolumeKind::Named, 0, 1));

    let mount = Mount::new(MountKind::Volume, name, "/data", false);
    let spec = ContainerSpec { mounts: vec![mount.clone()], ..stage.spec("mounts", "exit 0") };
    let id = engine.create(&spec).await.unwrap();
    assert_eq!(stage.look(&id).await.mounts, [mount]);
    assert_eq!(listed(stage, &volume).await.unwrap().used_by, std::slice::from_ref(&id));
    let refused = engine.remove_volume(&volume).await.unwrap_err();
    assert!(matches!(refused, EngineError::Conflict { .. }), "{refused:?}");

    engine.remove(&id, RemoveContainer { volumes: true, force: false }).await.unwrap();
    assert!(listed(stage, &volume).await.is_some(), "a named volume outlives its container");
    engine.remove_volume(&volume).await.unwrap();
    assert_eq!(listed(stage, &volume).await, None);
}

pub(crate) async fn a_volume_that_is_not_there_is_not_removed(stage: &Stage) {
    let refused = stage.engine().remove_volume(&VolumeName::new("no-such-volume")).await.unwrap_err();
    assert!(matches!(refused, EngineError::NotFound { .. }), "{refused:?}");
    assert!(refused.to_string().contains("no-such-volume"), "{refused}");
}
