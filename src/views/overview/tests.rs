//! What a user does on the overview.

use super::*;
use crate::{
    model::{Change, ContainerId, Listing, Refusal, State, Volume, VolumeKind, VolumeName},
    views::{detail::scene::container, stage::Stage},
};

fn volume(name: &str, used_by: &[&str]) -> Volume {
    Volume {
        name: VolumeName::new(name),
        kind: VolumeKind::Named,
        driver: "local".into(),
        path: String::new(),
        size: None,
        created: None,
        used_by: used_by.iter().map(ContainerId::new).collect(),
        labels: Default::default(),
        options: Default::default(),
        scope: "local".into(),
    }
}

fn desk() -> Desk {
    let containers = vec![container("web", State::Running), container("job", State::Exited(0))];
    let volumes = vec![volume("data", &["web"]), volume("old", &[])];
    Desk::for_test().told([Listing::Containers(containers), Listing::Volumes(volumes)].map(Change::Listed))
}

#[test]
fn nothing_is_pruned_that_was_not_named_before() {
    let mut stage = Stage::new(desk(), vec![dashboard()]);
    let offered = stage.press(&["P"]).screen();
    assert!(offered.contains("stopped containers") && offered.contains("unused volumes"), "{offered}");
    assert!(!offered.contains("networks  "), "of what is not known, nothing is offered: {offered}");
    let asked = stage.press(&["down", "enter"]).screen();
    assert!(asked.contains("Prune unused volumes?") && asked.contains("· old"), "{asked}");
}

#[test]
fn where_nothing_may_be_changed_pruning_is_grey_and_says_why() {
    let desk = Desk { read_only: Some(Refusal::new("look only")), ..desk() };
    let grey: Vec<_> = dashboard().hints(&desk).into_iter().filter(|hint| hint.refused).map(|h| h.label).collect();
    assert_eq!(grey, ["prune"]);
    assert_eq!(Stage::new(desk, vec![dashboard()]).press(&["P"]).refused(), "look only");
}
