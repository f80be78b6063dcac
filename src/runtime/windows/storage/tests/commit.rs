//! Images out of containers that have ended: their layers stand on those of their own images.

use std::sync::Arc;

use super::*;
use crate::runtime::{
    db::Db,
    image::{Access, ImageStore, New, Platform},
    layout::Layout,
};

/// The build of the base image, which its children keep.
const BUILD: &str = "10.0.20348.2340";

#[tokio::test(flavor = "multi_thread")]
async fn a_container_becomes_an_image_that_stands_on_its_own() {
    let world = World::new();
    let layout = Layout::at(&world.at("data"));
    for folder in [&layout.data, &layout.run] {
        fs::create_dir_all(folder).unwrap();
    }
    let db = Arc::new(Db::open(&layout).unwrap());
    let images = ImageStore::new(layout, db, world.disks.clone(), Access::default());
    let base = tar(&[("Files", Kind::Folder, ""), file("Files/app.txt", "app"), file("Files/old.txt", "old")]);
    let platform: Platform = "windows/amd64".parse().unwrap();
    let platform = Platform { os_version: BUILD.into(), ..platform };
    let new = New { platform: Some(platform), name: Some("base:1".into()), ..New::default() };
    let parent = images.import(Box::new(std::io::Cursor::new(base)), new).await.unwrap();
    let tops = || images.layers().unwrap();
    let below = images.chain(&tops()[0].id).unwrap();

    world.disks.mount(&below, &world.at("web"), &world.at("root")).unwrap();
    let volume = PathBuf::from(world.disks.volume(&world.at("root")).unwrap());
    fs::write(volume.join("app.txt"), "changed").unwrap();
    let new = || New { parent: Some(parent.clone()), name: Some("web:1".into()), ..New::default() };
    images.commit(&world.at("web"), new()).await.unwrap_err();
    world.disks.unmount(&world.at("root")).unwrap();
    images.commit(&world.at("web"), new()).await.unwrap();

    let all = tops();
    let child = all.iter().find(|layer| layer.parent.is_some()).unwrap();
    let chain = images.chain(&child.id).unwrap();
    assert_eq!((chain.len(), &chain[0]), (2, &below[0]));
    assert_eq!(images.inspect("web:1").unwrap()["OsVersion"], BUILD);
    world.disks.mount(&chain, &world.at("next"), &world.at("other")).unwrap();
    let volume = PathBuf::from(world.disks.volume(&world.at("other")).unwrap());
    assert_eq!(fs::read_to_string(volume.join("app.txt")).unwrap(), "changed");
    assert!(volume.join("old.txt").exists(), "what was not changed comes from below");
    world.disks.unmount(&world.at("other")).unwrap();
    assert!(world.is_sound());
}
