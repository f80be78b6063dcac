//! Pulling and pushing where nothing goes wrong.

use std::{path::PathBuf, sync::atomic::Ordering};

use futures_util::future::ready;
use longshore::runtime::{
    RuntimeError,
    image::{Access, Digest, Login, New, Platform},
};

use crate::{
    registry::{Registry, can_run},
    scene::{Host, last, noise, silent, tar},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_pushed_is_pulled_back_whole() {
    if !can_run() {
        return;
    }
    let (registry, here, there) = (Registry::start(), Host::new(), Host::new());
    let name = registry.reference("shop/web:1");
    let base = here.base("base:1", &[("a", b"lower"), ("b", b"stays")]).await;
    let image = here.on_top(&base, &name, &[("a", b"upper"), ("big", &noise(1, 300_000))]).await;
    here.images.push(&name, &silent()).await.unwrap();

    let (tell, told) = last();
    assert_eq!(there.images.pull(&name, None, &tell).await.unwrap(), image);
    assert_eq!(there.files(&name), here.files(&name));
    assert_eq!(there.files(&name)[&PathBuf::from("a")], b"upper");
    let told = told.lock().unwrap().clone();
    assert_eq!(told.pieces.iter().map(|piece| piece.step.as_str()).collect::<Vec<_>>(), ["complete"; 2]);

    let listed = &there.images.images().unwrap()[0];
    assert_eq!((listed.tags.as_slice(), listed.layers.len()), (&[name.clone()][..], 2));
    assert_eq!(
        listed.digests,
        here.images.find(&name).map(|_| here.images.images().unwrap()[0].digests.clone()).unwrap()
    );
    let history = there.images.history(&name).unwrap();
    assert_eq!(history.iter().map(|step| step.by.as_str()).collect::<Vec<_>>(), ["on top", "base"]);
    assert!(history[0].size.0 > 300_000 && history[0].tags == [name.clone()]);
    let document = there.images.inspect(image.short()).unwrap();
    assert_eq!((&document["Id"], &document["Config"]["Cmd"][0]), (&image.as_str().into(), &"run".into()));
    let layers = there.images.layers().unwrap();
    assert_eq!(layers.iter().map(|layer| layer.by.as_deref()).collect::<Vec<_>>(), [Some("base"), Some("on top")]);
    assert_eq!(there.events(), ["pull"]);

    // Again: nothing is fetched, and under another name nothing is sent.
    let (tell, told) = last();
    there.images.pull(&name, None, &tell).await.unwrap();
    assert!(told.lock().unwrap().pieces.iter().all(|piece| piece.step == "already here"));
    assert_eq!(there.unpacked.load(Ordering::SeqCst), 2);
    let other = registry.reference("shop/web:2");
    there.images.tag(&name, &other).unwrap();
    let (tell, told) = last();
    there.images.push(&other, &tell).await.unwrap();
    assert!(told.lock().unwrap().pieces.iter().all(|piece| piece.step == "already there"));
    let digests = &there.images.images().unwrap()[0].digests;
    assert_eq!(digests.len(), 1, "the same manifest has got two digests: {digests:?}");
    there.images.pull(&digests[0], None, &silent()).await.unwrap();
    assert_eq!(there.images.find(&digests[0]).unwrap().id, image);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_pull_the_same_unpack_it_once() {
    if !can_run() {
        return;
    }
    let (registry, here, there) = (Registry::start(), Host::new(), Host::new());
    let name = registry.reference("a:1");
    let base = here.base("base", &[("x", &noise(2, 2_000_000))]).await;
    let mut image = base;
    for n in 0..3 {
        image = here.on_top(&image, &name, &[("x", &noise(3 + n, 1_000_000))]).await;
    }
    here.images.push(&name, &silent()).await.unwrap();
    let (one, two) = (there.another(), there.another());
    let (quiet, still) = (silent(), silent());
    let (a, b) = tokio::join!(one.pull(&name, None, &quiet), two.pull(&name, None, &still));
    assert_eq!((a.unwrap(), b.unwrap()), (image.clone(), image));
    assert_eq!(there.unpacked.load(Ordering::SeqCst), 4, "a layer was unpacked twice");
    assert_eq!(there.names(&there.layout.layers()).len(), 4);
    assert_eq!(there.names(&there.layout.ingest()), [""; 0]);
    assert_eq!(there.files(&name)[&PathBuf::from("x")], noise(5, 1_000_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_with_the_same_layer_twice_is_pulled() {
    if !can_run() {
        return;
    }
    let (registry, here, there) = (Registry::start(), Host::new(), Host::new());
    let name = registry.reference("twice:1");
    let mut image = here.base("base", &[("a", b"1")]).await;
    for content in [b"2", b"1", b"2"] {
        image = here.on_top(&image, &name, &[("a", content)]).await;
    }
    here.images.push(&name, &silent()).await.unwrap();
    assert_eq!(there.images.pull(&name, None, &silent()).await.unwrap(), image);
    assert_eq!(there.images.find(&name).unwrap().folders.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_leads_to_the_image_for_this_host_or_says_for_whom_it_is() {
    if !can_run() {
        return;
    }
    let (registry, here, there) = (Registry::start(), Host::new(), Host::new());
    let name = registry.reference("multi:1");
    let image = here.base(&name, &[("a", b"1")]).await;
    here.images.push(&name, &silent()).await.unwrap();
    let document = here.images.inspect(&name).unwrap();
    let (digest, architecture) = (&document["Descriptor"]["Digest"], &document["Architecture"]);
    let size = std::fs::metadata(registry.blob(digest.as_str().unwrap().parse().unwrap())).unwrap().len();
    let media_type = "application/vnd.oci.image.index.v1+json";
    let index = |architecture: &str| {
        format!(
            r#"{{"schemaVersion":2,"mediaType":"{media_type}","manifests":[
            {{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":{digest},"size":{size},
            "platform":{{"architecture":"{architecture}","os":"linux"}}}}]}}"#
        )
    };
    registry.put("multi", "all", media_type, &index(architecture.as_str().unwrap()));
    registry.put("multi", "none", media_type, &index("s390x"));
    assert_eq!(there.images.pull(&registry.reference("multi:all"), None, &silent()).await.unwrap(), image);
    let error = there.images.pull(&registry.reference("multi:none"), None, &silent()).await.unwrap_err();
    assert!(matches!(error, RuntimeError::NotFound { .. }) && error.to_string().contains("linux/s390x"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_that_came_packed_otherwise_is_pushed_as_it_came() {
    if !can_run() {
        return;
    }
    let (registry, here, there, elsewhere) = (Registry::start(), Host::new(), Host::new(), Host::new());
    let files = tar(&[("a", b"1")]);
    let diff = Digest::of(&files);
    let config = format!(r#"{{"os":"linux","architecture":"amd64","rootfs":{{"diff_ids":["{diff}"]}}}}"#);
    let listed = format!(r#"[{{"Config":"c","RepoTags":["{}"],"Layers":["l"]}}]"#, registry.reference("a:zstd"));
    let packed = zstd::encode_all(&files[..], 1).unwrap();
    let archive = tar(&[("c", config.as_bytes()), ("l", &packed), ("manifest.json", listed.as_bytes())]);
    here.images.load(Box::new(std::io::Cursor::new(archive)), &silent()).await.unwrap();
    let name = registry.reference("a:zstd");
    here.images.push(&name, &silent()).await.unwrap();

    // The same layer is here already, by gzip: the manifest speaks of a blob that is not.
    there.base("own:1", &[("a", b"1")]).await;
    let image = there.images.pull(&name, None, &silent()).await.unwrap();
    assert_eq!(there.unpacked.load(Ordering::SeqCst), 1);
    let other = registry.reference("b:gzip");
    there.images.tag(image.as_str(), &other).unwrap();
    there.images.push(&other, &silent()).await.unwrap();
    for reference in [&name, &other] {
        assert_eq!(elsewhere.images.pull(reference, None, &silent()).await.unwrap(), image);
        assert_eq!(elsewhere.files(reference), here.files(&name));
        elsewhere.images.prune(true).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_is_asked_before_the_hub_and_one_that_is_gone_is_passed_over() {
    if !can_run() {
        return;
    }
    let (registry, here) = (Registry::start(), Host::new());
    let gone = Registry::start().reference("");
    let name = registry.reference("library/small:1");
    let image = here.base(&name, &[("a", b"1")]).await;
    here.images.push(&name, &silent()).await.unwrap();
    let mirrors = vec![format!("http://{gone}"), registry.reference("")];
    let there = Host::with(Access { mirrors, ..Access::default() });
    assert_eq!(there.images.pull("small:1", None, &silent()).await.unwrap(), image);
    assert_eq!(there.images.images().unwrap()[0].tags, ["small:1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_opens_what_is_closed() {
    if !can_run() {
        return;
    }
    let registry = Registry::with_login();
    let anna = Access {
        login: std::sync::Arc::new(|_| Box::pin(ready(Some(Login { user: "anna".into(), secret: "s3cret".into() })))),
        ..Access::default()
    };
    let (here, there) = (Host::with(anna), Host::new());
    let name = registry.reference("closed:1");
    let image = here.base(&name, &[("a", b"1")]).await;
    here.images.push(&name, &silent()).await.unwrap();
    assert_eq!(here.images.pull(&name, None, &silent()).await.unwrap(), image);
    let error = there.images.pull(&name, None, &silent()).await.unwrap_err();
    assert!(matches!(error, RuntimeError::Denied { by_registry: true, .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_layer_comes_from_where_it_may_be_had_and_goes_nowhere() {
    if !can_run() {
        return;
    }
    let (registry, here) = (Registry::start(), Host::new());
    let image = here.base(&registry.reference("maker:1"), &[("a", b"1")]).await;
    here.images.push(&registry.reference("maker:1"), &silent()).await.unwrap();
    let manifest = registry.document("maker", "1");
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    let foreign = |from: &str| {
        let mut manifest = manifest.clone();
        manifest["layers"][0]["mediaType"] = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip".into();
        manifest["layers"][0]["urls"] = [format!("{from}/v2/maker/blobs/{layer}")].as_slice().into();
        manifest.to_string()
    };
    // The config is there under another name, the layer is not.
    registry.share("maker", "user", manifest["config"]["digest"].as_str().unwrap());
    let host = format!("127.0.0.1:{}", registry.port());
    registry.put("user", "1", "application/vnd.oci.image.manifest.v1+json", &foreign(&format!("http://{host}")));

    let name = registry.reference("user:1");
    let strict = Host::new();
    let error = strict.images.pull(&name, None, &silent()).await.unwrap_err();
    assert!(error.to_string().contains("has lost a part of it"), "without TLS nothing is asked: {error}");
    let there = Host::with(Access { plain: vec![host], ..Access::default() });
    assert_eq!(there.images.pull(&name, None, &silent()).await.unwrap(), image);
    assert_eq!(there.files(&name), here.files(&registry.reference("maker:1")));

    let other = Registry::start();
    there.images.tag(&name, &other.reference("copy:1")).unwrap();
    there.images.push(&other.reference("copy:1"), &silent()).await.unwrap();
    assert!(!other.blob(layer.parse().unwrap()).exists(), "what may not be given on was");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_built_for_a_newer_windows_is_refused_before_it_is_downloaded() {
    if !can_run() {
        return;
    }
    let (registry, here) = (Registry::start(), Host::new());
    let built = |version: &str| Platform {
        os: "windows".into(),
        architecture: "amd64".into(),
        os_version: version.into(),
        ..Platform::default()
    };
    let name = registry.reference("nano:1");
    let new = New { name: Some(name.clone()), platform: Some(built("10.0.26100.1")), ..New::default() };
    here.images.import(Box::new(std::io::Cursor::new(tar(&[("a", b"1")]))), new).await.unwrap();
    here.images.push(&name, &silent()).await.unwrap();
    let there = Host::new();
    let store = there.images.clone().on(built("10.0.20348.2340"));
    let error = store.pull(&name, None, &silent()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot pull `{name}`: it is built for Windows 10.0.26100.1, and this is 10.0.20348.2340: Windows runs no \
             image newer than itself"
        )
    );
    assert_eq!(there.unpacked.load(Ordering::SeqCst), 0);
    let store = there.images.clone().on(built("10.0.26100.1742"));
    store.pull(&name, None, &silent()).await.unwrap();
}
