//! Layers: what images share, and what containers stand on.

use longshore::model::{LayerId, LayerKind};

use crate::stage::Stage;
use crate::support::engines::{IMAGE, IMAGE_ON_TOP};

pub(crate) async fn images_share_their_lower_layers(stage: &Stage) {
    let below = stage.image(IMAGE).await.unwrap().id;
    let above = stage.image(IMAGE_ON_TOP).await.unwrap().id;
    let layers = stage.engine().layers().await.unwrap();
    let has =
        |id: &longshore::model::ImageId| layers.iter().filter(|layer| layer.images.contains(id)).collect::<Vec<_>>();
    let shared: Vec<_> = has(&below).into_iter().filter(|layer| layer.images.contains(&above)).collect();
    let base = shared.first().expect("a layer that both have");
    assert_eq!((base.kind, base.depth, &base.parent), (LayerKind::Base, 0, &None));
    let tip = has(&above).into_iter().max_by_key(|layer| layer.depth).unwrap();
    assert!(!tip.images.contains(&below) && tip.kind == LayerKind::Image, "{tip:?}");
    for (at, layer) in layers.iter().enumerate() {
        let Some(parent) = &layer.parent else { continue };
        let place = layers.iter().position(|other| other.id == *parent);
        assert!(place.is_some_and(|place| place < at), "{layer:?} comes before its parent");
    }
}

pub(crate) async fn a_container_stands_on_its_image(stage: &Stage) {
    let id = stage.running("layer").await;
    let image = stage.image(IMAGE).await.unwrap().id;
    let layers = stage.engine().layers().await.unwrap();
    let own = layers.iter().find(|layer| layer.id == LayerId::new(id.as_str())).unwrap();
    assert_eq!((own.kind, own.containers.as_slice()), (LayerKind::Writable, [id].as_slice()));
    let below = layers.iter().find(|layer| Some(&layer.id) == own.parent.as_ref()).unwrap();
    assert!(below.images.contains(&image), "{below:?}");
}
