use super::*;

fn only(rule: &str) -> Line {
    let text = format!("*filter\n:FORWARD DROP [3:180]\n{rule}\nCOMMIT\n");
    let chains = parse(&text, Family::Ip, false);
    assert_eq!(chains.len(), 1, "{chains:?}");
    assert_eq!(chains[0].lines.len(), 2, "{chains:?}");
    chains[0].lines[0].clone()
}

#[test]
fn a_published_port_of_docker_is_read_whole() {
    let line = only("[1:60] -A FORWARD -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT");
    let when = &line.when;
    assert_eq!(line.counter, Some((1, 60)));
    assert_eq!(line.then.0, Action::Accept);
    assert_eq!(when.destination.as_ref().unwrap().to_string(), "172.17.0.2");
    assert_eq!(when.comes_by.as_ref().unwrap().to_string(), "!docker0");
    assert_eq!(when.goes_by.as_ref().unwrap().to_string(), "docker0");
    assert_eq!(when.protocol.as_ref().unwrap().to_string(), "tcp");
    assert_eq!(when.ports.as_ref().unwrap().to_string(), "80");
    assert!(!when.more);
    assert_eq!(line.text, "-A FORWARD -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT");
}

#[test]
fn lists_states_and_patterns_are_read() {
    let line = only(
        "-A FORWARD -i br-+ -p tcp -m multiport --dports 80,443,8000:8010 -m conntrack --ctstate RELATED,ESTABLISHED -j DROP",
    );
    assert_eq!(line.when.comes_by.as_ref().unwrap().to_string(), "br-*");
    assert_eq!(line.when.ports.as_ref().unwrap().to_string(), "80,443,8000-8010");
    assert_eq!(line.when.states.as_ref().unwrap().to_string(), "related,established");
    assert_eq!((line.counter, line.when.more), (None, false));
}

#[test]
fn a_comment_may_hold_anything() {
    let line = only(
        r#"-A FORWARD -m comment --comment "say \"hi\" -j DROP \\ ! " -j REJECT --reject-with icmp-port-unreachable"#,
    );
    assert_eq!(line.comment.as_deref(), Some(r#"say "hi" -j DROP \ ! "#));
    assert_eq!(line.then.0, Action::Reject);
    assert!(line.when.is_empty());
}

#[test]
fn targets_say_what_happens() {
    let to = |target: &str| only(&format!("-A FORWARD {target}")).then.0;
    assert_eq!(to("-j DNAT --to-destination 172.17.0.2:80"), Action::Dnat("172.17.0.2:80".into()));
    assert_eq!(to("-p tcp -j REDIRECT --to-ports 81"), Action::Dnat(":81".into()));
    assert_eq!(to("-s 172.17.0.0/16 ! -o docker0 -j MASQUERADE"), Action::Masquerade);
    assert_eq!(to("-j DOCKER-USER"), Action::Jump("DOCKER-USER".into()));
    assert_eq!(to("-j LOG --log-prefix \"drop: \""), Action::Continue);
    assert_eq!(to("-p tcp"), Action::Continue);
}

#[test]
fn an_option_that_is_not_read_is_not_taken_for_no_condition() {
    assert!(only("-A FORWARD -m limit --limit 5/min -j ACCEPT").when.more);
    assert!(only("-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j ACCEPT").when.more);
    assert!(only("-A FORWARD -m set --match-set office src -j ACCEPT").when.more);
    assert!(only("-A FORWARD -m addrtype ! --dst-type LOCAL -j ACCEPT").when.more);
    assert!(!only("-A FORWARD -m addrtype --dst-type LOCAL -j ACCEPT").when.more);
}

#[test]
fn a_policy_is_the_last_rule_of_its_chain() {
    let text = "*filter\n:FORWARD DROP [3:180]\n:DOCKER - [0:0]\n-A FORWARD -j DOCKER\n-A FORWARD -i x -j ACCEPT\nCOMMIT\n\
                *nat\n:POSTROUTING ACCEPT [0:0]\nCOMMIT\n";
    let chains = parse(text, Family::Ip, true);
    let forward = &chains[0];
    assert_eq!(forward.base, Some((Hook::Forward, 0)));
    assert_eq!(forward.lines.iter().map(|l| l.policy).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!((&forward.lines[2].then.0, forward.lines[2].counter), (&Action::Drop, Some((3, 180))));
    assert_eq!(forward.place.to_string(), "ip filter FORWARD (legacy)");
    assert_eq!((chains[1].base, chains[1].lines.len()), (None, 0));
    assert_eq!(chains[2].base, Some((Hook::Postrouting, 100)));
}

#[test]
fn noise_is_skipped() {
    let text = "# Table `filter' is incompatible, use 'nft' tool.\n*nat\nnonsense\n-A NOWHERE -j ACCEPT\n[x] -A\n:\n:A\nCOMMIT\n";
    assert_eq!(parse(text, Family::Ip, false), []);
}
