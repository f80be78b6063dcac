use futures_util::StreamExt;

use super::*;
use crate::{
    backend::{Containers, Images, NatTable, Networks, Reporter, System, Volumes},
    model::{LogOptions, State},
};

async fn actions(mut events: super::super::Flow<Event>, n: usize) -> Vec<String> {
    let mut told = Vec::new();
    while told.len() < n {
        told.push(events.next().await.unwrap().unwrap().action);
    }
    told
}

#[tokio::test]
async fn a_stop_is_done_and_told() {
    let fake = FakeEngine::new();
    let events = fake.events().await.unwrap();
    fake.stop(&fake.id("web-1"), Duration::ZERO).await.unwrap();
    assert_eq!(actions(events, 4).await, ["kill", "die", "disconnect", "stop"]);
    assert_eq!(fake.container(&fake.id("web-1")).await.unwrap().state, State::Exited(143));
    assert_eq!(fake.called(Call::Stop), ["web-1"]);
}

#[tokio::test]
async fn a_scripted_failure_happens_once() {
    let fake = FakeEngine::new();
    let error = EngineError::Timeout { tried: "list the containers".into(), after: Duration::from_secs(20) };
    fake.fail_next(Call::Containers, error.clone());
    assert_eq!(fake.containers().await, Err(error));
    assert!(fake.containers().await.is_ok());
}

#[tokio::test]
async fn a_held_call_answers_when_released_and_fails_when_the_engine_dies() {
    let fake = FakeEngine::new();
    fake.hang(Call::Ping);
    let mut ping = Box::pin(fake.ping());
    assert!(futures_util::poll!(&mut ping).is_pending());
    fake.release(Call::Ping);
    assert!(ping.await.is_ok());

    fake.hang(Call::Ping);
    let mut ping = Box::pin(fake.ping());
    assert!(futures_util::poll!(&mut ping).is_pending());
    fake.die();
    assert!(matches!(ping.await, Err(EngineError::Unreachable { .. })));
    fake.revive();
    fake.release(Call::Ping);
    assert!(fake.ping().await.is_ok());
}

#[tokio::test]
async fn death_ends_the_streams() {
    let fake = FakeEngine::new();
    let mut events = fake.events().await.unwrap();
    let follow = LogOptions { tail: Some(0), since: None, follow: true };
    let mut log = fake.logs(&fake.id("web-1"), follow).await.unwrap();
    fake.push_log(&fake.id("web-1"), Stream::Out, "a\u{1b}[2Jb");
    assert_eq!(log.next().await.unwrap().unwrap().text, "a␛[2Jb");
    fake.die();
    assert!(events.next().await.is_none());
    assert!(log.next().await.is_none());
}

#[tokio::test]
async fn two_containers_want_one_port_and_the_second_cannot_start() {
    let fake = FakeEngine::new();
    let refused = fake.start(&fake.id("proxy-old")).await.unwrap_err();
    assert!(refused.to_string().contains("port is already allocated"), "{refused}");
    let nat = fake.nat().await.unwrap();
    let clash: Vec<_> = nat.mappings.iter().filter(|m| m.conflict.is_some()).map(|m| &m.container_name).collect();
    assert_eq!(clash.len(), 2, "{clash:?}");
    assert!(clash.iter().all(|name| name.starts_with("proxy")), "{clash:?}");
}

#[tokio::test]
async fn a_pull_can_be_caught_half_done() {
    let fake = FakeEngine::new();
    fake.hang(Call::PullRest);
    let (reporter, heard) = Reporter::new();
    let mut pull = Box::pin(fake.pull("redis:7", &reporter));
    while heard.borrow().fraction() != Some(0.5) {
        assert!(futures_util::poll!(&mut pull).is_pending());
    }
    fake.release(Call::PullRest);
    pull.await.unwrap();
    assert_eq!(heard.borrow().fraction(), Some(1.0));
    assert!(fake.images().await.unwrap().iter().any(|image| image.name() == "redis:7"));
}

#[tokio::test]
async fn scripts_change_what_is_told() {
    let fake = FakeEngine::new();
    let events = fake.events().await.unwrap();
    let id = fake.id("api");
    fake.set_health(&id, Health::Healthy);
    fake.end(&id, 3);
    assert_eq!(actions(events, 3).await, ["health_status: healthy", "die", "disconnect"]);
    let ended = fake.container(&id).await.unwrap();
    assert_eq!((ended.health, ended.state), (Health::Healthy, State::Exited(3)));

    fake.put(Container { name: "renamed".to_owned(), ..ended });
    assert_eq!(fake.id("renamed"), id);
}

#[tokio::test]
async fn a_prune_takes_what_nobody_needs_and_nothing_else() {
    let fake = FakeEngine::new();
    assert_eq!(fake.prune_images(false).await.unwrap().count, 1, "the dangling one");
    let before = fake.containers().await.unwrap();
    let idle = before.iter().filter(|container| !container.state.is_up()).count();
    assert_eq!(fake.prune_containers().await.unwrap().count, idle);
    assert_eq!(fake.containers().await.unwrap().len(), before.len() - idle);
    assert_eq!(fake.prune_volumes(false).await.unwrap().count, 1, "the anonymous one");
    assert_eq!(fake.prune_volumes(true).await.unwrap().count, 2, "all but the database's");
    assert_eq!(fake.prune_networks().await.unwrap().count, 0, "the shop's is in use");
    assert_eq!(fake.prune_images(true).await.unwrap().count, 1, "hello-world, whose container went");
}

#[tokio::test]
async fn a_large_world_has_what_was_asked_for() {
    let all = FakeEngine::with_containers(1000).containers().await.unwrap();
    assert_eq!(all.len(), 1000);
    assert_eq!(all.iter().filter(|c| c.state == State::Running).count(), 900);
}
