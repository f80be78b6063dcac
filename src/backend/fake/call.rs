//! The script of a fake engine: which calls fail, hang or are counted. Knows nothing of what calls do.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Mutex, PoisonError},
};

use tokio::sync::watch;

use crate::backend::{EngineError, Result};

/// One call of the engine's traits, by name; what it was about is told by [`super::FakeEngine::called`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each is named after the method of the engine's traits that it stands for")]
pub enum Call {
    Describe,
    Ping,
    DiskUsage,
    Events,
    HostLoad,
    Inspect,
    Containers,
    Container,
    Create,
    Start,
    Stop,
    Restart,
    Kill,
    Pause,
    Unpause,
    Rename,
    Remove,
    Update,
    Logs,
    Stats,
    Processes,
    Changes,
    PruneContainers,
    Wait,
    Commit,
    Export,
    CopyOut,
    CopyIn,
    Images,
    History,
    Pull,
    /// The second half of a pull: held, it stands still with half of its bytes told.
    PullRest,
    Tag,
    RemoveImage,
    PruneImages,
    Push,
    Save,
    Load,
    Import,
    Layers,
    Sessions,
    Exec,
    Attach,
    Run,
    Signal,
    Volumes,
    CreateVolume,
    RemoveVolume,
    PruneVolumes,
    BrowseVolume,
    BackUpVolume,
    RestoreVolume,
    Nat,
    Publish,
    Unpublish,
    Firewall,
    AddRule,
    RemoveRule,
    Explain,
    Networks,
    CreateNetwork,
    RemoveNetwork,
    Connect,
    Disconnect,
    PruneNetworks,
}

impl Call {
    /// What is tried, on `name` where there is one, as an [`EngineError`] tells it.
    pub(super) fn tried(self, name: &str) -> String {
        let words = self.words();
        if name.is_empty() { words.to_owned() } else { format!("{words} `{name}`") }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Describe => "ask the engine what it is",
            Self::Ping => "ping the engine",
            Self::DiskUsage => "count the disk use",
            Self::Events => "listen to the events",
            Self::HostLoad => "read the host's load",
            Self::Inspect | Self::Container => "inspect",
            Self::Containers => "list the containers",
            Self::Create => "create the container",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Kill => "kill",
            Self::Pause => "pause",
            Self::Unpause => "unpause",
            Self::Rename => "rename",
            Self::Remove => "remove",
            Self::Update => "update",
            Self::Logs => "read the log of",
            Self::Stats => "measure",
            Self::Processes => "list the processes of",
            Self::Changes => "compare the files of",
            Self::PruneContainers => "prune the containers",
            Self::Wait => "wait for",
            Self::Commit => "make an image of",
            Self::Export => "export",
            Self::CopyOut => "copy from",
            Self::CopyIn => "copy to",
            Self::Push => "push",
            Self::Save => "save",
            Self::Load => "load images",
            Self::Import => "import",
            Self::Run => "start",
            Self::Images => "list the images",
            Self::History => "read the history of",
            Self::Pull | Self::PullRest => "pull",
            Self::Tag => "tag",
            Self::RemoveImage => "remove the image",
            Self::PruneImages => "prune the images",
            Self::Layers => "list the layers",
            Self::Sessions => "list the sessions",
            Self::Exec => "exec in",
            Self::Attach => "attach to",
            Self::Signal => "signal a process of",
            Self::Volumes => "list the volumes",
            Self::CreateVolume => "create the volume",
            Self::RemoveVolume => "remove the volume",
            Self::PruneVolumes => "prune the volumes",
            Self::BrowseVolume => "look into the volume",
            Self::BackUpVolume => "back up the volume",
            Self::RestoreVolume => "restore the volume",
            Self::Nat => "read the NAT table",
            Self::Publish => "publish a port of",
            Self::Unpublish => "end the publishing of a port of",
            Self::Firewall => "read the firewall",
            Self::AddRule => "add the firewall rule",
            Self::RemoveRule => "remove the firewall rule",
            Self::Explain => "explain what happens to",
            Self::Networks => "list the networks",
            Self::CreateNetwork => "create the network",
            Self::RemoveNetwork => "remove the network",
            Self::Connect => "connect",
            Self::Disconnect => "disconnect",
            Self::PruneNetworks => "prune the networks",
        }
    }
}

/// What shall happen to calls, and what happened.
pub(super) struct Script {
    gate: watch::Sender<Gate>,
    failures: Mutex<HashMap<Call, VecDeque<EngineError>>>,
    log: Mutex<Vec<(Call, String)>>,
}

#[derive(Default)]
struct Gate {
    held: HashSet<Call>,
    dead: bool,
}

impl Script {
    pub(super) fn new() -> Self {
        Self { gate: watch::Sender::default(), failures: Mutex::default(), log: Mutex::default() }
    }

    pub(super) fn fail_next(&self, call: Call, error: EngineError) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.entry(call).or_default().push_back(error);
    }

    pub(super) fn hold(&self, call: Call, held: bool) {
        self.gate.send_modify(|gate| {
            if held {
                gate.held.insert(call);
            } else {
                gate.held.remove(&call);
            }
        });
    }

    pub(super) fn set_dead(&self, dead: bool) {
        self.gate.send_modify(|gate| gate.dead = dead);
    }

    pub(super) fn log(&self) -> Vec<(Call, String)> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Counts a call and lets it through, or fails it as the script says. A held call waits here.
    pub(super) async fn pass(&self, call: Call, name: &str) -> Result<()> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).push((call, name.to_owned()));
        self.wait(call, name).await?;
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.get_mut(&call).and_then(VecDeque::pop_front).map_or(Ok(()), Err)
    }

    /// Waits while `call` is held; a dead engine lets nobody wait.
    pub(super) async fn wait(&self, call: Call, name: &str) -> Result<()> {
        let mut gate = self.gate.subscribe();
        let dead = match gate.wait_for(|gate| gate.dead || !gate.held.contains(&call)).await {
            Ok(gate) => gate.dead,
            Err(_) => true,
        };
        if dead {
            let (tried, why) = (call.tried(name), "connection refused".to_owned());
            return Err(EngineError::Unreachable { tried, why, hint: None });
        }
        Ok(())
    }
}
