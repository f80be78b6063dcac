//! Drives the real app over the fake engine in paused time and reads like a story: keys in, screen out.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use longshore::{
    app::{
        App,
        desk::{Desk, Known, Settings, Tested},
        jobs::Jobs,
        keys::{Keys, Preset},
        msg::{Effect, Msg},
        own_log::OwnLog,
        theme::{self, Theme},
        toast::Toasts,
    },
    backend::{EngineError, Result, SharedEngine, fake::FakeEngine, feed::Connector},
    console::Core,
    logging::LogRing,
    model::{
        Store,
        endpoint::{Address, Endpoint, Source},
    },
    views,
};
use ratatui::{buffer::Buffer, layout::Rect};
use tokio::time::{Instant, timeout};

/// A console in front of a fake engine.
pub(crate) struct Shore {
    /// The engine behind it, for scripts.
    pub(crate) engine: Arc<FakeEngine>,
    /// The console's own log.
    pub(crate) log: LogRing,
    core: Core,
    buffer: Buffer,
    effects: Vec<Effect>,
    began: Instant,
    start: DateTime<Utc>,
}

/// When a story begins: the fake engine's own noon.
fn start(engine: &FakeEngine) -> DateTime<Utc> {
    engine.now()
}

struct Door(Arc<FakeEngine>);

#[async_trait]
impl Connector for Door {
    async fn connect(&self, endpoint: &Endpoint) -> Result<SharedEngine> {
        if endpoint.name == "nowhere" {
            let (tried, why) = ("connect to `nowhere`".into(), "no route to host".into());
            return Err(EngineError::Unreachable { tried, why, hint: None });
        }
        Ok(self.0.clone())
    }
}

impl Shore {
    /// A console of 120×36 in front of the fake engine's small world, settled on this dashboard.
    pub(crate) async fn on(view: &str) -> Self {
        Self::with(FakeEngine::new(), view, 120, 36).await
    }

    /// A console of this size in front of this engine, settled on this dashboard.
    pub(crate) async fn with(engine: FakeEngine, view: &str, width: u16, height: u16) -> Self {
        Self::dressed(engine, view, (width, height), |theme| theme).await
    }

    /// As [`with`](Self::with), looking as `dress` makes its theme.
    pub(crate) async fn dressed(
        engine: FakeEngine,
        view: &str,
        (width, height): (u16, u16),
        dress: impl Fn(Theme) -> Theme,
    ) -> Self {
        let engine = Arc::new(engine);
        let (began, start) = (Instant::now(), start(&engine));
        let clock = Arc::new(move || start + TimeDelta::from_std(began.elapsed()).unwrap());
        let mut shell = views::shell();
        assert!(shell.show(view), "no dashboard {view}");
        let log = LogRing::new();
        let mut desk = desk(start, &log);
        desk.themes = desk.themes.into_iter().map(|(name, theme)| (name, dress(theme))).collect();
        desk.theme = dress(desk.theme);
        let app = App::new(desk, Box::new(shell));
        let core = Core::new(app, Arc::new(Door(engine.clone())), clock);
        let buffer = Buffer::empty(Rect::new(0, 0, width, height));
        let mut shore = Self { engine, log, core, buffer, effects: Vec::new(), began, start };
        let effects = shore.core.begin();
        shore.effects.extend(effects);
        shore.settle().await;
        shore
    }

    /// Presses keys, named as in `keys.toml`, blanks between; settles after each.
    pub(crate) async fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.split(' ') {
            self.take(Msg::Key(event(key)));
            self.settle().await;
        }
        self
    }

    /// Types a text, letter by letter.
    pub(crate) async fn type_text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.take(Msg::Key(KeyEvent::from(KeyCode::Char(c))));
        }
        self.settle().await;
        self
    }

    /// Filters the dashboard by this text, so that the row with it is selected.
    pub(crate) async fn choose(&mut self, text: &str) -> &mut Self {
        self.press("/ ctrl-u").await.type_text(text).await.press("enter").await
    }

    /// Empties the line with the cursor and types another text.
    pub(crate) async fn retype(&mut self, text: &str) -> &mut Self {
        self.press("ctrl-u").await.type_text(text).await
    }

    /// Pastes a text.
    pub(crate) async fn paste(&mut self, text: &str) -> &mut Self {
        self.take(Msg::Paste(text.into()));
        self.settle().await;
        self
    }

    /// Clicks where this text stands on screen.
    pub(crate) async fn click(&mut self, text: &str) -> &mut Self {
        let (column, row) = self.find(text).unwrap_or_else(|| panic!("no `{text}` to click on:\n{}", self.screen()));
        self.mouse(MouseEventKind::Down(MouseButton::Left), column, row).await
    }

    /// Does this with the mouse at this place.
    pub(crate) async fn mouse(&mut self, kind: MouseEventKind, column: u16, row: u16) -> &mut Self {
        self.take(Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
        self.settle().await;
        self
    }

    /// Gives the window another size.
    pub(crate) async fn resize(&mut self, width: u16, height: u16) -> &mut Self {
        self.buffer = Buffer::empty(Rect::new(0, 0, width, height));
        self.take(Msg::Resize);
        self.settle().await;
        self
    }

    /// Lets time go by, with everything that happens by time alone.
    pub(crate) async fn wait(&mut self, time: Duration) -> &mut Self {
        let end = self.began.elapsed() + time;
        loop {
            let now = self.began.elapsed();
            if now >= end {
                return self;
            }
            let due = self.core.app.next_wakeup().map(|at| (at - self.start).to_std().unwrap_or_default());
            let next = due.map_or(end, |due| due.clamp(now + Duration::from_millis(1), end));
            tokio::time::advance(next - now).await;
            self.take(Msg::Tick);
            self.settle().await;
        }
    }

    /// Takes news and draws until nothing more comes by itself: every task waits for time or for a person.
    pub(crate) async fn settle(&mut self) -> &mut Self {
        loop {
            self.draw();
            // In paused time this ends only when no task can go on.
            match timeout(Duration::from_millis(1), self.core.news()).await {
                Ok(effects) => self.effects.extend(effects),
                Err(_) => return self,
            }
        }
    }

    /// The screen as text.
    pub(crate) fn screen(&self) -> String {
        let area = self.buffer.area;
        let row = |y| (0..area.width).map(|x| self.buffer[(x, y)].symbol()).collect::<String>();
        (0..area.height).map(|y| row(y).trim_end().to_owned() + "\n").collect()
    }

    /// What is drawn, cell by cell.
    pub(crate) fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    /// What is selected, by the title of its detail.
    pub(crate) fn selected(&self) -> String {
        let screen = self.screen();
        let title = screen.lines().rfind(|line| line.starts_with('╭')).unwrap_or_default();
        title.split(" ─ ").next().unwrap_or_default().trim_start_matches("╭ ").to_owned()
    }

    /// Expects this text on screen.
    #[track_caller]
    pub(crate) fn sees(&mut self, text: &str) -> &mut Self {
        assert!(self.screen().contains(text), "`{text}` is not on screen:\n{}", self.screen());
        self
    }

    /// Expects this text nowhere on screen.
    #[track_caller]
    pub(crate) fn misses(&mut self, text: &str) -> &mut Self {
        assert!(!self.screen().contains(text), "`{text}` is on screen:\n{}", self.screen());
        self
    }

    /// Expects a line of the screen with all these texts.
    #[track_caller]
    pub(crate) fn sees_row(&mut self, texts: &[&str]) -> &mut Self {
        let screen = self.screen();
        let found = screen.lines().any(|line| texts.iter().all(|t| line.contains(t)));
        assert!(found, "no row with {texts:?}:\n{screen}");
        self
    }

    /// What the app wanted of the terminal and the disk since the last time.
    pub(crate) fn effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// The desk.
    pub(crate) fn desk(&self) -> &Desk {
        self.core.app.desk()
    }

    fn take(&mut self, msg: Msg) {
        let effects = self.core.take(msg);
        self.effects.extend(effects);
        self.draw();
    }

    fn draw(&mut self) {
        let area = self.buffer.area;
        self.buffer = Buffer::empty(area);
        self.core.app.draw(area, &mut self.buffer);
        let effects = self.core.drawn();
        self.effects.extend(effects);
    }

    fn find(&self, text: &str) -> Option<(u16, u16)> {
        let screen = self.screen();
        screen.lines().enumerate().find_map(|(row, line)| {
            let at = line.find(text)?;
            Some((line[..at].chars().count() as u16, row as u16))
        })
    }
}

fn event(key: &str) -> KeyEvent {
    let chord: longshore::app::keys::Chord = key.parse().unwrap_or_else(|_| panic!("`{key}` is no key"));
    match Event::Key(chord.event()) {
        Event::Key(key) => key,
        _ => unreachable!(),
    }
}

fn desk(now: DateTime<Utc>, log: &LogRing) -> Desk {
    let (themes, problems) = Theme::all(&[]);
    assert_eq!(problems, []);
    let endpoint = Endpoint::new("harbour", Address::Unix("/run/fake.sock".into()), Source::Flag);
    let nowhere = Endpoint::new("nowhere", Address::Unix("/run/nowhere.sock".into()), Source::Config);
    let known = |endpoint: &Endpoint| Known { endpoint: endpoint.clone(), tested: Tested::Never };
    Desk {
        store: Store::default(),
        endpoints: vec![known(&endpoint), known(&nowhere)],
        endpoint,
        jobs: Jobs::default(),
        toasts: Toasts::default(),
        logs: Default::default(),
        consoles: Default::default(),
        theme: themes[theme::DEFAULT].clone(),
        themes,
        keys: Keys::new(Preset::Longshore),
        settings: Settings { save_dir: std::env::temp_dir().join("longshore-stories"), ..Settings::default() },
        read_only: None,
        mouse: true,
        own_log: OwnLog::new(log.clone()),
        now,
        zone: chrono::FixedOffset::east_opt(0).unwrap(),
    }
}
