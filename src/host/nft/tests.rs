use super::super::merge::merge;
use super::*;

// Both as nft 1.0.6 prints them, shortened to a table of our own and one of iptables-nft.
const JSON: &str = r#"{"nftables": [
{"metainfo": {"version": "1.0.6", "json_schema_version": 1}},
{"table": {"family": "ip", "name": "shop", "handle": 4}},
{"chain": {"family": "ip", "table": "shop", "name": "gate", "handle": 1, "type": "filter", "hook": "forward", "prio": -5, "policy": "drop"}},
{"chain": {"family": "ip", "table": "shop", "name": "web", "handle": 2}},
{"rule": {"family": "ip", "table": "shop", "chain": "gate", "handle": 3, "comment": "the shop", "expr": [
  {"match": {"op": "!=", "left": {"meta": {"key": "iifname"}}, "right": "docker0"}},
  {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": {"set": [{"prefix": {"addr": "10.0.0.0", "len": 8}}, "192.0.2.7"]}}},
  {"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": ["established", "related"]}},
  {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": {"set": [80, {"range": [8000, 8010]}]}}},
  {"counter": {"packets": 3, "bytes": 180}}, {"accept": null}]}},
{"rule": {"family": "ip", "table": "shop", "chain": "gate", "handle": 4, "expr": [
  {"vmap": {"key": {"payload": {"protocol": "tcp", "field": "dport"}}, "data": {"set": [[81, {"jump": {"target": "web"}}], [82, {"drop": null}]]}}}]}},
{"rule": {"family": "ip", "table": "shop", "chain": "web", "handle": 5, "expr": [
  {"match": {"op": "==", "left": {"fib": {"result": "type", "flags": ["daddr"]}}, "right": "local"}},
  {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 81}},
  {"dnat": {"addr": "172.17.0.2", "port": 80}}]}},
{"chain": {"family": "ip", "table": "nat", "name": "DOCKER", "handle": 63}},
{"rule": {"family": "ip", "table": "nat", "chain": "DOCKER", "handle": 69, "expr": [
  {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 18088}},
  {"counter": {"packets": 1, "bytes": 60}}, {"xt": {"type": "target", "name": "DNAT"}}]}}
]}"#;

const TEXT: &str = r#"table ip shop { # handle 4
	chain gate { # handle 1
		comment "for the shop"
		type filter hook forward priority filter - 5; policy drop;
		iifname != "docker0" ip saddr { 10.0.0.0/8, 192.0.2.7 } ct state established,related tcp dport {
			 80, 8000-8010 } counter packets 3 bytes 180 accept comment "the shop" # handle 3
		tcp dport vmap { 81 : jump web, 82 : drop } # handle 4
	}

	chain web { # handle 2
		fib daddr type local tcp dport 81 dnat to 172.17.0.2:80 # handle 5
	}
}
"#;

fn read() -> Vec<Chain> {
    parse(JSON.as_bytes(), &Words::parse(TEXT)).unwrap()
}

#[test]
fn a_rule_is_read_with_all_its_conditions() {
    let chains = read();
    let (gate, line) = (&chains[0], &chains[0].lines[0]);
    assert_eq!(gate.base, Some((Hook::Forward, -5)));
    assert_eq!(line.when.comes_by.as_ref().unwrap().to_string(), "!docker0");
    assert_eq!(line.when.source.as_ref().unwrap().to_string(), "10.0.0.0/8,192.0.2.7");
    assert_eq!(line.when.states.as_ref().unwrap().to_string(), "established,related");
    assert_eq!(line.when.protocol.as_ref().unwrap().to_string(), "tcp");
    assert_eq!(line.when.ports.as_ref().unwrap().to_string(), "80,8000-8010");
    assert!(!line.when.more);
    assert_eq!((line.counter, line.comment.as_deref()), (Some((3, 180)), Some("the shop")));
    let last = gate.lines.last().unwrap();
    assert!(last.policy && last.then.0 == Action::Drop);
}

#[test]
fn verdict_maps_tell_where_they_lead_and_that_they_are_not_read() {
    let chains = read();
    let line = &chains[0].lines[1];
    assert_eq!(line.targets().collect::<Vec<_>>(), ["web"]);
    assert!(line.when.more);
}

#[test]
fn a_dnat_is_read_to_its_port() {
    let chains = read();
    let line = &chains[1].lines[0];
    assert_eq!(line.then.0, Action::Dnat("172.17.0.2:80".into()));
    assert!(line.when.to_host && !line.when.more);
}

#[test]
fn every_rule_has_the_words_of_its_tool() {
    let texts: Vec<String> = read().into_iter().flat_map(|c| c.lines).map(|l| l.text).collect();
    assert!(
        texts[0].starts_with("iifname != \"docker0\"") && texts[0].ends_with("comment \"the shop\""),
        "{}",
        texts[0]
    );
    assert_eq!(texts[1], "tcp dport vmap { 81 : jump web, 82 : drop }");
    assert_eq!(texts[3], "fib daddr type local tcp dport 81 dnat to 172.17.0.2:80");
}

#[test]
fn what_both_tools_tell_of_is_kept_once_with_handle_and_target() {
    let text = "*nat\n:DOCKER - [0:0]\n[1:60] -A DOCKER -p tcp -m tcp --dport 18088 -j DNAT --to-destination 172.17.0.2:80\nCOMMIT\n";
    let iptables = |text: &str| super::super::iptables::parse(text, Family::Ip, false);
    let merged = merge(read(), iptables(text));
    assert_eq!(merged.len(), 3);
    assert_eq!(merged[0].lines[0].handle, Some(69));
    assert_eq!(merged[0].lines[0].then.0, Action::Dnat("172.17.0.2:80".into()));

    let changed = text.replace("COMMIT", "-A DOCKER -j RETURN\nCOMMIT");
    assert_eq!(merge(read(), iptables(&changed))[0].lines[0].handle, None, "a rule came in between");
}

#[test]
fn an_extension_that_only_nft_tells_of_keeps_its_kind() {
    let chains = read();
    assert_eq!(chains[2].lines[0].then.0, Action::Dnat(String::new()));
}

#[test]
fn nonsense_is_an_error_and_an_empty_ruleset_is_none() {
    assert!(parse(b"{\"nftables\": [", &Words::default()).is_err());
    assert_eq!(parse(b"{}", &Words::default()).unwrap(), []);
}
