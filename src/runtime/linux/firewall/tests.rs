//! What people's rules let through, on a kernel of the test's own.

use super::*;
use crate::{
    model::{NetworkId, Protocol},
    runtime::{
        document::{FilterRule, NetworkPlan},
        linux::network::stage::{Guest, HOST, STRANGER, Talk, asks, asks_in_vain, on_a_host, tcp},
    },
};

fn rule(inbound: bool, allow: bool, peer: Option<&str>, port: Option<u16>) -> FilterRule {
    FilterRule { inbound, allow, protocol: port.map(|_| Protocol::Tcp), peer: peer.map(str::to_owned), port }
}

fn about(container: &Guest, rule: FilterRule) -> Applied {
    let NetworkPlan::Own { links, .. } = &container.plan else { panic!("{:?}", container.plan) };
    let addresses = links.iter().flat_map(|link| [Some(link.address.0), link.address6.map(|(six, _)| six)]);
    let scope = RuleScope::Container(container.id.clone());
    Applied { number: 0, scope, addresses: addresses.flatten().collect(), rule }
}

fn of_network(id: &NetworkId, rule: FilterRule) -> Applied {
    Applied { number: 0, scope: RuleScope::Network(id.clone()), addresses: Vec::new(), rule }
}

/// These rules, numbered from 1.
fn numbered(rules: impl IntoIterator<Item = Applied>) -> Vec<Applied> {
    (1..).zip(rules).map(|(number, rule)| Applied { number, ..rule }).collect()
}

/// How many packets and bytes have met a rule, by its number, as `nft` tells.
fn hits(listed: &str, number: usize) -> (u64, u64) {
    let comment = format!("\"longshore: rule {number}\"");
    let own = listed.lines().filter(|line| line.contains(&comment));
    own.fold((0, 0), |(packets, bytes), line| {
        let after = |word| line.split_whitespace().skip_while(|each| *each != word).nth(1).unwrap().parse::<u64>();
        (packets + after("packets").unwrap(), bytes + after("bytes").unwrap())
    })
}

#[test]
fn rules_about_a_container_hold_for_neighbours_strangers_and_the_host() {
    on_a_host(|stage| {
        for filters in [true, false] {
            stage.bridges_call_filters(filters);
            let firewall = KernelFirewall::new(stage.data());
            let net = stage.network(1, false, true);
            let web = stage.container(&[&net], 2, &[tcp(None, 8080, 80), tcp(None, 8443, 443)]);
            let peer = stage.container(&[&net], 3, &[]);
            web.answers(80);
            web.answers(443);
            let (outside, near) = (Some(stage.outside.as_path()), Some(peer.netns.as_path()));
            firewall
                .apply(&numbered([
                    about(&web, rule(true, true, Some(&format!("{STRANGER}/32")), None)),
                    about(&web, rule(true, true, None, Some(443))),
                    about(&web, rule(true, false, None, None)),
                ]))
                .unwrap();
            assert!(asks(outside, &format!("{HOST}:8080")).is_some(), "the one who may");
            assert!(asks(near, "10.1.0.2:443").is_some(), "a port that is open to all");
            assert!(asks(near, "[fd00:1::2]:443").is_some(), "the same in IPv6");
            assert!(asks(None, "127.0.0.1:8443").is_some(), "the same by its published port");
            assert!(asks_in_vain(near, "10.1.0.2:80"), "a neighbour, {filters}");
            assert!(asks_in_vain(near, "[fd00:1::2]:80"), "a neighbour in IPv6, {filters}");
            assert!(asks_in_vain(None, "10.1.0.2:80"), "the host");
            assert!(asks_in_vain(None, "127.0.0.1:8080"), "the host by the published port");
            assert!(asks_in_vain(outside, "[2001:db8::1]:8080"), "a stranger in IPv6");
            for number in 1..=3 {
                let (packets, bytes) = hits(&stage.listed(), number);
                assert!(packets > 0 && bytes > 0, "rule {number}: {packets} packets, {bytes} bytes");
            }

            firewall.apply(&[]).unwrap();
            assert!(asks(near, "10.1.0.2:80").is_some(), "{}", stage.listed());
            for each in [web, peer] {
                crate::runtime::host::Network::detach(&stage.network, &each.id, &each.netns, &each.plan).unwrap();
            }
        }
    });
}

#[test]
fn what_is_denied_ends_though_it_was_let_in_before() {
    on_a_host(|stage| {
        stage.bridges_call_filters(true);
        let firewall = KernelFirewall::new(stage.data());
        let (net, other) = (stage.network(1, false, true), stage.network(2, false, true));
        let web = stage.container(&[&net], 2, &[tcp(None, 80, 80), tcp(None, 443, 443)]);
        let (peer, far) = (stage.container(&[&net], 3, &[]), stage.container(&[&other], 2, &[tcp(None, 81, 80)]));
        let stranger = stage.stranger();
        for (guest, port) in [(&web, 80), (&web, 443), (&peer, 80), (&far, 80), (&stranger, 80)] {
            guest.talks(port);
        }
        let (outside, near) = (Some(stage.outside.as_path()), Some(peer.netns.as_path()));
        let mut ends = [
            Talk::with(outside, &format!("{HOST}:80")),
            Talk::with(near, "10.1.0.2:80"),
            Talk::with(near, "[fd00:1::2]:80"),
            Talk::with(None, "10.1.0.2:80"),
            Talk::with(Some(&far.netns), &format!("{STRANGER}:80")),
        ];
        let mut stays = [
            Talk::with(outside, &format!("{HOST}:443")),
            Talk::with(outside, &format!("{HOST}:81")),
            Talk::with(Some(&web.netns), "10.1.0.3:80"),
            Talk::with(Some(&web.netns), &format!("{STRANGER}:80")),
        ];
        assert!(ends.iter_mut().all(|talk| talk.is_heard(true)));
        firewall
            .apply(&[
                about(&web, rule(true, true, None, Some(443))),
                about(&web, rule(true, false, None, None)),
                of_network(&other.id, rule(false, false, None, None)),
            ])
            .unwrap();
        for (which, talk) in ends.iter_mut().enumerate() {
            assert!(!talk.is_heard(false), "connection {which} goes on:\n{}", stage.listed());
        }
        for (which, talk) in stays.iter_mut().enumerate() {
            assert!(talk.is_heard(true), "connection {which} is not denied");
        }
    });
}

#[test]
fn rules_about_a_network_hold_at_its_border() {
    on_a_host(|stage| {
        let firewall = KernelFirewall::new(stage.data());
        let net = stage.network(1, false, true);
        let (web, peer) = (stage.container(&[&net], 2, &[tcp(None, 8080, 80)]), stage.container(&[&net], 3, &[]));
        web.answers(80);
        let stranger = stage.stranger();
        stranger.answers(80);
        stranger.answers(81);
        let near = Some(peer.netns.as_path());
        firewall.apply(&[of_network(&net.id, rule(false, false, Some("192.0.2.0/28"), Some(80)))]).unwrap();
        assert!(asks_in_vain(near, &format!("{STRANGER}:80")), "{}", stage.listed());
        assert!(asks(near, &format!("{STRANGER}:81")).is_some());
        assert!(asks(near, "10.1.0.2:80").is_some(), "within the network");
        assert!(asks(Some(&stage.outside), &format!("{HOST}:8080")).is_some(), "into the network");
        firewall.apply(&[of_network(&net.id, rule(true, false, None, None))]).unwrap();
        assert!(asks_in_vain(Some(&stage.outside), &format!("{HOST}:8080")));
        assert!(asks(near, &format!("{STRANGER}:80")).is_some(), "answers to what goes out come in");
    });
}

#[test]
fn a_peer_that_is_no_range_is_refused() {
    on_a_host(|stage| {
        let firewall = KernelFirewall::new(stage.data());
        let bad = of_network(&NetworkId::new("n"), rule(true, false, Some("everybody"), None));
        let error = firewall.apply(&[bad]).unwrap_err();
        assert_eq!(error.to_string(), "cannot apply the firewall's rules: `everybody` is no address or range");
    });
}
