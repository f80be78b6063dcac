//! What the forest of layers tells: what stands on what, what it costs, and whose it is.

use longshore::app::msg::Effect;

use crate::story::Shore;

#[tokio::test(start_paused = true)]
async fn layers_stand_on_each_other_and_a_filter_lays_them_flat() {
    let mut shore = Shore::on("layers").await;
    shore.sees_row(&["▌  1247a512ed2c", "base"]).sees_row(&["├─ 6489cfaa99c3", "RUN install-node 22"]);
    shore.sees_row(&["│     └─", "writable", "container worker"]);
    shore.choose("postgresql").await.sees_row(&["▌  8318931dd70a", "341 MiB"]).misses("├─").misses("install-node");
}

#[tokio::test(start_paused = true)]
async fn what_removing_would_free_and_who_holds_it_is_told() {
    let mut shore = Shore::on("layers").await;
    shore.choose("writable web-1").await.press("tab tab").await;
    shore.sees("1.1 KiB will be free when the container `web-1` is removed");
    shore.choose("install-node").await.sees("160 MiB will be free once 2 images and 4 containers are removed");
    shore.sees_row(&["held by image", "app:dev", "which alone frees 48 MiB"]).sees("held by container");
}

#[tokio::test(start_paused = true)]
async fn a_layer_leads_to_those_who_have_it() {
    let mut shore = Shore::on("layers").await;
    shore.choose("postgresql").await.press("J").await.sees("Jump to").type_text("postgres:17").await;
    shore.press("enter").await.sees("Images ─").sees("╭ postgres:17 ─");
    shore.press("4").await.choose("writable web-1").await.press("J").await.sees("Containers ─").sees("╭ web-1 ─");
}

#[tokio::test(start_paused = true)]
async fn a_layers_path_can_be_copied() {
    let mut shore = Shore::on("layers").await;
    shore.choose("postgresql").await.press("c").await.sees("Copy").type_text("path").await.press("enter").await;
    let path = |e: &Effect| matches!(e, Effect::Clipboard(text) if text.starts_with("/var/lib/docker/overlay2/"));
    assert!(shore.effects().iter().any(path));
}
