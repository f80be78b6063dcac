//! A wish in words: the title of its job, what the toast says, its name in the audit log.

use super::Cmd;

impl Cmd {
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
            Self::BackUpVolume(name, path, _) => format!("back up volume `{}` to `{}`", name.short(), path.display()),
            Self::RestoreVolume(name, path, _) => {
                format!("restore volume `{}` from `{}`", name.short(), path.display())
            }
            Self::CreateNetwork(spec) => format!("create network `{}`", spec.name),
            Self::RemoveNetwork(_, name) => format!("remove network `{name}`"),
            Self::Connect(_, name, t) => format!("connect `{}` to `{name}`", t.name),
            Self::Disconnect(_, name, t) => format!("disconnect `{}` from `{name}`", t.name),
            Self::Publish(t, port) => format!("publish {port} of `{}`", t.name),
            Self::Unpublish(t, port) => format!("close {port} of `{}`", t.name),
            Self::AddRule(_, about, rule) => format!("add the rule `{rule}` about `{about}`"),
            Self::RemoveRule(_, words) => format!("remove the rule `{words}`"),
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
            Self::BackUpVolume(name, path, _) => format!("volume `{}` backed up to `{}`", name.short(), path.display()),
            Self::RestoreVolume(name, ..) => format!("volume `{}` restored", name.short()),
            Self::RemoveNetwork(_, name) => format!("network `{name}` removed"),
            Self::Connect(_, name, t) => format!("`{}` connected to `{name}`", t.name),
            Self::Disconnect(_, name, t) => format!("`{}` disconnected from `{name}`", t.name),
            Self::Publish(t, port) => format!("{port} of `{}` published", t.name),
            Self::Unpublish(t, port) => format!("{port} of `{}` closed", t.name),
            Self::AddRule(_, about, rule) => format!("rule `{rule}` about `{about}` added"),
            Self::RemoveRule(_, words) => format!("rule `{words}` removed"),
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
            Self::BackUpVolume(..) => "volume.backup",
            Self::RestoreVolume(..) => "volume.restore",
            Self::CreateNetwork(_) => "network.create",
            Self::RemoveNetwork(..) => "network.remove",
            Self::Connect(..) => "network.connect",
            Self::Disconnect(..) => "network.disconnect",
            Self::Publish(..) => "nat.publish",
            Self::Unpublish(..) => "nat.unpublish",
            Self::AddRule(..) => "rule.add",
            Self::RemoveRule(..) => "rule.remove",
            Self::Signal(..) => "process.signal",
            Self::Prune(_) => "prune",
        }
    }
}

fn short(reference: &str) -> &str {
    reference.strip_prefix("sha256:").map_or(reference, |hex| hex.get(..crate::model::SHORT).unwrap_or(hex))
}
