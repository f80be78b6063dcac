//! Endpoints are added, tested, switched to and removed.

use std::time::Duration;

use longshore::app::msg::Effect;

use crate::story::Shore;

#[tokio::test(start_paused = true)]
async fn an_address_is_checked_before_an_endpoint_is_added() {
    let mut shore = Shore::on("endpoints").await;
    shore.press("n").await.sees("New endpoint").type_text("barge").await.press("down").await;
    shore.type_text("ftp://barge").await.press("ctrl-s").await.sees("New endpoint").sees("ftp");
    assert_eq!(shore.desk().endpoints.len(), 2);
    shore.retype("ssh://me@barge").await.press("ctrl-s").await.sees("endpoint `barge` added");
    shore.sees_row(&["barge", "ssh://me@barge", "never tested"]);
    let kept = |e: &Effect| matches!(e, Effect::KeepEndpoint(endpoint) if endpoint.name == "barge");
    assert!(shore.effects().iter().any(kept), "it is written to the config file");
}

#[tokio::test(start_paused = true)]
async fn two_endpoints_cannot_have_one_name() {
    let mut shore = Shore::on("endpoints").await;
    shore.press("n").await.type_text("nowhere").await.press("down").await.type_text("unix:///x").await;
    shore.press("ctrl-s").await.sees("there is an endpoint `nowhere` already");
}

#[tokio::test(start_paused = true)]
async fn a_test_says_who_answers_and_why_nobody_does() {
    let mut shore = Shore::on("endpoints").await;
    shore.press("T").await.sees("`harbour` answers: Docker Engine 27.3.1");
    shore.choose("nowhere").await.press("T").await.sees("no route to host");
    shore.sees_row(&["nowhere", "no answer"]).sees_row(&["why", "cannot connect to `nowhere`", "no route to host"]);
}

#[tokio::test(start_paused = true)]
async fn switching_there_and_back_shows_each_as_it_is() {
    let mut shore = Shore::on("endpoints").await;
    shore.choose("nowhere").await.press("enter").await.sees("▣ nowhere").sees("lost, retry in");
    shore.press("2").await.misses("web-1").press("f2").await.choose("harbour").await.press("enter").await;
    shore.sees("▣ harbour").sees("live").press("2").await.sees_row(&["web-1", "healthy"]);
    shore.press("f2 enter").await.sees("`harbour` is looked at already");
}

#[tokio::test(start_paused = true)]
async fn a_job_of_the_old_endpoint_ends_where_it_began() {
    let mut shore = Shore::on("images").await;
    shore.engine.hang(longshore::backend::fake::Call::PullRest);
    shore.press("n").await.retype("redis:7").await.press("enter f2").await.choose("nowhere").await.press("enter").await;
    shore.engine.release(longshore::backend::fake::Call::PullRest);
    shore.wait(Duration::from_secs(1)).await.sees("`redis:7` pulled").press("f3").await;
    shore.sees_row(&["pull `redis:7`", "done", "harbour"]);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_is_read_only_leaves_the_others_as_they_were() {
    let mut shore = Shore::on("endpoints").await;
    shore.press("n").await.type_text("museum").await.press("down").await.type_text("unix:///run/museum.sock").await;
    shore.press("down down down down space ctrl-s").await.choose("museum").await.press("enter").await;
    shore.sees("read-only").press("3 P").await.sees("read-only mode is on");
    shore.wait(Duration::from_secs(11)).await.press("f2").await.choose("harbour").await.press("enter").await;
    shore.misses("read-only: ").press("2").await.choose("once").await.press("s").await.sees("`once` started");
}

#[tokio::test(start_paused = true)]
async fn removing_asks_and_only_what_the_config_file_tells_can_go() {
    let mut shore = Shore::on("endpoints").await;
    shore.choose("harbour").await.press("x").await.sees("`harbour` is told by the command line");
    shore.choose("nowhere").await.press("x").await.sees("Remove `nowhere` from the config file?").press("enter").await;
    assert_eq!(shore.desk().endpoints.len(), 2, "Enter alone keeps it");
    shore.press("x down enter").await;
    assert!(shore.effects().contains(&Effect::DropEndpoint("nowhere".into())));
    assert_eq!(shore.desk().endpoints.len(), 1);
}
