//! Processes that pull are killed, again and again.

use std::{
    env,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use longshore::runtime::layout::Layout;

use crate::{
    registry::{Registry, can_run},
    scene::{Host, noise, silent, store},
};

/// Says to the process that it is to pull: the data root and the reference.
const ORDER: &str = "LONGSHORE_TEST_PULLS";
/// Times that a process is killed.
const KILLS: usize = 40;

/// Not a test but the process that is killed; a line for each step.
#[tokio::test(flavor = "multi_thread")]
async fn pulls_when_it_is_told_to() {
    let Ok(order) = env::var(ORDER) else { return };
    let (root, name) = order.split_once(' ').unwrap();
    let images = store(&Layout::at(Path::new(root)));
    let tell: longshore::runtime::image::Tell = Arc::new(|_| println!("step"));
    images.pull(name, None, &tell).await.unwrap();
    println!("done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_pull_leaves_nothing_half_made() {
    if !can_run() {
        return;
    }
    let (registry, here, there) = (Registry::start(), Host::new(), Host::new());
    let name = registry.reference("a:1");
    let mut image = here.base("base", &[("a", &noise(1, 200_000))]).await;
    for n in 0..5 {
        image = here.on_top(&image, &name, &[("a", &noise(2 + n, 100_000 * n as usize))]).await;
    }
    here.images.push(&name, &silent()).await.unwrap();
    let mut arrivals = 0;
    for kill in 0..KILLS {
        pull_and_kill(there.folder.path(), &name, kill % 20);
        there.images.sweep().unwrap();
        if let Ok(found) = there.images.find(&name) {
            assert!(found.id == image && found.folders.iter().all(|folder| folder.is_dir()));
            assert_eq!(there.files(&name), here.files(&name));
            arrivals += 1;
            there.images.remove(&name, true).unwrap();
        }
        there.images.settle();
        for folder in [there.layout.layers(), there.layout.blobs().join("sha256")] {
            let names = there.names(&folder);
            assert!(names.iter().all(|name| name.len() == 64), "something half-made stays: {names:?}");
        }
    }
    assert!(arrivals < KILLS, "no pull was killed in time");
    assert_eq!(there.images.pull(&name, None, &silent()).await.unwrap(), image);
    assert_eq!(there.files(&name), here.files(&name));
    there.images.remove(&name, false).unwrap();
    there.images.prune(true).unwrap();
    there.images.settle();
    for folder in [there.layout.layers(), there.layout.blobs().join("sha256"), there.layout.ingest()] {
        assert_eq!(there.names(&folder), [""; 0]);
    }
}

/// Lets a process pull, and kills it after so many steps.
fn pull_and_kill(root: &Path, name: &str, steps: usize) {
    let mut process = Command::new(env::current_exe().unwrap())
        .args(["--exact", "kills::pulls_when_it_is_told_to", "--nocapture"])
        .env(ORDER, format!("{} {name}", root.display()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
    let _ = lines.filter(|line| line.ends_with("step")).nth(steps);
    process.kill().unwrap();
    process.wait().unwrap();
}
