//! Waiting for the end of a fake container, and images made of one. Knows no script but the call it is.

use futures_util::StreamExt;

use super::{
    Call, FakeEngine,
    shell::Step as Deed,
    world::{Step, World, not_found},
};
use crate::{
    backend::{EngineError, Flow, Result},
    model::{CommitSpec, ContainerId, Event, ImageId, LogLine, State, Until},
};

/// How a wait stands when it begins.
pub(super) enum Waiting {
    /// What it waits for has been.
    Over(i64),
    /// It is to be among these.
    For(Flow<Event>),
}

impl World {
    pub(super) fn wait(&mut self, tried: &str, id: &ContainerId, until: Until) -> Result<Waiting> {
        let state = self.item(tried, id)?.container.state;
        Ok(match (until, state) {
            (Until::NotRunning, State::Exited(code)) => Waiting::Over(code),
            (Until::NotRunning, state) if !state.is_up() => Waiting::Over(0),
            _ => Waiting::For(self.listen()),
        })
    }

    /// An image of a container as it is: one layer more than its own.
    pub(super) fn commit(&mut self, tried: &str, id: &ContainerId, spec: &CommitSpec) -> Result<ImageId> {
        let item = self.item(tried, id)?;
        let size = item.files.values().map(|content| content.len() as u64).sum();
        let (by, base) = (item.command.join(" "), item.container.image_id.clone());
        let base = self.images.get(&base).ok_or_else(|| not_found(tried, format!("No such image: {base}")))?;
        let mut steps = base.steps.clone();
        let diff = format!("sha256:{}", self.fresh("layer"));
        steps.push(Step { by: spec.message.clone().unwrap_or(by), size, diff: Some(diff) });
        Ok(self.make_image(spec.reference.as_deref(), steps))
    }

    /// Starts a container for somebody who listens; gives what it prints and does from then on.
    pub(super) fn run_heard(&mut self, tried: &str, id: &ContainerId) -> Result<(Vec<Deed>, bool)> {
        let item = self.item(tried, id)?;
        let (auto_remove, heard) = (std::mem::take(&mut item.auto_remove), item.lines.len());
        let tty = item.container.tty.unwrap_or_default();
        let started = self.run(tried, id);
        let item = self.item(tried, id)?;
        item.auto_remove = auto_remove;
        started?;
        let print = |line: &LogLine| Deed::Print(line.stream, line.text.clone());
        let mut deeds: Vec<_> = item.lines.iter().skip(heard).map(print).collect();
        match item.container.state {
            State::Exited(code) => {
                deeds.push(Deed::Exit(code));
                if auto_remove {
                    self.destroy(id);
                }
            }
            _ => deeds.extend(super::shell::after_first_words(&item.command)),
        }
        Ok((deeds, tty))
    }
}

impl FakeEngine {
    /// Reads events until the container's end is among them.
    pub(super) async fn see_end(&self, id: &ContainerId, mut events: Flow<Event>, until: Until) -> Result<i64> {
        let mut code = 0;
        while let Some(event) = events.next().await {
            let event = event?;
            if event.id != id.as_str() {
                continue;
            }
            if event.action == "die" {
                let told = event.detail.iter().find(|(key, _)| *key == "exitCode");
                code = told.and_then(|(_, code)| code.parse().ok()).unwrap_or(code);
            }
            let last = if until == Until::Removed { "destroy" } else { "die" };
            if event.action == last {
                return Ok(code);
            }
        }
        let (tried, why) = (Call::Wait.tried(id.short()), "connection refused".to_owned());
        Err(EngineError::Unreachable { tried, why, hint: None })
    }
}
