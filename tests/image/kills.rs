//! Processes that pull are killed, again and again.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use longshore::runtime::layout::Layout;

use crate::{
    proxy::Proxy,
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

#[tokio::test(flavor = "multi_thread")]
async fn what_was_downloaded_when_the_program_was_killed_is_not_downloaded_again() {
    /// Of the one layer, and of its parts that come before each kill.
    const SIZE: usize = 6_000_000;
    const PART: i64 = 2_000_000;
    if !can_run() {
        return;
    }
    let (registry, here, there) = (Registry::start(), Host::new(), Host::new());
    let origin = registry.reference("big:1");
    here.base(&origin, &[("big", &noise(9, SIZE))]).await;
    here.images.push(&origin, &silent()).await.unwrap();
    let digest = here.images.packed(&origin).unwrap()[0];
    let blob = fs::read(registry.blob(digest)).unwrap();
    let proxy = Proxy::start(registry.port());
    let name = proxy.reference("big:1");
    let ingest = there.layout.ingest().join(digest.hex());
    let mut pull = Command::new(env!("CARGO_BIN_EXE_longshore"));
    pull.args(["--embedded", "--data-root"]).arg(there.folder.path()).args(["pull", &name]);
    pull.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());

    let mut begins = vec![0];
    for _ in 0..2 {
        proxy.hold_after(PART);
        let before = begins.last().copied().unwrap();
        let mut process = pull.spawn().unwrap();
        let begun = Instant::now();
        let length = || fs::metadata(&ingest).map_or(0, |file| file.len());
        while length() < before + PART as u64 / 2 {
            assert!(begun.elapsed() < Duration::from_secs(60), "the layer does not come");
            std::thread::yield_now();
        }
        process.kill().unwrap();
        process.wait().unwrap();
        let at = length();
        assert!(at < blob.len() as u64 && fs::read(&ingest).unwrap() == blob[..at as usize], "what is there is right");
        begins.push(at);
    }
    proxy.allow(i64::MAX);
    assert!(pull.status().unwrap().success());
    // From its beginning on it is asked for once; so is the config, each time.
    let later: Vec<_> = proxy.begins().into_iter().filter(|begin| *begin > 0).collect();
    assert_eq!(later, begins[1..], "it goes on at the very byte");
    assert_eq!(there.files(&name), here.files(&origin));
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
