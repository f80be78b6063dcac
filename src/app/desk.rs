//! Everything views may read, on one desk; written by the app alone. Does nothing by itself.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
};

use chrono::{DateTime, FixedOffset, Utc};

use crate::{
    app::{
        cmd::Cmd,
        console::{ConsoleId, ConsoleScreen},
        jobs::Jobs,
        keys::Keys,
        own_log::OwnLog,
        theme::Theme,
        toast::Toasts,
    },
    model::{Container, ContainerId, Link, LogBook, Problem, Refusal, Store, endpoint::Endpoint},
};

/// Everything views may read.
pub struct Desk {
    /// What is known of the endpoint.
    pub store: Store,
    /// The endpoint that is looked at.
    pub endpoint: Endpoint,
    /// All endpoints there are, by the order they were found.
    pub endpoints: Vec<Known>,
    /// Jobs.
    pub jobs: Jobs,
    /// News above the hint bar.
    pub toasts: Toasts,
    /// Logs that are followed.
    pub logs: HashMap<ContainerId, Log>,
    /// Terminals into containers.
    pub consoles: BTreeMap<ConsoleId, ConsoleScreen>,
    /// Colours and glyphs.
    pub theme: Theme,
    /// Every theme there is, by name.
    pub themes: BTreeMap<String, Theme>,
    /// Keys.
    pub keys: Keys,
    /// The user's settings.
    pub settings: Settings,
    /// Why nothing may be changed now; `None`: it may.
    pub read_only: Option<Refusal>,
    /// Whether the mouse is reported.
    pub mouse: bool,
    /// longshore's own log.
    pub own_log: OwnLog,
    /// Now, as of the last news.
    pub now: DateTime<Utc>,
    /// The zone in which times are shown.
    pub zone: FixedOffset,
}

/// What the user set, as far as views and the app need it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Time a container has to end by itself.
    pub grace: std::time::Duration,
    /// Lines kept of a log.
    pub log_lines: usize,
    /// Lines of a log read at first.
    pub log_tail: u32,
    /// Where `^s` saves to, unless a whole path is typed.
    pub save_dir: PathBuf,
}

impl Default for Settings {
    fn default() -> Self {
        Self { grace: crate::model::GRACE, log_lines: 50_000, log_tail: 500, save_dir: PathBuf::from(".") }
    }
}

/// An endpoint and what the last test said.
#[derive(Clone, Debug)]
pub struct Known {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// What its last test said.
    pub tested: Tested,
}

/// What the last test of an endpoint said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tested {
    /// It was not tested.
    #[default]
    Never,
    /// The test runs.
    Testing,
    /// The engine answered with these words.
    Answered(String),
    /// It failed.
    Failed(Problem),
}

/// A log that is followed.
pub struct Log {
    /// Its lines.
    pub book: LogBook,
    /// Where it stands.
    pub state: LogState,
    /// How many lines from the end were asked for; `None`: all.
    pub tail: Option<u32>,
    /// When the container whose log it is had last started when it was opened, as far as that was known.
    pub run: Option<DateTime<Utc>>,
}

/// Where a followed log stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogState {
    /// Nothing came yet.
    Opening,
    /// Lines come as they are written.
    Following,
    /// The engine ended it: the container does not run.
    Ended,
    /// It could not be read.
    Failed(Problem),
}

impl Desk {
    /// Why a wish cannot be granted now, in the order a user would want to know.
    ///
    /// # Errors
    /// The refusal: read-only mode, the lost link, a missing feature, the container's state, a job in the way.
    pub fn check(&self, cmd: &Cmd) -> Result<(), Refusal> {
        self.may_change()?;
        if let Some(refusal) = cmd.needs().and_then(|feature| self.store.caps.refuses(feature)) {
            return Err(Refusal::new(format!("cannot {}: {refusal}", cmd.title())));
        }
        if let Some((target, verb)) = cmd.verb()
            && let Some(container) = self.store.containers.get(&target.id)
        {
            container.allows(verb)?;
        }
        Ok(())
    }

    /// Whether anything may be changed at all.
    ///
    /// # Errors
    /// Read-only mode, or an engine that cannot be reached.
    pub fn may_change(&self) -> Result<(), Refusal> {
        if let Some(refusal) = &self.read_only {
            return Err(refusal.clone());
        }
        match &self.store.link {
            Link::Lost { problem, .. } => {
                Err(Refusal::new(format!("nothing can be changed: the engine is lost ({})", problem.sentence)))
            }
            _ => Ok(()),
        }
    }

    /// A container by id.
    pub fn container(&self, id: &str) -> Option<&Container> {
        self.store.containers.get(id)
    }

    /// Whether the engine is out of reach, so that rows are shown muted.
    pub fn is_lost(&self) -> bool {
        matches!(self.store.link, Link::Lost { .. })
    }

    /// Whether the engine runs containers of Windows.
    pub fn is_windows(&self) -> bool {
        self.store.system.as_ref().is_some_and(|system| system.os_type == "windows")
    }

    /// A moment as the local time of day.
    pub fn clock(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%H:%M:%S").to_string()
    }

    /// A moment as local date and time.
    pub fn stamp(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%Y-%m-%d %H:%M:%S").to_string()
    }
}

#[cfg(test)]
impl Desk {
    /// A desk with nothing on it, looking at a local engine at noon, UTC.
    pub(crate) fn for_test() -> Self {
        let address = crate::model::endpoint::Address::Unix("/run/docker.sock".into());
        let endpoint = Endpoint::new("here", address, crate::model::endpoint::Source::Found);
        let (themes, _) = Theme::all(&[]);
        let theme = themes[crate::app::theme::DEFAULT].clone();
        let link = Link::Live { latency: std::time::Duration::from_millis(2) };
        let desk = Self {
            store: Store::default(),
            endpoints: vec![Known { endpoint: endpoint.clone(), tested: Tested::Never }],
            endpoint,
            jobs: Jobs::default(),
            toasts: Toasts::default(),
            logs: HashMap::new(),
            consoles: BTreeMap::new(),
            theme,
            themes,
            keys: Keys::new(crate::app::keys::Preset::Longshore),
            settings: Settings::default(),
            read_only: None,
            mouse: false,
            own_log: OwnLog::default(),
            now: DateTime::from_timestamp(NOON, 0).unwrap(),
            zone: FixedOffset::east_opt(0).unwrap(),
        };
        desk.told([crate::model::Change::Link(link)])
    }

    /// Takes facts, as if the engine had told them now.
    pub(crate) fn told(mut self, changes: impl IntoIterator<Item = crate::model::Change>) -> Self {
        for change in changes {
            self.store.apply(change, self.now);
        }
        self
    }
}

/// 2 January 2026, 12:00:00 UTC, in seconds.
#[cfg(test)]
const NOON: i64 = 1_767_355_200;
