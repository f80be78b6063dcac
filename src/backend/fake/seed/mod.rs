//! The worlds that fake engines begin with: a small shop, and any number of alike containers. Knows no script.

mod containers;
mod images;
mod many;

use chrono::{DateTime, TimeDelta, Utc};

use super::world::{World, digest};
use crate::model::{
    Bytes, HostLoad, NatSession, Network, NetworkId, PROJECT_LABEL, Protocol, SERVICE_LABEL, Subnet, System, VolumeName,
};

pub(super) use many::many;

/// A small shop, as its operator would find it on a day that is not the best.
pub(super) fn shop() -> World {
    let mut world = World::empty();
    images::add(&mut world);
    add_network(&mut world, "shop_default", "bridge", "172.20.0.0/16", "172.20.0.1");
    for (name, size) in [("shop_db", 412), ("shop_cache", 0), ("backups", 2048)] {
        world.volume_named(name).size = Some(Bytes::mib(size));
    }
    world.volume_named(&digest("an anonymous volume")).size = Some(Bytes::mib(35));
    let files = [("2026-11/monday.sql.gz", "m"), ("2026-11/sunday.sql.gz", "su"), ("README", "kept for a year\n")];
    let files = files.map(|(path, content)| (path.to_owned(), content.as_bytes().to_vec()));
    world.volume_files.insert(VolumeName::new("backups"), files.into());
    if let Some(volume) = world.volumes.get_mut(&VolumeName::new("shop_db")) {
        volume.labels.insert(PROJECT_LABEL.to_owned(), "shop".to_owned());
    }
    containers::add(&mut world);
    world.nat_sessions = nat_sessions();
    for reference in ["alpine:3.21", "redis:7", "nginx:1.27"] {
        world.offered.insert(reference.to_owned());
    }
    world
}

/// What the engine says of itself.
pub(super) fn about() -> System {
    System {
        engine: "Docker Engine".to_owned(),
        version: "27.3.1".to_owned(),
        api_version: "1.47".to_owned(),
        os_type: "linux".to_owned(),
        os: "Debian GNU/Linux 12 (bookworm)".to_owned(),
        kernel: "6.1.0-28-amd64".to_owned(),
        arch: "x86_64".to_owned(),
        hostname: "harbour".to_owned(),
        cpus: 4,
        memory: Bytes::mib(16 << 10),
        storage_driver: "overlay2".to_owned(),
        data_root: "/var/lib/docker".to_owned(),
        cgroup_version: "2".to_owned(),
        cgroup_driver: "systemd".to_owned(),
        runtime: "runc".to_owned(),
        security: vec!["apparmor".to_owned(), "seccomp".to_owned()],
        log_driver: "json-file".to_owned(),
        ..System::default()
    }
}

/// The host's load.
pub(super) fn load() -> HostLoad {
    HostLoad {
        cpu_percent: 12.5,
        memory_used: Bytes::mib(3_174),
        memory_total: Bytes::mib(16 << 10),
        disk_free: Some(Bytes::mib(61 << 10)),
        disk_total: Some(Bytes::mib(100 << 10)),
    }
}

/// What every dockerd has.
pub(super) fn built_in_networks(world: &mut World) {
    add_network(world, "bridge", "bridge", "172.17.0.0/16", "172.17.0.1");
    add_network(world, "host", "host", "", "");
    add_network(world, "none", "null", "", "");
}

fn add_network(world: &mut World, name: &str, driver: &str, range: &str, gateway: &str) {
    let id = NetworkId::new(digest(&format!("network {name}")));
    let subnet = Subnet { range: range.to_owned(), gateway: Some(gateway.to_owned()) };
    let mut network = Network {
        id: id.clone(),
        name: name.to_owned(),
        driver: driver.to_owned(),
        scope: "local".to_owned(),
        internal: false,
        ipv6: false,
        subnets: if range.is_empty() { Vec::new() } else { vec![subnet] },
        endpoints: Vec::new(),
        created: Some(ago(world, TimeDelta::days(90))),
        labels: Default::default(),
        options: Default::default(),
    };
    if name == "bridge" {
        network.options.insert("com.docker.network.bridge.name".to_owned(), "docker0".to_owned());
    }
    if let Some(project) = name.strip_suffix("_default") {
        network.labels.insert(PROJECT_LABEL.to_owned(), project.to_owned());
    }
    world.networks.insert(id, network);
}

fn nat_sessions() -> Vec<NatSession> {
    let session = |source: &str, destination: &str, translated: &str, outbound: bool, container: &str| NatSession {
        protocol: Protocol::Tcp,
        state: "ESTABLISHED".to_owned(),
        source: source.to_owned(),
        destination: destination.to_owned(),
        translated: translated.to_owned(),
        timeout: Some(431_990),
        bytes: Some(48_213),
        outbound,
        container: Some(container.to_owned()),
    };
    vec![
        session("203.0.113.7:52044", "198.51.100.4:8080", "172.20.0.2:80", false, "web-1"),
        session("203.0.113.9:40112", "198.51.100.4:8080", "172.20.0.2:80", false, "web-1"),
        session("172.20.0.3:45810", "192.0.2.53:443", "198.51.100.4:45810", true, "db"),
    ]
}

fn ago(world: &World, time: TimeDelta) -> DateTime<Utc> {
    world.now - time
}

fn compose(service: &str) -> [(String, String); 2] {
    [(PROJECT_LABEL.to_owned(), "shop".to_owned()), (SERVICE_LABEL.to_owned(), service.to_owned())]
}
