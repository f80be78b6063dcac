//! The one loop. The frame's deadline is looked at before news is taken, so that a flood cannot starve the screen.

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use chrono::Utc;
use crossterm::event::{Event, KeyEventKind};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use super::{Core, pace::Pace};
use crate::{
    app::{
        App,
        desk::Desk,
        due::Due,
        msg::{AuditLine, Effect, Msg},
    },
    audit::{Audit, Deed, Outcome},
    backend::feed::Connector,
    config, host,
    model::Problem,
    terminal::{
        Input, Interruption, Interruptions, Options, Screen, Session, TerminalError,
        clipboard::{self, Between},
    },
    views::Shell,
};

/// Everything the console is started with.
pub struct Setup {
    /// The desk as it is before anything was heard.
    pub desk: Desk,
    /// The views.
    pub shell: Shell,
    /// The doors to engines.
    pub connector: Arc<dyn Connector>,
    /// Where deeds are written down.
    pub audit: Audit,
    /// The file that added endpoints are kept in.
    pub config_file: PathBuf,
    /// What was wrong with settings, themes and keys, to be told at the start.
    pub remarks: Vec<String>,
}

/// Why the console ended early.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// The terminal could not be taken.
    #[error(transparent)]
    Terminal(#[from] TerminalError),
    /// The terminal could not be written to or read from.
    #[error("cannot use the terminal: {0}")]
    Io(#[from] io::Error),
}

/// When the start is surely over.
const STARTED: Duration = Duration::from_secs(3);

/// Runs until the user quits or the system asks for an end.
///
/// # Errors
/// When the terminal cannot be taken, read or written to.
pub async fn run(setup: Setup) -> Result<(), ConsoleError> {
    let session = Session::enter(Options { mouse: setup.desk.mouse, title: None })?;
    let interruptions = Interruptions::listen()?;
    let mut input = Input::default();
    input.resume();
    let own_log = setup.desk.own_log.watch();
    let core = Core::new(App::new(setup.desk, Box::new(setup.shell)), setup.connector, Arc::new(Utc::now));
    let between = Between::detect(|name| std::env::var(name).ok());
    // The start is over by then: themes and settings are read, the first list is on screen.
    tokio::spawn(async {
        tokio::time::sleep(STARTED).await;
        host::release_start();
    });
    let mut run = Run {
        core,
        screen: Screen::default(),
        session,
        input,
        interruptions,
        audit: setup.audit,
        config_file: setup.config_file,
        between,
        own_log,
        pace: Pace::new(Instant::now()),
        rest: None,
    };
    run.go(setup.remarks).await
}

struct Run {
    core: Core,
    screen: Screen,
    session: Session,
    input: Input,
    interruptions: Interruptions,
    audit: Audit,
    config_file: PathBuf,
    between: Between,
    own_log: watch::Receiver<u64>,
    pace: Pace,
    /// When the screen may rest; `None` while it does.
    rest: Option<Instant>,
}

/// Whether the loop goes on.
#[derive(PartialEq, Eq)]
enum Next {
    Go,
    End,
}

impl Run {
    async fn go(&mut self, remarks: Vec<String>) -> Result<(), ConsoleError> {
        let effects = self.core.begin();
        let mut next = self.act(effects).await?;
        for remark in remarks {
            let told = self.core.take(Msg::Notice(Err(Problem::new(remark))));
            next = self.act(told).await?;
        }
        let mut due = Due::Soon;
        while next == Next::Go {
            due = due.max(self.core.app.take_due());
            let deadline = self.pace.next(due, Instant::now());
            if deadline.is_some_and(|at| at <= Instant::now()) {
                self.draw()?;
                let effects = self.core.drawn();
                next = self.act(effects).await?;
                due = Due::Never;
                continue;
            }
            next = self.step(deadline).await?;
        }
        Ok(())
    }

    async fn step(&mut self, deadline: Option<Instant>) -> Result<Next, ConsoleError> {
        let wakeup = self.core.app.next_wakeup().map(|at| {
            let left = (at - Utc::now()).to_std().unwrap_or_default();
            Instant::now() + left
        });
        tokio::select! {
            biased;
            () = until(deadline) => Ok(Next::Go),
            interruption = self.interruptions.next() => self.interrupted(interruption).await,
            event = self.input.next() => match event {
                Some(Ok(event)) => self.input(event).await,
                Some(Err(error)) => Err(error.into()),
                None => Ok(Next::End),
            },
            effects = self.core.news() => self.act(effects).await,
            () = until(self.rest) => {
                self.rest = None;
                self.screen.rest();
                Ok(Next::Go)
            }
            _ = self.own_log.changed() => {
                let effects = self.core.take(Msg::Tick);
                self.act(effects).await
            }
            () = until(wakeup) => {
                let effects = self.core.take(Msg::Tick);
                self.act(effects).await
            }
        }
    }

    fn draw(&mut self) -> Result<(), ConsoleError> {
        if self.core.app.take_redraw() {
            self.screen.forget();
        }
        let app = &mut self.core.app;
        self.screen.draw(|area, buffer| app.draw(area, buffer))?;
        self.pace.drawn(Instant::now());
        self.rest = self.pace.movement();
        if self.rest.is_none() {
            self.screen.rest();
        }
        Ok(())
    }

    async fn input(&mut self, event: Event) -> Result<Next, ConsoleError> {
        let msg = match event {
            // Windows reports releases too.
            Event::Key(key) if key.kind == KeyEventKind::Release => return Ok(Next::Go),
            Event::Key(key) => Msg::Key(key),
            Event::Mouse(mouse) => Msg::Mouse(mouse),
            Event::Paste(text) => Msg::Paste(text),
            Event::Resize(..) => Msg::Resize,
            _ => return Ok(Next::Go),
        };
        let effects = self.core.take(msg);
        self.act(effects).await
    }

    async fn interrupted(&mut self, interruption: Interruption) -> Result<Next, ConsoleError> {
        match interruption {
            Interruption::Terminate | Interruption::HangUp | Interruption::Interrupt => {
                let effects = self.core.take(Msg::Terminate);
                self.act(effects).await
            }
            Interruption::Continued => {
                self.session.renew()?;
                self.redraw();
                Ok(Next::Go)
            }
        }
    }

    fn redraw(&mut self) {
        self.core.take(Msg::Redraw);
    }

    /// Does what needs a terminal or files.
    async fn act(&mut self, effects: Vec<Effect>) -> Result<Next, ConsoleError> {
        for effect in effects {
            match effect {
                Effect::Quit => return Ok(Next::End),
                Effect::Suspend => {
                    self.input.pause();
                    let suspended = self.session.suspend().await;
                    self.input.resume();
                    suspended?;
                    self.redraw();
                }
                Effect::Mouse(on) => self.session.set_mouse(on)?,
                Effect::Clipboard(text) => match clipboard::copy(&text, self.between) {
                    Ok(sequence) => self.screen.push(&sequence),
                    Err(error) => self.complain(error.to_string()),
                },
                Effect::Audit(line) => self.write_down(&line),
                Effect::KeepEndpoint(endpoint) => {
                    if let Err(error) = config::add_endpoint(&self.config_file, &endpoint) {
                        self.complain(error.to_string());
                    }
                }
                Effect::DropEndpoint(name) => {
                    if let Err(error) = config::remove_endpoint(&self.config_file, &name) {
                        self.complain(error.to_string());
                    }
                }
                other => tracing::error!(effect = ?other, "nobody does this"),
            }
        }
        Ok(Next::Go)
    }

    fn complain(&mut self, sentence: String) {
        self.core.take(Msg::Notice(Err(Problem::new(sentence))));
    }

    fn write_down(&mut self, line: &AuditLine) {
        let outcome = match line.result.as_str() {
            "ok" => Outcome::Done,
            "cancelled" => Outcome::Cancelled,
            why => Outcome::Failed(why),
        };
        let AuditLine { endpoint, action, object, .. } = line;
        if let Err(error) = self.audit.record(&Deed { time: Utc::now(), endpoint, action, object, outcome }) {
            self.complain(error.to_string());
        }
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
