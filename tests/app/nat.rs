//! Which host port leads where, and what stands in its way.

use std::net::TcpListener;

use longshore::{
    app::msg::Effect,
    backend::{Containers, fake::FakeEngine},
    model::{Container, ContainerId, PortMapping, Protocol},
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
async fn mappings_come_and_go_with_their_containers_and_are_not_made_here() {
    let mut shore = Shore::on("nat").await;
    shore.press("n").await.sees("a mapping comes and goes with its container");
    let id = shore.engine.id("web-1");
    shore.engine.end(&id, 0);
    shore.settle().await.sees_row(&["*:8080", "web-1:80/tcp", "down"]);
}

/// A running container that publishes its port 80.
async fn published(name: &str, port: u16) -> Container {
    let shop = FakeEngine::new();
    let proxy = shop.container(&shop.id("proxy")).await.unwrap();
    let host_ip = Some("127.0.0.1".to_owned());
    let port = PortMapping { host_ip, host_port: Some(port), container_port: 80, protocol: Protocol::Tcp };
    Container { id: ContainerId::new(name), name: name.into(), ports: vec![port], ..proxy }
}
