//! The one writer: news goes in, the desk changes, wishes come out. No IO, no clock, nothing spawned in here.

pub mod cmd;
pub mod console;
mod consoles;
pub mod desk;
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

use crate::model::{Ask, Change, ContainerId, Fetch, Link, Part, Problem, Refusal};

use self::{
    cmd::Cmd,
    desk::{Desk, Tested},
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
    read_at: Vec<(Part, DateTime<Utc>)>,
    asked_at: Vec<(Ask, DateTime<Utc>)>,
    in_flight: BTreeSet<Part>,
    asking: Vec<Ask>,
    dirty: bool,
    redraw: bool,
    next_console: u64,
    /// While an endpoint is looked at that is read-only of itself: what was so before, and will be again.
    read_only_before: Option<Option<Refusal>>,
}

/// How often an answer that ages is asked again while it is looked at.
const ANSWER_AGES: Duration = Duration::seconds(2);
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
            read_at: Vec::new(),
            asked_at: Vec::new(),
            in_flight: BTreeSet::new(),
            asking: Vec::new(),
            dirty: true,
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
        self.dirty |= self.take(msg, &mut effects);
        self.dirty |= self.desk.toasts.expire(now);
        self.dirty |= self.desk.own_log.catch_up();
        self.follow_wants(&mut effects);
        effects
    }

    /// Whether something changed since it was last asked.
    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
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
        let age = self.shows_ages().then(|| now + self.next_age());
        let parts = self.read_at.iter().filter(|(part, _)| self.streams.parts.contains(part));
        let parts = parts.filter(|_| !self.desk.is_lost()).filter_map(|(part, at)| {
            let ages = Duration::from_std(part.ages_in()?).ok()?;
            (!self.in_flight.contains(part)).then_some(*at + ages)
        });
        let asks = self.asked_at.iter().filter(|(ask, _)| ask.ages() && self.streams.asks.contains(ask));
        let asks = asks.filter(|(ask, _)| !self.asking.contains(ask)).map(|(_, at)| *at + ANSWER_AGES);
        spin.into_iter()
            .chain(self.streams.wake)
            .chain(age)
            .chain(self.desk.toasts.next_end())
            .chain(parts)
            .chain(asks)
            .min()
    }

    fn is_busy(&self) -> bool {
        self.desk.jobs.running().next().is_some() || self.desk.store.link == Link::Connecting
    }

    /// A lost or silent engine shows seconds; live tables show ages by the minute.
    fn shows_ages(&self) -> bool {
        true
    }

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
            Msg::Changes(epoch, changes) => epoch == self.epoch && self.changes(changes, effects),
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

    fn changes(&mut self, changes: Vec<Change>, effects: &mut Vec<Effect>) -> bool {
        let mut heard = Heard::default();
        for change in changes {
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
        true
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

    /// Compares what the screen wants with what flows, and asks for the difference.
    fn follow_wants(&mut self, effects: &mut Vec<Effect>) {
        let mut wants = Wants::default();
        self.root.wants(&self.desk, &mut wants);
        self.follow_streams(&wants, effects);
        for (id, size) in &wants.consoles {
            self.resize_console(*id, *size, effects);
        }
        self.streams = wants;
        // A lost engine is asked nothing; on its return everything is stale.
        if !self.desk.is_lost() {
            self.read_parts(effects);
            self.ask_questions(effects);
        }
    }

    fn follow_streams(&mut self, wants: &Wants, effects: &mut Vec<Effect>) {
        let epoch = self.epoch;
        let old = &self.streams;
        let stats = |id: &ContainerId, on| Effect::Stats(epoch, id.clone(), on);
        effects.extend(old.stats.difference(&wants.stats).map(|id| stats(id, false)));
        effects.extend(wants.stats.difference(&old.stats).map(|id| stats(id, true)));
        if old.load != wants.load {
            effects.push(Effect::HostLoad(epoch, wants.load));
        }
        for id in old.logs.difference(&wants.logs) {
            self.desk.logs.remove(id);
            effects.push(Effect::Log(epoch, id.clone(), None));
        }
        if old.asks != wants.asks {
            self.desk.store.forget_answers(|ask| wants.asks.contains(ask));
            self.asked_at.retain(|(ask, _)| wants.asks.contains(ask));
        }
        for id in wants.logs.difference(&self.streams.logs).cloned().collect::<Vec<_>>() {
            self.open_log(id, self.desk.settings.log_tail, effects);
        }
    }

    fn read_parts(&mut self, effects: &mut Vec<Effect>) {
        let now = self.desk.now;
        for part in self.streams.parts.clone() {
            let due = match self.desk.store.fetch(part) {
                // The feed lists containers as soon as it is connected; asking too would read them twice.
                Fetch::Never => part != Part::Containers,
                Fetch::Stale(_) => true,
                Fetch::Known(at) => part.ages_in().is_some_and(|ages| now - *at >= age(ages)),
                Fetch::Loading | Fetch::Failed(..) => false,
            };
            if due && self.in_flight.insert(part) {
                self.desk.store.loading(part);
                self.read_at.retain(|(p, _)| *p != part);
                self.read_at.push((part, now));
                effects.push(Effect::Load(self.epoch, part));
            }
        }
    }

    fn ask_questions(&mut self, effects: &mut Vec<Effect>) {
        let now = self.desk.now;
        for ask in self.streams.asks.clone() {
            let due = match self.desk.store.answer(&ask).map(|a| &a.fetch) {
                None | Some(Fetch::Never | Fetch::Stale(_)) => true,
                Some(Fetch::Known(at)) => ask.ages() && now - *at >= ANSWER_AGES,
                Some(Fetch::Loading | Fetch::Failed(..)) => false,
            };
            if due && !self.asking.contains(&ask) {
                self.desk.store.asked(ask.clone());
                self.asked_at.retain(|(a, _)| *a != ask);
                self.asked_at.push((ask.clone(), now));
                self.asking.push(ask.clone());
                effects.push(Effect::Ask(self.epoch, ask));
            }
        }
    }
}

fn age(ages: std::time::Duration) -> Duration {
    Duration::from_std(ages).unwrap_or(Duration::MAX)
}

fn audit(cmd: &Cmd, endpoint: &str, result: String) -> AuditLine {
    AuditLine { endpoint: endpoint.to_owned(), action: cmd.action(), object: cmd.subject().name, result }
}
