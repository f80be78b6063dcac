//! Events appear as they happen, and lead to what they are about.

use crate::story::Shore;

#[tokio::test(start_paused = true)]
async fn events_appear_as_they_happen_newest_first() {
    let mut shore = Shore::on("events").await;
    shore.sees("nothing happened since longshore connected");
    let id = shore.engine.id("web-1");
    shore.engine.end(&id, 137);
    shore.settle().await.sees_row(&["03:04:05", "container", "die", "web-1", "exit code 137"]);
    shore.sees_row(&["network", "disconnect", "shop_default"]);
    let screen = shore.screen();
    assert!(screen.find("disconnect") < screen.find("die"), "{screen}");
}

#[tokio::test(start_paused = true)]
async fn an_event_leads_to_its_object_as_long_as_there_is_one() {
    let mut shore = Shore::on("events").await;
    let id = shore.engine.id("job-7");
    shore.press("2").await.choose("job-7").await.press("s").await.sees("`job-7` started");
    shore.press("0").await.choose("start job-7").await.press("J").await.sees("Containers ─");
    assert_eq!(shore.selected(), "job-7");
    shore.press("x y").await.sees("`job-7` removed");
    assert!(!shore.desk().store.containers.contains_key(&id));
    shore.press("0").await.press("J").await.sees("container `job-7` is gone");
}

#[tokio::test(start_paused = true)]
async fn the_selected_event_stays_while_others_come() {
    let mut shore = Shore::on("events").await;
    let id = shore.engine.id("web-1");
    shore.engine.end(&id, 1);
    shore.settle().await.press("G").await;
    let selected = shore.selected();
    shore.engine.end(&shore.engine.id("api"), 2);
    shore.settle().await.sees("exit code 2");
    assert_eq!(shore.selected(), selected);
}
