//! What we write is what the nft tool reads.

use super::*;
use crate::{
    model::{ContainerId, NetworkId, Protocol},
    runtime::{
        document::{BridgePlan, MappingPlan},
        linux::network::stage::on_a_host,
    },
};

fn network(bridge: &str, internal: bool) -> BridgePlan {
    BridgePlan {
        network: NetworkId::new("n"),
        bridge: bridge.into(),
        subnet: "10.1.0.0/24".into(),
        gateway: "10.1.0.1".parse().unwrap(),
        subnet6: None,
        gateway6: None,
        internal,
        icc: true,
    }
}

fn mapping(host_ip: Option<&str>, host_port: u16, address: &str) -> Element {
    let mapping = MappingPlan {
        protocol: Protocol::Udp,
        host_ip: host_ip.map(|ip| ip.parse().unwrap()),
        host_port,
        address: address.parse().unwrap(),
        port: 53,
    };
    Element::of_mapping(&ContainerId::new("c0ffee"), &mapping)
}

#[test]
fn elements_are_read_back_as_they_were_written() {
    on_a_host(|stage| {
        let mut table = Table::named("written");
        let mut all = Element::of_network(&network("one", false));
        all.extend(Element::of_network(&network("two", true)));
        all.extend([
            mapping(None, 8053, "10.1.0.2"),
            mapping(None, 8053, "fd00::2"),
            mapping(Some("127.0.0.1"), 53, "10.1.0.2"),
            mapping(Some("fd00::1"), 53, "fd00::2"),
        ]);
        table.change(&[], &all, false).unwrap();
        let mut found = table.all(&Set::ALL).unwrap();
        found.sort_by_key(|element| all.iter().position(|each| each == element));
        assert_eq!(found, all);

        let listed = stage.listed().split_whitespace().collect::<Vec<_>>().join(" ");
        for line in [
            "elements = { \"one\", \"two\" }",
            "elements = { \"one\" }",
            "udp . 8053 comment \"c0ffee\" : 10.1.0.2 . 53",
            "udp . 8053 comment \"c0ffee\" : fd00::2 . 53",
            "127.0.0.1 . udp . 53 comment \"c0ffee\" : 10.1.0.2 . 53",
            "fd00::1 . udp . 53 comment \"c0ffee\" : fd00::2 . 53",
        ] {
            // The tool lists elements in the order of their hashes.
            let either = line.replace("\"one\", \"two\"", "\"two\", \"one\"");
            assert!(listed.contains(line) || listed.contains(&either), "{line} is not in {listed}");
        }
        table.change(&all, &[], false).unwrap();
        assert_eq!(table.all(&Set::ALL).unwrap(), []);
        table.remove_if_empty().unwrap();
        assert_eq!(stage.listed(), "");
    });
}

#[test]
fn a_transaction_is_done_whole_or_not_at_all() {
    on_a_host(|_| {
        let mut table = Table::named("whole");
        let (one, two) = (mapping(None, 1, "10.1.0.2"), mapping(None, 2, "10.1.0.2"));
        table.change(&[], std::slice::from_ref(&one), false).unwrap();
        let refused = table.change(&[], &[two.clone(), one.clone()], false).unwrap_err();
        assert!(refused.is(Errno::EXIST), "{refused:?}");
        assert_eq!(table.all(&Set::ALL).unwrap(), std::slice::from_ref(&one));
        let refused = table.change(&[one.clone(), two.clone()], &[], false).unwrap_err();
        assert!(refused.is(Errno::NOENT), "{refused:?}");
        table.change(&[one], std::slice::from_ref(&two), false).unwrap();
        assert_eq!(table.all(&Set::ALL).unwrap(), [two]);
    });
}

#[test]
fn thousands_of_elements_go_in_at_once() {
    on_a_host(|_| {
        let mut table = Table::named("many");
        let all: Vec<_> = (1..=5000).map(|port| mapping(None, port, "10.1.0.2")).collect();
        table.change(&[], &all, false).unwrap();
        assert_eq!(table.all(&Set::OF_PORTS).unwrap().len(), all.len());
    });
}

#[test]
fn a_table_of_another_version_is_replaced_and_a_full_one_stays() {
    on_a_host(|stage| {
        let mut table = Table::named("mine");
        assert!(!table.is_current().unwrap());
        crate::runtime::linux::network::stage::run("nft", &["add", "table", "inet", "mine"]);
        assert!(!table.is_current().unwrap());
        table.replace().unwrap();
        assert!(table.is_current().unwrap());
        table.change(&[], &Element::of_network(&network("one", false)), true).unwrap();
        table.make().unwrap();
        table.remove_if_empty().unwrap();
        assert!(stage.listed().contains("elements = { \"one\" }"));
    });
}
