//! longshore's own log, read where its troubles happen.

use std::time::Duration;

use longshore::logging::Record;
use tracing::Level;

use crate::story::Shore;

#[tokio::test(start_paused = true)]
async fn records_come_in_at_the_end_and_are_counted() {
    let mut shore = Shore::on("log").await;
    shore.sees("nothing was logged yet");
    for (level, text) in [(Level::INFO, "connected"), (Level::WARN, "events were silent"), (Level::INFO, "caught up")] {
        let time = shore.desk().now;
        shore.log.push(Record { time, level, target: "longshore::feed".into(), text: text.into() });
    }
    shore.wait(Duration::from_secs(30)).await.sees("3 records · 0 errors · 1 warning").sees_row(&["▌", "caught up"]);
    shore.choose("silent").await.sees_row(&["warn", "feed", "events were silent"]).misses("caught up");
}
