//! The engine itself and its host through Docker's API. Knows no JSON.

use std::{
    path::PathBuf,
    sync::PoisonError,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use chrono::Utc;
use futures_util::{StreamExt, future};
use serde_json::Value;

use super::{
    DockerEngine, LIST, LONG, QUICK,
    call::{Ask, json_lines, segment},
    error::nonsense,
    named,
};
use crate::{
    backend::{
        EngineError, Flow, Result, System,
        wire::{document, event, system, volume},
    },
    model::{Caps, DiskUsage, Event, Feature, HostLoad, Kind, Subject, System as About},
};

/// What an engine reports because longshore looks: a list of processes and a terminal's size.
const OWN_NOISE: [&str; 2] = ["top", "resize"];
/// Seconds by which events are asked from before now, so that none falls between the list and the stream.
const OVERLAP: i64 = 1;

const ELSEWHERE: &str = "the engine runs on another machine";
pub(super) const MADE_ONCE: &str = "Docker publishes ports only when it makes a container";
const NOT_OURS: &str = "the rules of this host are Docker's, which would make them again";
const NO_ARCHIVES: &str = "Docker gives and takes no volume as a whole; `longshore cp` does through a container";
const NOT_READABLE: &str = "the engine's folders on this host cannot be read without more rights";
const NO_CGROUPS: &str = "this engine runs without control groups";

#[async_trait]
impl System for DockerEngine {
    async fn describe(&self) -> Result<(About, Caps)> {
        let tried = "ask the engine about itself";
        let version = self.call.bytes(tried, Ask::get("/version"), QUICK);
        let info = self.call.bytes(tried, Ask::get("/info"), LIST);
        let (version, info) = tokio::try_join!(version, info)?;
        let about = system::system(&version, &info).map_err(|why| nonsense(tried, why))?;
        *self.data_root.lock().unwrap_or_else(PoisonError::into_inner) = PathBuf::from(&about.data_root);
        let readable = self.host.is_some() && tokio::fs::read_dir(&about.data_root).await.is_ok();
        let caps = self.caps(&about, readable);
        Ok((about, caps))
    }

    async fn ping(&self) -> Result<Duration> {
        let asked = Instant::now();
        self.call.done("reach the engine", Ask::get("/_ping"), QUICK).await?;
        Ok(asked.elapsed())
    }

    async fn disk_usage(&self) -> Result<DiskUsage> {
        let tried = "count the disk use";
        let body = self.call.bytes(tried, Ask::get("/system/df").with("verbose", "1"), LONG).await?;
        let sizes = volume::sizes(&body).map_err(|why| nonsense(tried, why))?;
        *self.sizes.lock().unwrap_or_else(PoisonError::into_inner) = sizes.into_iter().collect();
        system::disk_usage(&body, Utc::now()).map_err(|why| nonsense(tried, why))
    }

    async fn events(&self) -> Result<Flow<Event>> {
        let since = Utc::now().timestamp() - OVERLAP;
        let ask = Ask::get("/events").with("since", since.to_string());
        let lines = json_lines(self.call.stream("follow the events".to_owned(), ask));
        let events = lines.filter_map(|line| {
            let event = line.map(|line| event::event(&line).filter(is_shown));
            future::ready(event.transpose())
        });
        Ok(Box::pin(events))
    }

    async fn host_load(&self) -> Result<HostLoad> {
        let tried = "read the load of the host";
        let Some(host) = self.host.clone() else {
            return Err(EngineError::Unsupported { tried: tried.to_owned(), why: ELSEWHERE.to_owned() });
        };
        let data_root = self.data_root.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let read_load = move || host.load(&data_root);
        tokio::task::spawn_blocking(read_load).await.unwrap_or_else(|why| Err(nonsense(tried, why)))
    }

    async fn inspect(&self, subject: &Subject) -> Result<Value> {
        let (part, id) = match subject.kind {
            Kind::Session => return self.session_document(subject).await,
            Kind::Container => ("containers", segment(&subject.id) + "/json"),
            Kind::Image => ("images", segment(&subject.id) + "/json"),
            Kind::Volume => ("volumes", segment(&subject.id)),
            Kind::Network => ("networks", segment(&subject.id)),
            Kind::Engine => {
                return self.call.read("inspect the engine", Ask::get("/info"), QUICK, document::document).await;
            }
            kind => {
                let tried = named(&format!("inspect the {}", kind.word()), &subject.name);
                return Err(EngineError::Unsupported {
                    tried,
                    why: "the engine keeps no document about it".to_owned(),
                });
            }
        };
        let tried = named(&format!("inspect the {}", subject.kind.word()), &subject.name);
        self.call.read(&tried, Ask::get(format!("/{part}/{id}")), QUICK, document::document).await
    }
}

impl DockerEngine {
    /// A main session has the id of its container, an exec one of its own.
    async fn session_document(&self, subject: &Subject) -> Result<Value> {
        let tried = named("inspect the session", &subject.name);
        let id = segment(&subject.id);
        let read = async |path| self.call.read(&tried, Ask::get(path), QUICK, document::document).await;
        match read(format!("/exec/{id}/json")).await {
            Err(EngineError::NotFound { .. }) => read(format!("/containers/{id}/json")).await,
            told => told,
        }
    }
}

fn is_shown(event: &Event) -> bool {
    !(event.kind == Kind::Container && OWN_NOISE.contains(&event.action.as_str()))
}

impl DockerEngine {
    /// `readable`: this process may read the engine's folders.
    fn caps(&self, about: &About, readable: bool) -> Caps {
        let mut caps = Caps::without([
            (Feature::Publish, MADE_ONCE),
            (Feature::OwnRules, NOT_OURS),
            (Feature::VolumeArchives, NO_ARCHIVES),
        ]);
        if !readable {
            caps.remove(Feature::VolumeFiles, if self.host.is_some() { NOT_READABLE } else { ELSEWHERE });
        }
        if self.host.is_none() {
            for feature in [Feature::NatSessions, Feature::FirewallRules, Feature::HostLoad] {
                caps.remove(feature, ELSEWHERE);
            }
            caps.remove(Feature::SignalProcess, "single processes can only be signalled on the engine's own machine");
        }
        if about.cgroup_driver == "none" {
            for feature in [Feature::Pause, Feature::Stats, Feature::Update] {
                caps.remove(feature, NO_CGROUPS);
            }
        }
        caps
    }
}
