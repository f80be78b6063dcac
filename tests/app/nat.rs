//! Which host port leads where, and what stands in its way.

use std::net::TcpListener;

use longshore::{
    app::msg::Effect,
    backend::{
        Containers,
        fake::{Call, FakeEngine},
    },
    model::{Caps, Container, ContainerId, Feature, PortMapping, Protocol},
};

use crate::story::Shore;

#[tokio::test(start_paused = true)]
async fn mappings_are_told_with_their_conflicts_and_that_they_are_derived() {
    let mut shore = Shore::on("nat").await;
    shore.sees("3 mappings · 2 in conflict · 3 live sessions").sees("derived from published ports");
    shore.sees_row(&["*:8080", "web-1:80/tcp", "up", "shop_default"]);
    shore.choose("proxy-old").await.sees("port 8443/tcp is taken by `proxy`: only one of them can have it");
}

#[tokio::test(start_paused = true)]
async fn live_sessions_are_shown_with_their_mapping() {
    let mut shore = Shore::on("nat").await;
    shore.choose("8080").await.press("tab").await.sees("203.0.113.7:52044").misses("192.0.2.53:443");
}

#[tokio::test(start_paused = true)]
async fn why_sessions_cannot_be_seen_is_said() {
    let engine = FakeEngine::empty();
    engine.put(published("quay", 8080).await);
    let mut shore = Shore::with(engine, "nat", 120, 36).await;
    shore.press("tab").await.sees("live sessions cannot be seen: a fake engine has no host");
}

#[tokio::test(start_paused = true)]
async fn a_probe_says_whether_somebody_accepts() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let engine = FakeEngine::empty();
    engine.put(published("quay", port).await);
    let mut shore = Shore::with(engine, "nat", 120, 36).await;
    shore.press("T").await.sees(&format!("127.0.0.1:{port} accepts connections"));
    drop(listener);
    shore.press("T").await.sees(&format!("cannot connect to 127.0.0.1:{port}"));
}

#[tokio::test(start_paused = true)]
async fn a_mapping_leads_to_its_container_or_network_and_has_a_url() {
    let mut shore = Shore::on("nat").await;
    shore.choose("8080").await.press("c").await;
    assert!(shore.effects().contains(&Effect::Clipboard("http://127.0.0.1:8080".into())));
    shore.press("J").await.sees("Jump to").press("enter").await.sees("Containers ─");
    assert_eq!(shore.selected(), "web-1");
    shore.press("7 J down enter").await.sees("Networks ─");
    assert_eq!(shore.selected(), "shop_default");
}

#[tokio::test(start_paused = true)]
async fn a_mapping_goes_down_with_its_container() {
    let mut shore = Shore::on("nat").await;
    let id = shore.engine.id("web-1");
    shore.engine.end(&id, 0);
    shore.settle().await.sees_row(&["*:8080", "web-1:80/tcp", "down"]);
}

#[tokio::test(start_paused = true)]
async fn a_port_is_published_and_closed_while_its_container_runs() {
    let mut shore = Shore::on("nat").await;
    shore.choose("8080").await.press("n").await.sees("Publish ports").sees("web-1").press("down").await;
    shore.type_text("8080:81").await.press("ctrl-s").await.sees("port 8080/tcp of the host leads to `web-1` already");
    shore.retype("9090:81, 82").await.press("ctrl-s").await.misses("Publish ports").press("esc").await;
    shore.sees_row(&["*:9090", "web-1:81/tcp", "up"]).sees_row(&["*:49153", "web-1:82/tcp", "up"]);
    shore.choose("9090").await.press("x").await.sees("Close 9090→81/tcp of `web-1`?").press("y").await;
    shore.misses("*:9090").sees("9090→81/tcp of `web-1` closed");
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_publishes_only_at_the_making_says_so() {
    let engine = FakeEngine::new();
    let why = "ports are published when a container is made";
    engine.set_caps(Caps::without([(Feature::Publish, why)]));
    let mut shore = Shore::with(engine, "nat", 120, 36).await;
    shore.press("n").await.sees(why).misses("Publish ports");
    shore.choose("8080").await.press("x").await.sees(why);
    assert!(shore.engine.called(Call::Unpublish).is_empty());
}

/// A running container that publishes its port 80.
async fn published(name: &str, port: u16) -> Container {
    let shop = FakeEngine::new();
    let proxy = shop.container(&shop.id("proxy")).await.unwrap();
    let host_ip = Some("127.0.0.1".to_owned());
    let port = PortMapping { host_ip, host_port: Some(port), container_port: 80, protocol: Protocol::Tcp };
    Container { id: ContainerId::new(name), name: name.into(), ports: vec![port], ..proxy }
}
