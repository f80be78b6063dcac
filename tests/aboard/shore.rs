//! An engine aboard with what a test makes on it, gone with the test. Knows no single test.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::StreamExt;
use longshore::{
    backend::{Console, Containers, Flow, Sessions, Size, embedded::EmbeddedEngine},
    model::{Container, ContainerId, ContainerSpec, Event, ExecSpec},
    runtime::Runtime,
};

use crate::{
    arena::Arena,
    support::engines::{self, IMAGE, unique},
};

/// How long anything may take that should happen soon; only a broken engine needs it all.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
const SIZE: Size = Size { columns: 80, rows: 24 };

/// An engine aboard.
pub(crate) struct Shore {
    arena: Arc<Arena>,
    pub(crate) engine: EmbeddedEngine,
    leftovers: Mutex<Vec<Vec<String>>>,
}

impl Shore {
    /// `None` where there is no registry or no root; the reason has been said.
    pub(crate) async fn new() -> Option<Self> {
        let registry = engines::registry()?;
        let arena = Arena::enter(&registry).await?;
        let engine = arena.open();
        Some(Self { arena, engine, leftovers: Mutex::default() })
    }

    /// Another console on the same engine.
    pub(crate) fn another(&self) -> EmbeddedEngine {
        self.arena.open()
    }

    /// The engine without its traits.
    pub(crate) fn runtime(&self) -> &Arc<Runtime> {
        self.engine.runtime()
    }

    pub(crate) fn remove_later(&self, command: &[&str]) {
        self.leftovers.lock().unwrap().push(command.iter().map(|word| (*word).to_owned()).collect());
    }

    /// What a container of this test is made of: a name of its own, and a script that a shell runs.
    pub(crate) fn spec(&self, test: &str, script: &str) -> ContainerSpec {
        let name = unique(test);
        self.remove_later(&["rm", &name]);
        ContainerSpec {
            image: IMAGE.to_owned(),
            name: Some(name),
            command: ["sh", "-c", script].map(str::to_owned).into(),
            start: true,
            ..ContainerSpec::default()
        }
    }

    pub(crate) async fn run(&self, spec: &ContainerSpec) -> ContainerId {
        self.engine.create(spec).await.unwrap()
    }

    pub(crate) async fn look(&self, id: &ContainerId) -> Container {
        self.engine.container(id).await.unwrap()
    }

    /// What a command in a container prints.
    pub(crate) async fn says(&self, id: &ContainerId, script: &str) -> String {
        let command = ["sh", "-c", script].map(str::to_owned).into();
        let console = self.engine.exec(id, &ExecSpec { command, ..ExecSpec::default() }, SIZE).await.unwrap();
        rest(console).await
    }
}

impl Drop for Shore {
    fn drop(&mut self) {
        for command in self.leftovers.lock().unwrap().drain(..).rev() {
            self.arena.remove(&command);
        }
    }
}

async fn rest(mut console: Console) -> String {
    let collect = async {
        let mut heard = String::new();
        while let Some(piece) = console.output.next().await {
            heard.push_str(&String::from_utf8_lossy(&piece.unwrap().bytes));
        }
        heard
    };
    tokio::time::timeout(PATIENCE, collect).await.expect("the console ends")
}

/// Waits until something happened to a thing.
pub(crate) async fn wait_for(events: &mut Flow<Event>, id: &str, action: &str) -> Event {
    let wait = async {
        loop {
            let event = events.next().await.expect("the stream goes on").unwrap();
            if event.id == id && event.action == action {
                return event;
            }
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("`{action}` did not happen to {id}"))
}
