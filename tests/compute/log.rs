//! A log that is followed while its container writes and it is rotated.

use longshore::{
    model::{LogOptions, State},
    runtime::{host::Compute as _, monitor::log::Reader},
};

use crate::stage::{in_time, stage};

#[tokio::test]
async fn a_log_is_followed_over_rotations_to_its_end() {
    let Some(stage) = stage() else { return };
    let writer = stage.container("seq 1 400; sleep 0.05; seq 401 500", |order| order.log = (4096, 100));
    writer.start();
    let folder = stage.layout.container(&writer.id).join("log");
    let mut reader = Reader::open(&folder, LogOptions { tail: None, since: None, follow: true }, None).unwrap();
    let mut lines = Vec::new();
    loop {
        let more = in_time("it writes", reader.follow(|| stage.compute.is_watched(&writer.folder))).await.unwrap();
        if more.is_empty() {
            break;
        }
        lines.extend(more.into_iter().map(|line| line.text.parse::<u32>().unwrap()));
    }
    assert_eq!(lines, (1..=500).collect::<Vec<_>>());
    writer.wait_for(State::Exited(0));
    assert!(std::fs::read_dir(folder).unwrap().count() > 5, "it was not rotated");
    stage.assert_clean();
}

#[tokio::test]
async fn a_flood_reaches_a_console_whole() {
    let Some(stage) = stage() else { return };
    let flood = stage.container("seq 1 200000", |_| {});
    let (out, _, code) = flood.run().await;
    assert_eq!((out.lines().count(), out.lines().last(), code), (200_000, Some("200000"), Some(0)));
    stage.assert_clean();
}
