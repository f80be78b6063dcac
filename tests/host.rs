//! What the local host tells, held against what the docker client and the kernel's own tools say of real containers.
//! Knows neither longshore's client nor its screen.

mod support;

use std::{
    collections::BTreeMap,
    net::{IpAddr, TcpStream},
    path::Path,
    sync::Arc,
};

use longshore::{
    backend::{EngineError, local::LocalHost},
    host,
    model::{
        Action, Attachment, Container, ContainerId, Direction, Fate, Health, ImageId, Isolation, Maker, Network,
        NetworkId, Owner, Packet, PortMapping, Protocol, Reach, Signal, State, Subnet,
    },
};
use support::{
    engines::{self, Docker},
    wires::{Outside, Table, UserRule},
};

/// The engine, and the host that it runs on.
fn here() -> Option<(Docker, Arc<dyn LocalHost>)> {
    let docker = engines::docker()?;
    match host::local() {
        Ok(host) => Some((docker, host)),
        Err(why) => {
            eprintln!("SKIPPED: {why}");
            None
        }
    }
}

/// A container as the engine's client will tell of it, by the docker client's words.
fn described(container: &engines::Container, ports: Vec<PortMapping>) -> Container {
    let place = Attachment {
        network: "bridge".into(),
        id: None,
        address: Some(container.inspect("{{.NetworkSettings.Networks.bridge.IPAddress}}")),
        address6: None,
        mac: None,
        aliases: Vec::new(),
    };
    Container {
        id: ContainerId::new(container.id()),
        name: container.name().into(),
        image: engines::IMAGE.into(),
        image_id: ImageId::new(container.inspect("{{.Image}}")),
        command: String::new(),
        state: State::Running,
        health: Health::None,
        created: chrono::DateTime::UNIX_EPOCH,
        started: None,
        finished: None,
        restarts: 0,
        oom_killed: false,
        pid: container.inspect("{{.State.Pid}}").parse().ok(),
        tty: None,
        ports,
        mounts: Vec::new(),
        networks: vec![place],
        network_mode: "bridge".into(),
        labels: BTreeMap::new(),
        isolation: Isolation::Default,
        limits: None,
        size_rw: None,
        maker: None,
    }
}

fn bridge(docker: &Docker) -> Network {
    let told = |format: &str| docker.cli(["network", "inspect", "--format", format, "bridge"]);
    let range = told("{{(index .IPAM.Config 0).Subnet}}");
    let name = told("{{index .Options \"com.docker.network.bridge.name\"}}");
    Network {
        id: NetworkId::new(told("{{.Id}}")),
        name: "bridge".into(),
        driver: "bridge".into(),
        scope: "local".into(),
        internal: false,
        ipv6: false,
        subnets: vec![Subnet { range, gateway: None }],
        endpoints: Vec::new(),
        created: None,
        labels: BTreeMap::new(),
        options: BTreeMap::from([("com.docker.network.bridge.name".into(), name)]),
    }
}

fn port(ip: &str, host: u16, inner: u16, protocol: Protocol) -> PortMapping {
    PortMapping { host_ip: Some(ip.into()), host_port: Some(host), container_port: inner, protocol }
}

/// The host's port that `docker run --publish IP::PORT` chose.
fn chosen(container: &engines::Container, inner: &str) -> u16 {
    let format = format!("{{{{(index (index .NetworkSettings.Ports \"{inner}\") 0).HostPort}}}}");
    let told = container.inspect(&format);
    told.parse().unwrap_or_else(|error| panic!("`{told}` is no port: {error}"))
}

#[test]
fn a_published_port_is_a_mapping_with_its_rules() {
    let Some((docker, host)) = here() else { return };
    let container =
        docker.run("publish", &["--publish", "0.0.0.0::80", "--publish", "127.0.0.1::53/udp"], &["sleep", "600"]);
    let (tcp, udp) = (chosen(&container, "80/tcp"), chosen(&container, "53/udp"));
    let ports = vec![port("0.0.0.0", tcp, 80, Protocol::Tcp), port("127.0.0.1", udp, 53, Protocol::Udp)];
    let (containers, networks) = ([described(&container, ports)], [bridge(&docker)]);
    let address = containers[0].address().expect("an address").to_owned();

    let nat = host.nat(&containers, &networks).expect("the NAT mappings");
    let ours: Vec<_> = nat.mappings.iter().filter(|m| m.container_name == container.name()).collect();
    let made: Vec<_> = ours.iter().map(|m| (m.port.host_port, m.made_by, m.reach, m.target.as_deref())).collect();
    let targets = [format!("{address}:80"), format!("{address}:53")];
    let expected = [(tcp, 0), (udp, 1)].map(|(p, i)| (Some(p), Maker::Engine, Reach::Up, Some(targets[i].as_str())));
    assert_eq!(made, expected);
    assert_eq!(nat.derived, None);

    let rules = host.firewall(&containers, &networks).expect("the firewall rules").rules;
    let ours: Vec<_> = rules.iter().filter(|r| r.container_name.as_deref() == Some(container.name())).collect();
    let publish = ours.iter().find(|r| r.action == Action::Dnat(format!("{address}:80"))).expect("a dnat to the port");
    assert_eq!((publish.ports.as_str(), publish.protocol.as_str()), (tcp.to_string().as_str(), "tcp"));
    assert_eq!((publish.direction, publish.owner, publish.enabled), (Direction::In, Owner::Engine, true));
    let let_in = ours.iter().find(|r| r.action == Action::Accept && r.ports == "53").expect("an accept for the port");
    assert!(publish.order < let_in.order, "packets are translated before they are filtered");
    assert!(ours.iter().all(|r| r.id.as_str().contains("handle")), "every rule has its handle: {ours:#?}");
}

#[test]
fn a_rule_of_a_person_is_seen_with_its_comment_and_hits() {
    let Some((docker, host)) = here() else { return };
    let container = docker.run("person", &[], &["sleep", "600"]);
    let (containers, networks) = ([described(&container, Vec::new())], [bridge(&docker)]);
    let address = containers[0].address().expect("an address");
    let comment = format!("of {}", container.name());
    let _rule = UserRule::insert(&[
        "-d",
        address,
        "-p",
        "tcp",
        "--dport",
        "81",
        "-m",
        "comment",
        "--comment",
        &comment,
        "-j",
        "DROP",
    ]);

    let rules = host.firewall(&containers, &networks).expect("the firewall rules").rules;
    let found: Vec<_> = rules.iter().filter(|rule| rule.name == comment).collect();
    let [rule] = found.as_slice() else { panic!("told {} times: {rules:#?}", found.len()) };
    assert_eq!((rule.owner, &rule.action, rule.ports.as_str()), (Owner::Other, &Action::Drop, "81"));
    assert_eq!((rule.container_name.as_deref(), rule.packets), (Some(container.name()), Some(0)));
    assert!(rule.chain.ends_with("DOCKER-USER"), "{}", rule.chain);
}

#[test]
fn a_table_of_nft_is_read_beside_those_of_iptables() {
    let Some((docker, host)) = here() else { return };
    let container = docker.run("native", &[], &["sleep", "600"]);
    let (containers, networks) = ([described(&container, Vec::new())], [bridge(&docker)]);
    let address = containers[0].address().expect("an address");
    let table = Table::create(&format!(
        "chain gate {{ type filter hook forward priority 5; ip daddr {address} tcp dport {{ 82, 90-92 }} counter accept; }}"
    ));

    let rules = host.firewall(&containers, &networks).expect("the firewall rules").rules;
    let chain = format!("inet {} gate", table.0);
    let found: Vec<_> = rules.iter().filter(|rule| rule.chain == chain).collect();
    let [rule, policy] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!((rule.ports.as_str(), rule.protocol.as_str(), &rule.action), ("82,90-92", "tcp", &Action::Accept));
    assert_eq!(rule.container_name.as_deref(), Some(container.name()));
    assert_eq!(rule.text, format!("ip daddr {address} tcp dport {{ 82, 90-92 }} counter accept"));
    assert_eq!((policy.text.as_str(), policy.order), ("policy accept", rule.order + 1));
}

#[test]
fn a_packet_is_followed_to_its_container_or_to_the_rule_that_stops_it() {
    let Some((docker, host)) = here() else { return };
    let container = docker.run("explain", &["--publish", "0.0.0.0::80"], &["sleep", "600"]);
    let published = chosen(&container, "80/tcp");
    let ports = vec![port("0.0.0.0", published, 80, Protocol::Tcp)];
    let (containers, networks) = ([described(&container, ports)], [bridge(&docker)]);
    let address = containers[0].address().expect("an address");
    let remote = Some(IpAddr::from([203, 0, 113, 9]));
    let packet = Packet::In { protocol: Protocol::Tcp, remote, port: published };
    let explain = || host.explain(&packet, &containers, &networks).expect("an explanation");

    assert_eq!(explain().fate, Fate::Arrives(format!("{address}:80")));

    let _rule = UserRule::insert(&["-s", "203.0.113.0/24", "-d", address, "-p", "tcp", "--dport", "80", "-j", "DROP"]);
    let stopped = explain();
    assert_eq!(stopped.fate, Fate::Stopped);
    let last = stopped.steps.last().expect("a step");
    assert_eq!((last.certain, &last.action), (true, &Action::Drop));
    let rules = host.firewall(&containers, &networks).expect("the firewall rules").rules;
    let shown = rules.iter().find(|rule| rule.id == last.rule).expect("the rule that stops it is in the table");
    assert_eq!(shown.remote, "203.0.113.0/24");
}

#[test]
fn what_is_explained_is_what_happens() {
    let Some((docker, host)) = here() else { return };
    let serve = "mkdir /www && echo here > /www/index.html && exec httpd -f -p 80 -h /www";
    let container = docker.run("truth", &["--publish", "0.0.0.0::80"], &["sh", "-c", serve]);
    let published = chosen(&container, "80/tcp");
    let ports = vec![port("0.0.0.0", published, 80, Protocol::Tcp)];
    let (containers, networks) = ([described(&container, ports)], [bridge(&docker)]);
    let address = containers[0].address().expect("an address").to_owned();
    drop(connect(&address, 80));

    let outside = Outside::create();
    let packet = |port| Packet::In { protocol: Protocol::Tcp, remote: Some(outside.address), port };
    let explained = |port| host.explain(&packet(port), &containers, &networks).expect("an explanation").fate;
    assert_eq!(explained(published), Fate::Arrives(format!("{address}:80")));
    assert!(outside.reaches(published), "the container is reached");

    let _rule = UserRule::insert(&["-i", &outside.interface, "-d", &address, "-p", "tcp", "-j", "REJECT"]);
    assert_eq!(explained(published), Fate::Depends, "nothing in the packet tells by which interface it comes");
    assert!(!outside.reaches(published), "the container is shut off");

    let source = outside.address.to_string();
    let _rule = UserRule::insert(&["-s", &source, "-d", &address, "-p", "tcp", "-j", "REJECT"]);
    assert_eq!(explained(published), Fate::Stopped);
}

#[test]
fn a_connection_to_a_published_port_is_a_session() {
    let Some((docker, host)) = here() else { return };
    let serve = "mkdir /www && echo here > /www/index.html && exec httpd -f -p 80 -h /www";
    let container = docker.run("session", &["--publish", "0.0.0.0::80"], &["sh", "-c", serve]);
    let published = chosen(&container, "80/tcp");
    let ports = vec![port("0.0.0.0", published, 80, Protocol::Tcp)];
    let (containers, networks) = ([described(&container, ports)], [bridge(&docker)]);
    let gateway = container.inspect("{{.NetworkSettings.Networks.bridge.Gateway}}");

    // To an address that is not loopback, so that the kernel and not the user proxy forwards it.
    let connection = connect(&gateway, published);
    let nat = host.nat(&containers, &networks).expect("the NAT mappings");
    if let Some(why) = nat.sessions_hidden {
        eprintln!("SKIPPED: {why}");
        return;
    }
    let source = connection.local_addr().expect("an address").to_string();
    let session = nat.sessions.iter().find(|s| s.source == source).unwrap_or_else(|| panic!("{:#?}", nat.sessions));
    assert_eq!(session.destination, format!("{gateway}:{published}"));
    assert_eq!(session.translated, format!("{}:80", containers[0].address().expect("an address")));
    assert_eq!((session.state.as_str(), session.outbound), ("ESTABLISHED", false));
    assert_eq!(session.container.as_deref(), Some(container.name()));
}

/// Connects once the server in the container listens; the kernel refuses until then.
fn connect(address: &str, port: u16) -> TcpStream {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        match TcpStream::connect((address, port)) {
            Ok(connection) => return connection,
            Err(error) if std::time::Instant::now() > deadline => panic!("nobody listens at {address}:{port}: {error}"),
            Err(_) => std::thread::yield_now(),
        }
    }
}

#[test]
fn a_process_is_known_by_both_of_its_ids() {
    let Some((docker, host)) = here() else { return };
    let container = docker.run("process", &[], &["sleep", "600"]);
    let pid: u32 = container.inspect("{{.State.Pid}}").parse().expect("a pid");

    let facts = host.processes(&[pid, u32::MAX, std::process::id()]);
    assert_eq!(facts.len(), 1, "a pid of nobody, and one outside of containers, are left out");
    let facts = &facts[&pid];
    assert_eq!((facts.inner, facts.session, facts.threads), (Some(1), Some(pid), Some(1)));
    assert!(facts.memory.is_some_and(|memory| memory.0 > 0));
    let started = chrono::DateTime::parse_from_rfc3339(&container.inspect("{{.State.StartedAt}}")).expect("a time");
    let apart = started.to_utc() - facts.started.expect("a start");
    assert!(apart.num_seconds().abs() <= 3, "the kernel and the engine are {apart} apart");
}

#[test]
fn a_signal_reaches_a_process_of_a_container_and_no_other() {
    let Some((docker, host)) = here() else { return };
    let container = docker.run("signal", &[], &["sleep", "600"]);
    let pid: u32 = container.inspect("{{.State.Pid}}").parse().expect("a pid");
    host.processes(&[pid]);

    let refused = host.signal(std::process::id(), Signal::KILL);
    assert!(matches!(refused, Err(EngineError::NotFound { .. })), "{refused:?}");
    host.signal(pid, Signal::KILL).expect("the signal is sent");
    assert_eq!(docker.cli(["wait", container.name()]), "137");
    let gone = host.signal(pid, Signal::TERM);
    assert!(matches!(gone, Err(EngineError::NotFound { .. })), "{gone:?}");
}

#[test]
fn an_engine_whose_bridges_are_elsewhere_is_not_spoken_for() {
    let Some((docker, host)) = here() else { return };
    let container = docker.run("elsewhere", &[], &["sleep", "600"]);
    let mut network = bridge(&docker);
    // TEST-NET-3 (RFC 5737): nobody's addresses.
    network.subnets[0].range = "203.0.113.0/24".into();
    let told = host.firewall(&[described(&container, Vec::new())], &[network]);
    assert!(matches!(told, Err(EngineError::Unsupported { .. })), "{told:?}");
}

#[test]
fn the_load_of_the_host_is_within_its_bounds() {
    let host = match host::local() {
        Ok(host) => host,
        Err(why) => return eprintln!("SKIPPED: {why}"),
    };
    let first = host.load(Path::new("/")).expect("the load");
    assert_eq!(first.cpu_percent, 0.0, "one reading tells nothing");
    busy_until(|| host.load(Path::new("/")).expect("the load").cpu_percent > 0.0);
    assert!(first.memory_used.0 > 0 && first.memory_used < first.memory_total);
    assert!(first.disk_free < first.disk_total && first.disk_free.is_some());
    assert_eq!(host.load(Path::new("/no/such/place")).expect("the load").disk_total, None);
}

fn busy_until(done: impl Fn() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while !done() {
        assert!(std::time::Instant::now() < deadline, "a busy processor went unnoticed");
    }
}
