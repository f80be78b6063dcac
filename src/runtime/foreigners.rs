//! Containers that other programs have made on this host: shown, looked into, and never changed. Knows no platform.

use chrono::{DateTime, SubsecRound, Utc};

use super::{Result, Runtime, RuntimeError, document::layer};
use crate::model::{
    Bytes, Container, ContainerId, Health, ImageId, Isolation, Layer, LayerId, LayerKind, SHORT, State, made_by,
    text::cleaned,
};

/// A container of another program's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// Its id on this host.
    pub id: String,
    /// The program that made it, in its own word.
    pub owner: String,
    /// Where it is in its life.
    pub state: State,
    /// How it is kept apart.
    pub isolation: Isolation,
    /// When its first process began, where that can be told.
    pub started: Option<DateTime<Utc>>,
}

impl Foreign {
    /// The program as people call it.
    pub fn maker(&self) -> String {
        let owner = cleaned(self.owner.as_str());
        match owner.as_str() {
            "" => "another program".to_owned(),
            shim if shim.starts_with("containerd-shim") => "containerd".to_owned(),
            owner => match owner.split_once('@') {
                Some((program, data)) => format!("the {program} over `{data}`"),
                None => owner.to_owned(),
            },
        }
    }

    /// As lists show it. What only its maker knows, its name and image, stays open.
    pub fn shown(&self) -> Container {
        let (id, maker) = (cleaned(self.id.as_str()), self.maker());
        let short: String = id.chars().take(SHORT).collect();
        Container {
            name: format!("{}/{short}", maker.split(' ').next_back().unwrap_or_default().trim_matches('`')),
            id: ContainerId::new(id),
            image: String::new(),
            image_id: ImageId::new(""),
            command: String::new(),
            state: self.state,
            health: Health::None,
            created: self.started.unwrap_or_default().trunc_subsecs(0),
            started: self.started,
            finished: None,
            restarts: 0,
            oom_killed: false,
            pid: None,
            tty: None,
            ports: Vec::new(),
            mounts: Vec::new(),
            networks: Vec::new(),
            network_mode: String::new(),
            labels: Default::default(),
            isolation: self.isolation,
            limits: None,
            size_rw: None,
            maker: Some(maker),
        }
    }

    /// Whether a person means it by this.
    fn is_meant(&self, id: &ContainerId) -> bool {
        let (own, asked) = (self.id.to_lowercase(), id.as_str().to_lowercase());
        own == asked || self.shown().name == id.as_str() || (asked.len() >= SHORT && own.starts_with(&asked))
    }
}

/// A layer that another engine keeps, as lists show it. Its size is told of a container's only: what is in the others
/// would have to be counted file by file.
fn layer(foreign: layer::Foreign) -> Layer {
    let keeper = foreign.keeper.word();
    let id = |name: &str| LayerId::new(format!("{keeper}/{}", cleaned(name)));
    let below = foreign.below.as_deref().unwrap_or_default();
    let kind = match (foreign.scratch, &foreign.below) {
        (Some(_), _) => LayerKind::Writable,
        (None, Some(below)) if below.is_empty() => LayerKind::Base,
        _ => LayerKind::Image,
    };
    Layer {
        id: id(&foreign.name),
        diff: String::new(),
        parent: below.last().map(|parent| id(&layer::name(parent))),
        depth: below.len(),
        kind,
        size: foreign.scratch.map(Bytes),
        by: None,
        images: Vec::new(),
        containers: Vec::new(),
        path: Some(cleaned(foreign.folder.display().to_string())),
        keeper: Some(keeper.to_owned()),
    }
}

impl Runtime {
    /// Layers that other engines keep on this host.
    pub fn foreign_layers(&self) -> Vec<Layer> {
        let mut all = self.platform.storage.foreign();
        // Those below before those on them.
        all.sort_by_key(|layer| layer.below.as_ref().map_or(0, Vec::len));
        all.into_iter().map(layer).collect()
    }

    /// All of them. A platform that does not say is none that has any.
    pub(super) fn foreigners(&self) -> Vec<Foreign> {
        self.platform.compute.foreign().unwrap_or_else(|error| {
            tracing::debug!(%error, "containers of others are not listed");
            Vec::new()
        })
    }

    /// The one that is meant by an id, the beginning of an id or the name it is shown by.
    pub fn foreigner(&self, id: &ContainerId) -> Option<Foreign> {
        self.foreigners().into_iter().find(|foreign| foreign.is_meant(id))
    }

    /// The id of a container that is only looked at, whoever made it; `tried` is a verb.
    ///
    /// # Errors
    /// As [`Runtime::record`].
    pub fn seen(&self, id: &ContainerId, tried: &str) -> Result<ContainerId> {
        match self.own_record(id, tried) {
            Ok(record) => Ok(record.id),
            Err(error) => self.foreigner(id).map(|foreign| ContainerId::new(foreign.id)).ok_or(error),
        }
    }

    /// What is said of a container that is not ours: that it is another's, or the error itself.
    pub(super) fn not_ours(&self, id: &ContainerId, tried: &str, error: RuntimeError) -> RuntimeError {
        match (&error, self.foreigner(id)) {
            (RuntimeError::NotFound { .. }, Some(foreign)) => {
                let name = foreign.shown().name;
                RuntimeError::Conflict { tried: format!("{tried} `{name}`"), why: made_by(&foreign.maker()) }
            }
            _ => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Verb;

    fn foreign(owner: &str) -> Foreign {
        let id = "3F2A7bc9d0e1f2a3b4c5".into();
        Foreign { id, owner: owner.into(), state: State::Running, isolation: Isolation::Process, started: None }
    }

    #[test]
    fn who_made_it_is_said_and_nothing_of_it_is_changed() {
        for (owner, maker, name) in [
            ("docker", "docker", "docker/3F2A7bc9d0e1"),
            ("containerd-shim-runhcs-v1.exe", "containerd", "containerd/3F2A7bc9d0e1"),
            (r"longshore@D:\other", r"the longshore over `D:\other`", r"D:\other/3F2A7bc9d0e1"),
            ("", "another program", "program/3F2A7bc9d0e1"),
        ] {
            let shown = foreign(owner).shown();
            assert_eq!((shown.maker.as_deref(), shown.name.as_str()), (Some(maker), name));
            for verb in [Verb::Start, Verb::Stop, Verb::Kill, Verb::Remove, Verb::Exec, Verb::Rename] {
                assert!(shown.allows(verb).unwrap_err().0.contains(maker), "{verb:?}");
            }
            assert_eq!(shown.made(), None);
        }
    }

    #[test]
    fn layers_of_others_are_chains_of_their_own() {
        let kept = |name: &str, below: &[&str], scratch| layer::Foreign {
            keeper: layer::Keeper::Docker,
            name: name.into(),
            folder: name.into(),
            below: Some(below.iter().map(|name| format!("C:\\docker\\{name}").into()).collect()),
            scratch,
            has_utility_vm: false,
            children: 0,
        };
        let shown = [kept("a", &[], None), kept("b", &["a"], None), kept("c", &["a", "b"], Some(7))].map(layer);
        let told = shown.map(|one| (one.id.to_string(), one.parent.map(|id| id.to_string()), one.kind, one.size));
        let id = |name: &str| format!("docker/{name}");
        assert_eq!(
            told,
            [
                (id("a"), None, LayerKind::Base, None),
                (id("b"), Some(id("a")), LayerKind::Image, None),
                (id("c"), Some(id("b")), LayerKind::Writable, Some(Bytes(7))),
            ]
        );
    }

    #[test]
    fn it_is_meant_by_its_id_in_any_case_its_beginning_and_its_name() {
        let one = foreign("docker");
        for meant in ["3f2a7bc9d0e1f2a3b4c5", "3F2A7BC9D0E1", "docker/3F2A7bc9d0e1"] {
            assert!(one.is_meant(&ContainerId::new(meant)), "{meant}");
        }
        for other in ["3f2a", "web", "docker/3f2a"] {
            assert!(!one.is_meant(&ContainerId::new(other)), "{other}");
        }
    }
}
