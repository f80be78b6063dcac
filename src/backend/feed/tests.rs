use tokio::time::{advance, timeout};

use super::*;
use crate::{
    backend::{
        Containers, EngineError,
        fake::{Call, FakeEngine},
    },
    model::{Event, Kind, Listing, Part, endpoint::Source},
};

/// Longer, on a clock that runs only when nothing else does, than anything here takes.
const LONG: Duration = Duration::from_secs(600);

struct To(FakeEngine);

#[async_trait]
impl Connector for To {
    async fn connect(&self, _: &Endpoint) -> Result<SharedEngine> {
        Ok(Arc::new(self.0.clone()))
    }
}

struct Story {
    engine: FakeEngine,
    feed: Feed,
    news: mpsc::Receiver<Vec<Change>>,
    told: Vec<Change>,
}

fn story_at(address: &str, engine: &FakeEngine) -> Story {
    let endpoint = Endpoint::new("test", address.parse().unwrap(), Source::Flag);
    let (sender, news) = mpsc::channel(64);
    let clock: Clock = Arc::new(|| DateTime::from_timestamp(1_767_323_045, 0).unwrap());
    let feed = Feed::start(endpoint, Arc::new(To(engine.clone())), sender, clock);
    Story { engine: engine.clone(), feed, news, told: Vec::new() }
}

fn story(engine: &FakeEngine) -> Story {
    story_at("unix:///run/docker.sock", engine)
}

impl Story {
    /// Reads until `wanted` says yes to a change; gives its place among all that was told so far.
    async fn until(&mut self, what: &str, wanted: impl Fn(&Change) -> bool) -> usize {
        let from = self.told.len();
        loop {
            let more = timeout(LONG, self.news.recv()).await.unwrap_or_else(|_| panic!("never told: {what}"));
            self.told.extend(more.expect("the feed ended"));
            if let Some(at) = self.told[from..].iter().position(&wanted) {
                return from + at;
            }
        }
    }

    async fn until_live(&mut self) {
        self.until("live", |c| matches!(c, Change::Link(Link::Live { .. }))).await;
        if !self.told.iter().any(is_list) {
            self.until("the list", is_list).await;
        }
    }

    /// Reads whatever is told within so much time.
    async fn pass(&mut self, time: Duration) {
        let end = tokio::time::Instant::now() + time;
        while let Ok(Some(more)) = tokio::time::timeout_at(end, self.news.recv()).await {
            self.told.extend(more);
        }
    }

    fn emit(&self, kind: Kind, action: &str, name: &str) {
        let id = self.engine.id(name).as_str().to_owned();
        let event = Event { at: self.engine.now(), kind, action: action.into(), id, name: name.into(), detail: vec![] };
        self.engine.emit(event);
    }

    fn asked(&self, call: Call) -> usize {
        self.engine.called(call).len()
    }
}

fn is_list(change: &Change) -> bool {
    matches!(change, Change::Listed(Listing::Containers(_)))
}

fn timed_out() -> EngineError {
    EngineError::Timeout { tried: "reach the engine".into(), after: Duration::from_secs(5) }
}

#[tokio::test(start_paused = true)]
async fn the_list_waits_for_nothing_else() {
    let engine = FakeEngine::new();
    for call in [Call::Describe, Call::Ping, Call::Events] {
        engine.hang(call);
    }
    let begun = tokio::time::Instant::now();
    story(&engine).until("the list", is_list).await;
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_burst_on_one_container_costs_two_readings() {
    let engine = FakeEngine::with_containers(3);
    let mut story = story(&engine);
    story.until_live().await;
    let name = engine.containers().await.unwrap().remove(0).name;
    for _ in 0..30 {
        story.emit(Kind::Container, "health_status: healthy", &name);
    }
    story.pass(Duration::from_secs(1)).await;
    assert_eq!(story.told.iter().filter(|c| matches!(c, Change::Event(_))).count(), 30);
    assert!((1..=2).contains(&story.asked(Call::Container)), "{}", story.asked(Call::Container));
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_read_as_one_list() {
    let engine = FakeEngine::with_containers(500);
    let mut story = story(&engine);
    story.until_live().await;
    let names: Vec<_> = engine.containers().await.unwrap().into_iter().map(|c| c.name).collect();
    // An engine in a flood is slow to answer.
    engine.hang(Call::Container);
    for name in &names {
        story.emit(Kind::Container, "start", name);
    }
    story.pass(Duration::from_secs(3)).await;
    engine.release(Call::Container);
    story.pass(Duration::from_secs(3)).await;
    assert!(story.asked(Call::Container) < 100, "{}", story.asked(Call::Container));
    assert_eq!(story.told.iter().filter(|change| is_list(change)).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn execs_make_sessions_stale_and_read_nothing() {
    let engine = FakeEngine::new();
    let mut story = story(&engine);
    story.until_live().await;
    story.emit(Kind::Container, "exec_start: /bin/check", "web");
    story.until("stale", |c| *c == Change::Stale(Part::Sessions)).await;
    story.pass(Duration::from_secs(1)).await;
    assert_eq!(story.asked(Call::Container), 0);
}

#[tokio::test(start_paused = true)]
async fn a_dead_engine_is_lost_and_told_anew_when_it_is_back() {
    let engine = FakeEngine::new();
    let mut story = story(&engine);
    story.until_live().await;
    engine.die();
    story.until("lost", |c| matches!(c, Change::Link(Link::Lost { .. }))).await;
    story.pass(Duration::from_secs(20)).await;
    let lists = story.told.iter().filter(|change| is_list(change)).count();
    engine.revive();
    story.feed.retry_now();
    let begun = tokio::time::Instant::now();
    let at = story.until("the list", is_list).await;
    assert_eq!((lists, begun.elapsed()), (1, Duration::ZERO));
    story.pass(Duration::from_secs(1)).await;
    assert!(story.told[at..].contains(&Change::Stale(Part::Images)));
}

#[tokio::test(start_paused = true)]
async fn doubt_comes_before_loss_and_an_answer_ends_it() {
    let engine = FakeEngine::new();
    let mut story = story(&engine);
    story.until_live().await;
    engine.fail_next(Call::Ping, timed_out());
    story.feed.doubter().notify_one();
    let stale = story.until("stale", |c| matches!(c, Change::Link(Link::Stale { .. }))).await;
    let live = story.until("live", |c| matches!(c, Change::Link(Link::Live { .. }))).await;
    assert!(stale < live || story.asked(Call::Ping) >= 2);
    engine.hang(Call::Ping);
    story.feed.doubter().notify_one();
    story.until("lost", |c| matches!(c, Change::Link(Link::Lost { .. }))).await;
    assert!(story.told.iter().filter(|c| matches!(c, Change::Link(Link::Stale { .. }))).count() >= 2);
}

#[tokio::test(start_paused = true)]
async fn an_idle_engine_here_is_asked_nothing_and_a_far_one_is_pinged() {
    for (address, pings) in [("unix:///run/docker.sock", 0), ("tcp://far:2376", 4)] {
        let engine = FakeEngine::new();
        let mut story = story_at(address, &engine);
        story.until_live().await;
        story.pass(Duration::from_secs(1)).await;
        let before = engine.calls().len();
        story.pass(Duration::from_secs(130)).await;
        assert_eq!(engine.calls().len() - before, pings, "{address}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_feed_ends_with_its_handle() {
    let engine = FakeEngine::new();
    let mut story = story(&engine);
    story.until_live().await;
    drop(story.feed);
    advance(Duration::from_secs(1)).await;
    while timeout(LONG, story.news.recv()).await.expect("the feed goes on").is_some() {}
}
