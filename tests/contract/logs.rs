//! What a container printed.

use longshore::model::{LogOptions, Stream};

use crate::stage::{Stage, all};

pub(crate) async fn both_streams_are_told_apart(stage: &Stage) {
    let id = stage.run("streams", "echo out; echo err >&2").await;
    let mut log: Vec<_> =
        stage.log(&id).await.into_iter().map(|line| (line.text, line.stream, line.at.is_some())).collect();
    // The two pipes are read one beside the other, so their order is not told.
    log.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(log, [("err".to_owned(), Stream::Err, true), ("out".to_owned(), Stream::Out, true)]);
}

pub(crate) async fn the_tail_is_the_end(stage: &Stage) {
    let id = stage.run("tail", "echo one; echo two; echo three").await;
    stage.log(&id).await;
    let options = LogOptions { tail: Some(2), since: None, follow: false };
    let tail = all(stage.engine().logs(&id, options).await.unwrap()).await;
    assert_eq!(tail.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["two", "three"]);
}

pub(crate) async fn following_ends_with_the_container(stage: &Stage) {
    let id = stage.run("follow", "echo begun; sleep 600").await;
    let options = LogOptions { tail: None, since: None, follow: true };
    let mut log = stage.engine().logs(&id, options).await.unwrap();
    assert_eq!(crate::stage::next(&mut log).await.text, "begun");
    stage.engine().kill(&id, longshore::model::Signal::KILL).await.unwrap();
    assert!(all(log).await.is_empty());
}

pub(crate) async fn what_a_terminal_obeys_is_shown_and_colours_stay(stage: &Stage) {
    let id = stage.run("escapes", r"printf '\033[31mred\033[0m \033[2J\007\n'").await;
    let log = stage.log(&id).await;
    assert_eq!(log.first().map(|line| line.text.as_str()), Some("\u{1b}[31mred\u{1b}[0m ␛[2J␇"));
}
