//! Jobs tell how they end, one by one.

use longshore::backend::{EngineError, fake::Call};

use crate::story::Shore;

#[tokio::test(start_paused = true)]
async fn the_output_of_a_failed_job_is_what_the_engine_said() {
    let mut shore = Shore::on("containers").await;
    let why = "driver failed programming external connectivity".to_owned();
    shore.engine.fail_next(Call::Start, EngineError::Refused { tried: "start `once`".into(), code: 500, why });
    shore.choose("once").await.press("s f3").await.sees("Jobs ─").sees_row(&["start `once`", "failed", "harbour"]);
    shore.press("enter").await.sees("cannot start `once`: driver failed programming external connectivity");
}

#[tokio::test(start_paused = true)]
async fn a_finished_job_says_so_and_leads_to_its_subject() {
    let mut shore = Shore::on("containers").await;
    shore.choose("web-1").await.press("s y f3").await.sees_row(&["stop `web-1`", "done"]).sees("`web-1` stopped at");
    shore.press("x").await.sees("there is nothing to cancel").press("J").await.sees("Containers ─");
    assert_eq!(shore.selected(), "web-1");
}

#[tokio::test(start_paused = true)]
async fn a_job_that_tells_nothing_says_how_long_it_takes() {
    let mut shore = Shore::on("containers").await;
    shore.engine.hang(Call::Restart);
    shore.choose("web-1").await.press("r y f3").await.sees("the engine tells no progress");
    shore.press("x").await.sees("restart `web-1`: cancelled").press("2").await.press("r y").await;
    shore.sees("restart `web-1`").misses("still under way");
}
