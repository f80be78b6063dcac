//! Images: their names, their making and their way here.

use longshore::backend::{EngineError, Reporter};

use crate::stage::Stage;
use crate::support::engines::{IMAGE, unique};

pub(crate) async fn an_image_has_a_size_and_a_history(stage: &Stage) {
    let image = stage.image(IMAGE).await.unwrap();
    assert!(image.size.0 > 0 && image.id.as_str().starts_with("sha256:"), "{image:?}");
    let history = stage.engine().history(&image.id).await.unwrap();
    assert!(history.first().is_some_and(|newest| newest.tags.contains(&IMAGE.to_owned())), "{history:?}");
    assert!(history.is_sorted_by(|newer, older| newer.created >= older.created), "{history:?}");
}

pub(crate) async fn a_tag_comes_and_goes(stage: &Stage) {
    let engine = stage.engine();
    let image = stage.image(IMAGE).await.unwrap();
    let tag = format!("{}:1", unique("longshore/tag"));
    stage.remove_later(&["rmi", &tag]);
    engine.tag(&image.id, &tag).await.unwrap();
    assert_eq!(stage.image(&tag).await.unwrap().id, image.id);
    let gone = engine.remove_image(&tag, false).await.unwrap();
    assert!(gone.len() == 1 && gone[0].contains(&tag), "{gone:?}");
    assert_eq!(stage.image(&tag).await, None);
    assert_eq!(stage.image(IMAGE).await.unwrap().id, image.id);
    assert!(engine.tag(&image.id, "No Reference").await.is_err());
}

pub(crate) async fn a_pull_tells_how_far_it_is(stage: &Stage) {
    let Some(reference) = &stage.pullable else { return };
    stage.remove_later(&["rmi", reference]);
    let (reporter, heard) = Reporter::new();
    stage.engine().pull(reference, &reporter).await.unwrap();
    let told = heard.borrow().clone();
    assert!(told.pieces.len() >= 3 && told.pieces.iter().all(|piece| piece.finished), "{told:?}");
    assert!(stage.image(reference).await.is_some());
    let gone = stage.engine().remove_image(reference, false).await.unwrap();
    assert!(gone.len() > 1, "layers went with the name: {gone:?}");
    assert_eq!(stage.image(reference).await, None);
}

pub(crate) async fn a_pull_of_nothing_fails(stage: &Stage) {
    let Some(reference) = &stage.pullable else { return };
    let missing = reference.replace("layers:1", "layers:no-such-tag");
    let refused = stage.engine().pull(&missing, &Reporter::new().0).await.unwrap_err();
    assert!(matches!(refused, EngineError::NotFound { .. }), "{refused:?}");
    assert!(refused.to_string().contains("no-such-tag"), "{refused}");
}

pub(crate) async fn an_image_in_use_stays(stage: &Stage) {
    let engine = stage.engine();
    let id = stage.running("image-in-use").await;
    let image = stage.look(&id).await.image_id;
    let refused = engine.remove_image(image.as_str(), false).await.unwrap_err();
    assert!(matches!(refused, EngineError::Conflict { .. }), "{refused:?}");
    assert!(stage.image(IMAGE).await.is_some());
}

pub(crate) async fn an_image_that_is_not_there_is_not_removed(stage: &Stage) {
    let refused = stage.engine().remove_image("longshore/no-such-image:9", false).await.unwrap_err();
    assert!(matches!(refused, EngineError::NotFound { .. }), "{refused:?}");
    assert!(refused.to_string().contains("longshore/no-such-image:9"), "{refused}");
}
