//! The processes of a container or of one session as a tree, each of which can be sent a signal. Knows no /proc.

use crossterm::event::KeyEvent;
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

use super::{cursor::Cursor, lines};
use crate::{
    app::{
        cmd::{Cmd, Target},
        desk::Desk,
        keys::{Intent, Place},
        theme::Role,
        view::{Outcome, Wish},
        wants::Wants,
    },
    model::{Answer, Ask, ContainerId, Feature, Fetch, Kind, Part, Process, Session, Subject, Told},
    views::{
        board::{Page, waiting},
        kit::{table, text},
        overlay,
    },
};

/// The processes of the container, or of the session, that is the subject.
#[derive(Default)]
pub struct ProcessesPage {
    cursor: Cursor,
    /// The selected process, which stays selected while others come and go.
    selected: Option<u32>,
}

impl ProcessesPage {
    /// The page, its first process selected.
    pub fn new() -> Self {
        Self::default()
    }

    fn kill(&self, subject: &Subject, desk: &Desk) -> Outcome {
        let Some(process) = self.process(subject, desk) else { return Outcome::refuse("no process is selected") };
        if let Err(refusal) = desk.may_change() {
            return Outcome::Refuse(refusal);
        }
        if let Some(refusal) = desk.store.caps.refuses(Feature::SignalProcess) {
            return Outcome::refuse(format!("no signal can be sent to process {}: {refusal}", process.pid));
        }
        let target = target(subject, desk);
        let pid = process.pid;
        let command: String = process.command.chars().take(40).collect();
        let title = format!("Signal to process {pid} alone: {command}");
        let send = move |signal| Outcome::Do(vec![Cmd::Signal(target.clone(), pid, signal)]);
        Outcome::Open(overlay::signal(title, desk, send))
    }

    fn process<'a>(&self, subject: &Subject, desk: &'a Desk) -> Option<&'a Process> {
        processes(subject, desk).get(self.cursor.at())
    }

    /// Finds the selected process again.
    fn follow(&mut self, all: &[Process]) {
        if let Some(at) = self.selected.and_then(|pid| all.iter().position(|p| p.pid == pid)) {
            self.cursor.put(at);
        }
        self.selected = all.get(self.cursor.at()).map(|p| p.pid);
    }
}

/// The session, when the subject is one.
fn session<'a>(subject: &Subject, desk: &'a Desk) -> Option<&'a Session> {
    let is_it = |session: &&Session| session.id.as_str() == subject.id;
    desk.store.sessions.iter().filter(|_| subject.kind == Kind::Session).find(is_it)
}

fn target(subject: &Subject, desk: &Desk) -> Target {
    match session(subject, desk) {
        Some(session) => Target { id: session.container.clone(), name: session.container_name.clone(), up: true },
        None => Target { id: ContainerId::new(&subject.id), name: subject.name.clone(), up: true },
    }
}

fn answer<'a>(subject: &Subject, desk: &'a Desk) -> Option<&'a Answer> {
    desk.store.answer(&Ask::Processes(ContainerId::new(&subject.id)))
}

fn processes<'a>(subject: &Subject, desk: &'a Desk) -> &'a [Process] {
    if subject.kind == Kind::Session {
        return session(subject, desk).map_or(&[], |session| &session.processes);
    }
    match answer(subject, desk).and_then(|answer| answer.told.as_ref()) {
        Some(Told::Processes(all)) => all,
        _ => &[],
    }
}

/// How well the processes are known.
fn fetch<'a>(subject: &Subject, desk: &'a Desk) -> Option<&'a Fetch> {
    match subject.kind {
        Kind::Session => Some(desk.store.fetch(Part::Sessions)),
        _ => answer(subject, desk).map(|answer| &answer.fetch),
    }
}

/// Why there are no processes to list.
fn nothing(subject: &Subject, desk: &Desk) -> Option<String> {
    if subject.kind == Kind::Session {
        return None;
    }
    if let Some(refusal) = desk.store.caps.refuses(Feature::Processes) {
        return Some(format!("processes cannot be listed: {refusal}"));
    }
    let container = desk.container(&subject.id)?;
    (!container.state.is_up()).then(|| format!("`{}` does not run ({})", subject.name, container.state))
}

/// A column of the tree.
struct Column {
    title: &'static str,
    width: usize,
    right: bool,
    /// The higher, the sooner it drops out; 0 never.
    drop: u8,
    cell: fn(&Process) -> String,
}

impl Column {
    const fn new(title: &'static str, width: usize, drop: u8, cell: fn(&Process) -> String) -> Self {
        Self { title, width, right: false, drop, cell }
    }

    const fn right(self) -> Self {
        Self { right: true, ..self }
    }

    fn padded(&self, text: &str, desk: &Desk) -> String {
        text::pad(text, self.width, self.right, desk.theme.glyphs()) + "  "
    }
}

const COLUMNS: [Column; 8] = [
    Column::new("PID", 8, 0, |p| p.pid.to_string()).right(),
    Column::new("INNER", 6, 2, |p| told(p.inner)).right(),
    Column::new("USER", 10, 3, |p| p.user.clone()),
    Column::new("CPU", 7, 1, |p| told(p.cpu_percent.map(|cpu| format!("{cpu:.1} %")))).right(),
    Column::new("MEMORY", 8, 1, |p| told(p.memory)).right(),
    Column::new("THREADS", 7, 4, |p| told(p.threads)).right(),
    Column::new("TIME", 9, 5, |p| p.time.clone()).right(),
    Column::new("TTY", 6, 6, |p| p.tty.clone()),
];

/// Columns that are left to the command, at least.
const COMMAND: usize = 16;

fn told(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// The columns that have anything to tell of these processes and leave room for the command.
fn columns(all: &[Process], room: usize) -> Vec<&'static Column> {
    let tells = |column: &&Column| all.iter().any(|process| !(column.cell)(process).is_empty());
    let mut columns: Vec<&Column> = COLUMNS.iter().filter(tells).collect();
    while columns.iter().map(|c| c.width + 2).sum::<usize>() + COMMAND > room {
        let Some(most) = columns.iter().map(|c| c.drop).max().filter(|drop| *drop > 0) else { break };
        columns.retain(|column| column.drop != most);
    }
    columns
}

/// The titles.
fn head(columns: &[&Column], desk: &Desk) -> Line<'static> {
    let titles: String = columns.iter().map(|column| column.padded(column.title, desk)).collect();
    Line::styled(titles + "COMMAND", desk.theme.style(Role::ColumnTitle))
}

fn line(columns: &[&Column], all: &[Process], index: usize, desk: &Desk) -> Line<'static> {
    let theme = &desk.theme;
    let process = &all[index];
    let cells: String = columns.iter().map(|column| column.padded(&(column.cell)(process), desk)).collect();
    Line::from(vec![
        Span::styled(cells, theme.style(Role::Text)),
        Span::styled(branch(all, index, desk), theme.style(Role::Faint)),
        Span::styled(process.command.clone(), theme.style(Role::Text)),
    ])
}

/// The lines of the tree before a command.
fn branch(all: &[Process], index: usize, desk: &Desk) -> String {
    let glyphs = desk.theme.glyphs();
    let depth = all[index].depth;
    if depth == 0 {
        return String::new();
    }
    // The next process that is no deeper tells whether this branch goes on.
    let goes_on = |level: usize| all[index + 1..].iter().find(|p| p.depth <= level).is_some_and(|p| p.depth == level);
    let stems: String = (1..depth).map(|level| if goes_on(level) { glyphs.stem } else { "  " }).collect();
    format!("{stems}{} ", if goes_on(depth) { glyphs.branch } else { glyphs.last })
}

impl Page for ProcessesPage {
    fn title(&self) -> &'static str {
        "Processes"
    }

    fn wants(&self, subject: &Subject, desk: &Desk, wants: &mut Wants) {
        // A session's processes come with the list of sessions.
        if subject.kind != Kind::Session && nothing(subject, desk).is_none() {
            wants.ask(Ask::Processes(ContainerId::new(&subject.id)));
        }
    }

    fn turn(&mut self, _subject: &Subject) {
        *self = Self::new();
    }

    fn key(&mut self, intent: Option<Intent>, key: KeyEvent, subject: &Subject, desk: &Desk) -> Outcome {
        let all = processes(subject, desk);
        self.follow(all);
        // Signals are a matter of dashboards, but here they mean the process and not the container.
        if desk.keys.meaning(&[Place::List], key) == Some(Intent::Kill) {
            return self.kill(subject, desk);
        }
        match intent {
            Some(Intent::Copy) => match self.process(subject, desk) {
                Some(process) => Outcome::Wish(Wish::Copy(process.pid.to_string())),
                None => Outcome::refuse("no process is selected to copy"),
            },
            Some(intent) if self.cursor.step(intent, all.len()) => {
                self.selected = all.get(self.cursor.at()).map(|p| p.pid);
                Outcome::Handled
            }
            _ => Outcome::Ignored,
        }
    }

    fn draw(&mut self, subject: &Subject, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        let why = nothing(subject, desk).map(|why| vec![Line::styled(why, desk.theme.style(Role::Muted))]);
        if let Some(said) = why.or_else(|| waiting(fetch(subject, desk), "the processes", desk)) {
            lines(said, area, buffer, desk);
            return None;
        }
        let all = processes(subject, desk);
        self.follow(all);
        let columns = columns(all, usize::from(area.width.saturating_sub(2)));
        lines(vec![head(&columns, desk)], area, buffer, desk);
        let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        let seen = self.cursor.seen(all.len(), usize::from(body.height));
        for (index, y) in seen.clone().zip(body.y..body.bottom()) {
            let row = Rect { y, height: 1, ..body };
            lines(vec![line(&columns, all, index, desk)], row, buffer, desk);
            if index == self.cursor.at() {
                buffer.set_style(row.intersection(buffer.area), desk.theme.style(Role::Selected));
            }
        }
        table::scroll_bar(seen.start, all.len(), body, buffer, &desk.theme);
        None
    }

    fn remark(&self, subject: &Subject, desk: &Desk) -> String {
        match processes(subject, desk).len() {
            0 => String::new(),
            1 => "1 process".into(),
            many => format!("{many} processes"),
        }
    }

    fn text(&self, subject: &Subject, desk: &Desk) -> Option<String> {
        let all = processes(subject, desk);
        let columns = columns(all, usize::MAX);
        let rows = (0..all.len()).map(|index| text::plain(&line(&columns, all, index, desk)));
        let rows: Vec<String> = [text::plain(&head(&columns, desk))].into_iter().chain(rows).collect();
        (!all.is_empty()).then(|| rows.join("\n") + "\n")
    }
}

#[cfg(test)]
mod tests;
