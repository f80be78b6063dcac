//! What an engine that dies, hangs or comes back looks like.

use std::time::Duration;

use longshore::{backend::fake::Call, model::Stream};

use crate::story::Shore;

#[tokio::test(start_paused = true)]
async fn a_dead_engine_is_told_its_rows_stay_and_it_is_found_again() {
    let mut shore = Shore::on("overview").await;
    let before = shore.desk().store.containers.len();
    assert!(before > 3);
    shore.engine.die();
    shore.settle().await.sees("lost, retry in");
    assert_eq!(shore.desk().store.containers.len(), before);
    shore.press("P").await.sees("nothing can be changed");
    shore.engine.revive();
    shore.wait(Duration::from_secs(2)).await.sees("live").misses("lost, retry");
}

#[tokio::test(start_paused = true)]
async fn a_lost_engine_is_asked_at_once_on_demand() {
    let mut shore = Shore::on("overview").await;
    shore.engine.die();
    shore.wait(Duration::from_secs(20)).await.sees("lost, retry in");
    shore.engine.revive();
    shore.press("ctrl-r").await.sees("live");
}

#[tokio::test(start_paused = true)]
async fn a_part_that_hangs_leaves_the_rest_alone() {
    let mut shore = Shore::on("events").await;
    shore.engine.hang(Call::DiskUsage);
    shore.press("1").await.sees("counting").sees("Engine and host");
    shore.press("0").await.sees("Events ─");
    shore.engine.release(Call::DiskUsage);
    shore.press("1").await.misses("counting");
}

#[tokio::test(start_paused = true)]
async fn containers_are_listed_once_when_the_console_opens() {
    let shore = Shore::on("containers").await;
    assert_eq!(shore.engine.called(Call::Containers).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_log_goes_on_when_the_engine_is_back() {
    let mut shore = Shore::on("containers").await;
    let id = shore.engine.id("web-1");
    shore.press("/").await.type_text("web-1").await.press("enter l").await;
    shore.engine.die();
    shore.settle().await.sees("lost, retry in");
    shore.engine.revive();
    shore.wait(Duration::from_secs(2)).await.sees("live");
    shore.engine.push_log(&id, Stream::Out, "still here");
    shore.settle().await.sees("still here");
}
