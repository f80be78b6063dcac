//! The engine itself.

use std::time::Duration;

use longshore::{
    backend::EngineError,
    model::{Kind, RemoveContainer, Subject},
};

use crate::stage::{Stage, wait_for};

pub(crate) async fn it_says_what_it_is(stage: &Stage) {
    let (about, _) = stage.engine().describe().await.unwrap();
    let is_windows = stage.lacks("Linux inside: its containers are its own kind");
    assert_eq!(about.os_type, if is_windows { "windows" } else { "linux" });
    for told in [&about.engine, &about.version, &about.api_version, &about.storage_driver, &about.data_root] {
        assert!(!told.is_empty(), "{about:?}");
    }
    assert!(about.cpus > 0 && about.memory.0 > 0, "{about:?}");
    stage.engine().ping().await.unwrap();
}

pub(crate) async fn events_tell_a_life_in_order(stage: &Stage) {
    let mut events = stage.engine().events().await.unwrap();
    let id = stage.running("events").await;
    stage.engine().stop(&id, Duration::ZERO).await.unwrap();
    stage.engine().remove(&id, RemoveContainer::default()).await.unwrap();
    let mut told = wait_for(&mut events, id.as_str(), "destroy").await;
    // Whether a kill is told for each signal differs between versions.
    told.retain(|action| ["create", "start", "die", "stop", "destroy"].contains(&action.as_str()));
    assert_eq!(told.first().map(String::as_str), Some("create"), "{told:?}");
    assert_eq!(told, ["create", "start", "die", "stop", "destroy"]);
}

pub(crate) async fn disk_use_counts_images(stage: &Stage) {
    let usage = stage.engine().disk_usage().await.unwrap();
    assert!(usage.images.count > 0 && usage.images.size.0 > 0, "{usage:?}");
    for share in [usage.images, usage.containers, usage.volumes] {
        assert!(share.reclaimable <= share.size, "{usage:?}");
    }
}

pub(crate) async fn a_document_is_about_what_was_asked(stage: &Stage) {
    let id = stage.running("inspect").await;
    let name = stage.look(&id).await.name;
    let document = stage.engine().inspect(&Subject::new(Kind::Container, id.as_str(), &name)).await.unwrap();
    assert_eq!(document["Id"], id.as_str());
    assert_eq!(document["Name"], format!("/{name}"));

    let nobody = Subject::new(Kind::Container, "nobody-has-this-name", "nobody-has-this-name");
    let refused = stage.engine().inspect(&nobody).await.unwrap_err();
    assert!(matches!(refused, EngineError::NotFound { .. }), "{refused:?}");
}
