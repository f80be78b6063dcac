//! What images and containers say cannot reach the terminal as anything but text.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use longshore::{
    backend::Engine,
    model::{CommitSpec, ContainerSpec, Kind, LogOptions, RemoveContainer, Subject},
};
use serde_json::Value;

use crate::shore::{PATIENCE, Shore, wait_for};

/// Sets the title of a terminal, and would take the screen.
const EVIL: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}";

fn is_harmless(told: &str) -> bool {
    !told.chars().any(|c| c.is_control() || c == '\u{202e}')
}

/// All text in a document, keys included.
fn texts(document: &Value) -> Vec<String> {
    match document {
        Value::String(text) => vec![text.clone()],
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        Value::Object(all) => all.iter().flat_map(|(key, value)| [vec![key.clone()], texts(value)].concat()).collect(),
        _ => Vec::new(),
    }
}

fn assert_harmless(what: &str, told: &[String]) {
    assert!(told.iter().any(|text| text.contains("owned")), "{what} was not told at all: {told:?}");
    assert!(told.iter().all(|text| is_harmless(text)), "{what}: {told:?}");
}

#[tokio::test]
async fn nothing_a_terminal_obeys_comes_out_of_images_and_containers() {
    let Some(shore) = Shore::new().await else { return };
    let engine: &dyn Engine = &shore.engine;
    let mut events = engine.events().await.unwrap();
    let labels = BTreeMap::from([(format!("key{EVIL}"), format!("value{EVIL}"))]);
    let script = format!("echo '{EVIL}'; sleep 600; true # {EVIL}");
    let spec = ContainerSpec { labels, env: vec![format!("EVIL={EVIL}")], ..shore.spec("escapes", &script) };
    let id = shore.run(&spec).await;

    let container = engine.container(&id).await.unwrap();
    assert_harmless("the command", &[container.command]);
    assert_harmless("labels", &container.labels.into_iter().flat_map(|(key, value)| [key, value]).collect::<Vec<_>>());
    let listed = engine.containers().await.unwrap().into_iter().filter(|one| one.id == id);
    assert_harmless("labels in the list", &listed.flat_map(|one| one.labels.into_values()).collect::<Vec<_>>());
    let subject = |kind, id: &str| Subject { kind, id: id.to_owned(), name: "it".to_owned() };
    let document = engine.inspect(&subject(Kind::Container, id.as_str())).await.unwrap();
    assert_harmless("the document", &texts(&document));
    let processes = engine.processes(&id).await.unwrap();
    assert_harmless("processes", &processes.into_iter().map(|process| process.command).collect::<Vec<_>>());
    let sessions = engine.sessions().await.unwrap();
    assert_harmless("sessions", &sessions.into_iter().map(|session| session.command).collect::<Vec<_>>());
    let event = wait_for(&mut events, id.as_str(), "start").await;
    assert!(event.detail.iter().all(|(key, value)| is_harmless(key) && is_harmless(value)), "{event:?}");

    let mut log = engine.logs(&id, LogOptions { tail: None, since: None, follow: true }).await.unwrap();
    let line = tokio::time::timeout(PATIENCE, log.next()).await.expect("a line").unwrap().unwrap();
    // Colours stay in a log, by what draws them.
    assert!(!line.text.contains(['\u{7}', '\u{9b}', '\u{202e}']), "{line:?}");
    assert!(!line.text.contains("\u{1b}]") && !line.text.contains("\u{1b}[2J"), "{line:?}");

    let commit = CommitSpec {
        changes: vec![format!("LABEL evil=\"{EVIL}\"")],
        message: Some(EVIL.to_owned()),
        ..CommitSpec::default()
    };
    let image = engine.commit(&id, &commit).await.unwrap();
    let told = texts(&engine.inspect(&subject(Kind::Image, image.as_str())).await.unwrap());
    let history = engine.history(&image).await.unwrap();
    engine.remove(&id, RemoveContainer { force: true, ..RemoveContainer::default() }).await.unwrap();
    engine.remove_image(image.as_str(), true).await.unwrap();
    assert_harmless("the image", &told);
    assert_harmless("its history", &history.into_iter().flat_map(|step| [step.by, step.comment]).collect::<Vec<_>>());
    let error = engine.history(&format!("no{EVIL}").as_str().into()).await.unwrap_err().to_string();
    assert_harmless("an error", &[error]);
}
