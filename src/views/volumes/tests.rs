use std::collections::BTreeMap;

use chrono::Duration;

use super::*;
use crate::{
    model::{Bytes, Change, ContainerId, Listing, Mount, State, VolumeName, VolumeSpec},
    views::{detail::scene, stage::Stage},
};

fn volume(name: &str, size: Option<u64>, used_by: &[&str]) -> Volume {
    Volume {
        name: VolumeName::new(name),
        kind: if name.starts_with('/') { VolumeKind::Bind } else { VolumeKind::of_name(name) },
        driver: if name.starts_with('/') { "" } else { "local" }.into(),
        path: if name.starts_with('/') { name.into() } else { format!("/var/lib/docker/volumes/{name}/_data") },
        size: size.map(Bytes),
        created: (!name.starts_with('/')).then(|| Desk::for_test().now - Duration::days(3)),
        used_by: used_by.iter().map(ContainerId::new).collect(),
        labels: BTreeMap::new(),
        options: BTreeMap::new(),
        scope: "local".into(),
    }
}

fn anonymous() -> String {
    "ab".repeat(32)
}

fn desk() -> Desk {
    let mut db = scene::container("db", State::Running);
    let target = "/var/lib/postgresql".to_owned();
    db.mounts = vec![Mount::new(MountKind::Volume, "shop-data", target, false)];
    let volumes = vec![
        volume("shop-data", Some(64 << 20), &["db"]),
        volume("cache", Some(3 << 20), &[]),
        volume(&anonymous(), Some(1 << 20), &[]),
        volume("/etc/hosts", None, &["db", "web"]),
    ];
    let web = scene::container("web", State::Exited(0));
    let facts = [Listing::Containers(vec![db, web]), Listing::Volumes(volumes)];
    Desk::for_test().told(facts.map(Change::Listed))
}

fn stage() -> Stage {
    Stage::new(desk(), vec![dashboard()])
}

#[test]
fn the_table_in_a_small_and_in_a_large_window() {
    insta::assert_snapshot!("small", stage().press(&["G"]).screen());
    insta::assert_snapshot!("large", stage().sized(160, 45).press(&["G"]).screen());
}

#[test]
fn without_volumes_it_says_what_to_do() {
    let desk = Desk::for_test().told([Change::Listed(Listing::Volumes(Vec::new()))]);
    let screen = Stage::new(desk, vec![dashboard()]).screen();
    assert!(screen.contains("no volumes") && screen.contains("n makes one"), "{screen}");
}

#[test]
fn sizes_are_counted_while_one_looks() {
    assert!(stage().wants().parts.contains(&Part::Usage));
}

#[test]
fn an_unused_volume_goes_after_a_question() {
    let mut stage = stage();
    // By name: the bind, the anonymous one, cache, shop-data.
    let asked = stage.press(&["j", "j", "x"]).screen();
    assert!(asked.contains("Remove volume `cache`?") && asked.contains("3.0 MiB, is lost for good"), "{asked}");
    assert_eq!(stage.press(&["y"]).granted(), [Cmd::RemoveVolume("cache".into(), Some(Bytes(3 << 20)))]);
}

#[test]
fn what_is_mounted_or_no_volume_stays() {
    assert_eq!(stage().press(&["G", "x"]).refused(), "cannot remove `shop-data`: `db` has it mounted");
    let refused = "cannot remove `/etc/hosts`: it is a path of the host, not a volume of the engine";
    assert_eq!(stage().press(&["g", "x"]).refused(), refused);
}

#[test]
fn of_all_marked_those_go_that_can() {
    let mut stage = stage();
    let granted = stage.press(&["*", "x", "2", "enter"]).granted();
    let wish = |name: &str, mib| Cmd::RemoveVolume(name.into(), Some(Bytes::mib(mib)));
    assert_eq!(granted, [wish(&anonymous(), 1), wish("cache", 3)], "in the order on screen");
}

#[test]
fn a_prune_shows_what_goes_and_how_much() {
    let mut stage = stage();
    let offered = stage.press(&["P"]).screen();
    assert!(offered.contains("unused anonymous volumes  1 of them, about 1.0 MiB"), "{offered}");
    assert!(offered.contains("unused volumes            2 of them, about 4.0 MiB"), "{offered}");
    let Cmd::Prune(prune) = stage.press(&["down", "enter", "2", "enter"]).granted()[0].clone() else { panic!() };
    assert_eq!((prune.what, prune.frees), (PruneKind::AllVolumes, Some(Bytes(4 << 20))));
    assert_eq!(prune.targets, ["cache", "abababababab"]);
}

#[test]
fn a_new_volume_is_what_was_typed() {
    let typed = ["n", "backup", "down", "down", "type=nfs", "down", "team=shop", "ctrl-s"];
    let spec = VolumeSpec {
        name: Some("backup".into()),
        driver: Some("local".into()),
        options: BTreeMap::from([("type".into(), "nfs".into())]),
        labels: BTreeMap::from([("team".into(), "shop".into())]),
    };
    assert_eq!(stage().press(&typed).granted(), [Cmd::CreateVolume(spec)]);
}

#[test]
fn a_name_that_is_taken_is_told_in_the_form() {
    let screen = stage().press(&["n", "cache", "ctrl-s"]).screen();
    assert!(screen.contains("there is a volume `cache` already"), "{screen}");
}

#[test]
fn the_whole_name_of_an_anonymous_one_is_copied() {
    assert_eq!(stage().press(&["g", "j", "c"]).copied(), anonymous());
}

#[test]
fn a_read_only_desk_opens_no_form() {
    let mut desk = desk();
    desk.read_only = Some(Refusal::new("look only"));
    assert_eq!(Stage::new(desk, vec![dashboard()]).press(&["n"]).refused(), "look only");
}
