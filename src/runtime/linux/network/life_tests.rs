//! What is made goes away again, whatever happens in between; others on the host are left alone.

use std::time::{Duration, Instant};

use super::{
    netns,
    stage::{Guest, HOST, STRANGER, Stage, asks, asks_in_vain, ip, on_a_host, run, tcp},
};
use crate::runtime::{
    RuntimeError,
    document::{LinkPlan, NetworkPlan},
    host::Network,
};

/// Waits until the host looks like this again: the kernel ends namespaces when it finds the time.
fn is_as_before(stage: &Stage, before: &str) {
    let begun = Instant::now();
    while stage.look() != before {
        let waited = begun.elapsed() < Duration::from_secs(20);
        assert!(waited, "there was:\n{before}\nthere is:\n{}", stage.look());
        std::thread::yield_now();
    }
}

fn links(container: &Guest) -> &[LinkPlan] {
    match &container.plan {
        NetworkPlan::Own { links, .. } => links,
        other => panic!("{other:?}"),
    }
}

#[test]
fn all_goes_when_containers_and_networks_go() {
    on_a_host(|stage| {
        let before = stage.look();
        let (net, inner) = (stage.network(1, false, true), stage.network(2, true, false));
        let with_networks = stage.look();
        let web = stage.container(&[&net, &inner], 2, &[tcp(None, 8080, 80)]);
        assert_ne!(stage.look(), with_networks);
        stage.network.detach(&web.id, &web.netns, &web.plan).unwrap();
        assert!(!web.netns.exists());
        is_as_before(stage, &with_networks);
        stage.network.detach(&web.id, &web.netns, &web.plan).unwrap();
        for network in [net, inner] {
            stage.network.remove(&network.id, &network.bridge).unwrap();
        }
        is_as_before(stage, &before);
        assert_eq!(stage.listed(), "");
    });
}

#[test]
fn a_step_that_fails_undoes_those_before_it() {
    on_a_host(|stage| {
        let net = stage.network(1, false, true);
        let _web = stage.container(&[&net], 2, &[tcp(None, 8080, 80)]);
        let (before, rules) = (stage.look(), stage.listed());
        let late = stage.planned(&[&net], 3, &[tcp(None, 8081, 80), tcp(None, 8080, 80)]);
        let error = stage.network.attach(&late.id, &late.netns, &late.plan).unwrap_err();
        assert!(error.to_string().contains("port 8080 is taken by container 310231023102"), "{error}");
        assert!(!late.netns.exists());
        is_as_before(stage, &before);
        assert_eq!(stage.listed(), rules);

        let mut astray = stage.planned(&[&net], 4, &[]);
        let NetworkPlan::Own { links, .. } = &mut astray.plan else { panic!() };
        let nowhere = LinkPlan { bridge: "nowhere".into(), host_interface: "vnowhere1".into(), ..links[0].clone() };
        links.push(nowhere);
        let error = stage.network.attach(&astray.id, &astray.netns, &astray.plan).unwrap_err();
        assert!(matches!(error, RuntimeError::NotFound { .. }), "{error}");
        is_as_before(stage, &before);
    });
}

#[test]
fn a_container_can_come_back_at_once() {
    on_a_host(|stage| {
        let net = stage.network(1, false, true);
        for _ in 0..5 {
            let web = stage.container(&[&net], 2, &[tcp(None, 8080, 80)]);
            web.answers(80);
            assert!(asks(Some(&stage.outside), &format!("{HOST}:8080")).is_some());
            stage.network.detach(&web.id, &web.netns, &web.plan).unwrap();
        }
        // After a crash nothing was detached.
        let crashed = stage.container(&[&net], 3, &[tcp(None, 8081, 80)]);
        stage.network.attach(&crashed.id, &crashed.netns, &crashed.plan).unwrap();
        crashed.answers(80);
        assert!(asks(Some(&stage.outside), &format!("{HOST}:8081")).is_some());
    });
}

#[test]
fn a_sweep_takes_what_the_dead_have_left_and_nothing_else() {
    on_a_host(|stage| {
        let net = stage.network(1, false, true);
        let web = stage.container(&[&net], 2, &[tcp(None, 8080, 80)]);
        web.answers(80);
        let (before, rules) = (stage.look(), stage.listed());
        let dead = stage.container(&[&net], 3, &[tcp(None, 8081, 80)]);
        stage.network.sweep(&|id| *id == web.id).unwrap();
        is_as_before(stage, &before);
        assert_eq!(stage.listed(), rules);
        assert!(asks(None, "127.0.0.1:8080").is_some());
        // Another engine's containers are not known to this one.
        super::KernelNetwork::new(&stage.data().join("other")).sweep(&|_| false).unwrap();
        assert_eq!(stage.look(), before);
        assert_eq!(stage.listed(), rules);
        drop(dead);
    });
}

#[test]
fn a_running_container_joins_and_leaves_networks() {
    on_a_host(|stage| {
        let (one, two) = (stage.network(1, false, true), stage.network(2, false, true));
        let (web, peer) = (stage.container(&[&one], 2, &[]), stage.container(&[&two], 3, &[]));
        peer.answers(80);
        let stranger = stage.stranger();
        stranger.answers(80);
        let from = Some(web.netns.as_path());
        assert!(asks_in_vain(from, "10.2.0.3:80"));
        let plan = stage.planned(&[&one, &two], 2, &[]);
        let [first, second] = links(&plan) else { panic!("{:?}", plan.plan) };
        stage.network.connect(&web.id, &web.netns, second).unwrap();
        assert!(asks(from, "10.2.0.3:80").is_some());
        let routes = || {
            let listed = netns::inside(&web.netns, || Ok(run("ip", &["route", "show", "default"]))).unwrap();
            let vias = listed.lines().map(|line| line.split_whitespace().nth(2).unwrap().to_owned());
            vias.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(routes(), "10.1.0.1 10.2.0.1");
        stage.network.disconnect(&web.id, first).unwrap();
        assert_eq!(routes(), "10.2.0.1");
        assert_eq!(asks(from, &format!("{STRANGER}:80")).as_deref(), Some(HOST), "by the other network");
        stage.network.disconnect(&web.id, first).unwrap();
        stage.network.disconnect(&web.id, second).unwrap();
        assert_eq!(routes(), "");
    });
}

#[test]
fn rules_that_somebody_has_flushed_are_written_again() {
    on_a_host(|stage| {
        let (net, inner) = (stage.network(1, false, true), stage.network(2, true, true));
        let web = stage.container(&[&net], 2, &[tcp(None, 8080, 80)]);
        web.answers(80);
        let rules = stage.listed();
        run("nft", &["flush", "ruleset"]);
        assert!(asks_in_vain(None, "127.0.0.1:8080"));
        let mappings: Vec<_> = web.mappings().iter().map(|mapping| (web.id.clone(), mapping.clone())).collect();
        let restore = || stage.network.restore(&[net.plan(), inner.plan()], &mappings).unwrap();
        restore();
        assert!(asks(None, "127.0.0.1:8080").is_some());
        assert_eq!(without_counters(&stage.listed()), without_counters(&rules));
        run("nft", &["flush", "map", "inet", stage.table(), "ports4"]);
        restore();
        assert_eq!(without_counters(&stage.listed()), without_counters(&rules));
    });
}

fn without_counters(listed: &str) -> String {
    let mut words: Vec<_> = listed.split_whitespace().collect();
    while let Some(at) = words.iter().position(|word| *word == "packets") {
        // `packets 3 bytes 180`
        words.drain(at..at + 4);
    }
    words.join(" ")
}

#[test]
fn dockers_filter_lets_our_networks_through_and_stays_whole() {
    on_a_host(|stage| {
        for tool in ["iptables", "ip6tables"] {
            run(tool, &["-P", "FORWARD", "DROP"]);
            run(tool, &["-N", "DOCKER-USER"]);
            run(tool, &["-A", "DOCKER-USER", "-j", "RETURN"]);
            run(tool, &["-A", "FORWARD", "-j", "DOCKER-USER"]);
        }
        let before = run("iptables", &["-S", "DOCKER-USER"]);
        let net = stage.network(1, false, true);
        stage.network.ensure(&net.plan()).unwrap();
        let (web, peer) = (stage.container(&[&net], 2, &[tcp(None, 8080, 80)]), stage.container(&[&net], 3, &[]));
        web.answers(80);
        let stranger = stage.stranger();
        stranger.answers(80);
        assert_eq!(asks(Some(&web.netns), &format!("{STRANGER}:80")).as_deref(), Some(HOST));
        assert_eq!(asks(Some(&web.netns), "[2001:db8::9]:80").as_deref(), Some("2001:db8::1"));
        assert!(asks(Some(&stage.outside), &format!("{HOST}:8080")).is_some());
        assert!(asks(Some(&peer.netns), "10.1.0.2:80").is_some());
        let rules = run("iptables", &["-S", "DOCKER-USER"]);
        assert_eq!(rules.lines().count(), before.lines().count() + 2, "{rules}");
        // Two consoles that made the network at once may each have found none.
        for way in ["-i", "-o"] {
            run("iptables", &["-I", "DOCKER-USER", way, &net.bridge, "-j", "ACCEPT"]);
        }
        stage.network.remove(&net.id, &net.bridge).unwrap();
        assert_eq!(run("iptables", &["-S", "DOCKER-USER"]), before);
    });
}

#[test]
fn a_container_without_networks_has_its_loopback() {
    on_a_host(|stage| {
        let mut alone = stage.planned(&[&stage.network(1, false, true)], 2, &[]);
        alone.plan = NetworkPlan::None;
        stage.network.attach(&alone.id, &alone.netns, &alone.plan).unwrap();
        alone.answers(80);
        assert!(asks(Some(&alone.netns), "127.0.0.1:80").is_some());
        stage.network.detach(&alone.id, &alone.netns, &alone.plan).unwrap();
        assert!(!alone.netns.exists());
    });
}

#[test]
fn the_hosts_own_ranges_are_told() {
    on_a_host(|stage| {
        let used = stage.network.used().unwrap();
        let uplink = used.iter().find(|used| used.range.contains(ip(STRANGER))).unwrap();
        assert_eq!(
            (uplink.range.to_string().as_str(), uplink.by.as_str()),
            ("192.0.2.0/24", "the host's route over `uplink`")
        );
        assert!(!used.iter().any(|used| used.range.contains(ip("127.0.0.1"))));
    });
}
