//! What goes wrong on the way, and what is left then.

use std::{fs, io::Write};

use longshore::runtime::RuntimeError;

use crate::{
    proxy::Proxy,
    registry::{Registry, can_run},
    scene::{Host, noise, silent},
};

/// Of the one large layer.
const SIZE: usize = 4_000_000;

async fn large(registry: &Registry, name: &str) -> Host {
    let host = Host::new();
    host.base(&registry.reference(name), &[("big", &noise(9, SIZE))]).await;
    host.images.push(&registry.reference(name), &silent()).await.unwrap();
    host
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_outlives_a_connection_that_breaks_off() {
    if !can_run() {
        return;
    }
    let (registry, there) = (Registry::start(), Host::new());
    let here = large(&registry, "big:1").await;
    let proxy = Proxy::start(registry.port());
    let name = proxy.reference("big:1");
    proxy.break_once_after(1_500_000);
    there.images.pull(&name, None, &silent()).await.unwrap();
    assert!(proxy.passed() < SIZE as u64 + 500_000, "what was there was fetched again: {} bytes", proxy.passed());
    assert_eq!(there.files(&name), here.files(&registry.reference("big:1")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_that_failed_shows_nothing_and_the_next_goes_on_where_it_was() {
    if !can_run() {
        return;
    }
    let (registry, there) = (Registry::start(), Host::new());
    let here = large(&registry, "big:1").await;
    let proxy = Proxy::start(registry.port());
    let name = proxy.reference("big:1");
    proxy.allow(2_000_000);
    let error = there.images.pull(&name, None, &silent()).await.unwrap_err();
    assert!(matches!(error, RuntimeError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("broke off"), "{error}");
    assert_eq!(there.images.images().unwrap(), []);
    assert_eq!(there.names(&there.layout.layers()), [""; 0]);
    assert_eq!(there.names(&there.layout.ingest()).len(), 1);

    // A console that starts meanwhile leaves it alone.
    there.another().sweep().unwrap();
    proxy.allow(i64::MAX);
    let before = proxy.passed();
    there.images.pull(&name, None, &silent()).await.unwrap();
    let fetched = proxy.passed() - before;
    assert!(fetched < SIZE as u64 - 1_500_000, "what was there was fetched again: {fetched} bytes");
    assert_eq!(there.files(&name), here.files(&registry.reference("big:1")));
    assert_eq!(there.names(&there.layout.ingest()), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_that_is_given_up_leaves_what_can_be_gone_on_with() {
    if !can_run() {
        return;
    }
    let (registry, there) = (Registry::start(), Host::new());
    let here = large(&registry, "big:1").await;
    let name = registry.reference("big:1");
    {
        let (sender, mut told) = tokio::sync::mpsc::unbounded_channel();
        let tell: longshore::runtime::image::Tell = std::sync::Arc::new(move |progress| {
            let _ = sender.send(progress);
        });
        let pull = there.images.pull(&name, None, &tell);
        tokio::pin!(pull);
        loop {
            tokio::select! {
                done = &mut pull => { done.unwrap(); break }
                Some(progress) = told.recv() => {
                    if progress.pieces.iter().any(|piece| piece.done.0 > 0) {
                        break;
                    }
                }
            }
        }
    }
    assert_eq!(there.another().pull(&name, None, &silent()).await.unwrap(), here.images.find(&name).unwrap().id);
    assert_eq!(there.files(&name), here.files(&name));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spoilt_layer_is_named_and_leaves_nothing() {
    if !can_run() {
        return;
    }
    let (registry, there) = (Registry::start(), Host::new());
    let here = large(&registry, "big:1").await;
    let name = registry.reference("big:1");
    let blob = here.images.packed(&name).unwrap()[0];
    let file = registry.blob(blob);
    let whole = fs::read(&file).unwrap();
    for at in [40, whole.len() / 2, whole.len() - 3] {
        let mut spoilt = whole.clone();
        spoilt[at] ^= 0x55;
        fs::write(&file, &spoilt).unwrap();
        let error = there.images.pull(&name, None, &silent()).await.unwrap_err();
        assert!(matches!(error, RuntimeError::Corrupt { .. }), "{error}");
        assert!(error.to_string().contains("has the digest"), "{error}");
        assert_eq!(there.images.images().unwrap(), []);
        assert_eq!(there.names(&there.layout.layers()), [""; 0]);
        assert_eq!(there.names(&there.layout.ingest()), [""; 0]);
    }
    // Bad bytes of an earlier time are noticed and fetched again.
    let ingest = there.layout.ingest().join(blob.hex());
    fs::File::create(&ingest).unwrap().write_all(&noise(1, 100_000)).unwrap();
    fs::write(&file, &whole).unwrap();
    there.images.pull(&name, None, &silent()).await.unwrap();
    assert_eq!(there.files(&name), here.files(&name));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_registry_does_not_have_is_said_so() {
    if !can_run() {
        return;
    }
    let (registry, there) = (Registry::start(), Host::new());
    let error = there.images.pull(&registry.reference("no/such:1"), None, &silent()).await.unwrap_err();
    assert!(matches!(error, RuntimeError::NotFound { .. }), "{error}");
    let gone = registry.reference("a:1");
    drop(registry);
    let error = there.images.pull(&gone, None, &silent()).await.unwrap_err();
    assert!(matches!(error, RuntimeError::Unreachable { .. }), "{error}");
    assert!(matches!(there.images.pull("No Such", None, &silent()).await, Err(RuntimeError::Invalid { .. })));
}
