//! A container's processes as a tree, each of which can be sent a signal. Knows no /proc.

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
    model::{Answer, Ask, ContainerId, Feature, Process, Signal, Subject, Told},
    views::{
        board::{Page, waiting},
        kit::{table, text},
        overlay::{Choice, Picker},
    },
};

/// A container's processes.
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
        let target = Target { id: ContainerId::new(&subject.id), name: subject.name.clone(), up: true };
        let pid = process.pid;
        let choices = Signal::OFFERED.iter().map(|(signal, what)| Choice::new(signal.name(), *what)).collect();
        let command: String = process.command.chars().take(40).collect();
        let title = format!("Signal to process {pid} alone: {command}");
        Outcome::Open(Box::new(Picker::new(title, choices, move |index| {
            Outcome::Do(vec![Cmd::Signal(target.clone(), pid, Signal::OFFERED[index].0)])
        })))
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

fn answer<'a>(subject: &Subject, desk: &'a Desk) -> Option<&'a Answer> {
    desk.store.answer(&Ask::Processes(ContainerId::new(&subject.id)))
}

fn processes<'a>(subject: &Subject, desk: &'a Desk) -> &'a [Process] {
    match answer(subject, desk).and_then(|answer| answer.told.as_ref()) {
        Some(Told::Processes(all)) => all,
        _ => &[],
    }
}

/// Why there are no processes to list.
fn nothing(subject: &Subject, desk: &Desk) -> Option<String> {
    if let Some(refusal) = desk.store.caps.refuses(Feature::Processes) {
        return Some(format!("processes cannot be listed: {refusal}"));
    }
    let container = desk.container(&subject.id)?;
    (!container.state.is_up()).then(|| format!("`{}` does not run ({})", subject.name, container.state))
}

/// A column: title, width, whether it stands to the right, its cell.
type Column = (&'static str, usize, bool, fn(&Process) -> String);

const COLUMNS: [Column; 6] = [
    ("PID", 8, true, |p| p.pid.to_string()),
    ("USER", 10, false, |p| p.user.clone()),
    ("CPU", 7, true, |p| p.cpu_percent.map(|cpu| format!("{cpu:.1} %")).unwrap_or_default()),
    ("MEMORY", 8, true, |p| p.memory.map(|memory| memory.to_string()).unwrap_or_default()),
    ("TIME", 9, true, |p| p.time.clone()),
    ("TTY", 6, false, |p| p.tty.clone()),
];

/// Columns of the table before the command.
fn head(desk: &Desk) -> Line<'static> {
    let glyphs = desk.theme.glyphs();
    let title = |(title, width, right, _): &Column| text::pad(title, *width, *right, glyphs) + "  ";
    let titles: String = COLUMNS.iter().map(title).collect();
    Line::styled(titles + "COMMAND", desk.theme.style(Role::ColumnTitle))
}

fn line(all: &[Process], index: usize, desk: &Desk) -> Line<'static> {
    let (theme, glyphs) = (&desk.theme, desk.theme.glyphs());
    let process = &all[index];
    let cell = |(_, width, right, cell): &Column| text::pad(&cell(process), *width, *right, glyphs) + "  ";
    let cells: String = COLUMNS.iter().map(cell).collect();
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
        if nothing(subject, desk).is_none() {
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
        let fetch = answer(subject, desk).map(|answer| &answer.fetch);
        if let Some(said) = why.or_else(|| waiting(fetch, "the processes", desk)) {
            lines(said, area, buffer, desk);
            return None;
        }
        let all = processes(subject, desk);
        self.follow(all);
        lines(vec![head(desk)], area, buffer, desk);
        let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        let seen = self.cursor.seen(all.len(), usize::from(body.height));
        for (index, y) in seen.clone().zip(body.y..body.bottom()) {
            let row = Rect { y, height: 1, ..body };
            lines(vec![line(all, index, desk)], row, buffer, desk);
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
        let rows = (0..all.len()).map(|index| text::plain(&line(all, index, desk)));
        let rows: Vec<String> = [text::plain(&head(desk))].into_iter().chain(rows).collect();
        (!all.is_empty()).then(|| rows.join("\n") + "\n")
    }
}

#[cfg(test)]
mod tests;
