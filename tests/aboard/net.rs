//! Names, and ports that come and go live.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Command,
    time::{Duration, Instant},
};

use longshore::{
    backend::{Containers, NatTable, Networks, Rules},
    model::{ContainerId, ContainerSpec, Fate, NetworkSpec, Packet, PortMapping, Protocol},
    runtime::{
        document::{FilterRule, NetworkPlan, Order, RuleScope},
        records::attachment,
    },
};

use crate::shore::{PATIENCE, Shore};
use crate::support::engines::unique;

/// Answers each connection with its own host name.
const SERVER: &str = "hostname > /www; while true; do nc -l -p 80 < /www; done";

fn port(container_port: u16) -> PortMapping {
    PortMapping { host_ip: Some(String::new()), host_port: None, container_port, protocol: Protocol::Tcp }
}

/// What is said at a port of this host, if anybody answers.
fn said_at(port: u16) -> Option<String> {
    let mut line = TcpStream::connect_timeout(&([127, 0, 0, 1], port).into(), Duration::from_secs(2)).ok()?;
    line.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let _ = line.write_all(b"\n");
    let mut said = String::new();
    let _ = line.read_to_string(&mut said);
    (!said.is_empty()).then(|| said.trim().to_owned())
}

/// Asks until the server in there listens.
fn eventually_said_at(port: u16) -> String {
    let begun = Instant::now();
    loop {
        if let Some(said) = said_at(port) {
            return said;
        }
        assert!(begun.elapsed() < PATIENCE, "nobody answers at {port}");
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn a_port_is_published_and_closed_while_its_container_runs() {
    let Some(shore) = Shore::new().await else { return };
    let spec = ContainerSpec { hostname: Some("shopfront".into()), ..shore.spec("live", SERVER) };
    let id = shore.run(&spec).await;
    let [host_port] = shore.engine.publish(&id, &port(80)).await.unwrap()[..] else { panic!("one port") };
    assert_eq!(eventually_said_at(host_port), "shopfront");
    assert!(shore.look(&id).await.ports.iter().any(|port| port.host_port == Some(host_port)));
    shore.engine.unpublish(&id, &PortMapping { host_port: Some(host_port), ..port(80) }).await.unwrap();
    assert!(shore.look(&id).await.ports.iter().all(|port| port.host_port.is_none()));

    // A port that the engine has chosen may be another test's at once; a named one is nobody's again.
    let named = PortMapping { host_port: Some(18_081), ..port(80) };
    assert_eq!(shore.engine.publish(&id, &named).await.unwrap(), [18_081]);
    assert_eq!(eventually_said_at(18_081), "shopfront");
    shore.engine.unpublish(&id, &named).await.unwrap();
    assert_eq!(said_at(18_081), None, "it is closed");
}

#[tokio::test]
async fn the_command_line_publishes_and_closes() {
    let Some(shore) = Shore::new().await else { return };
    let spec = ContainerSpec { hostname: Some("commanded".into()), ..shore.spec("commanded", SERVER) };
    let id = shore.run(&spec).await;
    let longshore = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_longshore"));
        command.args(["--embedded", "--data-root"]).arg(&shore.runtime().layout().data).args(words);
        let output = command.output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let done = |printed: &str| (printed.to_owned(), String::new());
    assert_eq!(longshore(&["publish", id.as_str(), "18083:80"]), done("80/tcp -> 0.0.0.0:18083\n"));
    assert_eq!(eventually_said_at(18_083), "commanded");
    assert_eq!(longshore(&["unpublish", id.as_str(), "80"]), done(""));
    assert_eq!(said_at(18_083), None, "it is closed");
    let (_, refused) = longshore(&["unpublish", id.as_str(), "80"]);
    assert!(refused.contains("it is not published"), "{refused}");
}

#[tokio::test]
async fn a_console_that_opens_does_not_put_back_what_another_is_closing() {
    let Some(shore) = Shore::new().await else { return };
    let id = shore.run(&shore.spec("closing", SERVER)).await;
    // Named, for one that the engine chooses may be another test's at once.
    let host_port = 18_082;
    shore.engine.publish(&id, &PortMapping { host_port: Some(host_port), ..port(80) }).await.unwrap();
    eventually_said_at(host_port);
    // As far as a console comes that is killed on its way: the order still speaks of the port.
    let runtime = shore.runtime();
    let claims = runtime.db().look(attachment::claims).unwrap();
    let of_port: Vec<_> = claims.iter().filter(|claim| claim.host_port == host_port).collect();
    runtime.db().change("close", |t| of_port.iter().try_for_each(|claim| attachment::unclaim(t, claim))).unwrap();
    let order = std::fs::read(runtime.layout().running(&id).join("order.json")).unwrap();
    let order: Order = serde_json::from_slice(&order).unwrap();
    let NetworkPlan::Own { mappings, .. } = order.network else { panic!("{:?}", order.network) };
    for mapping in mappings.iter().filter(|mapping| mapping.host_port == host_port) {
        runtime.platform().network.unpublish(&id, mapping).unwrap();
    }
    let _next = shore.another();
    assert_eq!(said_at(host_port), None);
}

#[tokio::test]
async fn containers_of_a_network_know_each_other_by_name_as_they_come_and_go() {
    let Some(shore) = Shore::new().await else { return };
    let name = unique("names");
    shore.engine.create_network(&NetworkSpec { name: name.clone(), ..NetworkSpec::default() }).await.unwrap();
    shore.remove_later(&["network", "rm", &name]);
    let inside = |test: &str| ContainerSpec { network: Some(name.clone()), ..shore.spec(test, "sleep 600") };
    let (web, db) = (inside("web"), inside("db"));
    let web_id = shore.run(&web).await;
    let db_id = shore.run(&db).await;
    let db_name = db.name.as_deref().unwrap();
    let ping = format!("ping -c 1 -W 5 {db_name} >/dev/null && echo reached");
    assert_eq!(shore.says(&web_id, &ping).await.trim(), "reached");
    longshore::backend::Containers::stop(&shore.engine, &db_id, Duration::ZERO).await.unwrap();
    let known = shore.says(&web_id, &format!("grep -c {db_name} /etc/hosts")).await;
    assert_eq!(known.trim(), "0", "who has gone is forgotten");
}

#[tokio::test]
async fn a_rule_of_a_person_s_own_shuts_a_container_off_and_goes_again() {
    let Some(shore) = Shore::new().await else { return };
    let name = unique("ruled");
    shore.engine.create_network(&NetworkSpec { name: name.clone(), ..NetworkSpec::default() }).await.unwrap();
    shore.remove_later(&["network", "rm", &name]);
    let inside = |test: &str, script: &str| ContainerSpec { network: Some(name.clone()), ..shore.spec(test, script) };
    let (a, b) = (inside("a", "sleep 600"), inside("b", SERVER));
    let from = shore.run(&a).await;
    let to = shore.run(&b).await;
    let ask = format!("nc -w 2 {} 80 < /dev/null 2>/dev/null", b.name.as_deref().unwrap());
    let begun = Instant::now();
    while shore.says(&from, &ask).await.is_empty() {
        assert!(begun.elapsed() < PATIENCE, "nobody answers");
    }
    let deny = FilterRule { inbound: true, allow: false, protocol: None, peer: None, port: None };
    let rule = shore.runtime().add_rule(&RuleScope::Container(to.clone()), &deny).unwrap();
    assert_eq!(shore.says(&from, &ask).await, "");
    shore.runtime().remove_rule(rule).unwrap();
    let begun = Instant::now();
    while shore.says(&from, &ask).await.is_empty() {
        assert!(begun.elapsed() < PATIENCE, "nobody answers after the rule has gone");
    }
    let odd = FilterRule { peer: Some("everybody".into()), ..deny };
    assert!(shore.runtime().add_rule(&RuleScope::Container(to), &odd).is_err());
}

#[tokio::test]
async fn a_rule_is_listed_under_its_number_in_force_or_not_and_hides_no_published_port() {
    let Some(shore) = Shore::new().await else { return };
    let spec = ContainerSpec { ports: vec![port(80)], ..shore.spec("listed", SERVER) };
    let id = shore.run(&spec).await;
    let deny = FilterRule { inbound: true, allow: false, protocol: Some(Protocol::Tcp), peer: None, port: Some(80) };
    shore.engine.add_rule(&RuleScope::Container(id.clone()), &deny).await.unwrap();
    let of_it = async || {
        let told = shore.engine.firewall().await.unwrap();
        assert!(told.derived.is_none(), "the host's own rules are read: {:?}", told.derived);
        told.rules.into_iter().filter(|rule| rule.container.as_ref() == Some(&id)).collect::<Vec<_>>()
    };
    let listed = of_it().await;
    let own: Vec<_> = listed.iter().filter(|rule| rule.number.is_some()).collect();
    assert!(own.iter().any(|rule| rule.enabled && rule.packets.is_some()), "{listed:?}");
    assert!(own.iter().all(|rule| rule.name == "deny in, tcp port 80"), "{listed:?}");
    assert!(listed.iter().any(|rule| rule.name.starts_with("published port")), "{listed:?}");

    Containers::stop(&shore.engine, &id, Duration::ZERO).await.unwrap();
    let listed = of_it().await;
    let [rule] = listed.iter().filter(|rule| rule.number.is_some()).collect::<Vec<_>>()[..] else {
        panic!("{listed:?}")
    };
    assert!(!rule.enabled, "{rule:?}");
    shore.engine.remove_rule(rule.number.unwrap()).await.unwrap();
    assert!(of_it().await.iter().all(|rule| rule.number.is_none()));
    assert!(shore.engine.remove_rule(i64::MAX).await.is_err());
}

#[tokio::test]
async fn a_rule_keeps_to_its_container_when_addresses_change_hands() {
    let Some(shore) = Shore::new().await else { return };
    let [first, second] = ["hands", "more-hands"].map(unique);
    for name in [&first, &second] {
        shore.engine.create_network(&NetworkSpec { name: name.clone(), ..NetworkSpec::default() }).await.unwrap();
        shore.remove_later(&["network", "rm", name]);
    }
    let inside = |test: &str| ContainerSpec { network: Some(first.clone()), ..shore.spec(test, SERVER) };
    let address = async |id: &ContainerId, network: &str| {
        let networks = shore.look(id).await.networks;
        let place = networks.into_iter().find(|place| place.network == network).unwrap();
        place.address.unwrap()
    };
    let denied = shore.run(&inside("denied")).await;
    let deny = FilterRule { inbound: true, allow: false, protocol: None, peer: None, port: None };
    shore.engine.add_rule(&RuleScope::Container(denied.clone()), &deny).await.unwrap();
    let its_own = address(&denied, &first).await;
    let reached =
        |host: &str| TcpStream::connect_timeout(&format!("{host}:80").parse().unwrap(), Duration::from_secs(2));
    let eventually_reached = |host: &str| {
        let begun = Instant::now();
        while reached(host).is_err() {
            assert!(begun.elapsed() < PATIENCE, "nobody answers at {host}");
        }
    };
    assert!(reached(&its_own).is_err(), "denied");
    Containers::stop(&shore.engine, &denied, Duration::ZERO).await.unwrap();

    let heir = shore.run(&inside("heir")).await;
    assert_eq!(address(&heir, &first).await, its_own, "the heir of the address");
    eventually_reached(&its_own);

    let open = ContainerSpec { network: Some(second.clone()), ..shore.spec("open", SERVER) };
    let open = shore.run(&open).await;
    eventually_reached(&address(&open, &second).await);
    shore.engine.start(&denied).await.unwrap();
    let second_id = shore.engine.networks().await.unwrap().into_iter().find(|n| n.name == second).unwrap().id;
    shore.engine.connect(&second_id, &denied).await.unwrap();
    assert!(reached(&address(&denied, &second).await).is_err(), "denied where it was connected later, too");
}

#[tokio::test]
async fn what_becomes_of_a_packet_to_a_published_port_is_told_for_sure() {
    let Some(shore) = Shore::new().await else { return };
    let id = shore.run(&shore.spec("explained", SERVER)).await;
    let [host_port] = shore.engine.publish(&id, &port(80)).await.unwrap()[..] else { panic!("one port") };
    let packet = Packet::In { protocol: Protocol::Tcp, remote: Some("203.0.113.9".parse().unwrap()), port: host_port };
    let address = shore.look(&id).await.networks[0].address.clone().unwrap();
    let told = shore.engine.explain(&packet).await.unwrap();
    assert_eq!(told.fate, Fate::Arrives(format!("{address}:80")), "{told:#?}");
    let deny = FilterRule { inbound: true, allow: false, protocol: Some(Protocol::Tcp), peer: None, port: Some(80) };
    shore.engine.add_rule(&RuleScope::Container(id.clone()), &deny).await.unwrap();
    let told = shore.engine.explain(&packet).await.unwrap();
    assert_eq!(told.fate, Fate::Stopped, "{told:#?}");
    shore.engine.unpublish(&id, &PortMapping { host_port: Some(host_port), ..port(80) }).await.unwrap();
    let told = shore.engine.explain(&packet).await.unwrap();
    assert_eq!(told.fate, Fate::AtHost, "{told:#?}");
}

#[tokio::test]
async fn a_port_that_a_broken_off_start_had_taken_is_free() {
    let Some(shore) = Shore::new().await else { return };
    let loopback = Some([127, 0, 0, 1].into());
    let published = |name: &str, host_port| ContainerSpec {
        start: false,
        ports: vec![PortMapping { host_ip: Some("127.0.0.1".into()), host_port: Some(host_port), ..port(80) }],
        ..shore.spec(name, SERVER)
    };
    // Not one of those that are given out where none is named.
    let mut others = (20_000..30_000).skip(std::process::id() as usize % 9_000);
    let host_port = others.find(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap();
    let broken_off = shore.run(&published("broken-off", host_port)).await;
    let next = shore.run(&published("next", host_port)).await;
    let claim = attachment::Claim {
        container: broken_off.clone(),
        protocol: Protocol::Tcp,
        host_ip: loopback,
        host_port,
        port: 80,
    };
    let (runtime, all) = (shore.runtime(), || shore.runtime().db().look(attachment::claims).unwrap());
    runtime.db().change("claim it, as a start does", |t| attachment::claim(t, &claim)).unwrap();

    let lock = |id| std::fs::File::create(runtime.layout().starting(id)).unwrap();
    let begun = lock(&broken_off);
    begun.lock().unwrap();
    let error = shore.engine.start(&next).await.unwrap_err().to_string();
    assert!(error.contains(&format!("port {host_port} is taken by `")), "{error}");
    assert!(all().contains(&claim), "its start goes on");

    drop(begun);
    shore.engine.start(&next).await.unwrap();
    let ports = all();
    assert!(!ports.contains(&claim) && ports.iter().any(|port| port.container == next), "{ports:?}");
    for id in [&broken_off, &next] {
        lock(id).try_lock().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_starts_a_container_says_so_until_its_monitor_lives() {
    let Some(shore) = Shore::new().await else { return };
    let id = shore.run(&ContainerSpec { start: false, ..shore.spec("begun", "sleep 600") }).await;
    let (path, watched) = (shore.runtime().layout().starting(&id), shore.runtime().layout().running(&id));
    let monitors = std::sync::Arc::clone(shore.runtime());
    let looks = tokio::task::spawn_blocking(move || {
        let begun = Instant::now();
        loop {
            let taken = std::fs::File::open(&path).is_ok_and(|file| file.try_lock_shared().is_err());
            let lives = monitors.platform().compute.is_watched(&watched);
            if taken || lives || begun.elapsed() > PATIENCE {
                return taken;
            }
        }
    });
    shore.engine.start(&id).await.unwrap();
    assert!(looks.await.unwrap(), "nobody has said that it was being started");
}
