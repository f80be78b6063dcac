//! Names taken away, images removed, and what goes with them.

use longshore::runtime::{RuntimeError, image::ImageStore};

use crate::{
    registry::can_run,
    scene::{Host, noise},
};

/// Writes down a container upon an image.
fn contain(host: &Host, name: &str, image: &str, state: &str) {
    let image = host.images.find(image).unwrap();
    let top = image.layers.last().unwrap().to_string();
    let insert = |t: &rusqlite::Transaction| {
        let sql = "INSERT INTO container (id, name, image, spec, settled, top, created, state)
            VALUES (?1, ?1, ?2, '{}', '{}', ?3, 0, ?4)";
        t.execute(sql, [name, image.id.as_str(), &top, state]).map_err(RuntimeError::database("make it"))
    };
    host.db.change("make it", insert).unwrap();
}

fn layers(images: &ImageStore, host: &Host) -> usize {
    images.settle();
    host.names(&host.layout.layers()).len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_name_takes_the_image_and_what_is_its_own() {
    if !can_run() {
        return;
    }
    let host = Host::new();
    let base = host.base("base:1", &[("a", b"1")]).await;
    let image = host.on_top(&base, "app:1", &[("b", &noise(1, 50_000))]).await;
    host.images.tag("app:1", "app:2").unwrap();
    assert_eq!(host.images.remove("app:1", false).unwrap(), ["untagged app:1"]);
    assert_eq!(layers(&host.images, &host), 2);
    let gone = host.images.remove("app:2", false).unwrap();
    assert_eq!(gone, ["untagged app:2".to_owned(), format!("deleted {}", image.short())]);
    assert_eq!(layers(&host.images, &host), 1, "the base's layer is shared");
    assert!(matches!(host.images.find("app:2"), Err(RuntimeError::NotFound { .. })));
    host.images.remove(base.short(), false).unwrap();
    assert_eq!(layers(&host.images, &host), 0);
    assert_eq!(host.names(&host.layout.blobs().join("sha256")), [""; 0]);
    assert_eq!(host.events().iter().filter(|action| *action == "delete").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_container_stands_on_stays() {
    if !can_run() {
        return;
    }
    let host = Host::new();
    let base = host.base("base:1", &[("a", b"1")]).await;
    host.on_top(&base, "app:1", &[("b", b"2")]).await;
    contain(&host, "web", "app:1", "exited");
    for reference in ["app:1", host.images.find("app:1").unwrap().id.short()] {
        let error = host.images.remove(reference, false).unwrap_err();
        assert!(matches!(error, RuntimeError::Conflict { .. }) && error.to_string().contains("web"), "{error}");
    }
    assert_eq!(host.images.prune(true).unwrap().0, 1, "only the base goes, which nobody stands on by itself");
    host.images.remove("app:1", true).unwrap();
    assert_eq!(layers(&host.images, &host), 2, "the container has lost its layers");
    let top = host.images.layers().unwrap();
    assert_eq!(top.iter().map(|layer| layer.containers.len()).collect::<Vec<_>>(), [1, 1, 1]);
    let delete =
        |t: &rusqlite::Transaction| t.execute("DELETE FROM container", []).map_err(RuntimeError::database("remove it"));
    host.db.change("remove it", delete).unwrap();
    assert!(host.images.collect().unwrap().0 > 0);
    assert_eq!(layers(&host.images, &host), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_whose_container_runs_keeps_its_record() {
    if !can_run() {
        return;
    }
    let host = Host::new();
    host.base("app:1", &[("a", b"1")]).await;
    contain(&host, "web", "app:1", "running");
    let id = host.images.find("app:1").unwrap().id;
    assert!(matches!(host.images.remove(id.as_str(), true), Err(RuntimeError::Conflict { .. })));
    assert_eq!(host.images.remove("app:1", true).unwrap(), ["untagged app:1"]);
    assert!(host.images.find(id.as_str()).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prune_takes_what_has_no_tag_and_what_crashes_left() {
    if !can_run() {
        return;
    }
    let host = Host::new();
    let old = host.base("app:1", &[("a", b"1")]).await;
    host.base("app:1", &[("a", b"2")]).await;
    let images = host.images.images().unwrap();
    assert_eq!(images.iter().filter(|image| image.is_dangling()).map(|image| &image.id).collect::<Vec<_>>(), [&old]);
    let stray = host.layout.layers().join("ab".repeat(32));
    std::fs::create_dir(&stray).unwrap();
    let part = host.layout.layers().join(format!("{}.0123.part", "cd".repeat(32)));
    std::fs::create_dir(&part).unwrap();
    host.images.sweep().unwrap();
    assert_eq!(layers(&host.images, &host), 2, "what a crash left stays");
    let (count, freed) = host.images.prune(false).unwrap();
    assert!(count == 1 && freed.0 > 0);
    assert_eq!(layers(&host.images, &host), 1);
}
