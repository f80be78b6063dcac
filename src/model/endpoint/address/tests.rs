use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Address {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refusal(text: &str) -> String {
    match text.parse::<Address>() {
        Ok(address) => panic!("{text} was taken for {address:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_spelling_of_the_command_line_is_understood() {
    assert_eq!(parse("unix:///var/run/docker.sock"), Address::Unix("/var/run/docker.sock".into()));
    let pipe = Address::Pipe { server: ".".into(), name: "docker_engine".into() };
    assert_eq!(parse("npipe:////./pipe/docker_engine"), pipe);
    assert_eq!(parse(r"npipe:\\.\pipe\docker_engine"), pipe);
    let host = "10.0.0.7".to_owned();
    assert_eq!(parse("tcp://10.0.0.7"), Address::Tcp { host: host.clone(), port: None });
    assert_eq!(parse("http://10.0.0.7:80/"), Address::Tcp { host: host.clone(), port: Some(80) });
    assert_eq!(parse("https://10.0.0.7:8443"), Address::Https { host, port: Some(8443) });
    assert_eq!(parse("tcp://[::1]:2375"), Address::Tcp { host: "::1".into(), port: Some(2375) });
    assert_eq!(parse("embedded:"), Address::Embedded);
    assert_eq!(
        parse("ssh://ops@build_7:2222/run/user/1000/docker.sock"),
        Address::Ssh {
            user: Some("ops".into()),
            host: "build_7".into(),
            port: Some(2222),
            socket: Some("/run/user/1000/docker.sock".into()),
        }
    );
}

#[test]
fn a_refusal_names_the_part_that_is_wrong() {
    assert!(refusal("host").contains("expected unix://"));
    assert!(refusal("ftp://host").contains("expected unix://"));
    assert!(refusal("unix://run/docker.sock").contains("must be absolute"));
    assert!(refusal("npipe://docker_engine").contains("npipe:////./pipe/"));
    assert!(refusal("tcp://host:70000").contains("`70000` is not a port"));
    assert!(refusal("tcp://host:+80").contains("`+80` is not a port"));
    assert!(refusal("tcp://:2375").contains("`` is not a host"));
    assert!(refusal("tcp://host/v1").contains("`/v1` does"));
    assert!(refusal("tcp://[fe80::zz]:1").contains("`fe80::zz` is not a host"));
    assert!(refusal("tcp://h\u{1b}[2J").contains("control characters"));
}

#[test]
fn nothing_in_an_address_can_become_an_option_of_ssh() {
    assert!(refusal("ssh://-oProxyCommand=x").contains("is not a host"));
    assert!(refusal("ssh://-oProxyCommand=x@host").contains("is not a login name"));
}

#[test]
fn a_password_is_refused_and_not_repeated() {
    let said = refusal("ssh://ops:hunter2@host");
    assert!(said.contains("`ops` is not a login name"));
    assert!(!said.contains("hunter2"));
}

fn host() -> impl Strategy<Value = String> {
    let v6 = any::<u128>().prop_map(|bits| std::net::Ipv6Addr::from(bits).to_string());
    let v4 = any::<u32>().prop_map(|bits| std::net::Ipv4Addr::from(bits).to_string());
    prop_oneof!["[a-z0-9][a-zA-Z0-9._-]{0,20}", v4, v6]
}

fn port() -> impl Strategy<Value = Option<u16>> {
    proptest::option::of(1..=u16::MAX)
}

fn address() -> impl Strategy<Value = Address> {
    let path = "/[^\\p{C}]{1,30}";
    let user = proptest::option::of("[a-z_][a-z0-9_.-]{0,10}");
    prop_oneof![
        Just(Address::Embedded),
        path.prop_map(Address::Unix),
        ("[a-z.][a-z0-9]{0,8}", "[a-z_]{1,12}(/[a-z]{1,5})?").prop_map(|(server, name)| Address::Pipe { server, name }),
        (host(), port()).prop_map(|(host, port)| Address::Tcp { host, port }),
        (host(), port()).prop_map(|(host, port)| Address::Https { host, port }),
        (user, host(), port(), proptest::option::of(path)).prop_map(|(user, host, port, socket)| Address::Ssh {
            user,
            host,
            port,
            socket
        }),
    ]
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(address in address()) {
        prop_assert_eq!(address.to_string().parse::<Address>(), Ok(address));
    }

    #[test]
    fn any_text_is_answered_and_what_is_accepted_prints_stably(text in "(unix|npipe|tcp|ssh|https):/{0,4}.{0,20}") {
        if let Ok(address) = text.parse::<Address>() {
            prop_assert_eq!(address.to_string().parse::<Address>(), Ok(address));
        }
    }
}
