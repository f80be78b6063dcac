//! What goes in and out as archives: files, images, and images made of containers.

use std::{io::Read, time::Duration};

use futures_util::{StreamExt, stream};
use longshore::{
    backend::{Archive, EngineError, Reporter},
    model::{CommitSpec, ContainerId, ImportSpec},
};

use crate::stage::{PATIENCE, Stage, all, wait_for};
use crate::support::engines::{IMAGE, IMAGE_ON_TOP, unique};

/// A tar archive of one small file.
pub(crate) fn tar_of(path: &str, content: &str) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o644);
    header.set_size(content.len() as u64);
    builder.append_data(&mut header, path, content.as_bytes()).unwrap();
    builder.into_inner().unwrap()
}

/// A lowest layer of Windows with nothing in it.
fn layer_of_windows() -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for folder in ["Files/", "Hives/"] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Directory);
        header.set_mode(0o755);
        header.set_size(0);
        builder.append_data(&mut header, folder, std::io::empty()).unwrap();
    }
    builder.into_inner().unwrap()
}

/// In many pieces, as a slow disk gives it.
fn flow(archive: &[u8]) -> Archive {
    let pieces: Vec<_> = archive.chunks(700).map(|piece| Ok(bytes::Bytes::copy_from_slice(piece))).collect();
    Box::pin(stream::iter(pieces))
}

async fn whole(archive: Archive) -> Vec<u8> {
    all(archive).await.concat()
}

/// What a file in a tar archive holds.
fn file_in(archive: &[u8], path: &str) -> Option<String> {
    tar::Archive::new(archive).entries().unwrap().find_map(|entry| {
        let mut entry = entry.unwrap();
        let mut content = String::new();
        let found = entry.path().unwrap().as_os_str() == path && entry.read_to_string(&mut content).is_ok();
        found.then_some(content)
    })
}

async fn with_a_file(stage: &Stage, test: &str) -> ContainerId {
    let id = stage.running(test).await;
    stage.engine().copy_in(&id, "/tmp", flow(&tar_of("note", "as it was\n"))).await.unwrap();
    id
}

pub(crate) async fn files_go_in_and_come_out(stage: &Stage) {
    let engine = stage.engine();
    let id = with_a_file(stage, "copy").await;
    let archive = whole(engine.copy_out(&id, "/tmp/note").await.unwrap()).await;
    assert_eq!(file_in(&archive, "note").as_deref(), Some("as it was\n"));
    let archive = whole(engine.copy_out(&id, "/tmp").await.unwrap()).await;
    assert_eq!(file_in(&archive, "tmp/note").as_deref(), Some("as it was\n"));
    let exported = whole(engine.export(&id).await.unwrap()).await;
    assert_eq!(file_in(&exported, "tmp/note").as_deref(), Some("as it was\n"));
}

pub(crate) async fn what_is_not_in_a_container_is_not_copied(stage: &Stage) {
    let id = stage.running("nocopy").await;
    let out = match stage.engine().copy_out(&id, "/nothing").await {
        Ok(mut archive) => archive.next().await.expect("a word about it").map(drop),
        Err(error) => Err(error),
    };
    assert!(matches!(out, Err(EngineError::NotFound { .. })), "{out:?}");
    let error = stage.engine().copy_in(&id, "/missing", flow(&tar_of("a", "b"))).await.unwrap_err();
    assert!(matches!(error, EngineError::NotFound { .. }), "{error:?}");
    assert!(error.to_string().starts_with("cannot copy to `"), "{error}");
}

pub(crate) async fn a_container_becomes_an_image(stage: &Stage) {
    let id = with_a_file(stage, "commit").await;
    if stage.lacks("commits of what runs: its layer can be read only while it is not mounted") {
        stage.engine().stop(&id, Duration::ZERO).await.unwrap();
    }
    let name = format!("longshore/{}:1", unique("committed"));
    stage.remove_later(&["rmi", "--force", &name]);
    let spec = CommitSpec {
        reference: Some(name.clone()),
        message: Some("with a note".to_owned()),
        changes: vec!["LABEL made=here".to_owned()],
        pause: true,
        ..CommitSpec::default()
    };
    let made = stage.engine().commit(&id, &spec).await.unwrap();
    let image = stage.image(&name).await.unwrap();
    assert_eq!(image.id, made);
    assert_eq!(image.layers.len(), stage.image(IMAGE).await.unwrap().layers.len() + 1);
}

pub(crate) async fn saved_images_are_loaded_again(stage: &Stage) {
    let engine = stage.engine();
    let names = [unique("saved"), unique("too")].map(|name| format!("longshore/{name}:1"));
    for (name, from) in names.iter().zip([IMAGE, IMAGE_ON_TOP]) {
        stage.remove_later(&["rmi", "--force", name]);
        engine.tag(&stage.image(from).await.unwrap().id, name).await.unwrap();
    }
    let archive = whole(engine.save(&names).await.unwrap()).await;
    for name in &names {
        engine.remove_image(name, false).await.unwrap();
    }
    let (report, _) = Reporter::new();
    let mut loaded = engine.load(flow(&archive), &report).await.unwrap();
    loaded.sort();
    let mut expected = names.clone();
    expected.sort();
    assert_eq!(loaded, expected);
    assert_eq!(stage.image(&names[0]).await.unwrap().id, stage.image(IMAGE).await.unwrap().id);
}

pub(crate) async fn a_broken_archive_is_refused_and_a_broken_off_one_fails(stage: &Stage) {
    let engine = stage.engine();
    let (report, _) = Reporter::new();
    assert!(engine.load(flow(b"this is no archive of images at all"), &report).await.is_err());
    let broken = EngineError::Cancelled { tried: "read the file".to_owned() };
    let half: Vec<_> = vec![Ok(bytes::Bytes::from(tar_of("a", "b"))), Err(broken)];
    assert!(engine.load(Box::pin(stream::iter(half)), &report).await.is_err());
}

pub(crate) async fn an_archive_of_files_becomes_an_image(stage: &Stage) {
    let name = format!("longshore/{}:1", unique("imported"));
    stage.remove_later(&["rmi", "--force", &name]);
    let spec = ImportSpec {
        reference: Some(name.clone()),
        message: Some("from a file".to_owned()),
        changes: vec!["CMD [\"sh\"]".to_owned()],
        ..ImportSpec::default()
    };
    let has_roots = stage.lacks("plain trees as layers: what becomes C:\\ is below `Files` in them");
    let archive = if has_roots { layer_of_windows() } else { tar_of("etc/motd", "hello") };
    let made = stage.engine().import(flow(&archive), &spec).await.unwrap();
    let image = stage.image(&name).await.unwrap();
    assert_eq!((image.id, image.layers.len()), (made, 1));
}

pub(crate) async fn a_pushed_image_can_be_pulled(stage: &Stage) {
    let Some(registry) = stage.pullable.as_deref().and_then(|name| name.split_once('/')) else { return };
    let engine = stage.engine();
    let name = format!("{}/{}:1", registry.0, unique("pushed"));
    stage.remove_later(&["rmi", "--force", &name]);
    engine.tag(&stage.image(IMAGE).await.unwrap().id, &name).await.unwrap();
    let (report, told) = Reporter::new();
    engine.push(&name, &report).await.unwrap();
    assert!(told.borrow().pieces.iter().all(|piece| piece.finished), "{:?}", told.borrow());
    engine.remove_image(&name, false).await.unwrap();
    engine.pull(&name, &report).await.unwrap();
    assert!(stage.image(&name).await.is_some());
}

pub(crate) async fn what_is_not_here_is_not_pushed(stage: &Stage) {
    let Some(registry) = stage.pullable.as_deref().and_then(|name| name.split_once('/')) else { return };
    let name = format!("{}/{}:1", registry.0, unique("nowhere"));
    let error = stage.engine().push(&name, &Reporter::new().0).await.unwrap_err();
    let words = error.to_string();
    assert!(words.contains("does not exist locally") || words.contains("there is no image"), "{error}");
}

pub(crate) async fn a_wait_ends_with_the_container_s_code(stage: &Stage) {
    use longshore::model::Until;
    let engine = stage.engine();
    let id = engine.create(&stage.spec("wait", "exit 7")).await.unwrap();
    let started = async {
        let mut events = engine.events().await.unwrap();
        engine.start(&id).await.unwrap();
        wait_for(&mut events, id.as_str(), "die").await;
    };
    let (code, ()) = tokio::time::timeout(PATIENCE, async { tokio::join!(engine.wait(&id, Until::NextExit), started) })
        .await
        .unwrap();
    assert_eq!(code, Ok(7));
    assert_eq!(engine.wait(&id, Until::NotRunning).await, Ok(7));
}
