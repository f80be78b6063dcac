//! A wish to change an engine, as data: its words, its risk and the question it asks. Performs nothing.

use std::time::Duration;

use serde::Serialize;

use crate::model::{
    Bytes, Container, ContainerId, ContainerSpec, Feature, ImageId, Kind, Limits, NetworkId, NetworkSpec,
    RemoveContainer, Signal, Subject, Verb, VolumeName, VolumeSpec,
};

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
    /// Make a network.
    CreateNetwork(NetworkSpec),
    /// Remove a network.
    RemoveNetwork(NetworkId, String),
    /// Put a container into a network.
    Connect(NetworkId, String, Target),
    /// Take a container out of a network.
    Disconnect(NetworkId, String, Target),
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

/// What a wish may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// It can be undone: no question.
    None,
    /// It interrupts something: a question.
    Interrupts,
    /// Something is lost for good: a question in red.
    Loses,
}

/// A question before a wish is granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What is asked.
    pub title: String,
    /// What will happen, what is lost, what is freed; one line each.
    pub lines: Vec<String>,
    /// The count to type before more than one thing is lost.
    pub typed: Option<usize>,
    /// Whether something is lost.
    pub risk: Risk,
}

impl Cmd {
    /// What it may cost.
    pub fn risk(&self) -> Risk {
        match self {
            Self::Stop(..) | Self::Restart(..) | Self::Disconnect(..) | Self::Signal(..) => Risk::Interrupts,
            Self::Kill(..) | Self::Remove(..) | Self::RemoveImage { .. } => Risk::Loses,
            Self::RemoveVolume(..) | Self::RemoveNetwork(..) | Self::Prune(_) => Risk::Loses,
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
            Self::RemoveVolume(name, _) => Subject::new(Kind::Volume, name.as_str(), name.as_str()),
            Self::CreateNetwork(spec) => Subject::new(Kind::Network, &spec.name, &spec.name),
            Self::RemoveNetwork(id, name) => Subject::new(Kind::Network, id.as_str(), name),
            Self::Connect(id, name, _) | Self::Disconnect(id, name, _) => {
                Subject::new(Kind::Network, id.as_str(), name)
            }
            Self::Signal(target, pid, _) => {
                Subject::new(Kind::Session, format!("{} {pid}", target.id), format!("process {pid} of {}", target.name))
            }
            Self::Prune(prune) => Subject::new(Kind::Engine, prune.what.words(), prune.what.words()),
            _ => Subject::new(Kind::Other, "", ""),
        }
    }

    /// The job's title: "stop `web`".
    pub fn title(&self) -> String {
        match self {
            Self::Kill(t, signal) => format!("send {signal} to `{}`", t.name),
            Self::Rename(t, name) => format!("rename `{}` to `{name}`", t.name),
            Self::Create(spec) => match &spec.name {
                Some(name) => format!("create `{name}` from `{}`", spec.image),
                None => format!("create a container from `{}`", spec.image),
            },
            Self::Pull(reference) => format!("pull `{reference}`"),
            Self::Tag(_, name, tag) => format!("tag `{name}` as `{tag}`"),
            Self::RemoveImage { reference, .. } => format!("remove image `{}`", short(reference)),
            Self::CreateVolume(_) => format!("create volume `{}`", self.subject().name),
            Self::RemoveVolume(name, _) => format!("remove volume `{}`", name.short()),
            Self::CreateNetwork(spec) => format!("create network `{}`", spec.name),
            Self::RemoveNetwork(_, name) => format!("remove network `{name}`"),
            Self::Connect(_, name, t) => format!("connect `{}` to `{name}`", t.name),
            Self::Disconnect(_, name, t) => format!("disconnect `{}` from `{name}`", t.name),
            Self::Signal(t, pid, signal) => format!("send {signal} to process {pid} of `{}`", t.name),
            Self::Prune(prune) => format!("prune {}", prune.what.words()),
            _ => match self.verb() {
                Some((target, verb)) => format!("{} `{}`", verb.word(), target.name),
                None => self.action().to_owned(),
            },
        }
    }

    /// What the toast says when it is done: "`web` stopped".
    pub fn done(&self) -> String {
        match self {
            Self::Kill(t, signal) => format!("`{}` got {signal}", t.name),
            Self::Rename(t, name) => format!("`{}` is now `{name}`", t.name),
            Self::Create(spec) if spec.start => format!("`{}` created and started", self.subject().name),
            Self::Create(_) | Self::CreateVolume(_) | Self::CreateNetwork(_) => {
                format!("`{}` created", self.subject().name)
            }
            Self::Pull(reference) => format!("`{reference}` pulled"),
            Self::Tag(_, name, tag) => format!("`{name}` is also `{tag}`"),
            Self::RemoveImage { reference, .. } => format!("image `{}` removed", short(reference)),
            Self::RemoveVolume(name, _) => format!("volume `{}` removed", name.short()),
            Self::RemoveNetwork(_, name) => format!("network `{name}` removed"),
            Self::Connect(_, name, t) => format!("`{}` connected to `{name}`", t.name),
            Self::Disconnect(_, name, t) => format!("`{}` disconnected from `{name}`", t.name),
            Self::Signal(_, pid, signal) => format!("process {pid} got {signal}"),
            Self::Prune(prune) => format!("{} pruned", prune.what.words()),
            _ => match self.verb() {
                Some((target, verb)) => format!("`{}` {}", target.name, verb.done()),
                None => self.title(),
            },
        }
    }

    /// Its name in the audit log.
    pub const fn action(&self) -> &'static str {
        match self {
            Self::Start(_) => "container.start",
            Self::Stop(..) => "container.stop",
            Self::Restart(..) => "container.restart",
            Self::Kill(..) => "container.kill",
            Self::Pause(_) => "container.pause",
            Self::Unpause(_) => "container.unpause",
            Self::Rename(..) => "container.rename",
            Self::Remove(..) => "container.remove",
            Self::Update(..) => "container.update",
            Self::Create(_) => "container.create",
            Self::Pull(_) => "image.pull",
            Self::Tag(..) => "image.tag",
            Self::RemoveImage { .. } => "image.remove",
            Self::CreateVolume(_) => "volume.create",
            Self::RemoveVolume(..) => "volume.remove",
            Self::CreateNetwork(_) => "network.create",
            Self::RemoveNetwork(..) => "network.remove",
            Self::Connect(..) => "network.connect",
            Self::Disconnect(..) => "network.disconnect",
            Self::Signal(..) => "process.signal",
            Self::Prune(_) => "prune",
        }
    }
}

fn short(reference: &str) -> &str {
    reference.strip_prefix("sha256:").map_or(reference, |hex| hex.get(..crate::model::SHORT).unwrap_or(hex))
}

/// The question before these wishes, all of one sort; `None` when they can be undone.
pub fn question(wishes: &[Cmd]) -> Option<Question> {
    let risk = wishes.iter().map(Cmd::risk).max()?;
    if risk == Risk::None {
        return None;
    }
    let [one] = wishes else { return Some(many(wishes, risk)) };
    let typed = match one {
        Cmd::Prune(prune) if prune.targets.len() > 1 => Some(prune.targets.len()),
        _ => None,
    };
    Some(Question { title: asked(&one.title()), lines: consequences(one), typed, risk })
}

/// "stop `web`" as a question.
fn asked(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}?", first.to_uppercase(), letters.as_str()))
}

fn many(wishes: &[Cmd], risk: Risk) -> Question {
    let kind = wishes[0].subject().kind;
    let one = wishes[0].title();
    // Of "remove image `x`" the verb is left: the kind comes again with the count.
    let verb = one.split(" `").next().unwrap_or(&one).trim_end_matches(kind.word()).trim_end();
    let title = asked(&format!("{verb} {}", kind.count(wishes.len())));
    let mut lines: Vec<String> = wishes.iter().take(8).map(|w| format!("· {}", w.subject().name)).collect();
    if wishes.len() > 8 {
        lines.push(format!("· and {} more", wishes.len() - 8));
    }
    let up = wishes.iter().filter(|w| w.verb().is_some_and(|(t, _)| t.up)).count();
    if up > 0 && risk == Risk::Loses {
        lines.push(format!("{up} of them {} running now", if up == 1 { "is" } else { "are" }));
    }
    lines.extend(together(wishes));
    Question { title, lines, typed: (risk == Risk::Loses).then_some(wishes.len()), risk }
}

/// What becomes of many at once; amounts are those of all, and only told where all are known.
fn together(wishes: &[Cmd]) -> Option<String> {
    let sum = |of: fn(&Cmd) -> Option<Bytes>| wishes.iter().map(of).sum::<Option<Bytes>>();
    match &wishes[0] {
        Cmd::RemoveImage { .. } => {
            let freed = sum(|cmd| if let Cmd::RemoveImage { frees, .. } = cmd { *frees } else { None });
            let freed = freed.map(|bytes| format!("frees about {bytes}; ")).unwrap_or_default();
            Some(format!("{freed}layers that other images share stay"))
        }
        Cmd::RemoveVolume(..) => {
            let size = sum(|cmd| if let Cmd::RemoveVolume(_, size) = cmd { *size } else { None });
            let size = size.map(|bytes| format!(", {bytes},")).unwrap_or_default();
            Some(format!("the data in them{size} is lost for good"))
        }
        first => consequences(first).pop(),
    }
}

fn consequences(cmd: &Cmd) -> Vec<String> {
    let one = |line: String| vec![line];
    match cmd {
        Cmd::Stop(_, grace) => one(format!("it has {} s to end by itself, then it is killed", grace.as_secs())),
        Cmd::Restart(_, grace) => one(format!("its connections break; it has {} s to end by itself", grace.as_secs())),
        Cmd::Kill(_, signal) => one(format!("{signal} goes to its main process; what it has not saved may be lost")),
        Cmd::Remove(target, how) => remove_lines(target, *how),
        Cmd::RemoveImage { frees, force, .. } => {
            let mut lines = vec![match frees {
                Some(bytes) => format!("frees up to {bytes}; layers that other images share stay"),
                None => "layers that other images share stay".into(),
            }];
            if *force {
                lines.push("by force: also where other tags or stopped containers need it".into());
            }
            lines
        }
        Cmd::RemoveVolume(_, size) => one(match size {
            Some(bytes) => format!("the data in it, {bytes}, is lost for good"),
            None => "the data in it is lost for good".into(),
        }),
        Cmd::RemoveNetwork(..) => one("containers can no longer be connected to it".into()),
        Cmd::Disconnect(..) => one("its connections through this network break".into()),
        Cmd::Signal(_, _, signal) => one(format!("{signal} goes to this process alone")),
        Cmd::Prune(prune) => prune_lines(prune),
        _ => Vec::new(),
    }
}

fn remove_lines(target: &Target, how: RemoveContainer) -> Vec<String> {
    let mut lines = Vec::new();
    if target.up {
        lines.push("it runs: it is killed first".to_owned());
    }
    lines.push(if how.volumes {
        "its writable layer and its anonymous volumes are lost for good".into()
    } else {
        "its writable layer is lost for good; volumes stay".into()
    });
    lines
}

fn prune_lines(prune: &Prune) -> Vec<String> {
    let mut lines: Vec<String> = prune.targets.iter().take(8).map(|name| format!("· {name}")).collect();
    if prune.targets.len() > 8 {
        lines.push(format!("· and {} more", prune.targets.len() - 8));
    }
    lines.push(match prune.frees {
        Some(bytes) => format!("frees about {bytes}; what is removed is lost for good"),
        None => "what is removed is lost for good".into(),
    });
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(name: &str) -> Target {
        Target { id: ContainerId::new(name), name: name.into(), up: true }
    }

    #[test]
    fn what_can_be_undone_is_not_asked() {
        assert_eq!(question(&[Cmd::Start(target("web"))]), None);
        assert_eq!(question(&[Cmd::Pause(target("web"))]), None);
        assert_eq!(question(&[]), None);
    }

    #[test]
    fn stopping_asks_and_says_the_grace() {
        let asked = question(&[Cmd::Stop(target("web"), Duration::from_secs(10))]).unwrap();
        assert_eq!(asked.title, "Stop `web`?");
        assert_eq!(asked.lines, ["it has 10 s to end by itself, then it is killed"]);
        assert_eq!(asked.typed, None);
    }

    #[test]
    fn removing_many_wants_the_count_and_says_how_many_run() {
        let how = RemoveContainer { volumes: false, force: true };
        let asked = question(&[Cmd::Remove(target("a"), how), Cmd::Remove(target("b"), how)]).unwrap();
        assert_eq!(asked.typed, Some(2));
        assert_eq!(asked.title, "Remove 2 containers?");
        assert!(asked.lines.contains(&"2 of them are running now".to_owned()), "{:?}", asked.lines);
    }

    #[test]
    fn many_are_weighed_together() {
        let volume = |name: &str, mib| Cmd::RemoveVolume(name.into(), Some(Bytes::mib(mib)));
        let asked = question(&[volume("a", 2), volume("b", 3)]).unwrap();
        assert_eq!(asked.title, "Remove 2 volumes?");
        assert_eq!(asked.lines.last().unwrap(), "the data in them, 5.0 MiB, is lost for good");
        let image = |mib: Option<u64>| {
            let frees = mib.map(Bytes::mib);
            Cmd::RemoveImage { reference: "x".into(), frees, force: false }
        };
        let asked = question(&[image(Some(2)), image(None)]).unwrap();
        assert_eq!(asked.title, "Remove 2 images?");
        assert_eq!(asked.lines.last().unwrap(), "layers that other images share stay");
    }

    #[test]
    fn a_prune_shows_what_goes_before() {
        let targets = (0..10).map(|n| format!("job-{n}")).collect();
        let prune = Prune { what: PruneKind::Containers, targets, frees: Some(Bytes::mib(12)) };
        let asked = question(&[Cmd::Prune(prune)]).unwrap();
        assert_eq!(asked.typed, Some(10));
        assert_eq!(asked.lines.last().unwrap(), "frees about 12 MiB; what is removed is lost for good");
        assert_eq!(asked.lines[8], "· and 2 more");
    }
}
