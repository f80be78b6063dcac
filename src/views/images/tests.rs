use chrono::Duration;

use super::*;
use crate::{
    app::cmd::{Cmd, Prune, PruneKind},
    model::{Change, ImageId, LayerId, Listing, Refusal, State},
    views::{
        detail::scene,
        stage::{Landing, Stage},
    },
};

fn image(id: &str, tags: &[&str], mib: u64, unique: Option<u64>) -> Image {
    Image {
        id: ImageId::new(id),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        digests: Vec::new(),
        size: Bytes::mib(mib),
        unique: unique.map(Bytes::mib),
        created: Desk::for_test().now - Duration::days(6),
        layers: vec!["sha256:1".into(), "sha256:2".into()],
        platform: Some("linux/amd64".into()),
        containers: 0,
        parent: None,
    }
}

fn layer(id: &str, by: &str, mib: u64, images: &[&str]) -> Layer {
    Layer {
        id: LayerId::new(id),
        diff: id.into(),
        parent: None,
        depth: 0,
        kind: LayerKind::Base,
        size: Some(Bytes::mib(mib)),
        by: Some(by.into()),
        images: images.iter().map(ImageId::new).collect(),
        containers: Vec::new(),
        path: None,
        keeper: None,
    }
}

fn made(name: &str, image: &str, state: State) -> Container {
    Container { image_id: ImageId::new(image), ..scene::container(name, state) }
}

/// `app` runs, `dev` has stopped containers, `tools` has names in two repositories, one image dangles.
fn desk() -> Desk {
    let mut app = image("sha256:a", &["app:1"], 60, Some(12));
    app.containers = 1;
    let images = vec![
        app,
        image("sha256:b", &["dev:1"], 50, None),
        image("sha256:c", &["tools:1", "ghcr.io/us/tools:1"], 20, Some(20)),
        image("sha256:d", &[], 30, Some(3)),
    ];
    let layers = vec![
        layer("sha256:1", "/bin/sh -c #(nop) ADD alpine.tar.gz /", 8, &["sha256:a", "sha256:b", "sha256:d"]),
        layer("sha256:2", "RUN apk add curl # buildkit", 2, &["sha256:b"]),
        layer("sha256:3", "COPY app /usr/bin", 12, &["sha256:a"]),
        layer("sha256:4", "COPY tools /", 20, &["sha256:c"]),
        layer("sha256:5", "COPY app /usr/bin", 3, &["sha256:d"]),
    ];
    let containers = vec![made("web", "sha256:a", State::Running), made("job", "sha256:b", State::Exited(0))];
    let facts = [Listing::Containers(containers), Listing::Images(images), Listing::Layers(layers)];
    Desk::for_test().told(facts.map(Change::Listed))
}

fn stage() -> Stage {
    Stage::new(desk(), vec![dashboard(), Landing::of(Intent::Containers), Landing::of(Intent::Layers)])
}

fn remove(reference: &str, mib: u64, force: bool) -> Cmd {
    Cmd::RemoveImage { reference: reference.into(), frees: Some(Bytes::mib(mib)), force }
}

#[test]
fn the_table_in_a_small_and_in_a_large_window() {
    insta::assert_snapshot!("small", stage().press(&["tab", "tab", "tab"]).screen());
    insta::assert_snapshot!("large", stage().sized(160, 45).press(&["tab", "tab"]).screen());
}

#[test]
fn a_pull_takes_the_selected_name_or_what_is_typed() {
    assert_eq!(stage().press(&["g", "n", "enter"]).granted(), [Cmd::Pull("app:1".into())]);
    let mut stage = stage();
    let asked = stage.press(&["G", "n"]).screen();
    assert!(asked.contains("without a tag, `latest` is pulled"), "{asked}");
    assert_eq!(stage.press(&["redis", "enter"]).granted(), [Cmd::Pull("redis:latest".into())]);
}

#[test]
fn a_name_that_cannot_be_is_told_before_it_is_pulled() {
    let screen = stage().press(&["G", "n", "Redis", "enter"]).screen();
    assert!(screen.contains("`Redis` is no repository"), "{screen}");
}

#[test]
fn an_image_runs_as_the_form_says() {
    let mut stage = stage();
    let form = stage.press(&["g", "s"]).screen();
    assert!(form.contains("New container") && form.contains("app:1"), "{form}");
    let granted = stage.press(&["ctrl-s"]).granted().to_vec();
    assert!(matches!(granted.as_slice(), [Cmd::Create(spec)] if spec.image == "app:1"), "{granted:?}");
}

#[test]
fn a_tag_takes_no_name_away() {
    let tag = Cmd::Tag("sha256:a".into(), "app:1".into(), "app:latest".into());
    assert_eq!(stage().press(&["g", "t", "app", "enter"]).granted(), [tag]);
    let screen = stage().press(&["g", "t", "dev:1", "enter"]).screen();
    assert!(screen.contains("`dev:1` is another image"), "{screen}");
}

#[test]
fn what_runs_stays() {
    assert_eq!(stage().press(&["g", "x"]).refused(), "cannot remove `app:1`: it is what `web` runs");
}

#[test]
fn removing_says_what_it_frees_and_can_be_forced() {
    let mut stage = stage();
    let asked = stage.press(&["g", "j", "x"]).screen();
    assert!(asked.contains("Remove image `dev:1`?") && asked.contains("frees up to 2.0 MiB"), "{asked}");
    assert_eq!(stage.press(&["f", "y"]).granted(), [remove("dev:1", 2, true)]);
}

#[test]
fn of_several_names_one_or_all_go() {
    // By name: app, dev, tools, and last what has none.
    assert_eq!(stage().press(&["G", "k", "x", "enter", "y"]).granted(), [remove("tools:1", 0, false)]);
    // Names in two repositories need force when they go at once.
    assert_eq!(
        stage().press(&["G", "k", "x", "up", "down", "down", "enter", "y"]).granted(),
        [remove("sha256:c", 20, true)]
    );
}

#[test]
fn of_all_marked_those_go_that_can() {
    let granted = stage().press(&["*", "x", "3", "enter"]).granted().to_vec();
    assert_eq!(granted, [remove("dev:1", 2, false), remove("sha256:c", 20, true), remove("sha256:d", 3, false)]);
}

#[test]
fn a_prune_shows_what_goes_and_how_much() {
    let mut stage = stage();
    let offered = stage.press(&["P"]).screen();
    assert!(offered.contains("dangling images                1 of them, about 3.0 MiB"), "{offered}");
    let prune = |what, targets: &[&str], mib| {
        let targets = targets.iter().map(|name| (*name).to_owned()).collect();
        [Cmd::Prune(Prune { what, targets, frees: Some(Bytes::mib(mib)) })]
    };
    let dangling = prune(PruneKind::DanglingImages, &["sha256:d"], 3);
    assert_eq!(stage.press(&["enter", "y"]).granted(), dangling);
    let unused = prune(PruneKind::AllImages, &["tools:1", "sha256:d"], 23);
    assert_eq!(stage.press(&["P", "down", "enter", "2", "enter"]).granted(), unused);
}

#[test]
fn jumps_lead_to_containers_and_layers() {
    assert!(stage().press(&["g", "J"]).screen().contains("landed on web"));
    assert_eq!(stage().press(&["G", "J"]).refused(), "no container is made from `sha256:d`");
    let layers = ["g", "tab", "tab", "enter", "down", "enter"];
    assert!(stage().press(&layers).screen().contains("landed on sha256:3"));
}

#[test]
fn an_engine_that_cannot_pull_says_so_before_the_question() {
    let mut desk = desk();
    desk.store.caps.remove(crate::model::Feature::Pull, "it has no way out");
    desk.read_only = None::<Refusal>;
    assert_eq!(Stage::new(desk, vec![dashboard()]).press(&["n"]).refused(), "it has no way out");
}
