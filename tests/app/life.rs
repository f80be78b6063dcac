//! The life of containers: start, stop, remove, rename, many at once, and what is refused.

use std::time::Duration;

use longshore::{
    app::msg::Effect,
    backend::{EngineError, fake::Call},
};

use crate::story::Shore;

#[tokio::test(start_paused = true)]
async fn stopping_asks_first_and_the_row_follows_the_engine() {
    let mut shore = Shore::on("containers").await;
    shore.press("/").await.type_text("web-1").await.press("enter").await;
    shore.press("s").await.sees("Stop `web-1`?").sees("10 s to end by itself");
    assert!(shore.engine.called(Call::Stop).is_empty(), "nothing is done before the answer");
    shore.press("y").await.sees("`web-1` stopped").sees_row(&["web-1", "exited"]);
    let audited =
        |e: &Effect| matches!(e, Effect::Audit(line) if line.action == "container.stop" && line.result == "ok");
    assert!(shore.effects().iter().any(audited));
}

#[tokio::test(start_paused = true)]
async fn a_no_changes_nothing() {
    let mut shore = Shore::on("containers").await;
    shore.press("s").await.sees("Stop `").press("n").await.misses("Stop `");
    shore.press("s").await.press("enter").await.sees("Stop `").press("esc").await;
    assert!(shore.engine.called(Call::Stop).is_empty());
}

#[tokio::test(start_paused = true)]
async fn while_it_stops_the_row_says_so_and_a_second_wish_is_refused() {
    let mut shore = Shore::on("containers").await;
    shore.engine.hang(Call::Stop);
    shore.press("/").await.type_text("web-1").await.press("enter s y").await;
    shore.sees_row(&["web-1", "stopping"]);
    shore.press("s").await.press("y").await.sees("still under way");
    shore.press("q").await.press("q").await.sees("Quit? 1 job is still under way").press("esc").await;
    shore.engine.release(Call::Stop);
    shore.settle().await.sees("`web-1` stopped");
}

#[tokio::test(start_paused = true)]
async fn an_engines_refusal_is_told_in_its_words_and_written_down() {
    let mut shore = Shore::on("containers").await;
    let why = "driver failed programming external connectivity".to_owned();
    shore.engine.fail_next(Call::Restart, EngineError::Refused { tried: "restart `web-1`".into(), code: 500, why });
    shore.press("/").await.type_text("web-1").await.press("enter r y").await;
    shore.sees("cannot restart `web-1`: driver failed");
    let failed = |e: &Effect| matches!(e, Effect::Audit(line) if line.result.contains("driver failed"));
    assert!(shore.effects().iter().any(failed));
}

#[tokio::test(start_paused = true)]
async fn a_long_refusal_is_told_to_its_end_on_a_narrow_screen() {
    let mut shore = Shore::on("containers").await;
    let why =
        "driver failed programming external connectivity on endpoint web-1: bind for 0.0.0.0:8080 failed: port is \
               already allocated"
            .to_owned();
    shore.engine.fail_next(Call::Restart, EngineError::Refused { tried: "restart `web-1`".into(), code: 500, why });
    shore.resize(80, 24).await.choose("web-1").await.press("r y").await;
    shore.sees("cannot restart `web-1`: driver failed").sees("is already allocated").sees_row(&["web-1", "healthy"]);
}

#[tokio::test(start_paused = true)]
async fn what_the_state_does_not_allow_is_said_before_anything_is_asked() {
    let mut shore = Shore::on("containers").await;
    shore.press("/").await.type_text("job-7").await.press("enter p").await;
    shore.sees("cannot pause `job-7`: it does not run");
}

#[tokio::test(start_paused = true)]
async fn removing_many_wants_their_count_typed() {
    let mut shore = Shore::on("containers").await;
    let before = shore.desk().store.containers.len();
    shore.press("space space x").await.sees("Remove 2").sees("type 2");
    shore.type_text("3").await.press("enter").await.sees("type 2");
    assert_eq!(shore.desk().store.containers.len(), before);
    shore.press("backspace").await.type_text("2").await.press("enter").await;
    assert_eq!(shore.desk().store.containers.len(), before - 2);
}

#[tokio::test(start_paused = true)]
async fn a_new_name_is_checked_before_it_is_sent() {
    let mut shore = Shore::on("containers").await;
    shore.press("/").await.type_text("web-1").await.press("enter R").await;
    for _ in 0..5 {
        shore.press("backspace").await;
    }
    shore.type_text("a b").await.press("enter").await;
    assert!(shore.engine.called(Call::Rename).is_empty());
    shore.press("backspace").await.press("backspace").await.type_text("pache").await.press("enter").await;
    shore.sees("`web-1` is now `apache`");
}

#[tokio::test(start_paused = true)]
async fn what_others_do_is_seen_without_asking() {
    let mut shore = Shore::on("containers").await;
    let id = shore.engine.id("web-1");
    shore.engine.end(&id, 3);
    shore.settle().await.sees_row(&["web-1", "exited 3"]);
    let lists = shore.engine.called(Call::Containers).len();
    shore.wait(Duration::from_secs(60)).await;
    assert_eq!(shore.engine.called(Call::Containers).len(), lists, "the list is kept by events, not by polling");
}

#[tokio::test(start_paused = true)]
async fn in_read_only_mode_nothing_reaches_the_engine() {
    let mut shore = Shore::on("containers").await;
    shore.press("f8").await;
    for key in ["s", "x", "r", "p", "K", "R", "n", "L", "P"] {
        shore.press(key).await.sees("read-only mode is on");
        shore.wait(Duration::from_secs(11)).await.misses("read-only mode is on");
    }
    let changed =
        |c: &Call| matches!(c, Call::Stop | Call::Remove | Call::Restart | Call::Pause | Call::Kill | Call::Create);
    assert!(!shore.engine.calls().iter().any(changed));
}

#[tokio::test(start_paused = true)]
async fn only_visible_running_containers_are_sampled() {
    let engine = longshore::backend::fake::FakeEngine::with_containers(500);
    let shore = Shore::with(engine, "containers", 100, 24).await;
    let sampled = shore.engine.called(Call::Stats).len();
    assert!((1..=24).contains(&sampled), "{sampled} of 500 are sampled");
}
