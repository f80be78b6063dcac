use super::*;
use crate::model::endpoint::{Source, TlsFiles};

fn parse(text: &str) -> (Config, Vec<String>) {
    let (config, remarks) = Config::parse(text, Path::new("/etc/l/config.toml"));
    (config, remarks.iter().map(ToString::to_string).collect())
}

#[test]
fn every_setting_is_read() {
    let (config, remarks) = parse(
        r#"
        theme = "harbour"
        keys = "k9s"
        ascii = true
        mouse = false
        read_only = true
        default_endpoint = "prod"
        stop_grace = 30
        log_lines = 5_000
        refresh = 0x10

        [[endpoint]]
        name = "prod"
        address = "tcp://prod:2376"
        tls_ca = "ca.pem"
        tls_cert = "/abs/cert.pem"
        read_only = true
        "#,
    );
    assert_eq!(remarks, [""; 0]);
    let mut endpoint = Endpoint::new("prod", "tcp://prod:2376".parse().unwrap(), Source::Config);
    endpoint.read_only = true;
    endpoint.tls =
        Some(TlsFiles { ca: Some("/etc/l/ca.pem".into()), cert: Some("/abs/cert.pem".into()), ..TlsFiles::default() });
    let wanted = Config {
        theme: Some("harbour".into()),
        keys: Some("k9s".into()),
        ascii: Some(true),
        mouse: false,
        read_only: true,
        default_endpoint: Some("prod".into()),
        endpoints: vec![endpoint],
        stop_grace: Duration::from_secs(30),
        log_lines: 5_000,
        refresh: Duration::from_secs(16),
    };
    assert_eq!(config, wanted);
}

#[test]
fn a_mistake_is_placed_and_the_rest_of_the_file_counts() {
    let (config, remarks) = parse("# größe\nmouse = \"no\"\nlog_lines = 7\ntheme = \"x\"\nstop_grace = -1\n");
    assert_eq!(config.theme.as_deref(), Some("x"));
    assert_eq!((config.mouse, config.log_lines), (true, 10_000));
    assert_eq!(
        remarks,
        [
            "/etc/l/config.toml:2:9: `mouse` must be true or false, not \"no\"",
            "/etc/l/config.toml:3:13: `log_lines` must be a whole number from 100 to 1000000, not 7",
            "/etc/l/config.toml:5:14: `stop_grace` must be a whole number from 0 to 3600, not -1",
        ]
    );
}

#[test]
fn a_mistake_of_spelling_is_placed_and_what_can_be_understood_counts() {
    let (config, remarks) = parse("theme = \"x\"\nmouse = \nlog_lines = 200\n");
    assert_eq!((config.theme.as_deref(), config.log_lines), (Some("x"), 200));
    assert!(remarks[0].starts_with("/etc/l/config.toml:2:"), "{remarks:?}");
}

#[test]
fn an_unknown_setting_is_a_warning_that_names_the_nearest() {
    let (_, remarks) = Config::parse("them = \"x\"\nzzzzzz = 1\n", Path::new("c"));
    assert!(remarks.iter().all(|remark| remark.gravity == Gravity::Warning));
    assert_eq!(remarks[0].to_string(), "c:1:1: there is no setting `them`; is `theme` meant?");
    assert_eq!(remarks[1].to_string(), "c:2:1: there is no setting `zzzzzz`");
}

#[test]
fn a_mistake_in_a_protection_protects() {
    let (config, remarks) = parse("read_only = \"yes\"");
    assert!(config.read_only);
    assert_eq!(remarks.len(), 1);
}

#[test]
fn an_endpoint_that_cannot_be_used_is_left_out_alone() {
    let text = "[[endpoint]]\nname = \"a\"\n\n[[endpoint]]\nname = \"b\"\naddress = \"ftp://x\"\n\n\
                [[endpoint]]\nname = \"c\"\naddress = \"tcp://c\"\n\n[[endpoint]]\nname = \"c\"\naddress = \"tcp://d\"\n\n\
                [[endpoint]]\nname = \"e\"\naddress = \"tcp://e\"\ntls_verify = 1\n";
    let (config, remarks) = parse(text);
    assert_eq!(config.endpoints.len(), 1);
    assert_eq!(config.endpoints[0].address.to_string(), "tcp://c");
    assert_eq!(remarks.len(), 4);
    assert!(remarks[0].ends_with(":1:1: this endpoint has no `address`"), "{remarks:?}");
    assert!(remarks[1].contains(":6:11: `address`: `ftp://x` is not an engine address"), "{remarks:?}");
    assert!(remarks[2].ends_with("there are two endpoints named `c`; the first counts"));
    assert!(remarks[3].contains("`tls_verify` must be true or false, not 1"));
}

#[test]
fn a_missing_file_is_an_empty_one_and_an_unreadable_one_is_named() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(Config::load(&home.path().join("none.toml")), (Config::default(), Vec::new()));
    let (config, remarks) = Config::load(home.path());
    assert_eq!(config, Config::default());
    assert!(remarks[0].message.starts_with("cannot read the settings"));
}

#[test]
fn endpoints_are_added_and_removed_and_every_comment_stays() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.toml");
    let before = "# mine\ntheme = \"x\" # nice\n\n# the first\n[[endpoint]]\nname   =   \"a\"\naddress = \"tcp://a\"\n";
    fs::write(&file, before).unwrap();
    let mut endpoint = Endpoint::new("b", "ssh://ops@b:22/run/x.sock".parse().unwrap(), Source::Config);
    endpoint.tls = Some(TlsFiles { key: Some(home.path().join("k")), verify: false, ..TlsFiles::default() });
    endpoint.read_only = true;

    add_endpoint(&file, &endpoint).unwrap();
    assert!(fs::read_to_string(&file).unwrap().starts_with(before));
    let (config, remarks) = Config::load(&file);
    assert_eq!(remarks, []);
    assert_eq!(config.endpoints[1], endpoint);

    assert!(matches!(add_endpoint(&file, &endpoint), Err(EditError::Taken { .. })));
    remove_endpoint(&file, "b").unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
    assert!(matches!(remove_endpoint(&file, "b"), Err(EditError::Missing { .. })));
    let left: Vec<_> = fs::read_dir(home.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing is left beside the file");
}

#[test]
fn a_file_is_made_where_there_is_none_and_one_that_is_not_toml_is_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("new/config.toml");
    let endpoint = Endpoint::new("a", "tcp://a".parse().unwrap(), Source::Config);
    add_endpoint(&file, &endpoint).unwrap();
    assert_eq!(Config::load(&file).0.endpoints, std::slice::from_ref(&endpoint));

    fs::write(&file, "theme = ").unwrap();
    assert!(matches!(add_endpoint(&file, &endpoint), Err(EditError::Syntax { .. })));
    assert_eq!(fs::read_to_string(&file).unwrap(), "theme = ");
    fs::write(&file, "endpoint = 1").unwrap();
    assert!(matches!(add_endpoint(&file, &endpoint), Err(EditError::Shape { .. })));
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_permissions_stay() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let (real, link) = (home.path().join("dotfile"), home.path().join("config.toml"));
    fs::write(&real, "").unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    add_endpoint(&link, &Endpoint::new("a", "tcp://a".parse().unwrap(), Source::Config)).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::read_to_string(&real).unwrap().contains("tcp://a"));
}
