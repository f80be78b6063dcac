//! The sessions: what each start inside a container brought about, and its processes. Knows neither /proc nor HCS.

use std::cmp::Ordering;

use crate::{
    app::{
        cmd::{Cmd, Target},
        console::Wire,
        desk::Desk,
        keys::Intent,
        theme::Role,
        view::{Outcome, Wish},
    },
    model::{Age, Feature, Isolation, Kind, Part, Refusal, Session, SessionKind, Subject, Verb},
    views::{
        Dashboard,
        board::{Board, BoardView, Column, Page, Picked, cell, maybe, muted, plain},
        detail::{
            InspectPage, ProcessesPage,
            facts::{Fact, FactsPage},
        },
        overlay::{self, Choice, Picker},
        terminal::TerminalView,
    },
};

/// The dashboard of sessions.
pub fn dashboard() -> Box<dyn Dashboard> {
    Box::new(BoardView::new(Sessions))
}

struct Sessions;

impl Board for Sessions {
    type Row = Session;

    fn title(&self) -> &'static str {
        "Sessions"
    }

    fn intent(&self) -> Intent {
        Intent::Sessions
    }

    fn parts(&self) -> &'static [Part] {
        &[Part::Sessions]
    }

    fn rows<'a>(&self, desk: &'a Desk) -> Vec<&'a Session> {
        desk.store.sessions.iter().collect()
    }

    fn id<'a>(&self, row: &'a Session) -> &'a str {
        row.id.as_str()
    }

    fn subject(&self, row: &Session) -> Subject {
        Subject::new(Kind::Session, row.id.as_str(), format!("{} {}", row.container_name, row.kind.word()))
    }

    fn columns(&self) -> &'static [Column<Session>] {
        COLUMNS
    }

    fn group<'a>(&self, row: &'a Session) -> Option<&'a str> {
        Some(&row.container_name)
    }

    fn group_word(&self) -> Option<&'static str> {
        Some("container")
    }

    fn haystack(&self, row: &Session, _desk: &Desk, text: &mut String) {
        text.push_str(&[&row.container_name, row.kind.word(), &row.user, &row.command].join(" "));
    }

    fn summary(&self, rows: &[&Session], _desk: &Desk) -> String {
        let execs = rows.iter().filter(|session| session.kind == SessionKind::Exec).count();
        let processes: usize = rows.iter().map(|session| session.processes.len()).sum();
        format!("{} main · {execs} exec · {processes} processes", rows.len() - execs)
    }

    fn empty(&self, _desk: &Desk) -> (String, String) {
        ("no container runs, so there is no session".into(), "start a container to see what it starts".into())
    }

    fn pages(&self) -> Vec<Box<dyn Page>> {
        let pages: [Box<dyn Page>; 3] =
            [Box::new(ProcessesPage::new()), Box::new(FactsPage::new("Session", facts)), Box::new(InspectPage::new())];
        pages.into()
    }

    fn act(&mut self, intent: Intent, picked: &Picked<'_, Session>, desk: &Desk) -> Outcome {
        let act = match intent {
            Intent::Exec | Intent::New => exec,
            Intent::Attach => attach,
            Intent::Kill => kill,
            Intent::Jump => |row: &Session, _: &Desk| {
                Outcome::Jump(Subject::new(Kind::Container, row.container.as_str(), &row.container_name))
            },
            _ => return Outcome::Ignored,
        };
        let name = crate::app::keys::entry(intent).hint;
        picked.on_one(name, |row| act(row, desk))
    }

    fn actions(&self) -> &'static [Intent] {
        &[Intent::Exec, Intent::Attach, Intent::Kill, Intent::Jump]
    }

    fn word(&self, intent: Intent) -> Option<&'static str> {
        match intent {
            Intent::Kill => Some("signal"),
            Intent::Groups => Some("containers"),
            _ => None,
        }
    }

    fn refusal(&self, intent: Intent, row: Option<&Session>, desk: &Desk) -> Option<String> {
        match intent {
            Intent::Exec => desk.store.caps.refuses(Feature::Exec).map(ToString::to_string),
            Intent::Kill => row.and_then(|row| unsignalled(row, desk)),
            _ => None,
        }
    }
}

type Col = Column<Session>;

const COLUMNS: &[Col] = &[
    Col::new("CONTAINER", (12, 28), 0, |s, desk| plain(desk, s.container_name.as_str()))
        .by(|a, b, _| a.container_name.cmp(&b.container_name)),
    Col::new("KIND", (4, 4), 0, |s, desk| {
        cell(desk, if s.kind == SessionKind::Main { Role::Muted } else { Role::Accent }, s.kind.word())
    })
    .by(|a, b, _| a.kind.cmp(&b.kind)),
    Col::new("SESSION", (7, 8), 4, |s, desk| maybe(desk, Role::Muted, s.host_session))
        .right()
        .by(|a, b, _| a.host_session.cmp(&b.host_session)),
    Col::new("USER", (6, 12), 3, |s, desk| muted(desk, s.user.as_str())).by(|a, b, _| a.user.cmp(&b.user)),
    Col::new("COMMAND", (14, 60), 0, |s, desk| plain(desk, s.command.as_str()))
        .grows()
        .by(|a, b, _| a.command.cmp(&b.command)),
    Col::new("PROCS", (5, 5), 2, |s, desk| muted(desk, s.processes.len().to_string()))
        .right()
        .down(|a, b, _| a.processes.len().cmp(&b.processes.len())),
    Col::new("CPU", (7, 7), 1, |s, desk| maybe(desk, Role::Text, s.cpu_percent().map(|cpu| format!("{cpu:.1} %"))))
        .right()
        .down(|a, b, _| cpu(a, b)),
    Col::new("MEMORY", (8, 8), 1, |s, desk| maybe(desk, Role::Text, s.memory()))
        .right()
        .down(|a, b, _| a.memory().cmp(&b.memory())),
    Col::new("TTY", (3, 3), 5, |s, desk| maybe(desk, Role::Muted, s.tty.map(|tty| if tty { "yes" } else { "no" })))
        .by(|a, b, _| a.tty.cmp(&b.tty)),
    Col::new("STARTED", (7, 7), 2, |s, desk| maybe(desk, Role::Muted, s.started.map(|at| Age::since(at, desk.now))))
        .right()
        .down(|a, b, _| a.started.cmp(&b.started)),
];

fn cpu(a: &Session, b: &Session) -> Ordering {
    a.cpu_percent().unwrap_or(-1.0).total_cmp(&b.cpu_percent().unwrap_or(-1.0))
}

fn facts(subject: &Subject, desk: &Desk) -> Vec<Fact> {
    let Some(session) = desk.store.sessions.iter().find(|session| session.id.as_str() == subject.id) else {
        return Vec::new();
    };
    let kind = match session.kind {
        SessionKind::Main => "main: the container's entry point",
        SessionKind::Exec => "exec: started in the running container",
    };
    let tty = session.tty.map(|tty| if tty { "yes" } else { "no" });
    let container = desk.container(session.container.as_str());
    let in_machine = container.is_some_and(|container| container.isolation == Isolation::HyperV);
    let facts = [
        Some(Fact::new("container", session.container_name.as_str())),
        Some(Fact::new("kind", kind)),
        Some(Fact::new("command", session.command.as_str())),
        Fact::known("user", Some(&session.user)),
        Fact::known("leader", session.leader().map(|leader| format!("process {}", leader.pid))),
        Fact::known("host session", session.host_session),
        Fact::known("terminal", tty),
        in_machine.then(|| Fact::new("numbers", "of its virtual machine: no process of the host has them")),
        Fact::known("started", session.started.map(|at| desk.stamp(at))),
        Some(Fact::new("id", session.id.as_str()).role(Role::Muted)),
    ];
    facts.into_iter().flatten().collect()
}

/// Whether something can be started in, or attached to, the session's container.
fn enter(session: &Session, verb: Verb, desk: &Desk) -> Result<(), Refusal> {
    desk.may_change()?;
    if let Some(refusal) = desk.store.caps.refuses(Feature::Exec) {
        return Err(Refusal::new(format!("cannot {} `{}`: {refusal}", verb.word(), session.container_name)));
    }
    match desk.container(session.container.as_str()) {
        Some(container) => container.allows(verb),
        None => Ok(()),
    }
}

fn exec(session: &Session, desk: &Desk) -> Outcome {
    let open = || Outcome::Open(overlay::exec(session.container.clone(), session.container_name.clone(), desk));
    enter(session, Verb::Exec, desk).map_or_else(Outcome::Refuse, |()| open())
}

/// Comes back to a terminal that was left, or connects to the main process.
fn attach(session: &Session, desk: &Desk) -> Outcome {
    if let Err(refusal) = enter(session, Verb::Attach, desk) {
        return Outcome::Refuse(refusal);
    }
    let (container, name) = (session.container.clone(), session.container_name.clone());
    let main =
        move || Outcome::Wish(Wish::Console { container: container.clone(), name: name.clone(), wire: Wire::Attach });
    let here = desk.consoles.values().filter(|console| console.container == session.container && console.is_open());
    let (ids, mut choices): (Vec<_>, Vec<_>) = here.map(|console| (console.id, choice(&console.wire))).unzip();
    if ids.is_empty() {
        return main();
    }
    choices.push(Choice::new("attach", "connect to the main process"));
    let title = format!("Terminals into `{}`", session.container_name);
    Outcome::Open(Box::new(Picker::new(title, choices, move |i| match ids.get(i) {
        Some(id) => Outcome::Open(Box::new(TerminalView::new(*id))),
        None => main(),
    })))
}

fn choice(wire: &Wire) -> Choice {
    match wire {
        Wire::Exec(spec) => Choice::new(spec.command.join(" "), "open terminal: come back to it"),
        Wire::Attach => Choice::new("main process", "open terminal: come back to it"),
    }
}

/// Why no signal can be sent to a session's leader.
fn unsignalled(session: &Session, desk: &Desk) -> Option<String> {
    // Every engine signals a main process; other processes are the host's matter.
    let refusal = desk.store.caps.refuses(Feature::SignalProcess).filter(|_| session.kind == SessionKind::Exec)?;
    Some(format!("no signal can be sent to an exec of `{}`: {refusal}", session.container_name))
}

fn kill(session: &Session, desk: &Desk) -> Outcome {
    if let Err(refusal) = desk.may_change() {
        return Outcome::Refuse(refusal);
    }
    if let Some(why) = unsignalled(session, desk) {
        return Outcome::refuse(why);
    }
    let Some(leader) = session.leader().map(|leader| leader.pid) else {
        return Outcome::refuse("this session has no process any more");
    };
    let target = Target { id: session.container.clone(), name: session.container_name.clone(), up: true };
    let main = session.kind == SessionKind::Main;
    let title = format!("Signal to process {leader}, the leader of this {} session", session.kind.word());
    Outcome::Open(overlay::signal(title, desk, move |signal| {
        Outcome::Do(vec![match main {
            true => Cmd::Kill(target.clone(), signal),
            false => Cmd::Signal(target.clone(), leader, signal),
        }])
    }))
}

#[cfg(test)]
mod tests;
