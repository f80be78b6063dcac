//! What a dashboard's table and detail do, on containers.

use std::time::Duration;

use longshore::{app::msg::Effect, model::Stream};

use crate::story::Shore;

#[tokio::test(start_paused = true)]
async fn a_filter_is_fuzzy_a_regex_or_the_inverse_of_either() {
    let mut shore = Shore::on("containers").await;
    shore.press("/").await.type_text("wb1").await.sees("web-1").sees("shown").misses("mailer");
    shore.press("esc").await.sees("mailer");
    shore.press("/").await.type_text("!/^(web|db)").await.press("enter").await.sees("mailer").misses("web-1 ");
    shore.press("/").await.type_text("(").await.sees("unclosed");
}

#[tokio::test(start_paused = true)]
async fn a_log_is_followed_searched_and_saved() {
    let mut shore = Shore::on("containers").await;
    let id = shore.engine.id("web-1");
    shore.press("/").await.type_text("web-1").await.press("enter l").await;
    shore.engine.push_log(&id, Stream::Out, "a whale passes by");
    shore.settle().await.sees("a whale passes by");
    shore.press("/").await.type_text("whale").await.press("enter").await.sees("whale");
    shore.press("ctrl-s").await.sees("Save").sees("web-1-logs.txt").sees("5 lines");
}

#[tokio::test(start_paused = true)]
async fn inspect_is_a_tree_that_can_be_searched() {
    let mut shore = Shore::on("containers").await;
    shore.press("/").await.type_text("web-1").await.press("enter i").await.sees("Inspect");
    shore.press("/").await.type_text("image").await.press("enter").await.sees("Image");
}

#[tokio::test(start_paused = true)]
async fn the_detail_opens_full_screen_and_closes_again() {
    let mut shore = Shore::on("containers").await;
    shore.press("enter").await.misses("Containers ─").press("esc").await.sees("Containers ─");
}

#[tokio::test(start_paused = true)]
async fn a_terminal_runs_a_command_and_says_how_it_ended() {
    let mut shore = Shore::on("containers").await;
    shore.press("/").await.type_text("web-1").await.press("enter e enter").await.sees("leaves it running");
    shore.type_text("echo ahoy").await.press("enter").await.sees("ahoy");
    shore.press("ctrl-]").await.misses("leaves it running");
    shore.press("q").await.press("q").await.sees("1 terminal is still open");
}

#[tokio::test(start_paused = true)]
async fn a_terminals_pane_tells_its_size() {
    let mut shore = Shore::on("containers").await;
    shore.press("/").await.type_text("web-1").await.press("enter e enter").await;
    let size = |shore: &Shore| shore.desk().consoles.values().next().unwrap().size();
    let room = |columns, rows| longshore::backend::Size { columns, rows };
    assert_eq!(size(&shore), room(118, 31));
    shore.resize(80, 24).await;
    assert_eq!(size(&shore), room(78, 19));
}

#[tokio::test(start_paused = true)]
async fn copying_says_what_was_copied() {
    let mut shore = Shore::on("containers").await;
    shore.press("/").await.type_text("web-1").await.press("enter c").await.sees("copied `web-1`");
    assert!(shore.effects().contains(&Effect::Clipboard("web-1".into())));
}

#[tokio::test(start_paused = true)]
async fn every_dashboard_draws_at_every_size_and_on_an_empty_engine() {
    for (width, height) in [(60, 15), (80, 24), (160, 45), (300, 100)] {
        for engine in [longshore::backend::fake::FakeEngine::empty(), longshore::backend::fake::FakeEngine::new()] {
            let mut shore = Shore::with(engine, "overview", width, height).await;
            for key in ["2", "3", "4", "5", "6", "7", "8", "9", "0", "f2", "f3", "f4"] {
                shore.press(key).await.sees("longshore");
                for key in ["enter", "tab", "tab", "down", "esc", "z", "G", "g", "o", "O", "f", "space", "esc"] {
                    shore.press(key).await.sees("longshore");
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn another_endpoint_is_looked_at_at_once_even_when_the_old_one_hangs() {
    let mut shore = Shore::on("containers").await;
    shore.engine.hang(longshore::backend::fake::Call::Containers);
    shore.press("ctrl-r").await.press("f2").await.sees("nowhere");
    shore.press("/").await.type_text("nowhere").await.press("enter enter").await;
    shore.wait(Duration::from_millis(50)).await.sees("lost, retry in");
    assert_eq!(shore.desk().endpoint.name, "nowhere");
}

#[tokio::test(start_paused = true)]
async fn what_is_pasted_into_a_line_cannot_steer_the_terminal() {
    let mut shore = Shore::on("containers").await;
    shore.press("/").await.paste("web-1\u{1b}[2J\n").await.press("enter").await.sees("/web-1[2J");
    shore.press("/").await.press("esc").await.sees("mailer");
}

#[tokio::test(start_paused = true)]
async fn the_detail_follows_when_the_selection_rests() {
    let mut shore = Shore::on("containers").await;
    let logs = |shore: &Shore| shore.engine.called(longshore::backend::fake::Call::Logs).len();
    let before = logs(&shore);
    shore.press("j j j j").await;
    assert_eq!(logs(&shore), before, "no log is opened on the way");
    shore.wait(Duration::from_millis(400)).await;
    assert_eq!(logs(&shore), before + 1);
}
