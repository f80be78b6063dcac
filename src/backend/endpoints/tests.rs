use super::*;

fn flags(hosts: &[&str]) -> Flags {
    Flags { hosts: hosts.iter().map(|host| (*host).to_owned()).collect(), ..Flags::default() }
}

fn configured(name: &str, address: &str) -> Configured {
    let endpoint = Endpoint::new(name, address.parse().unwrap(), Source::Config);
    Configured { endpoints: vec![endpoint], default: None }
}

fn around(variables: &[(&str, &str)]) -> Surroundings {
    Surroundings {
        variables: variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        docker_dir: Some("/home/u/.docker".into()),
        local: vec!["unix:///var/run/docker.sock".parse().unwrap(), "unix:///run/podman/podman.sock".parse().unwrap()],
        aboard: true,
        ..Surroundings::default()
    }
}

fn with_context(mut around: Surroundings, name: &str, host: &str) -> Surroundings {
    let text = format!(r#"{{"Name":"{name}","Metadata":{{}},"Endpoints":{{"docker":{{"Host":"{host}"}}}}}}"#);
    let path = format!("/home/u/.docker/contexts/meta/id-{name}/meta.json").into();
    around.contexts.push(FoundFile { path, text: Ok(text) });
    around
}

fn current(mut around: Surroundings, text: &str) -> Surroundings {
    around.docker_config = Some(FoundFile { path: "/home/u/.docker/config.json".into(), text: Ok(text.into()) });
    around
}

fn opened(choice: &Choice) -> Vec<&str> {
    choice.candidates.iter().map(|index| choice.endpoints[*index].name.as_str()).collect()
}

#[test]
fn with_nothing_said_this_machine_is_tried_and_the_engine_aboard_last() {
    let choice = choose(&Flags::default(), &Configured::default(), &around(&[]));
    assert_eq!(opened(&choice), ["docker", "podman", "embedded"]);
    assert!(choice.problems.is_empty());
}

#[test]
fn each_way_of_naming_an_engine_comes_before_the_next() {
    let everything = with_context(around(&[("DOCKER_HOST", "tcp://env")]), "ctx", "tcp://ctx");
    let everything = current(with_context(everything, "other", "tcp://other"), r#"{"currentContext":"ctx"}"#);
    let mut config = configured("conf", "tcp://conf");
    config.default = Some("conf".into());

    assert_eq!(opened(&choose(&flags(&["tcp://flag", "tcp://second"]), &config, &everything)), ["flag"]);
    let by_context = Flags { context: Some("other".into()), ..Flags::default() };
    assert_eq!(opened(&choose(&by_context, &config, &everything)), ["other"]);
    let aboard = Flags { embedded: true, ..Flags::default() };
    assert_eq!(opened(&choose(&aboard, &config, &everything)), ["embedded"]);
    assert_eq!(opened(&choose(&Flags::default(), &config, &everything)), ["env"]);
    let mut without_host = everything.clone();
    without_host.variables = BTreeMap::from([("DOCKER_CONTEXT".into(), "other".into())]);
    assert_eq!(opened(&choose(&Flags::default(), &config, &without_host)), ["other"]);
    without_host.variables.clear();
    assert_eq!(opened(&choose(&Flags::default(), &config, &without_host)), ["conf"]);
    assert_eq!(opened(&choose(&Flags::default(), &Configured::default(), &without_host)), ["ctx"]);
}

#[test]
fn everything_known_is_listed_once_and_every_name_is_unique() {
    let around = with_context(around(&[("DOCKER_HOST", "unix:///var/run/docker.sock")]), "prod", "tcp://b");
    let config = configured("prod", "tcp://a");
    let choice = choose(&Flags::default(), &config, &around);
    let names: Vec<&str> = choice.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
    assert_eq!(names, ["docker", "prod", "prod-2", "podman", "embedded"]);
}

#[test]
fn a_host_that_was_asked_for_in_vain_is_not_replaced_by_another() {
    let choice = choose(&flags(&["nonsense"]), &Configured::default(), &around(&[("DOCKER_HOST", "tcp://env")]));
    assert!(opened(&choice).is_empty());
    assert!(choice.problems[0].sentence.starts_with("-H: `nonsense` is not an engine address"));
    let mut config = configured("conf", "tcp://conf");
    config.default = Some("conf".into());
    let choice = choose(&Flags::default(), &config, &around(&[("DOCKER_HOST", "tcp://:x")]));
    assert!(opened(&choice).is_empty());
    assert!(choice.problems[0].sentence.starts_with("DOCKER_HOST: "));
    let missing = Flags { context: Some("gone".into()), ..Flags::default() };
    let choice = choose(&missing, &Configured::default(), &around(&[]));
    assert!(opened(&choice).is_empty());
    assert_eq!(choice.problems[0].sentence, "--context: there is no context or endpoint `gone`");
}

#[test]
fn the_default_context_of_docker_means_this_machine() {
    let around = current(around(&[("DOCKER_CONTEXT", "default")]), r#"{"currentContext":"default"}"#);
    let choice = choose(&Flags::default(), &Configured::default(), &around);
    assert_eq!(opened(&choice), ["docker", "podman", "embedded"]);
    assert!(choice.problems.is_empty());
}

#[test]
fn tls_follows_dockers_rules() {
    let mut machine = around(&[("DOCKER_HOST", "tcp://h"), ("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", "/certs")]);
    machine.tls_files = ["/certs/ca.pem", "/certs/cert.pem", "/certs/key.pem"].map(PathBuf::from).into();
    let files =
        |flags: &Flags, around: &Surroundings| choose(flags, &Configured::default(), around).endpoints[0].tls.clone();
    let found = files(&Flags::default(), &machine).unwrap();
    assert!(found.verify);
    assert_eq!(found.key, Some("/certs/key.pem".into()));

    let named = Flags { tls_ca: Some("/other/ca.pem".into()), ..Flags::default() };
    assert_eq!(files(&named, &machine).unwrap().ca, Some("/other/ca.pem".into()));

    machine.variables.remove("DOCKER_TLS_VERIFY");
    assert_eq!(files(&Flags::default(), &machine), None, "a directory alone does not switch TLS on");
    machine.variables.insert("DOCKER_TLS".into(), "1".into());
    assert!(!files(&Flags::default(), &machine).unwrap().verify);
}

#[test]
fn tls_flags_do_not_touch_sockets() {
    let wanted = Flags { tls_verify: true, ..flags(&["unix:///x.sock"]) };
    assert_eq!(choose(&wanted, &Configured::default(), &around(&[])).endpoints[0].tls, None);
}

#[test]
fn an_address_that_the_config_describes_keeps_its_name_and_files() {
    let mut config = configured("prod", "tcp://h");
    config.endpoints[0].read_only = true;
    config.endpoints[0].tls = Some(TlsFiles { ca: Some("/ca.pem".into()), ..TlsFiles::default() });
    let first = choose(&flags(&["tcp://h"]), &config, &around(&[])).endpoints.remove(0);
    assert_eq!((first.name.as_str(), first.source, first.read_only), ("prod", Source::Flag, true));
    assert!(first.tls.is_some());
}

#[test]
fn a_context_brings_its_tls_files() {
    let mut around = with_context(around(&[]), "prod", "tcp://h:2376");
    around.tls_files = BTreeSet::from(["/home/u/.docker/contexts/tls/id-prod/docker/ca.pem".into()]);
    let choice = choose(&Flags { context: Some("prod".into()), ..Flags::default() }, &Configured::default(), &around);
    let tls = choice.endpoints[0].tls.clone().unwrap();
    assert!(tls.verify && tls.ca.is_some() && tls.cert.is_none());
}

#[test]
fn a_broken_file_of_docker_is_named_and_the_others_count() {
    let mut around = with_context(around(&[]), "good", "ssh://h");
    around.contexts.push(FoundFile { path: "/bad/meta.json".into(), text: Ok("{".into()) });
    around.contexts.push(FoundFile { path: "/locked/meta.json".into(), text: Err("permission denied".into()) });
    let around = current(around, "[]");
    let choice = choose(&Flags::default(), &Configured::default(), &around);
    assert!(choice.endpoints.iter().any(|endpoint| endpoint.name == "good"));
    let said: Vec<&str> = choice.problems.iter().map(|problem| problem.sentence.as_str()).collect();
    assert_eq!(said.len(), 3);
    assert!(said[0].starts_with("cannot use the docker context `/bad/meta.json`"));
    assert_eq!(said[1], "cannot use the docker context `/locked/meta.json`: permission denied");
    assert!(said[2].starts_with("cannot use the docker config"));
}
