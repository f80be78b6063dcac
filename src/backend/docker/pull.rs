//! What takes long and tells how far it is: pull, push, load and import of images. Knows no JSON and no registry.

use base64::{Engine as _, engine::general_purpose::URL_SAFE};
use futures_util::StreamExt;

use super::{
    DockerEngine,
    call::{Ask, json_lines, segment},
    error::{nonsense, plain, refused},
    named,
};
use crate::{
    backend::{
        Archive, Reporter, Result, login,
        wire::{
            login::{split, with_tag},
            pull::{Pull, loaded, made},
        },
    },
    model::{ImageId, ImportSpec},
};

/// The value of `X-Registry-Auth` for the registry of `reference`, if there is a login.
async fn auth(reference: &str) -> Option<String> {
    login::of(reference).await.map(|login| login.header())
}

impl DockerEngine {
    /// Pulls an image. The engine goes on for a moment when the future is dropped, then notices.
    pub(super) async fn pulled(&self, reference: &str, platform: Option<&str>, report: &Reporter) -> Result<()> {
        let tried = named("pull", reference);
        let mut ask = Ask::post("/images/create").with("fromImage", with_tag(reference)).auth(auth(reference).await);
        if let Some(platform) = platform {
            ask = ask.with("platform", platform);
        }
        self.follow(tried, ask, report, |_| {}).await
    }

    pub(super) async fn pushed(&self, reference: &str, report: &Reporter) -> Result<()> {
        let (repository, tag) = split(reference);
        // A push without the header is refused, also where the registry asks for no login.
        let auth = auth(reference).await.unwrap_or_else(|| URL_SAFE.encode("{}"));
        let ask = Ask::post(format!("/images/{}/push", segment(&repository))).with("tag", tag).auth(Some(auth));
        self.follow(named("push", reference), ask, report, |_| {}).await
    }

    pub(super) async fn loaded(&self, archive: Archive, report: &Reporter) -> Result<Vec<String>> {
        let mut names = Vec::new();
        let ask = Ask::post("/images/load").with("quiet", "0").upload(archive);
        self.follow("load images".to_owned(), ask, report, |line| names.extend(loaded(line))).await?;
        Ok(names)
    }

    pub(super) async fn imported(&self, archive: Archive, spec: &ImportSpec) -> Result<ImageId> {
        let tried = named("import", spec.reference.as_deref().unwrap_or("(unnamed)"));
        let mut ask = Ask::post("/images/create").with("fromSrc", "-").upload(archive);
        if let Some(reference) = &spec.reference {
            let (repository, tag) = split(reference);
            ask = ask.with("repo", repository).with("tag", tag);
        }
        for (key, value) in [("message", &spec.message), ("platform", &spec.platform)] {
            if let Some(value) = value {
                ask = ask.with(key, value);
            }
        }
        for change in &spec.changes {
            ask = ask.with("changes", change);
        }
        let mut id = None;
        self.follow(tried.clone(), ask, &Reporter::new().0, |line| id = made(line).or(id.take())).await?;
        id.ok_or_else(|| nonsense(&tried, "it tells no id"))
    }

    /// Reads the lines of a long deed to its end.
    async fn follow(
        &self,
        tried: String,
        ask: Ask,
        report: &Reporter,
        mut look: impl FnMut(&[u8]) + Send,
    ) -> Result<()> {
        let mut lines = json_lines(self.call.stream(tried.clone(), ask));
        let mut pull = Pull::default();
        while let Some(line) = lines.next().await {
            let line = line?;
            look(&line);
            match pull.line(&line) {
                Ok(progress) => report.tell(progress.clone()),
                Err(words) => return Err(refused(tried, 500, &plain(&words))),
            }
        }
        Ok(())
    }
}
