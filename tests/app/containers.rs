//! What an operator does with containers, from the key to the engine and back to the row.

use std::time::Duration;

use longshore::{
    backend::{
        EngineError,
        fake::{Call, FakeEngine},
    },
    model::Stream,
};

use crate::story::Shore;

#[tokio::test(start_paused = true)]
async fn a_container_is_stopped_after_a_question_and_its_row_says_so() {
    let mut shore = Shore::on("containers").await;
    shore.press("/").await.type_text("web-1").await.press("enter").await;
    shore.press("s").await.sees("Stop `web-1`?").press("n").await.misses("Stop `web-1`?");
    assert!(shore.engine.called(Call::Stop).is_empty(), "a no is a no");
    shore.press("s y").await.sees("`web-1` stopped").sees_row(&["web-1", "exited"]);
    shore.press("s").await.sees("`web-1` started");
    shore.wait(Duration::from_secs(1)).await.sees_row(&["web-1", "healthy"]);
}

#[tokio::test(start_paused = true)]
async fn what_the_engine_refuses_is_told_in_its_own_words() {
    let mut shore = Shore::on("containers").await;
    shore.press("/").await.type_text("web-1").await.press("enter").await;
    let error = EngineError::Conflict { tried: "rename `web-1`".into(), why: "the name is taken".into() };
    shore.engine.fail_next(Call::Rename, error);
    shore.press("R").await.type_text("x").await.press("enter").await.sees("the name is taken");
    shore.sees("Rename `web-1`").sees("web-1x").type_text("y").await.press("enter").await;
    shore.sees("`web-1` is now `web-1xy`").misses("Rename `web-1`");
}

#[tokio::test(start_paused = true)]
async fn a_log_is_followed_and_searched() {
    let mut shore = Shore::on("containers").await;
    shore.press("/").await.type_text("web-1").await.press("enter l").await;
    let id = shore.engine.id("web-1");
    shore.engine.push_log(&id, Stream::Err, "a needle in the hay");
    shore.settle().await.sees("a needle in the hay");
    shore.press("/").await.type_text("needle").await.sees("match 1 of 1");
}

#[tokio::test(start_paused = true)]
async fn a_log_goes_on_when_its_container_is_started_again() {
    let mut shore = Shore::on("containers").await;
    let id = shore.engine.id("web-1");
    shore.press("/").await.type_text("web-1").await.press("enter l").await;
    for keys in ["s y", "s", "r y"] {
        shore.press(keys).await.wait(Duration::from_secs(1)).await;
    }
    shore.engine.push_log(&id, Stream::Out, "third time lucky");
    shore.settle().await.sees("third time lucky").misses("has ended");
}

#[tokio::test(start_paused = true)]
async fn a_container_dies_and_the_row_says_how() {
    let mut shore = Shore::on("containers").await;
    let id = shore.engine.id("web-1");
    shore.engine.end(&id, 3);
    shore.settle().await.sees_row(&["web-1", "exited 3"]);
}

#[tokio::test(start_paused = true)]
async fn a_new_container_is_made_and_runs() {
    let mut shore = Shore::on("containers").await;
    shore.press("/").await.type_text("web-1").await.press("enter n down").await;
    shore.type_text("front").await.press("ctrl-s").await.sees("`front` created and started");
    shore.press("esc").await.sees_row(&["front", "running"]);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_containers_are_one_page() {
    let mut shore = Shore::with(FakeEngine::with_containers(10_000), "containers", 100, 30).await;
    shore.press("G").await;
    let measured = shore.engine.called(Call::Stats).len();
    assert!(measured < 60, "{measured} containers were measured, and only a page of them is seen");
}
