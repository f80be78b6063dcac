//! Volumes.

use futures_util::stream;
use longshore::{
    backend::{Archive, EngineError},
    model::{
        Bytes, ContainerSpec, Feature, FileKind, Mount, MountKind, RemoveContainer, Volume, VolumeKind, VolumeName,
        VolumeSpec,
    },
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

pub(crate) async fn a_volume_is_looked_into(stage: &Stage) {
    let engine = stage.engine();
    let (_, caps) = engine.describe().await.unwrap();
    let volume = new(stage).await;
    if let Some(why) = caps.refuses(Feature::VolumeFiles) {
        let refused = engine.browse_volume(&volume, "/").await.unwrap_err();
        assert!(matches!(refused, EngineError::Unsupported { .. }), "{why}, but {refused:?}");
        return;
    }
    assert_eq!(engine.browse_volume(&volume, "/").await.unwrap(), []);
    for (name, folder) in [(&volume, "/no/such"), (&VolumeName::new("no-such-volume"), "/")] {
        let refused = engine.browse_volume(name, folder).await.unwrap_err();
        assert!(matches!(refused, EngineError::NotFound { .. }), "{refused:?}");
    }
}

pub(crate) async fn a_volume_is_made_what_an_archive_tells_and_gives_it_back(stage: &Stage) {
    let engine = stage.engine();
    let (_, caps) = engine.describe().await.unwrap();
    let volume = new(stage).await;
    if let Some(why) = caps.refuses(Feature::VolumeArchives) {
        let refused = engine.back_up_volume(&volume).await.err().unwrap();
        assert!(matches!(refused, EngineError::Unsupported { .. }), "{why}, but {refused:?}");
        let refused = engine.restore_volume(&volume, archive(&[])).await.unwrap_err();
        assert!(matches!(refused, EngineError::Unsupported { .. }), "{why}, but {refused:?}");
        return;
    }
    engine.restore_volume(&volume, archive(&[("old", "o")])).await.unwrap();
    engine.restore_volume(&volume, archive(&[("in/deep", "four"), ("top", "")])).await.unwrap();
    let seen = async |volume: &VolumeName, folder: &str| -> Vec<(String, FileKind)> {
        let all = engine.browse_volume(volume, folder).await.unwrap();
        all.into_iter().map(|entry| (entry.name, entry.kind)).collect()
    };
    let top = [("in".to_owned(), FileKind::Folder), ("top".to_owned(), FileKind::File)];
    assert_eq!(seen(&volume, "/").await, top);
    assert_eq!(engine.browse_volume(&volume, "/in").await.unwrap()[0].size, Bytes(4));
    let other = new(stage).await;
    let archive = engine.back_up_volume(&volume).await.unwrap();
    engine.restore_volume(&other, archive).await.unwrap();
    assert_eq!(seen(&other, "/").await, top);
    assert_eq!(seen(&other, "/in").await, [("deep".to_owned(), FileKind::File)]);
}

async fn new(stage: &Stage) -> VolumeName {
    let name = unique("volume");
    stage.remove_later(&["volume", "rm", &name]);
    stage.engine().create_volume(&VolumeSpec { name: Some(name), ..VolumeSpec::default() }).await.unwrap()
}

fn archive(files: &[(&str, &str)]) -> Archive {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, path, content.as_bytes()).unwrap();
    }
    Box::pin(stream::iter([Ok(tar.into_inner().unwrap().into())]))
}
