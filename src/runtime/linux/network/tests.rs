//! Who reaches whom, on a kernel of the test's own.

use std::path::Path;

use super::stage::{Flow, HOST, STRANGER, Talk, asks, asks_by_datagram, asks_in_vain, on_a_host, run, tcp};
use crate::{
    model::Protocol,
    runtime::{RuntimeError, host::Network, net::ports::HostPort},
};

fn at(address: &str, port: u16) -> String {
    if address.contains(':') { format!("[{address}]:{port}") } else { format!("{address}:{port}") }
}

#[test]
fn a_published_port_is_reached_from_everywhere_and_nothing_else_is() {
    on_a_host(|stage| {
        for filters in [true, false] {
            stage.bridges_call_filters(filters);
            let net = stage.network(1, false, true);
            let (web, other) = (stage.container(&[&net], 2, &[tcp(None, 8080, 80)]), stage.container(&[&net], 3, &[]));
            web.answers(80);
            web.answers(81);
            let from = |who: Option<&Path>, to: &str| asks(who, to);
            let (outside, peer) = (Some(stage.outside.as_path()), Some(other.netns.as_path()));

            assert_eq!(from(None, &at("127.0.0.1", 8080)).as_deref(), Some("10.1.0.1"), "{}", stage.listed());
            // Where bridges call the filters, an answer is translated on the bridge, and has the loopback's address too
            // early for IPv6.
            if filters {
                assert!(asks_in_vain(None, &at("::1", 8080)), "the loopback of IPv6, {filters}");
            } else {
                assert_eq!(from(None, &at("::1", 8080)).as_deref(), Some("fd00:1::1"), "the loopback of IPv6");
            }
            assert!(from(None, &at(HOST, 8080)).is_some(), "the host at its own address");
            assert!(from(None, &at("10.1.0.1", 8080)).is_some(), "the host at the bridge's address");
            assert!(from(None, &at("10.1.0.2", 81)).is_some(), "the host at the container");
            assert_eq!(from(outside, &at(HOST, 8080)).as_deref(), Some(STRANGER), "outside keeps its address");
            assert_eq!(from(outside, &at("2001:db8::1", 8080)).as_deref(), Some("2001:db8::9"), "the same in IPv6");
            assert!(asks_in_vain(outside, &at("10.1.0.2", 81)), "outside reached an address of a container");
            assert!(asks_in_vain(outside, &at("fd00:1::2", 81)), "the same in IPv6");
            assert!(asks_in_vain(outside, &at(HOST, 81)), "a port that is not published");
            assert_eq!(from(peer, &at("10.1.0.2", 81)).as_deref(), Some("10.1.0.3"), "its network, {filters}");
            assert_eq!(from(peer, &at("fd00:1::2", 81)).as_deref(), Some("fd00:1::3"), "its network in IPv6");
            assert!(from(peer, &at(HOST, 8080)).is_some(), "hairpin by the host's address, {filters}");
            assert!(from(peer, &at("10.1.0.1", 8080)).is_some(), "hairpin by the gateway, {filters}");
            assert!(from(Some(&web.netns), &at(HOST, 8080)).is_some(), "itself by the host's address, {filters}");
            for each in [web, other] {
                stage.network.detach(&each.id, &each.netns, &each.plan).unwrap();
            }
        }
    });
}

#[test]
fn containers_go_out_as_the_host_unless_their_network_is_internal() {
    on_a_host(|stage| {
        let (open, inner) = (stage.network(1, false, true), stage.network(2, true, true));
        let (web, hidden) = (stage.container(&[&open], 2, &[]), stage.container(&[&inner], 3, &[]));
        let both = stage.container(&[&inner, &open], 4, &[]);
        let stranger = stage.stranger();
        stranger.answers(80);
        hidden.answers(81);
        let from = |who: &super::stage::Guest, to: &str| asks(Some(&who.netns), to);
        assert_eq!(from(&web, &at(STRANGER, 80)).as_deref(), Some(HOST));
        assert_eq!(from(&web, &at("2001:db8::9", 80)).as_deref(), Some("2001:db8::1"));
        assert!(asks_in_vain(Some(&hidden.netns), &at(STRANGER, 80)), "an internal network's container came out");
        assert_eq!(from(&both, &at(STRANGER, 80)).as_deref(), Some(HOST), "one in both networks goes by the open one");
        assert!(from(&both, &at("10.2.0.3", 81)).is_some(), "within the internal network");
        assert!(asks(None, &at("10.2.0.3", 81)).is_some(), "the host in its internal network");
        assert!(asks_in_vain(Some(&web.netns), &at("10.2.0.3", 81)), "into the internal network");
    });
}

#[test]
fn networks_are_apart() {
    on_a_host(|stage| {
        for filters in [true, false] {
            stage.bridges_call_filters(filters);
            let (one, two, silent) =
                (stage.network(1, false, true), stage.network(2, false, true), stage.network(3, false, false));
            let (a, b) = (stage.container(&[&one], 2, &[]), stage.container(&[&two], 3, &[tcp(None, 8081, 80)]));
            let (c, d) = (stage.container(&[&silent], 4, &[]), stage.container(&[&silent], 5, &[tcp(None, 8082, 80)]));
            b.answers(80);
            d.answers(80);
            let from = |who: &super::stage::Guest, to: &str| asks(Some(&who.netns), to).is_some();
            assert!(asks_in_vain(Some(&a.netns), &at("10.2.0.3", 80)), "another network's container");
            assert!(asks_in_vain(Some(&a.netns), &at("fd00:2::3", 80)), "the same in IPv6");
            assert!(from(&a, &at(HOST, 8081)), "another network's published port");
            assert!(asks_in_vain(Some(&c.netns), &at("10.3.0.5", 80)), "a neighbour where none may talk, {filters}");
            // Where bridges call the filters, the packet is translated on the bridge, whose ports are kept apart.
            assert!(filters || from(&c, &at(HOST, 8082)), "a neighbour's published port");
            for each in [a, b, c, d] {
                stage.network.detach(&each.id, &each.netns, &each.plan).unwrap();
            }
        }
    });
}

#[test]
fn ports_are_bound_to_addresses_protocols_and_ranges() {
    on_a_host(|stage| {
        let net = stage.network(1, false, true);
        let udp = HostPort { protocol: Protocol::Udp, ..tcp(None, 5353, 53) };
        let mut ports = vec![tcp(Some("127.0.0.1"), 8080, 80), tcp(Some(HOST), 8081, 80), udp];
        ports.extend((9000..9010).map(|port| tcp(None, port, port - 8920)));
        let web = stage.container(&[&net], 2, &ports);
        (80..90).for_each(|port| web.answers(port));
        web.answers_datagrams(53);
        let outside = Some(stage.outside.as_path());
        assert!(asks(None, &at("127.0.0.1", 8080)).is_some());
        assert!(asks_in_vain(None, &at(HOST, 8080)), "bound to loopback");
        assert!(asks_in_vain(outside, &at(HOST, 8080)), "bound to loopback");
        assert!(asks(outside, &at(HOST, 8081)).is_some());
        assert!(asks_in_vain(None, &at("127.0.0.1", 8081)), "bound to the host's address");
        assert!((9000..9010).all(|port| asks(outside, &at(HOST, port)).is_some()));
        assert_eq!(asks_by_datagram(outside, &at(HOST, 5353)).as_deref(), Some(STRANGER));
        assert!(asks_by_datagram(None, &at("127.0.0.1", 5353)).is_some());
        assert!(asks_in_vain(outside, &at(HOST, 5353)), "a port of another protocol");
        assert_eq!(asks_by_datagram(outside, &at("2001:db8::1", 5353)).as_deref(), Some("2001:db8::9"));
        stage.bridges_call_filters(false);
        assert_eq!(asks_by_datagram(None, &at("::1", 5353)).as_deref(), Some("fd00:1::1"), "the loopback of IPv6");
    });
}

#[test]
fn a_port_comes_and_goes_while_its_container_runs() {
    on_a_host(|stage| {
        let net = stage.network(1, false, true);
        let web = stage.planned(&[&net], 2, &[tcp(None, 8080, 80)]);
        let bare = stage.container(&[&net], 2, &[]);
        bare.answers(80);
        let outside = Some(stage.outside.as_path());
        let [mapping, six] = web.mappings() else { panic!("{:?}", web.plan) };
        assert!(asks_in_vain(outside, &at(HOST, 8080)));
        stage.network.publish(&bare.id, mapping).unwrap();
        assert!(asks(outside, &at(HOST, 8080)).is_some());
        assert!(asks_in_vain(outside, &at("2001:db8::1", 8080)));
        stage.network.publish(&bare.id, six).unwrap();
        assert!(asks(outside, &at("2001:db8::1", 8080)).is_some(), "{}", stage.listed());

        let other = stage.container(&[&net], 3, &[]);
        let error = stage.network.publish(&other.id, mapping).unwrap_err();
        assert!(matches!(&error, RuntimeError::Conflict { .. }), "{error}");
        assert!(error.to_string().contains("port 8080 is taken by container 3102"), "{error}");
        stage.network.unpublish(&other.id, mapping).unwrap();
        assert!(asks(outside, &at(HOST, 8080)).is_some(), "another's port was taken away");

        stage.network.unpublish(&bare.id, mapping).unwrap();
        assert!(asks_in_vain(outside, &at(HOST, 8080)));
        stage.network.unpublish(&bare.id, mapping).unwrap();
        stage.network.publish(&other.id, mapping).unwrap();
    });
}

#[test]
fn a_flow_of_datagrams_follows_its_port() {
    on_a_host(|stage| {
        let net = stage.network(1, false, true);
        let dns = stage.container(&[&net], 2, &[]);
        dns.answers_datagrams(53);
        let port = HostPort { protocol: Protocol::Udp, ..tcp(None, 5353, 53) };
        let planned = stage.planned(&[&net], 2, &[port]);
        let flow = Flow::from(&stage.outside, &at(HOST, 5353));
        assert!(!flow.is_answered(false), "nothing is published");
        stage.network.publish(&dns.id, &planned.mappings()[0]).unwrap();
        assert!(flow.is_answered(true), "it kept to where it went before");
        stage.network.unpublish(&dns.id, &planned.mappings()[0]).unwrap();
        assert!(!flow.is_answered(false), "it went on after the end");
    });
}

#[test]
fn connections_end_with_the_port_that_let_them_in() {
    on_a_host(|stage| {
        let net = stage.network(1, false, true);
        // The same number on both sides: what the server goes on to say looks as if the host said it.
        let web = stage.container(&[&net], 2, &[tcp(None, 80, 80), tcp(None, 81, 80)]);
        web.talks(80);
        let [first, others @ ..] = web.mappings() else { panic!("{:?}", web.plan) };
        let mut ends = [Talk::with(Some(&stage.outside), &at(HOST, 80)), Talk::with(None, &at("127.0.0.1", 80))];
        let mut stays = [Talk::with(Some(&stage.outside), &at(HOST, 81)), Talk::with(None, &at("10.1.0.2", 80))];
        assert!(ends.iter_mut().all(|talk| talk.is_heard(true)));
        stage.network.unpublish(&web.id, first).unwrap();
        for (which, talk) in ends.iter_mut().enumerate() {
            assert!(!talk.is_heard(false), "connection {which} goes on");
        }
        for (which, talk) in stays.iter_mut().enumerate() {
            assert!(talk.is_heard(true), "connection {which} was none of that port's");
        }
        assert!(!others.is_empty());
        stage.network.detach(&web.id, &web.netns, &web.plan).unwrap();
        assert!(stays.iter_mut().all(|talk| !talk.is_heard(false)));
        assert_eq!(run("conntrack", &["-L", "-p", "tcp", "--dport", "81"]), "", "the kernel remembers nothing");
    });
}
