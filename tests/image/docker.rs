//! Images from here and from a real Docker, both ways.

use std::{
    io::{Cursor, Write},
    process::Stdio,
};

use crate::{
    registry::can_run,
    scene::{Host, Kept, noise, silent},
    support::engines::{Docker, IMAGE, IMAGE_IN_REGISTRY, docker, output_of, registry, unique},
};

/// An image of Docker's that is removed when dropped.
struct Removed<'d>(&'d Docker, String);

impl Drop for Removed<'_> {
    fn drop(&mut self) {
        let _ = self.0.client().args(["rmi", "--force", &self.1]).output();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_docker_pushed_is_pulled_and_docker_runs_what_was_pushed_here() {
    let (Some(docker), Some(registry), true) = (docker(), registry(), can_run()) else { return };
    let host = Host::new();
    let theirs = format!("{registry}/{IMAGE_IN_REGISTRY}");
    let image = host.images.pull(&theirs, None, &silent()).await.unwrap();
    assert!(host.images.find(&theirs).unwrap().layers.len() > 6);
    let ours = format!("{registry}/{}:1", unique("longshore/pushed"));
    let _gone = Removed(&docker, ours.clone());
    host.on_top(&image, &ours, &[("from-here", b"hello from longshore")]).await;
    host.images.push(&ours, &silent()).await.unwrap();
    docker.cli(["pull", "--quiet", &ours]);
    assert_eq!(docker.cli(["run", "--rm", &ours, "cat", "/from-here"]), "hello from longshore");
    assert_eq!(
        docker.cli(["image", "inspect", "--format", "{{.Id}}", &ours]),
        host.images.find(&ours).unwrap().id.as_str()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn archives_go_both_ways() {
    let (Some(docker), true) = (docker(), can_run()) else { return };
    let host = Host::new();
    let archive = docker.client().args(["save", IMAGE]).output().unwrap().stdout;
    let loaded = host.images.load(Box::new(Cursor::new(archive)), &silent()).await.unwrap();
    assert_eq!(loaded, [IMAGE]);
    let image = host.images.find(IMAGE).unwrap().id;
    assert_eq!(docker.cli(["image", "inspect", "--format", "{{.Id}}", IMAGE]), image.as_str());

    let ours = format!("{}:1", unique("longshore/saved"));
    let _gone = Removed(&docker, ours.clone());
    host.on_top(&image, &ours, &[("from-here", &noise(1, 1000))]).await;
    let kept = Kept::default();
    host.images.save(std::slice::from_ref(&ours), Box::new(kept.clone())).await.unwrap();
    let mut load = docker.client();
    let mut load = load.arg("load").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    load.stdin.take().unwrap().write_all(&kept.0.lock().unwrap()).unwrap();
    assert!(load.wait().unwrap().success());
    let sum = output_of(docker.client().args(["run", "--rm", &ours, "wc", "-c", "/from-here"]));
    assert!(sum.starts_with("1000 "), "{sum}");
}
