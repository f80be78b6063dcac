//! Limits and restart policy of a container that is there already.

use longshore::{backend::fake::Call, model::Bytes};

use crate::story::Shore;

#[tokio::test(start_paused = true)]
async fn limits_are_shown_checked_and_changed() {
    let mut shore = Shore::on("containers").await;
    shore.choose("db").await.press("L").await.sees("Limits of `db`").sees_row(&["memory", "1g"]);
    shore.press("ctrl-s").await.sees("nothing was changed");
    shore.retype("1m").await.press("ctrl-s").await.sees("too little for any container");
    shore.retype("").await.press("ctrl-s").await.sees("can be changed but not lifted");
    assert!(shore.engine.called(Call::Update).is_empty());
    shore.retype("2g").await.press("ctrl-s").await.sees("`db` updated");
    let id = shore.engine.id("db");
    let limits = shore.desk().store.containers.get(&id).unwrap().limits.clone().unwrap();
    assert_eq!(limits.memory, Some(Bytes::mib(2048)));
    shore.press("L").await.sees_row(&["memory", "2g"]);
}

#[tokio::test(start_paused = true)]
async fn a_restart_policy_is_one_of_those_there_are() {
    let mut shore = Shore::on("containers").await;
    shore.choose("worker").await.press("L down down down down").await.retype("sometimes").await.press("ctrl-s").await;
    shore.sees("Limits of `worker`").retype("on-failure:3").await.press("ctrl-s").await.sees("`worker` updated");
}
