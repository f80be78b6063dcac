//! What an engine refuses, and the sort of error it is.

use longshore::{
    backend::{EngineError, Size},
    model::{ContainerId, ContainerSpec, ExecSpec, LogOptions, RemoveContainer, Signal},
};

use crate::stage::Stage;

const SIZE: Size = Size { columns: 80, rows: 24 };

macro_rules! conflict {
    ($deed:expr) => {{
        let result = $deed;
        assert!(matches!(result.as_ref().err(), Some(EngineError::Conflict { .. })), "{:?}", result.err());
    }};
}

macro_rules! not_found {
    ($deed:expr, $name:expr) => {{
        let error = $deed.err().expect("it is refused");
        assert!(matches!(error, EngineError::NotFound { .. }), "{error:?}");
        assert!(error.to_string().contains($name), "{error}");
    }};
}

pub(crate) async fn a_name_is_given_once(stage: &Stage) {
    let engine = stage.engine();
    let spec = stage.spec("taken", "sleep 600");
    engine.create(&spec).await.unwrap();
    let refused = engine.create(&spec).await.unwrap_err();
    assert!(refused.to_string().contains("already in use"), "{refused}");
    conflict!(engine.create(&spec).await);
    let other = stage.ended("other").await;
    conflict!(engine.rename(&other, spec.name.as_deref().unwrap()).await);
}

pub(crate) async fn what_runs_is_not_removed_without_force(stage: &Stage) {
    let id = stage.running("stays").await;
    conflict!(stage.engine().remove(&id, RemoveContainer::default()).await);
    assert!(stage.listed(&id).await.is_some());
}

pub(crate) async fn a_state_that_does_not_allow_it_is_a_conflict(stage: &Stage) {
    let engine = stage.engine();
    let ended = stage.ended("ended").await;
    conflict!(engine.kill(&ended, Signal::TERM).await);
    conflict!(engine.pause(&ended).await);
    conflict!(engine.processes(&ended).await);
    let spec = ExecSpec { command: vec!["true".to_owned()], ..ExecSpec::default() };
    conflict!(engine.exec(&ended, &spec, SIZE).await);

    if stage.lacks("frozen containers: one that shares the host's kernel cannot be") {
        return;
    }
    let paused = stage.running("paused").await;
    let refused = engine.unpause(&paused).await.unwrap_err();
    assert!(refused.to_string().contains("not paused"), "{refused}");
    engine.pause(&paused).await.unwrap();
    conflict!(engine.pause(&paused).await);
    conflict!(engine.start(&paused).await);
    conflict!(engine.exec(&paused, &spec, SIZE).await);
    engine.unpause(&paused).await.unwrap();
}

pub(crate) async fn what_is_not_there_is_not_found_by_its_name(stage: &Stage) {
    let engine = stage.engine();
    let nobody = ContainerId::new("nobody-has-this-name");
    let name = nobody.as_str();
    not_found!(engine.container(&nobody).await, name);
    not_found!(engine.start(&nobody).await, name);
    not_found!(engine.stop(&nobody, std::time::Duration::ZERO).await, name);
    not_found!(engine.kill(&nobody, Signal::TERM).await, name);
    not_found!(engine.rename(&nobody, "whatever").await, name);
    not_found!(engine.remove(&nobody, RemoveContainer::default()).await, name);
    not_found!(engine.processes(&nobody).await, name);
    not_found!(engine.changes(&nobody).await, name);
    let options = LogOptions { tail: None, since: None, follow: false };
    let log = match engine.logs(&nobody, options).await {
        Ok(mut log) => futures_util::StreamExt::next(&mut log).await.expect("the reason comes as the first piece"),
        Err(error) => Err(error),
    };
    not_found!(log, name);
}

pub(crate) async fn an_image_that_is_not_there_is_not_run(stage: &Stage) {
    let spec = ContainerSpec { image: "longshore/no-such-image:9".to_owned(), ..stage.spec("no-image", "exit 0") };
    not_found!(stage.engine().create(&spec).await, "longshore/no-such-image:9");
}
