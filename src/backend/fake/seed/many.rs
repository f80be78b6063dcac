//! Any number of containers that are alike, as on a large host. Knows no script.

use chrono::TimeDelta;

use super::super::{
    life::main_process,
    networks::attachment,
    world::{Item, World, digest},
};
use super::images::{image, layer};
use crate::model::{
    Bytes, Container, ContainerId, Health, Isolation, Limits, PROJECT_LABEL, PortMapping, Protocol, State,
};

/// Images among which the containers are divided.
const IMAGES: usize = 20;
/// Containers of one compose project.
const PROJECT: usize = 25;

/// A world with `n` containers, nine in ten running.
pub(in super::super) fn many(n: usize) -> World {
    let mut world = World::empty();
    let base = layer("ADD rootfs.tar.xz /", 74);
    let images: Vec<_> = (0..IMAGES.min(n))
        .map(|k| {
            let tag = format!("registry.example/team/service-{k}:1.{k}");
            (tag.clone(), image(&mut world, &[&tag], k as i64, &[base.clone(), layer(&format!("COPY {k} /srv"), 9)]))
        })
        .collect();
    let network = world.networks.values().find(|network| network.name == "bridge").map(attachment);
    for k in 0..n {
        let (tag, image_id) = &images[k % IMAGES];
        let mut place = network.clone();
        let up = k % 10 != 9;
        if let Some(place) = place.as_mut().filter(|_| up) {
            place.address = Some(format!("172.17.{}.{}", (k + 2) >> 8, (k + 2) & 255));
        }
        let container = Container {
            id: ContainerId::new(digest(&format!("container {k}"))),
            name: format!("service-{k:05}"),
            image: tag.clone(),
            image_id: image_id.clone(),
            command: format!("/srv/service --shard {k}"),
            state: if up { State::Running } else { State::Exited((k % 3) as i64) },
            health: if k % 4 == 0 { Health::Healthy } else { Health::None },
            created: world.now - TimeDelta::minutes(k as i64 + 1),
            started: Some(world.now - TimeDelta::minutes(k as i64 + 1)),
            finished: None,
            restarts: 0,
            oom_killed: false,
            pid: up.then_some(2_000 + k as u32),
            tty: Some(false),
            ports: port(k).filter(|_| up).into_iter().collect(),
            mounts: Vec::new(),
            networks: place.into_iter().collect(),
            network_mode: "bridge".to_owned(),
            labels: [(PROJECT_LABEL.to_owned(), format!("project-{}", k / PROJECT))].into(),
            isolation: Isolation::Default,
            limits: Some(Limits::default()),
            size_rw: Some(Bytes(0)),
            maker: None,
        };
        let mut item = Item::new(container);
        item.processes = item.container.pid.map(|pid| main_process(&item.container, pid)).into_iter().collect();
        world.containers.insert(item.container.id.clone(), item);
    }
    world
}

/// Every fourth container publishes a port of its own, as long as there are any.
fn port(k: usize) -> Option<PortMapping> {
    let host_port = u16::try_from(20_000 + k).ok().filter(|_| k.is_multiple_of(4))?;
    let host_ip = Some("0.0.0.0".to_owned());
    Some(PortMapping { host_ip, host_port: Some(host_port), container_port: 8080, protocol: Protocol::Tcp })
}
