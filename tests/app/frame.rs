//! The frame around every dashboard.

use std::time::Duration;

use longshore::{app::msg::Effect, backend::fake::FakeEngine};

use crate::story::Shore;

#[tokio::test(start_paused = true)]
async fn the_first_page_says_what_this_host_is_and_what_is_wrong() {
    let mut shore = Shore::on("overview").await;
    shore.sees("longshore").sees("harbour").sees("live");
    shore.sees("Engine and host").sees("Findings").sees("Disk use").sees("NAT networks");
    shore.sees("is unhealthy");
}

#[tokio::test(start_paused = true)]
async fn help_is_made_from_the_keys_and_closes_again() {
    let mut shore = Shore::on("overview").await;
    shore.press("?").await.sees("keys of `longshore`").sees("On dashboards");
    shore.press("esc").await.misses("keys of `longshore`");
}

#[tokio::test(start_paused = true)]
async fn the_palette_finds_an_action_by_a_few_letters() {
    let mut shore = Shore::on("overview").await;
    shore.press(":").await.type_text("events").await.sees("go to the events");
    shore.press("enter").await.sees("Events ─");
}

#[tokio::test(start_paused = true)]
async fn a_theme_is_changed_in_place() {
    let mut shore = Shore::on("overview").await;
    shore.press("f9").await.sees("Theme").type_text("light").await;
    shore.press("enter").await;
    assert_eq!(shore.desk().theme.name(), "longshore-light");
}

#[tokio::test(start_paused = true)]
async fn read_only_mode_is_shown_and_can_be_lifted() {
    let mut shore = Shore::on("overview").await;
    shore.press("f8").await.sees("read-only ");
    shore.press("P").await.sees("read-only mode is on");
    shore.press("f8").await.sees("read-only lifted");
}

#[tokio::test(start_paused = true)]
async fn q_at_the_root_quits_at_once_when_nothing_is_under_way() {
    let mut shore = Shore::on("overview").await;
    shore.press("q").await;
    assert!(shore.effects().contains(&Effect::Quit));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_does_nothing_says_so_and_the_words_go_again() {
    let mut shore = Shore::on("overview").await;
    shore.press("e").await.sees("exec does nothing in overview");
    shore.wait(Duration::from_secs(11)).await.misses("exec does nothing");
}

#[tokio::test(start_paused = true)]
async fn a_window_too_small_says_so_and_one_large_enough_is_drawn_again() {
    let mut shore = Shore::on("overview").await;
    shore.resize(59, 20).await.sees("too small").sees("60×15");
    shore.resize(60, 15).await.misses("too small").sees("Findings");
}

#[tokio::test(start_paused = true)]
async fn a_click_on_a_tab_opens_it() {
    let mut shore = Shore::on("overview").await;
    shore.click("0 Even").await.sees("Events ─");
}

#[tokio::test(start_paused = true)]
async fn an_empty_engine_is_no_empty_screen() {
    let mut shore = Shore::with(FakeEngine::empty(), "overview", 80, 24).await;
    shore.sees("nothing to worry about").sees("nothing runs");
}

#[tokio::test(start_paused = true)]
async fn enter_on_a_finding_leads_to_what_it_is_about() {
    let mut shore = Shore::on("overview").await;
    shore.press("enter").await.misses("Disk use");
    shore.press("esc").await.sees("Disk use");
}
