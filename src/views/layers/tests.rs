use chrono::Duration;

use super::*;
use crate::{
    model::{Bytes, Change, ContainerId, ImageId, LayerId, Listing, State},
    views::{
        detail::scene,
        stage::{Landing, Stage},
    },
};

fn image(id: &str, name: &str, unique: u64) -> Image {
    Image {
        id: ImageId::new(id),
        tags: vec![name.into()],
        digests: Vec::new(),
        size: Bytes::mib(60),
        unique: Some(Bytes::mib(unique)),
        created: Desk::for_test().now - Duration::days(6),
        layers: Vec::new(),
        platform: None,
        containers: 0,
        parent: None,
    }
}

fn layer(name: &str, on: Option<(&str, usize)>, mib: u64, images: &[&str], containers: &[&str]) -> Layer {
    let id = |name: &str| LayerId::new(name.repeat(64 / name.len()));
    Layer {
        id: id(name),
        diff: format!("sha256:{}", name.to_uppercase().repeat(64 / name.len())),
        parent: on.map(|(parent, _)| id(parent)),
        depth: on.map_or(0, |(_, depth)| depth),
        kind: if on.is_some() { LayerKind::Image } else { LayerKind::Base },
        size: Some(Bytes::mib(mib)),
        by: Some(format!("/bin/sh -c #(nop)  COPY {name} /")),
        images: images.iter().map(ImageId::new).collect(),
        containers: containers.iter().map(ContainerId::new).collect(),
        path: Some(format!("/var/lib/docker/overlay2/{name}/diff")),
        keeper: None,
    }
}

fn writable(container: &str, on: (&str, usize)) -> Layer {
    let below = layer("x", Some(on), 1, &[], &[container]);
    Layer {
        id: LayerId::new(container),
        diff: String::new(),
        kind: LayerKind::Writable,
        by: Some(container.into()),
        path: None,
        ..below
    }
}

/// On the base `a` stands a chain of two, on which `web` writes, and another layer; `f` stands alone.
fn desk() -> Desk {
    let layers = vec![
        layer("a", None, 8, &["1", "2"], &["web"]),
        layer("b", Some(("a", 1)), 4, &["1"], &["web"]),
        layer("c", Some(("b", 2)), 2, &["1"], &["web"]),
        writable("web", ("c", 3)),
        layer("d", Some(("a", 1)), 3, &["2"], &[]),
        layer("f", None, 70, &["3"], &[]),
    ];
    let images = vec![image("1", "app:1", 6), image("2", "dev:1", 3), image("3", "db:17", 70)];
    let web = scene::container("web", State::Running);
    let facts = [Listing::Containers(vec![web]), Listing::Images(images), Listing::Layers(layers)];
    Desk::for_test().told(facts.map(Change::Listed))
}

fn stage() -> Stage {
    Stage::new(desk(), vec![dashboard(), Landing::of(Intent::Images), Landing::of(Intent::Containers)])
}

#[test]
fn the_forest_in_a_small_and_in_a_large_window() {
    insta::assert_snapshot!("small", stage().screen());
    insta::assert_snapshot!("large", stage().sized(160, 45).press(&["j", "tab", "tab"]).screen());
}

#[test]
fn branches_are_shown_in_the_natural_order_alone() {
    let mut stage = stage();
    assert!(stage.screen().contains("└─ dddd") || stage.screen().contains("└─ DDDD"));
    let sorted = stage.press(&["o", "o"]).screen();
    assert!(sorted.contains("sort size") && !sorted.contains("└─"), "{sorted}");
    // After the last column, the natural order comes again.
    assert!(stage.press(&["o", "o", "o", "o", "o"]).screen().contains("└─"));
}

#[test]
fn a_filter_finds_layers_by_who_has_them() {
    let screen = stage().press(&["/", "/dev:1", "enter"]).screen();
    assert!(screen.contains("2 of 6 shown"), "{screen}");
}

#[test]
fn what_holds_a_layer_is_told() {
    let shared = stage().press(&["tab", "tab"]).screen();
    assert!(shared.contains("8.0 MiB will be free once 2 images and 1 container are removed."), "{shared}");
    let single = stage().press(&["G", "tab", "tab"]).screen();
    assert!(single.contains("70 MiB will be free once `db:17` is removed."), "{single}");
}

#[test]
fn jumps_lead_to_images_and_containers() {
    assert!(stage().press(&["G", "J"]).screen().contains("landed on 3"));
    let mut stage = stage();
    let offered = stage.press(&["J"]).screen();
    assert!(offered.contains("app:1") && offered.contains("dev:1") && offered.contains("web"), "{offered}");
    assert!(stage.press(&["web", "enter"]).screen().contains("landed on web"));
}

#[test]
fn digest_chain_and_path_can_be_copied() {
    let mut stage = stage();
    assert_eq!(stage.press(&["c", "enter"]).copied(), format!("sha256:{}", "A".repeat(64)));
    assert_eq!(stage.press(&["c", "path", "enter"]).copied(), "/var/lib/docker/overlay2/a/diff");
    assert_eq!(stage.press(&["j", "j", "j", "c"]).copied(), "web");
}
