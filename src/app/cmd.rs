//! A wish to change an engine, as data. Performs nothing.

mod question;
mod words;

use std::{path::PathBuf, time::Duration};

use serde::Serialize;

use crate::model::{
    Bytes, Container, ContainerId, ContainerSpec, Feature, FilterRule, ImageId, Kind, Limits, NetworkId, NetworkSpec,
    PortMapping, RemoveContainer, RuleScope, Signal, Subject, Verb, VolumeName, VolumeSpec,
};

pub use question::{Question, Risk, question};

/// A wish to change an engine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Cmd {
    /// Start a container.
    Start(Target),
    /// Stop a container, killing it after this time.
    Stop(Target, Duration),
    /// Stop and start a container.
    Restart(Target, Duration),
    /// Send a signal to a container's main process.
    Kill(Target, Signal),
    /// Freeze a container.
    Pause(Target),
    /// Thaw a container.
    Unpause(Target),
    /// Give a container another name.
    Rename(Target, String),
    /// Remove a container.
    Remove(Target, RemoveContainer),
    /// Change a container's limits.
    Update(Target, Limits),
    /// Make a container.
    Create(Box<ContainerSpec>),
    /// Pull an image.
    Pull(String),
    /// Give an image one more name.
    Tag(ImageId, String, String),
    /// Remove an image or one of its tags.
    RemoveImage {
        /// The tag, or the id.
        reference: String,
        /// Bytes that go with it, where known.
        frees: Option<Bytes>,
        /// Also when stopped containers or other tags need it.
        force: bool,
    },
    /// Make a volume.
    CreateVolume(VolumeSpec),
    /// Remove a volume.
    RemoveVolume(VolumeName, Option<Bytes>),
    /// Write a volume to a new file as a tar, of about so many bytes.
    BackUpVolume(VolumeName, PathBuf, Option<Bytes>),
    /// Make a volume what a tar tells; so much of what is in it goes.
    RestoreVolume(VolumeName, PathBuf, Option<Bytes>),
    /// Make a network.
    CreateNetwork(NetworkSpec),
    /// Remove a network.
    RemoveNetwork(NetworkId, String),
    /// Put a container into a network.
    Connect(NetworkId, String, Target),
    /// Take a container out of a network.
    Disconnect(NetworkId, String, Target),
    /// Publish a port of a container that is there.
    Publish(Target, PortMapping),
    /// End that.
    Unpublish(Target, PortMapping),
    /// Add a rule of longshore's own about a container or network of this name.
    AddRule(RuleScope, String, FilterRule),
    /// Remove one, which these words name.
    RemoveRule(i64, String),
    /// Send a signal to one process.
    Signal(Target, u32, Signal),
    /// Remove everything unused of a kind.
    Prune(Prune),
}

/// A container as the target of a wish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Target {
    /// Its id.
    pub id: ContainerId,
    /// Its name when the wish was made.
    pub name: String,
    /// Whether processes run in it.
    pub up: bool,
}

impl Target {
    /// This container, as it is now.
    pub fn of(container: &Container) -> Self {
        Self { id: container.id.clone(), name: container.name.clone(), up: container.state.is_up() }
    }
}

/// What to prune.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Prune {
    /// What.
    pub what: PruneKind,
    /// What will go, by name, as the store knows it.
    pub targets: Vec<String>,
    /// Bytes that will be freed, where known.
    pub frees: Option<Bytes>,
}

/// A kind of thing that can be pruned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum PruneKind {
    /// Containers that do not run.
    Containers,
    /// Images without a tag that no container needs.
    DanglingImages,
    /// Images that no container needs.
    AllImages,
    /// Anonymous volumes that no container has.
    AnonymousVolumes,
    /// Volumes that no container has.
    AllVolumes,
    /// Networks that nobody is in.
    Networks,
}

impl PruneKind {
    /// What it removes, in the plural.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Containers => "stopped containers",
            Self::DanglingImages => "dangling images",
            Self::AllImages => "images that no container uses",
            Self::AnonymousVolumes => "unused anonymous volumes",
            Self::AllVolumes => "unused volumes",
            Self::Networks => "unused networks",
        }
    }
}

impl Cmd {
    /// What it may cost.
    pub fn risk(&self) -> Risk {
        match self {
            Self::Stop(..) | Self::Restart(..) | Self::Disconnect(..) => Risk::Interrupts,
            Self::Unpublish(..) | Self::Signal(..) => Risk::Interrupts,
            Self::Kill(..) | Self::Remove(..) | Self::RemoveImage { .. } => Risk::Loses,
            Self::RestoreVolume(..) | Self::RemoveVolume(..) => Risk::Loses,
            Self::RemoveNetwork(..) | Self::RemoveRule(..) | Self::Prune(_) => Risk::Loses,
            _ => Risk::None,
        }
    }

    /// The verb on a container, when it is one: decides whether its state allows it.
    pub fn verb(&self) -> Option<(&Target, Verb)> {
        Some(match self {
            Self::Start(t) => (t, Verb::Start),
            Self::Stop(t, _) => (t, Verb::Stop),
            Self::Restart(t, _) => (t, Verb::Restart),
            Self::Kill(t, _) => (t, Verb::Kill),
            Self::Pause(t) => (t, Verb::Pause),
            Self::Unpause(t) => (t, Verb::Unpause),
            Self::Rename(t, _) => (t, Verb::Rename),
            Self::Remove(t, _) => (t, Verb::Remove),
            Self::Update(t, _) => (t, Verb::Update),
            _ => return None,
        })
    }

    /// What of an engine it needs.
    pub fn needs(&self) -> Option<Feature> {
        Some(match self {
            Self::Pause(_) | Self::Unpause(_) => Feature::Pause,
            Self::Update(..) => Feature::Update,
            Self::Pull(_) => Feature::Pull,
            Self::Signal(..) => Feature::SignalProcess,
            Self::Publish(..) | Self::Unpublish(..) => Feature::Publish,
            Self::BackUpVolume(..) | Self::RestoreVolume(..) => Feature::VolumeArchives,
            Self::AddRule(..) | Self::RemoveRule(..) => Feature::OwnRules,
            Self::CreateNetwork(_) | Self::RemoveNetwork(..) | Self::Connect(..) | Self::Disconnect(..) => {
                Feature::Networks
            }
            _ => return None,
        })
    }

    /// What it is about; one job at a time runs on a subject.
    pub fn subject(&self) -> Subject {
        let of = |t: &Target| Subject::new(Kind::Container, t.id.as_str(), &t.name);
        if let Some((target, _)) = self.verb() {
            return of(target);
        }
        match self {
            Self::Create(spec) => {
                let name = spec.name.clone().unwrap_or_else(|| format!("a container of {}", spec.image));
                Subject::new(Kind::Container, format!("new {name}"), name)
            }
            Self::Pull(reference) => Subject::new(Kind::Image, reference, reference),
            Self::Tag(id, name, _) => Subject::new(Kind::Image, id.as_str(), name),
            Self::RemoveImage { reference, .. } => Subject::new(Kind::Image, reference, reference),
            Self::CreateVolume(spec) => {
                let name = spec.name.clone().unwrap_or_else(|| "an anonymous volume".into());
                Subject::new(Kind::Volume, &name, &name)
            }
            Self::RemoveVolume(name, _) | Self::BackUpVolume(name, ..) | Self::RestoreVolume(name, ..) => {
                Subject::new(Kind::Volume, name.as_str(), name.as_str())
            }
            Self::CreateNetwork(spec) => Subject::new(Kind::Network, &spec.name, &spec.name),
            Self::RemoveNetwork(id, name) => Subject::new(Kind::Network, id.as_str(), name),
            Self::Connect(id, name, _) | Self::Disconnect(id, name, _) => {
                Subject::new(Kind::Network, id.as_str(), name)
            }
            Self::Publish(target, port) | Self::Unpublish(target, port) => {
                Subject::new(Kind::Mapping, format!("{} {port}", target.id), format!("{port} of {}", target.name))
            }
            Self::AddRule(_, about, rule) => {
                let name = format!("{rule} of {about}");
                Subject::new(Kind::Rule, &name, &name)
            }
            Self::RemoveRule(number, words) => Subject::new(Kind::Rule, number.to_string(), words),
            Self::Signal(target, pid, _) => {
                Subject::new(Kind::Session, format!("{} {pid}", target.id), format!("process {pid} of {}", target.name))
            }
            Self::Prune(prune) => Subject::new(Kind::Engine, prune.what.words(), prune.what.words()),
            _ => Subject::new(Kind::Other, "", ""),
        }
    }
}
