//! Things for tests of other rooms, with as little in them as they can have.

use std::collections::BTreeMap;

use chrono::DateTime;

use super::{Container, ContainerId, Health, ImageId, Isolation, State};

/// A container that is called so, in this state; its id is its name.
pub(crate) fn container(name: &str, state: State) -> Container {
    Container {
        id: ContainerId::new(name),
        name: name.into(),
        image: "busybox:1".into(),
        image_id: ImageId::new("sha256:b0"),
        command: "sleep 1d".into(),
        state,
        health: Health::None,
        created: DateTime::UNIX_EPOCH,
        started: None,
        finished: None,
        restarts: 0,
        oom_killed: false,
        pid: None,
        tty: None,
        ports: Vec::new(),
        mounts: Vec::new(),
        networks: Vec::new(),
        network_mode: "bridge".into(),
        labels: BTreeMap::new(),
        isolation: Isolation::Default,
        limits: None,
        size_rw: None,
        maker: None,
    }
}
