//! Images as tars.

use std::{io::Cursor, path::PathBuf};

use longshore::runtime::{
    RuntimeError,
    image::{Digest, New},
};

use crate::{
    registry::can_run,
    scene::{Host, Kept, noise, silent, tar},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_saved_is_loaded_with_its_names() {
    if !can_run() {
        return;
    }
    let (here, there) = (Host::new(), Host::new());
    let base = here.base("base:1", &[("a", b"1")]).await;
    let image = here.on_top(&base, "app:1", &[("b", &noise(1, 100_000))]).await;
    let kept = Kept::default();
    let references = ["base:1".to_owned(), "app:1".to_owned()];
    here.images.save(&references, Box::new(kept.clone())).await.unwrap();
    let archive = kept.0.lock().unwrap().clone();
    let mut loaded = there.images.load(Box::new(Cursor::new(archive.clone())), &silent()).await.unwrap();
    loaded.sort();
    assert_eq!(loaded, ["app:1", "base:1"]);
    assert_eq!(there.images.find("app:1").unwrap().id, image);
    assert_eq!(there.files("app:1"), here.files("app:1"));
    assert_eq!(there.names(&there.layout.ingest()), [""; 0]);

    // As an OCI layout alone, packed, with a digest that is not right.
    let mut archive = without(&archive, "manifest.json");
    let there = Host::new();
    let packed = zstd::encode_all(&archive[..], 1).unwrap();
    there.images.load(Box::new(Cursor::new(packed)), &silent()).await.unwrap();
    assert_eq!(there.images.find("app:1").unwrap().id, image);
    let there = Host::new();
    let find = |from: usize, needle: &[u8]| {
        from + archive[from..].windows(needle.len()).position(|window| window == needle).unwrap() + needle.len()
    };
    let at = find(find(0, b"diff_ids"), b"\"sha256:");
    archive[at] = if archive[at] == b'0' { b'1' } else { b'0' };
    let error = there.images.load(Box::new(Cursor::new(archive)), &silent()).await.unwrap_err();
    assert!(matches!(error, RuntimeError::Corrupt { .. }), "{error}");
}

/// The tar without one of its files.
fn without(archive: &[u8], path: &str) -> Vec<u8> {
    let mut read = tar::Archive::new(archive);
    let mut out = tar::Builder::new(Vec::new());
    for entry in read.entries().unwrap() {
        let entry = entry.unwrap();
        if entry.path().unwrap().to_str() != Some(path) {
            out.append(&entry.header().clone(), entry).unwrap();
        }
    }
    out.into_inner().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_of_an_old_docker_is_loaded() {
    if !can_run() {
        return;
    }
    let host = Host::new();
    let layer = tar(&[("a", b"1")]);
    let diff = Digest::of(&layer);
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","config":{{}},"rootfs":{{"type":"layers","diff_ids":["{diff}","{diff}"]}}}}"#
    );
    let listed = r#"[{"Config":"c.json","RepoTags":["old:1"],"Layers":["one/layer.tar","two/layer.tar"]}]"#;
    let mut archive = tar::Builder::new(Vec::new());
    let mut add = |path: &str, content: &[u8]| {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, path, content).unwrap();
    };
    add("one/layer.tar", &layer);
    add("c.json", config.as_bytes());
    add("manifest.json", listed.as_bytes());
    let mut link = tar::Header::new_ustar();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    archive.append_link(&mut link, "two/layer.tar", "../one/layer.tar").unwrap();
    let archive = archive.into_inner().unwrap();
    assert_eq!(host.images.load(Box::new(Cursor::new(archive)), &silent()).await.unwrap(), ["old:1"]);
    assert_eq!(host.files("old:1")[&PathBuf::from("a")], b"1");
    assert_eq!(host.images.find("old:1").unwrap().layers.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_archive_is_refused_and_leaves_nothing() {
    if !can_run() {
        return;
    }
    let host = Host::new();
    let files: &[(&str, &[u8])] = &[("readme", b"hello")];
    let list = br#"[{"Config":"../../../etc/passwd","Layers":[]}]"#;
    let outside: &[(&str, &[u8])] = &[("manifest.json", list)];
    for bad in [tar(files), b"no tar at all".repeat(100), tar(outside)] {
        assert!(host.images.load(Box::new(Cursor::new(bad)), &silent()).await.is_err());
    }
    let bad = host.images.import(Box::new(Cursor::new(b"no tar at all".repeat(100))), New::default()).await;
    assert!(bad.is_err());
    assert_eq!(host.images.images().unwrap(), []);
    assert_eq!(host.names(&host.layout.layers()), [""; 0]);
    assert_eq!(host.names(&host.layout.ingest()), [""; 0]);
}
