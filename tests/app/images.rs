//! What an operator does with images: pull, tag, remove, prune, run, and the way to their containers.

use std::time::Duration;

use longshore::{
    app::msg::Effect,
    backend::{EngineError, fake::Call},
    model::Kind,
};

use crate::story::Shore;

#[tokio::test(start_paused = true)]
async fn a_pull_tells_how_far_it_is_on_every_page_and_layer_by_layer_among_the_jobs() {
    let mut shore = Shore::on("images").await;
    shore.engine.hang(Call::PullRest);
    shore.press("n").await.sees("Pull an image").retype("alpine:3.21").await.press("enter").await;
    shore.wait(Duration::from_secs(1)).await.sees_row(&["pull `alpine:3.21`", "50 %"]);
    shore.press("f3").await.sees_row(&["pull `alpine:3.21`", "running", "50 %"]);
    shore.sees_row(&["downloading", "512 KiB of 1.0 MiB"]).sees_row(&["downloading", "1.5 MiB of 3.0 MiB"]);
    shore.engine.release(Call::PullRest);
    shore.settle().await.sees("`alpine:3.21` pulled").sees_row(&["pull `alpine:3.21`", "done"]);
    shore.press("3").await.sees_row(&["alpine:3.21", "6.0 MiB"]);
}

#[tokio::test(start_paused = true)]
async fn a_pull_can_be_cancelled_and_says_so() {
    let mut shore = Shore::on("images").await;
    shore.engine.hang(Call::PullRest);
    shore.press("n").await.retype("redis:7").await.press("enter f3 x").await;
    shore.sees("pull `redis:7`: cancelled").sees_row(&["pull `redis:7`", "cancelled"]);
    shore.engine.release(Call::PullRest);
    shore.press("x").await.sees("there is nothing to cancel").press("3").await.misses("redis:7  ");
}

#[tokio::test(start_paused = true)]
async fn a_pull_that_fails_says_what_the_registry_said() {
    let mut shore = Shore::on("images").await;
    shore.press("n").await.retype("no/such").await.press("enter").await;
    shore.sees("cannot pull `no/such:latest`: manifest for no/such:latest not found");
    let why = "pull access denied for secret, repository does not exist or may require 'docker login'".to_owned();
    shore.engine.fail_next(Call::Pull, EngineError::Refused { tried: "pull `secret:1`".into(), code: 404, why });
    shore.sees("Pull an image").retype("secret:1").await.press("enter").await.sees("pull access denied for secret");
    shore.press("esc f3").await.sees_row(&["pull `secret:1`", "failed"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_reference_is_not_sent() {
    let mut shore = Shore::on("images").await;
    shore.press("n").await.retype("Not An Image").await.press("enter").await.sees("Pull an image");
    assert!(shore.engine.called(Call::Pull).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_tag_is_one_more_name_and_takes_none_away() {
    let mut shore = Shore::on("images").await;
    shore.choose("postgres").await.press("t").await.retype("nginx:1.27").await.press("enter").await;
    shore.sees("`nginx:1.27` is another image");
    shore.retype("shop/db").await.press("enter").await.sees("`postgres:17` is also `shop/db:latest`");
    shore.sees_row(&["postgres:17 +1"]);
}

#[tokio::test(start_paused = true)]
async fn removing_says_what_it_frees_and_is_refused_where_something_runs() {
    let mut shore = Shore::on("images").await;
    shore.choose("nginx").await.press("x down down").await.press("enter").await.sees("cannot remove `nginx:1.27`");
    assert!(shore.engine.called(Call::RemoveImage).is_empty());
    shore.choose("dangling").await.press("x").await.sees("frees up to 47 MiB").press("y").await.sees("removed");
    shore.press("esc").await.misses("<none>");
}

#[tokio::test(start_paused = true)]
async fn one_of_two_names_goes_and_the_image_stays() {
    let mut shore = Shore::on("images").await;
    shore.choose("nginx").await.press("x").await.sees("only this name; the image stays");
    shore.type_text("latest").await.press("enter y").await.sees("image `nginx:latest` removed: 1 name or layer went");
    shore.sees_row(&["nginx:1.27", "187 MiB"]).misses("nginx:1.27 +1");
}

#[tokio::test(start_paused = true)]
async fn a_prune_shows_before_what_would_go() {
    let mut shore = Shore::on("images").await;
    shore.press("P").await.sees_row(&["dangling images", "1 of them, about 47 MiB"]).press("enter").await;
    shore.sees("Prune dangling images?").sees("frees about 47 MiB").press("n").await;
    assert!(shore.engine.called(Call::PruneImages).is_empty());
    shore.press("P enter y").await.sees("dangling images pruned: 1 went").misses("<none>");
    shore.press("P").await.sees("every image is used by a container");
}

#[tokio::test(start_paused = true)]
async fn an_image_leads_to_its_containers() {
    let mut shore = Shore::on("images").await;
    shore.choose("postgres").await.press("J").await.sees("Containers ─").sees("╭ db ─");
    shore.press("3").await.choose("dangling").await.press("J").await.sees("no container is made from");
    shore.choose("app:dev").await.press("J").await.sees("Jump to a container").type_text("worker").await;
    shore.press("enter").await.sees("╭ worker ─");
}

#[tokio::test(start_paused = true)]
async fn running_an_image_opens_the_form_with_its_name() {
    let mut shore = Shore::on("images").await;
    shore.choose("hello").await.press("s").await.sees("New container").sees_row(&["image", "hello-world:latest"]);
    shore.press("ctrl-s").await.sees("created and started");
    let about = |e: &Effect| matches!(e, Effect::Audit(line) if line.action == "container.create");
    assert!(shore.effects().iter().any(about), "every change is written down");
    assert_eq!(Kind::Container.count(shore.desk().store.containers.len()), "10 containers");
}
