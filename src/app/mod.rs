//! The one writer: news goes in, the desk changes, wishes come out. No IO, no clock, nothing spawned in here.

pub mod cmd;
pub mod console;
mod consoles;
pub mod desk;
pub mod due;
mod follow;
pub mod jobs;
pub mod keys;
mod logs;
pub mod msg;
pub mod own_log;
pub mod perform;
pub mod theme;
pub mod toast;
pub mod view;
pub mod wants;
mod wishes;

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use crate::model::{Ask, Change, Link, Part, Problem, Refusal};

use self::{
    cmd::Cmd,
    desk::{Desk, Tested},
    due::Due,
    follow::{ask_due, part_due},
    jobs::{JobId, JobState},
    logs::Heard,
    msg::{AuditLine, Effect, Epoch, Msg},
    toast::Tone,
    view::{Outcome, View},
    wants::Wants,
};

/// The program without its hands and eyes.
pub struct App {
    desk: Desk,
    root: Box<dyn View>,
    epoch: Epoch,
    streams: Wants,
    in_flight: BTreeSet<Part>,
    asking: Vec<Ask>,
    due: Due,
    redraw: bool,
    next_console: u64,
    /// While an endpoint is looked at that is read-only of itself: what was so before, and will be again.
    read_only_before: Option<Option<Refusal>>,
}

/// How often a spinner turns.
const SPIN: Duration = Duration::milliseconds(250);

impl App {
    /// An app at this desk, showing this view.
    pub fn new(desk: Desk, root: Box<dyn View>) -> Self {
        Self {
            desk,
            root,
            epoch: Epoch::default(),
            streams: Wants::default(),
            in_flight: BTreeSet::new(),
            asking: Vec::new(),
            due: Due::Soon,
            redraw: false,
            next_console: 0,
            read_only_before: None,
        }
    }

    /// What there is to begin with: connect and read what is looked at.
    pub fn begin(&mut self) -> Vec<Effect> {
        let mut effects = vec![Effect::Connect(self.epoch, self.desk.endpoint.clone())];
        self.follow_wants(&mut effects);
        effects
    }

    /// Everything views may read.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Takes one piece of news, told at `now`; gives what is to be done about it.
    pub fn update(&mut self, msg: Msg, now: DateTime<Utc>) -> Vec<Effect> {
        self.desk.now = now;
        let mut effects = Vec::new();
        let typed = matches!(msg, Msg::Key(_) | Msg::Mouse(_) | Msg::Paste(_) | Msg::Resize | Msg::Redraw);
        let changed = Due::from(self.take(msg, &mut effects));
        self.due = self.due.max(if typed { Due::Now } else { changed });
        self.due = self.due.max(self.desk.toasts.expire(now).into()).max(self.desk.own_log.catch_up().into());
        self.follow_wants(&mut effects);
        effects
    }

    /// How soon the screen must be drawn, for what has changed since it was last asked.
    pub fn take_due(&mut self) -> Due {
        std::mem::take(&mut self.due)
    }

    /// Whether the terminal must be cleared before the next frame.
    pub fn take_redraw(&mut self) -> bool {
        std::mem::take(&mut self.redraw)
    }

    /// What the screen wants now that it was drawn: which rows are visible is known only then.
    pub fn after_draw(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.follow_wants(&mut effects);
        effects
    }

    /// Draws the screen; gives where the cursor shall be.
    pub fn draw(&mut self, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        self.root.draw(area, buffer, &self.desk)
    }

    /// When something changes on screen by time alone: spinners, news, ages, parts read again.
    pub fn next_wakeup(&self) -> Option<DateTime<Utc>> {
        let now = self.desk.now;
        let spin = self.is_busy().then_some(now + SPIN);
        let age = now + self.next_age();
        let parts = self.streams.parts.iter().filter(|part| !self.in_flight.contains(part));
        let parts = parts.filter_map(|part| part_due(*part, self.desk.store.fetch(*part)));
        let asks = self.streams.asks.iter().filter(|ask| !self.asking.contains(ask));
        let asks = asks.filter_map(|ask| ask_due(ask, &self.desk.store.answer(ask)?.fetch));
        let reads = parts.chain(asks).filter(|_| !self.desk.is_lost());
        spin.into_iter().chain([age]).chain(self.streams.wake).chain(self.desk.toasts.next_end()).chain(reads).min()
    }

    fn is_busy(&self) -> bool {
        self.desk.jobs.running().next().is_some() || self.desk.store.link == Link::Connecting
    }

    /// When the ages on screen read otherwise: a lost or silent engine shows seconds, live tables minutes.
    fn next_age(&self) -> Duration {
        match self.desk.store.link {
            Link::Lost { .. } | Link::Stale { .. } => Duration::seconds(1),
            _ => Duration::seconds(30),
        }
    }

    /// Takes one piece of news; says whether the screen may have changed.
    fn take(&mut self, msg: Msg, effects: &mut Vec<Effect>) -> bool {
        match msg {
            Msg::Key(key) => {
                let outcome = self.root.key(key, &self.desk);
                self.answer(outcome, effects)
            }
            Msg::Mouse(mouse) => {
                let outcome = self.root.mouse(mouse, &self.desk);
                self.answer(outcome, effects)
            }
            Msg::Paste(text) => {
                let outcome = self.root.paste(&text, &self.desk);
                self.answer(outcome, effects)
            }
            Msg::Resize => true,
            Msg::Redraw => {
                self.redraw = true;
                true
            }
            Msg::Tick => true,
            Msg::Terminate => {
                effects.push(Effect::Quit);
                false
            }
            Msg::Changes(epoch, changes) => {
                if epoch == self.epoch {
                    self.changes(changes, effects);
                }
                // Each has said itself how soon it should be seen.
                false
            }
            Msg::Told(epoch, ask, told) => {
                if epoch != self.epoch {
                    return false;
                }
                self.asking.retain(|a| *a != ask);
                self.desk.store.told(&ask, told, self.desk.now);
                true
            }
            Msg::Log(epoch, id, lines) => epoch == self.epoch && self.log(&id, lines),
            Msg::LogEnd(epoch, id, problem) => epoch == self.epoch && self.log_end(&id, problem, effects),
            Msg::Progress(id, progress) => {
                self.desk.jobs.progress(id, progress);
                true
            }
            Msg::Done(id, result) => self.job_done(id, result, effects),
            Msg::ConsoleOpen(id) => self.console_open(id),
            Msg::ConsolePrint(id, bytes) => self.console_print(id, &bytes),
            Msg::ConsoleEnd(id, result) => self.console_end(id, result),
            Msg::Saved(path, Ok(())) => self.good(format!("saved to {}", path.display())),
            Msg::Saved(_, Err(problem)) | Msg::Notice(Err(problem)) => self.bad(problem),
            Msg::Notice(Ok(text)) => self.good(text),
            Msg::Probed(name, result) => self.probed(&name, result),
        }
    }

    fn changes(&mut self, changes: Vec<Change>, effects: &mut Vec<Effect>) {
        let mut heard = Heard::default();
        for change in changes {
            self.due = self.due.max(Due::of(&change, &self.desk.store));
            heard.note(&change);
            match &change {
                Change::Listed(listing) => {
                    self.in_flight.remove(&listing.part());
                }
                Change::Failed(part, _) => {
                    self.in_flight.remove(part);
                }
                Change::Link(Link::Lost { .. }) => {
                    self.in_flight.clear();
                    self.asking.clear();
                }
                _ => {}
            }
            self.desk.store.apply(change, self.desk.now);
        }
        self.go_on_with_logs(&heard, effects);
    }

    fn job_done(&mut self, id: JobId, result: Result<Option<String>, Problem>, effects: &mut Vec<Effect>) -> bool {
        let now = self.desk.now;
        let state = match &result {
            Ok(more) => JobState::Done(now, more.clone()),
            Err(problem) => JobState::Failed(now, problem.clone()),
        };
        let Some(job) = self.desk.jobs.end(id, state) else { return false };
        let done = job.cmd.done();
        let audited = result.as_ref().map_or_else(|p| p.sentence.clone(), |_| "ok".into());
        effects.push(Effect::Audit(audit(&job.cmd, &job.endpoint, audited)));
        match result {
            Ok(Some(more)) => self.good(format!("{done}: {more}")),
            Ok(None) => self.good(done),
            Err(problem) => self.bad(problem),
        }
    }

    fn probed(&mut self, name: &str, result: Result<String, Problem>) -> bool {
        let Some(known) = self.desk.endpoints.iter_mut().find(|k| k.endpoint.name == name) else { return false };
        known.tested = match &result {
            Ok(words) => Tested::Answered(words.clone()),
            Err(problem) => Tested::Failed(problem.clone()),
        };
        match result {
            Ok(words) => self.good(format!("`{name}` answers: {words}")),
            Err(problem) => self.bad(problem),
        }
    }

    fn good(&mut self, text: impl Into<String>) -> bool {
        self.desk.toasts.push(Tone::Good, text, None, self.desk.now);
        true
    }

    fn plain(&mut self, text: impl Into<String>) -> bool {
        self.desk.toasts.push(Tone::Plain, text, None, self.desk.now);
        true
    }

    fn bad(&mut self, problem: Problem) -> bool {
        self.desk.toasts.push(Tone::Bad, problem.sentence, problem.hint, self.desk.now);
        true
    }

    /// Takes a wish to change the engine on, or says why not.
    fn begin_job(&mut self, cmd: Cmd, effects: &mut Vec<Effect>) {
        let begun = self
            .desk
            .check(&cmd)
            .and_then(|()| self.desk.jobs.begin(cmd.clone(), &self.desk.endpoint.name, self.desk.now));
        match begun {
            Ok(id) => effects.push(Effect::Perform(id, cmd)),
            Err(refusal) => {
                self.plain(refusal.0);
            }
        }
    }

    fn answer(&mut self, outcome: Outcome, effects: &mut Vec<Effect>) -> bool {
        match outcome {
            Outcome::Ignored => return false,
            Outcome::Handled | Outcome::Open(_) | Outcome::Close | Outcome::Jump(_) | Outcome::Act(_) => {}
            Outcome::Refuse(refusal) => {
                self.plain(refusal.0);
            }
            // Whatever is risky was asked by the views; the jobs themselves check once more what is allowed.
            Outcome::Do(wishes) | Outcome::Confirmed(wishes) => {
                for cmd in wishes {
                    self.begin_job(cmd, effects);
                }
            }
            Outcome::CloseThen(then) => return self.answer(*then, effects),
            Outcome::Wish(wish) => self.grant(wish, effects),
        }
        true
    }
}

fn audit(cmd: &Cmd, endpoint: &str, result: String) -> AuditLine {
    AuditLine { endpoint: endpoint.to_owned(), action: cmd.action(), object: cmd.subject().name, result }
}
