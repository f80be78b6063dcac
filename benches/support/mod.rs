//! What is measured on: a desk in front of many containers, and an engine that answers one list. Knows no clock.

use std::{
    io::{BufRead, BufReader, Write},
    os::unix::net::{UnixListener, UnixStream},
    sync::Arc,
};

use chrono::{DateTime, FixedOffset, Utc};
use longshore::{
    app::{
        App,
        desk::{Desk, Known, Settings, Tested},
        jobs::Jobs,
        keys::{Keys, Preset},
        own_log::OwnLog,
        theme::{self, Theme},
        toast::Toasts,
    },
    backend::{Containers, fake::FakeEngine},
    model::{
        Change, Container, Link, Listing, Store,
        endpoint::{Address, Endpoint, Source},
    },
    views,
};

/// The moment at which all of it happens.
pub(crate) fn noon() -> DateTime<Utc> {
    FakeEngine::empty().now()
}

/// So many containers, as an engine would tell them.
pub(crate) fn containers(count: usize) -> Vec<Container> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime without IO");
    runtime.block_on(FakeEngine::with_containers(count).containers()).expect("the fake engine answers")
}

/// The app on the containers' dashboard, with so many of them on the desk.
pub(crate) fn app(count: usize) -> App {
    let mut shell = views::shell();
    assert!(shell.show("containers"));
    let mut desk = desk();
    desk.store.apply(Change::Link(Link::Live { latency: std::time::Duration::from_millis(1) }), noon());
    desk.store.apply(Change::Listed(Listing::Containers(containers(count))), noon());
    App::new(desk, Box::new(shell))
}

fn desk() -> Desk {
    let (themes, problems) = Theme::all(&[]);
    assert!(problems.is_empty());
    let endpoint = Endpoint::new("harbour", Address::Unix("/run/fake.sock".into()), Source::Flag);
    Desk {
        store: Store::default(),
        endpoints: vec![Known { endpoint: endpoint.clone(), tested: Tested::Never }],
        endpoint,
        jobs: Jobs::default(),
        toasts: Toasts::default(),
        logs: Default::default(),
        consoles: Default::default(),
        theme: themes[theme::DEFAULT].clone(),
        themes,
        keys: Keys::new(Preset::Longshore),
        settings: Settings::default(),
        read_only: None,
        mouse: false,
        own_log: OwnLog::default(),
        now: noon(),
        zone: FixedOffset::east_opt(0).expect("UTC"),
    }
}

/// An engine that greets and lists containers, as dockerd 20.10 does, and knows nothing else.
pub(crate) struct Lister {
    dir: tempfile::TempDir,
}

impl Lister {
    /// Listens, with so many containers.
    pub(crate) fn with(count: usize) -> Self {
        let dir = tempfile::tempdir().expect("a directory for the socket");
        let listener = UnixListener::bind(dir.path().join("docker.sock")).expect("a socket");
        let list: Arc<str> = list(count).into();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let list = list.clone();
                std::thread::spawn(move || answer(&stream, &list));
            }
        });
        Self { dir }
    }

    /// Where it listens.
    pub(crate) fn endpoint(&self) -> Endpoint {
        let socket = self.dir.path().join("docker.sock").display().to_string();
        Endpoint::new("lister", Address::Unix(socket), Source::Flag)
    }
}

/// Answers requests until the other side hangs up, or anything goes wrong.
fn answer(stream: &UnixStream, list: &str) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let mut writer = stream;
    loop {
        let request = lines.next()?.ok()?;
        while !lines.next()?.ok()?.is_empty() {}
        let body = if request.contains("/containers/json") { list } else { "OK" };
        let length = if request.starts_with("HEAD") { "" } else { body };
        let head = "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nDocker-Experimental: false\r\nOstype: linux\r\n\
                    Server: Docker/20.10.24 (linux)\r\nContent-Type: application/json\r\n";
        write!(writer, "{head}Content-Length: {}\r\n\r\n{length}", length.len()).ok()?;
    }
}

/// The answer to `GET /containers/json`, with the fields of API 1.41.
fn list(count: usize) -> String {
    let rows: Vec<String> = (0..count).map(row).collect();
    format!("[{}]", rows.join(","))
}

fn row(nth: usize) -> String {
    let (id, image) = (format!("{nth:064x}"), format!("{:064x}", nth % 20));
    format!(
        r#"{{"Id":"{id}","Names":["/service-{nth:05}"],"Image":"registry.example/team/service-{team}:1.0",
        "ImageID":"sha256:{image}","Command":"/srv/service --shard {nth}","Created":1767323045,
        "Ports":[{{"IP":"0.0.0.0","PrivatePort":8080,"PublicPort":{port},"Type":"tcp"}}],
        "Labels":{{"com.docker.compose.project":"project-{project}","com.docker.compose.service":"service",
        "com.docker.compose.container-number":"1","maintainer":"harbour@example"}},
        "State":"running","Status":"Up 2 hours (healthy)","HostConfig":{{"NetworkMode":"bridge"}},
        "NetworkSettings":{{"Networks":{{"bridge":{{"IPAMConfig":null,"Links":null,"Aliases":null,
        "NetworkID":"{image}","EndpointID":"{id}","Gateway":"172.17.0.1","IPAddress":"172.17.0.2",
        "IPPrefixLen":16,"IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,
        "MacAddress":"02:42:ac:11:00:02","DriverOpts":null}}}}}},"Mounts":[]}}"#,
        team = nth % 20,
        port = 20_000 + nth % 40_000,
        project = nth / 25,
    )
}
