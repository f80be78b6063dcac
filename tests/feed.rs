//! The feed against real engines: what happens there is told, and an engine that comes back is told anew.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper of a test fails the test by a panic")]

mod support;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::Utc;
use longshore::{
    backend::{
        Result, SharedEngine,
        connect::{self, Options},
        docker::DockerEngine,
        feed::{Connector, Feed},
    },
    model::{
        Change, Link, Listing, State,
        endpoint::{Endpoint, Source},
    },
};
use support::engines::{self, Docker};
use tokio::sync::mpsc;

/// Longer than a dockerd takes to start on a slow machine.
const SOON: Duration = Duration::from_secs(60);

struct Direct;

#[async_trait]
impl Connector for Direct {
    async fn connect(&self, endpoint: &Endpoint) -> Result<SharedEngine> {
        let client = connect::client(endpoint, &Options::default()).unwrap();
        Ok(Arc::new(DockerEngine::new(client, endpoint.clone(), None)))
    }
}

struct Reader {
    feed: Feed,
    news: mpsc::Receiver<Vec<Change>>,
}

fn follow(docker: &Docker) -> Reader {
    let endpoint = Endpoint::new("test", docker.address().parse().unwrap(), Source::Flag);
    let (sender, news) = mpsc::channel(16);
    Reader { feed: Feed::start(endpoint, Arc::new(Direct), sender, Arc::new(Utc::now)), news }
}

impl Reader {
    /// The first change that `wanted` says yes to.
    async fn wait<T>(&mut self, what: &str, mut wanted: impl FnMut(Change) -> Option<T>) -> T {
        let search = async {
            loop {
                let changes = self.news.recv().await.expect("the feed ended");
                if let Some(found) = changes.into_iter().find_map(&mut wanted) {
                    return found;
                }
            }
        };
        tokio::time::timeout(SOON, search).await.unwrap_or_else(|_| panic!("never told: {what}"))
    }
}

fn live(change: Change) -> Option<()> {
    matches!(change, Change::Link(Link::Live { .. })).then_some(())
}

#[tokio::test]
async fn a_container_s_life_is_told_as_it_happens() {
    let Some(docker) = engines::docker() else { return };
    let mut reader = follow(&docker);
    reader.wait("the list", |c| matches!(c, Change::Listed(Listing::Containers(_))).then_some(())).await;
    let made = docker.run("feed", &[], &["sleep", "600"]);
    let id = made.id().to_owned();
    let ours = |state: State| {
        let id = id.clone();
        move |change| matches!(change, Change::Container(c) if c.id.as_str() == id && c.state == state).then_some(())
    };
    reader.wait("running", ours(State::Running)).await;
    docker.cli(["kill", made.name()]);
    reader.wait("exited", ours(State::Exited(137))).await;
    docker.cli(["rm", made.name()]);
    reader
        .wait("gone", |change| matches!(change, Change::ContainerGone(gone) if gone.as_str() == id).then_some(()))
        .await;
}

#[tokio::test]
async fn an_engine_that_was_killed_is_lost_and_told_anew_when_it_is_back() {
    let Some(scratch) = engines::scratch() else { return };
    let mut reader = follow(scratch.docker());
    reader.wait("live", live).await;
    scratch.kill();
    reader.wait("lost", |c| matches!(c, Change::Link(Link::Lost { .. })).then_some(())).await;
    scratch.restart();
    reader.feed.retry_now();
    reader.wait("the list again", |c| matches!(c, Change::Listed(Listing::Containers(_))).then_some(())).await;
}
