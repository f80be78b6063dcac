//! An engine to test, with what a test makes on it and what is removed behind it. Knows no single test.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{Stream, StreamExt};
use longshore::{
    backend::{
        Engine, EngineError, Flow, Images, Reporter, SharedEngine,
        connect::{self, Options},
        docker::DockerEngine,
        fake::FakeEngine,
    },
    host,
    model::{
        Container, ContainerId, ContainerSpec, Event, Image, Kind, LogLine, LogOptions,
        endpoint::{Endpoint, Source},
    },
};

use crate::support::engines::{self, Docker, IMAGE, IMAGE_IN_REGISTRY, IMAGE_ON_TOP, unique};

/// How long anything may take that should happen at once; only a broken engine needs it all.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// An engine, and what has to be removed at the end.
pub(crate) struct Stage {
    engine: SharedEngine,
    behind: Behind,
    /// A reference that can be pulled, if there is a registry.
    pub(crate) pullable: Option<String>,
    leftovers: Mutex<Vec<Vec<String>>>,
}

/// What stands behind an engine.
enum Behind {
    Nothing,
    Dockerd(Docker),
    #[cfg(any(target_os = "linux", windows))]
    Aboard(Arc<crate::arena::Arena>),
}

impl Stage {
    /// The engine aboard, over folders of this run's own.
    #[cfg(any(target_os = "linux", windows))]
    pub(crate) async fn embedded() -> Option<Self> {
        let registry = engines::registry()?;
        let arena = crate::arena::Arena::enter(&registry).await?;
        let engine = arena.open();
        let pullable = Some(format!("{registry}/{IMAGE_IN_REGISTRY}"));
        Some(Self { engine: Arc::new(engine), behind: Behind::Aboard(arena), pullable, leftovers: Mutex::default() })
    }

    pub(crate) async fn fake() -> Self {
        let fake = FakeEngine::new();
        let pullable = format!("registry.example/{IMAGE_IN_REGISTRY}");
        for image in [IMAGE, IMAGE_ON_TOP, &pullable] {
            fake.offer(image);
        }
        for image in [IMAGE, IMAGE_ON_TOP] {
            fake.pull(image, &Reporter::new().0).await.unwrap();
        }
        Self { engine: Arc::new(fake), behind: Behind::Nothing, pullable: Some(pullable), leftovers: Mutex::default() }
    }

    pub(crate) async fn dockerd() -> Option<Self> {
        let docker = engines::docker()?;
        let endpoint = Endpoint::new("test", docker.address().parse().unwrap(), Source::Flag);
        let link = connect::connect(&endpoint, &Options::default()).await.unwrap();
        let engine = DockerEngine::new(link.docker, endpoint, host::local().ok());
        let pullable = engines::registry().map(|registry| format!("{registry}/{IMAGE_IN_REGISTRY}"));
        Some(Self { engine: Arc::new(engine), behind: Behind::Dockerd(docker), pullable, leftovers: Mutex::default() })
    }

    pub(crate) fn engine(&self) -> &dyn Engine {
        self.engine.as_ref()
    }

    /// Has the docker client remove something at the end, whether or not the test did.
    pub(crate) fn remove_later(&self, command: &[&str]) {
        self.leftovers.lock().unwrap().push(command.iter().map(|word| (*word).to_owned()).collect());
    }

    /// What a container of this test is made of: a name of its own, and a script that a shell runs.
    pub(crate) fn spec(&self, test: &str, script: &str) -> ContainerSpec {
        let name = unique(test);
        self.remove_later(&["rm", "--force", "--volumes", &name]);
        ContainerSpec {
            image: IMAGE.to_owned(),
            name: Some(name),
            command: ["sh", "-c", script].map(str::to_owned).into(),
            ..ContainerSpec::default()
        }
    }

    /// Makes a container that runs a script, and starts it.
    pub(crate) async fn run(&self, test: &str, script: &str) -> ContainerId {
        let spec = ContainerSpec { start: true, ..self.spec(test, script) };
        self.engine.create(&spec).await.unwrap()
    }

    /// Makes a container that runs until it is ended.
    pub(crate) async fn running(&self, test: &str) -> ContainerId {
        self.run(test, "sleep 600").await
    }

    /// Makes a container that has ended.
    pub(crate) async fn ended(&self, test: &str) -> ContainerId {
        let mut events = self.engine.events().await.unwrap();
        let id = self.run(test, "exit 0").await;
        wait_for(&mut events, id.as_str(), "die").await;
        id
    }

    /// The container as an inspect tells it.
    pub(crate) async fn look(&self, id: &ContainerId) -> Container {
        self.engine.container(id).await.unwrap()
    }

    /// The container as the list tells it.
    pub(crate) async fn listed(&self, id: &ContainerId) -> Option<Container> {
        self.engine.containers().await.unwrap().into_iter().find(|container| container.id == *id)
    }

    /// Whether a kernel stands behind it.
    pub(crate) fn is_real(&self) -> bool {
        !matches!(self.behind, Behind::Nothing)
    }

    /// Whether what is tested is the engine aboard on Windows, which cannot do this for the reason that is said.
    pub(crate) fn lacks(&self, reason: &str) -> bool {
        let lacks = cfg!(windows) && self.is_real();
        if lacks {
            // Straight to the stream: the harness swallows what a passing test prints.
            let _ = writeln!(io::stderr(), "SKIPPED on Windows: {reason}");
        }
        lacks
    }

    /// The id of a container that is there from the start.
    pub(crate) async fn named(&self, name: &str) -> ContainerId {
        let all = self.engine.containers().await.unwrap();
        all.into_iter().find(|container| container.name == name).expect("a container of this name").id
    }

    /// The image of this name, as the list tells it.
    pub(crate) async fn image(&self, tag: &str) -> Option<Image> {
        let all = self.engine.images().await.unwrap();
        all.into_iter().find(|image| image.tags.iter().any(|known| known == tag))
    }

    /// The whole log, to the end of the container.
    pub(crate) async fn log(&self, id: &ContainerId) -> Vec<LogLine> {
        let options = LogOptions { tail: None, since: None, follow: true };
        all(self.engine.logs(id, options).await.unwrap()).await
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Most is gone already, as the test wanted.
        for command in self.leftovers.lock().unwrap().drain(..).rev() {
            match &self.behind {
                Behind::Nothing => {}
                Behind::Dockerd(docker) => drop(docker.client().args(command).output()),
                #[cfg(any(target_os = "linux", windows))]
                Behind::Aboard(arena) => arena.remove(&command),
            }
        }
    }
}

/// The next piece of a stream that must go on.
pub(crate) async fn next<T>(flow: &mut (impl Stream<Item = Result<T, EngineError>> + Unpin)) -> T {
    let next = tokio::time::timeout(PATIENCE, flow.next()).await;
    next.expect("something comes in time").expect("the stream goes on").unwrap()
}

/// All of a stream that must end.
pub(crate) async fn all<T>(flow: Flow<T>) -> Vec<T> {
    let all = tokio::time::timeout(PATIENCE, flow.collect::<Vec<_>>()).await.expect("the stream ends in time");
    all.into_iter().map(Result::unwrap).collect()
}

/// Waits until something happened to a thing; gives what happened to it until then.
pub(crate) async fn wait_for(events: &mut Flow<Event>, id: &str, action: &str) -> Vec<String> {
    let mut actions = Vec::new();
    loop {
        let event = next(events).await;
        if event.id == id && event.kind != Kind::Other {
            actions.push(event.action.clone());
            if event.action == action {
                return actions;
            }
        }
    }
}
