//! Pulling an image. Knows no JSON and no registry.

use futures_util::StreamExt;

use super::{
    DockerEngine,
    call::{Ask, json_lines},
    error::{plain, refused},
    login, named,
};
use crate::backend::{
    Reporter, Result,
    wire::{login::with_tag, pull::Pull},
};

impl DockerEngine {
    /// Pulls an image. The engine goes on for a moment when the future is dropped, then notices.
    pub(super) async fn pulled(&self, reference: &str, report: &Reporter) -> Result<()> {
        let tried = named("pull", reference);
        let ask = Ask::post("/images/create").with("fromImage", with_tag(reference)).auth(login::auth(reference).await);
        let mut lines = json_lines(self.call.stream(tried.clone(), ask));
        let mut pull = Pull::default();
        while let Some(line) = lines.next().await {
            match pull.line(&line?) {
                Ok(progress) => report.tell(progress.clone()),
                Err(words) => return Err(refused(tried, 500, &plain(&words))),
            }
        }
        Ok(())
    }
}
