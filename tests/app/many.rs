//! What is done with many at once, and how they are grouped.

use longshore::backend::fake::{Call, FakeEngine};

use crate::story::Shore;

#[tokio::test(start_paused = true)]
async fn three_hundred_are_removed_only_when_their_count_is_typed() {
    let mut shore = Shore::with(FakeEngine::with_containers(300), "containers", 120, 36).await;
    shore.press("* x").await.sees("Remove 300 containers?").sees("· and 292 more").sees("270 of them are running now");
    shore.type_text("30").await.press("enter").await.sees("type 300");
    assert!(shore.engine.called(Call::Remove).is_empty());
    shore.type_text("0").await.press("enter").await.sees("there is no container on `harbour`");
    assert_eq!(shore.engine.called(Call::Remove).len(), 300);
}

#[tokio::test(start_paused = true)]
async fn only_what_is_marked_among_what_is_shown_is_meant() {
    let mut shore = Shore::with(FakeEngine::with_containers(300), "containers", 120, 36).await;
    shore.choose("service-0001").await.press("* s").await.sees("Some of the marked run and some do not");
    shore.type_text("stop").await.press("enter").await.sees("Stop 20 containers?");
    let screen = shore.screen();
    let listed: Vec<_> =
        screen.lines().filter_map(|line| line.split_once("· service-")).map(|(_, rest)| &rest[..5]).collect();
    assert_eq!(listed.len(), 8, "{screen}");
    assert!(listed.is_sorted(), "as they stand on screen: {listed:?}");
    shore.press("y").await;
    assert_eq!(shore.engine.called(Call::Stop).len(), 20);
    assert!(shore.engine.called(Call::Start).is_empty());
}

#[tokio::test(start_paused = true)]
async fn starting_many_needs_no_question() {
    let mut shore = Shore::with(FakeEngine::with_containers(300), "containers", 120, 36).await;
    shore.choose("exited").await.press("* s").await;
    assert_eq!(shore.engine.called(Call::Start).len(), 30);
    shore.press("esc").await.sees("300 running");
}

#[tokio::test(start_paused = true)]
async fn containers_are_grouped_by_their_project() {
    let mut shore = Shore::on("containers").await;
    shore.choose("web-1").await.press("esc f").await.sees_row(&["shop", "2"]);
    assert_eq!(shore.selected(), "web-1", "the selection stays");
    shore.press("f").await;
    assert_eq!(shore.selected(), "web-1");
}
