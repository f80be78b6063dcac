//! The containers of the shop, each with a reason to be looked at. Knows no script.

use chrono::TimeDelta;

use super::{
    super::{
        life::main_process,
        networks::attachment,
        world::{Item, World, digest, harmless},
    },
    ago, compose,
    images::{APP, NGINX, POSTGRES},
};
use crate::model::{
    Bytes, Container, ContainerId, ExecSpec, Health, Isolation, Limits, LogLine, Mount, MountKind, PathChange,
    PathChangeKind, PortMapping, Process, Protocol, Rate, RestartPolicy, Sample, State, Stream,
};

pub(super) fn add(world: &mut World) {
    web(world);
    database(world);
    let job = one(world, "job-7", APP, "node job.js 7", State::Exited(137), 12);
    job.container.oom_killed = true;
    job.container.limits = Some(Limits { memory: Some(Bytes::mib(256)), ..Limits::default() });
    write(job, &["loading 7 of 12", "FATAL ERROR: Reached heap limit"]);
    one(world, "worker", APP, "node worker.js", State::Paused, 300);
    let api = one(world, "api", APP, "node server.js", State::Running, 95);
    api.container.health = Health::Unhealthy;
    write(api, &["\u{1b}[33mWARN\u{1b}[0m upstream timed out", "GET /health 503"]);
    let flaky = one(world, "mailer", APP, "node mailer.js", State::Restarting, 8);
    flaky.container.restarts = 17;
    flaky.container.limits = Some(Limits { restart: RestartPolicy::Always, ..Limits::default() });
    publish(one(world, "proxy", NGINX, "nginx -g daemon off;", State::Running, 60), 8443, 443);
    publish(one(world, "proxy-old", NGINX, "nginx -g daemon off;", State::Exited(0), 1500), 8443, 443);
    one(world, "once", "hello-world:latest", "/hello", State::Created, 3);
    world.begin_exec(&id("db"), &ExecSpec { command: words("psql -U shop"), tty: true, ..ExecSpec::default() });
}

fn web(world: &mut World) {
    let web = one(world, "web-1", NGINX, "nginx -g daemon off;", State::Running, 125);
    web.container.health = Health::Healthy;
    web.container.labels.extend(compose("web"));
    web.container.size_rw = Some(Bytes(1095));
    publish(web, 8080, 80);
    web.changes = [(PathChangeKind::Changed, "/run"), (PathChangeKind::Added, "/run/nginx.pid")]
        .map(|(kind, path)| PathChange { kind, path: path.to_owned() })
        .into();
    let leader = web.container.pid.unwrap_or_default();
    for n in 1..=2 {
        let worker = Process {
            pid: leader + n,
            parent: leader,
            inner: Some(28 + n),
            user: "nginx".to_owned(),
            command: "nginx: worker process".to_owned(),
            depth: 1,
            ..web.processes.first().cloned().unwrap_or_default()
        };
        web.processes.push(worker);
    }
    let hostile = "GET /\u{1b}]0;owned\u{7}\u{1b}[2J 404";
    write(web, &["ready for start up", "\u{1b}[32mGET\u{1b}[0m /index.html 200", "GET /größe 200", hostile]);
    join(world, "web-1", "shop_default", "172.20.0.2");
}

fn database(world: &mut World) {
    let db = one(world, "db", POSTGRES, "postgres", State::Running, 4_320);
    db.container.health = Health::Healthy;
    db.container.labels.extend(compose("db"));
    db.container.limits =
        Some(Limits { memory: Some(Bytes::mib(1024)), restart: RestartPolicy::UnlessStopped, ..Limits::default() });
    let mount = |kind, source: &str, target: &str, read_only| Mount::new(kind, source, target, read_only);
    db.container.mounts = vec![
        mount(MountKind::Volume, "shop_db", "/var/lib/postgresql/data", false),
        mount(MountKind::Bind, "/srv/shop/init", "/docker-entrypoint-initdb.d", true),
    ];
    write(db, &["database system is ready to accept connections"]);
    let slow = LogLine { at: None, stream: Stream::Err, text: "checkpoints are occurring too frequently".to_owned() };
    db.log(slow);
    join(world, "db", "shop_default", "172.20.0.3");
}

/// Adds a container that began so many minutes ago. The first gets the lowest address of the default bridge.
fn one<'a>(world: &'a mut World, name: &str, image: &str, command: &str, state: State, minutes: i64) -> &'a mut Item {
    let id = id(name);
    let began = ago(world, TimeDelta::minutes(minutes));
    let image_id = world.image_of(image).map(|picture| picture.image.id.clone());
    let up = state.is_up();
    let container = Container {
        id: id.clone(),
        name: name.to_owned(),
        image: image.to_owned(),
        image_id: image_id.unwrap_or_else(|| "".into()),
        command: command.to_owned(),
        state,
        health: Health::None,
        created: began,
        started: (state != State::Created).then_some(began),
        finished: matches!(state, State::Exited(_)).then(|| began + TimeDelta::minutes(minutes / 2)),
        restarts: 0,
        oom_killed: false,
        pid: up.then(|| 1_000 + 100 * world.containers.len() as u32),
        tty: Some(false),
        ports: Vec::new(),
        mounts: Vec::new(),
        networks: world.networks.values().find(|n| n.name == "bridge").map(attachment).into_iter().collect(),
        network_mode: "bridge".to_owned(),
        labels: Default::default(),
        isolation: Isolation::Default,
        limits: Some(Limits::default()),
        size_rw: Some(Bytes(0)),
        maker: None,
    };
    let mut item = Item { command: words(command), ..Item::new(container) };
    if up {
        let pid = item.container.pid.unwrap_or_default();
        item.processes = vec![main_process(&item.container, pid)];
        item.samples = samples(world, name);
        let address = world.free_address("bridge");
        item.container.networks.iter_mut().for_each(|place| place.address.clone_from(&address));
    }
    world.containers.entry(id).or_insert(item)
}

/// The id that a container of this name has in the shop.
fn id(name: &str) -> ContainerId {
    ContainerId::new(digest(&format!("container {name}")))
}

fn words(command: &str) -> Vec<String> {
    command.split(' ').map(str::to_owned).collect()
}

fn publish(item: &mut Item, host: u16, inner: u16) {
    let port = PortMapping {
        host_ip: Some("0.0.0.0".to_owned()),
        host_port: Some(host),
        container_port: inner,
        protocol: Protocol::Tcp,
    };
    item.container.ports.push(port);
}

/// Moves a container out of the default bridge.
fn join(world: &mut World, name: &str, network: &str, address: &str) {
    let place = world.networks.values().find(|known| known.name == network).map(attachment);
    if let Some(item) = world.containers.get_mut(&id(name)) {
        item.container.networks = place.into_iter().collect();
        item.container.network_mode = network.to_owned();
        for place in &mut item.container.networks {
            place.address = Some(address.to_owned());
            place.aliases = vec![name.to_owned()];
        }
    }
}

fn write(item: &mut Item, lines: &[&str]) {
    let start = item.container.started.unwrap_or(item.container.created);
    for (second, line) in lines.iter().enumerate() {
        let at = Some(start + TimeDelta::seconds(second as i64));
        item.log(LogLine { at, stream: Stream::Out, text: harmless(line) });
    }
}

/// Half a minute of use, different for each name and the same every time.
fn samples(world: &World, name: &str) -> Vec<Sample> {
    let weight = name.len() as f64;
    let sample = |second: i64| Sample {
        at: world.now - TimeDelta::seconds(30 - second),
        cpu_percent: weight + 4.0 * ((second % 7) as f64),
        memory: Bytes::mib(24 * name.len() as u64 + second as u64),
        memory_limit: world.about.memory,
        net_in: Rate(1_200.0 * weight),
        net_out: Rate(9_400.0 * weight),
        disk_read: Rate(0.0),
        disk_write: Rate(512.0 * weight),
        pids: 1 + name.len() as u64 % 4,
        net_in_total: Bytes::mib(12),
        net_out_total: Bytes::mib(90),
        disk_read_total: Bytes::mib(3),
        disk_write_total: Bytes::mib(7),
    };
    (1..=30).map(sample).collect()
}
