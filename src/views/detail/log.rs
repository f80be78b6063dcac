//! A container's log: followed at its end, scrolled, wrapped, searched. Knows no framing and no engine.

mod find;
mod keys;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::Line,
};

use self::find::{Finder, plain};
use super::{lines, search::SearchLine};
use crate::{
    app::{
        desk::{Desk, Log, LogState},
        keys::Intent,
        theme::Role,
        view::Outcome,
        wants::Wants,
    },
    model::{ContainerId, LogBook, LogLine, Stream, Subject},
    views::{
        board::Page,
        kit::{
            logpane::{LogPane, LogRow},
            table, text,
        },
    },
};

/// A container's log. Lines are named by how many were ever before them, so that a place stays a place while the
/// book forgets its oldest lines.
pub struct LogPage {
    /// The line after the last one shown; `None` follows the end.
    end: Option<u64>,
    /// While more of the log is read: how many lines the shown end was above the log's.
    held: Option<u64>,
    wrap: bool,
    stamps: bool,
    left: usize,
    search: SearchLine,
    finder: Option<Finder>,
    /// The line the search stands at.
    current: Option<u64>,
    /// The first and the line after the last one of the last frame.
    shown: (u64, u64),
    height: usize,
}

impl Default for LogPage {
    fn default() -> Self {
        Self::new()
    }
}

impl LogPage {
    /// A page that follows the end.
    pub fn new() -> Self {
        Self {
            end: None,
            held: None,
            wrap: true,
            stamps: true,
            left: 0,
            search: SearchLine::default(),
            finder: None,
            current: None,
            shown: (0, 0),
            height: 1,
        }
    }

    fn is_following(&self) -> bool {
        self.end.is_none() && self.held.is_none()
    }

    /// The index after the last line to draw, so that the page is full wherever there are lines enough.
    fn end_index(&self, book: &LogBook, area: Rect, desk: &Desk) -> usize {
        let total = total(book);
        let end = match (self.held, self.end) {
            (Some(above), _) => total.saturating_sub(above),
            (None, Some(end)) => end.min(total),
            (None, None) => total,
        };
        // What a book holds is counted in `usize`.
        let index = end.saturating_sub(book.forgotten()) as usize;
        index.max(self.least_end(book, area, desk))
    }

    /// How many of the first lines fill the page. Not more lines are measured than the page has rows.
    fn least_end(&self, book: &LogBook, area: Rect, desk: &Desk) -> usize {
        let height = usize::from(area.height);
        let most = height.min(book.len());
        if !self.wrap {
            return most;
        }
        let mut rows = 0;
        for (index, line) in book.iter().take(height).enumerate() {
            let stamp = if self.stamps { text::width(&stamp(line, desk)) + 1 } else { 0 };
            let room = usize::from(area.width).saturating_sub(stamp).max(1);
            rows += text::width(&plain(&line.text)).div_ceil(room).max(1);
            if rows >= height {
                return index + 1;
            }
        }
        most
    }

    fn draw_book(&mut self, book: &LogBook, area: Rect, buffer: &mut Buffer, desk: &Desk) {
        if let Some(finder) = &mut self.finder {
            finder.catch_up(book);
        }
        self.height = usize::from(area.height);
        let body = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
        let end = self.end_index(book, body, desk);
        let finder = self.finder.as_ref();
        let find = |text: &str| finder.map(|f| f.ranges(text)).unwrap_or_default();
        let current = self.current.and_then(|line| line.checked_sub(book.forgotten())).map(|index| index as usize);
        let pane = LogPane {
            end,
            stamps: self.stamps,
            wrap: self.wrap,
            left: self.left,
            find: Some(&find),
            current: current.filter(|_| self.finder.is_some()),
        };
        let shown = pane.draw(body, buffer, &desk.theme, |index| row(book, index, desk));
        self.shown = (book.forgotten() + shown.start as u64, book.forgotten() + shown.end as u64);
        let thumb = if shown.end == book.len() { book.len().saturating_sub(self.height) } else { shown.start };
        table::scroll_bar(thumb, book.len(), area, buffer, &desk.theme);
    }

    /// The lines on screen as they are copied.
    fn visible_text(&self, book: &LogBook) -> String {
        let skip = self.shown.0.saturating_sub(book.forgotten()) as usize;
        let count = (self.shown.1 - self.shown.0) as usize;
        let texts: Vec<_> = book.iter().skip(skip).take(count).map(|line| plain(&line.text)).collect();
        texts.join("\n")
    }
}

/// How many lines there ever were.
fn total(book: &LogBook) -> u64 {
    book.forgotten() + book.len() as u64
}

fn log<'a>(subject: &Subject, desk: &'a Desk) -> Option<&'a Log> {
    desk.logs.get(subject.id.as_str())
}

/// The time of day, with the date where it is another day than now.
fn stamp(line: &LogLine, desk: &Desk) -> String {
    let Some(at) = line.at else { return String::new() };
    let day = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&desk.zone).date_naive();
    if day(at) == day(desk.now) { desk.clock(at) } else { desk.stamp(at) }
}

fn row<'a>(book: &'a LogBook, index: usize, desk: &Desk) -> LogRow<'a> {
    let Some(line) = book.get(index) else { return LogRow::default() };
    LogRow { stamp: stamp(line, desk).into(), err: line.stream == Stream::Err, text: line.text.as_str().into() }
}

/// What is said where no line is.
fn nothing(subject: &Subject, log: Option<&Log>, desk: &Desk) -> Vec<Line<'static>> {
    let say = |role, words: String| Line::styled(words, desk.theme.style(role));
    match log.map(|log| &log.state) {
        Some(LogState::Failed(problem)) => {
            let mut said = vec![say(Role::Bad, problem.sentence.clone())];
            said.extend(problem.hint.iter().map(|hint| say(Role::Muted, hint.clone())));
            said
        }
        Some(LogState::Following) => vec![say(Role::Muted, format!("`{}` has logged nothing yet", subject.name))],
        Some(LogState::Ended) => {
            vec![say(Role::Muted, format!("`{}` has logged nothing; {}", subject.name, ended(subject, desk)))]
        }
        None | Some(LogState::Opening) => vec![say(Role::Muted, "reading the log …".into())],
    }
}

/// Why no more lines come.
fn ended(subject: &Subject, desk: &Desk) -> &'static str {
    match desk.container(&subject.id) {
        Some(container) if container.state.is_up() => "the engine ended the log; ^r reads it again",
        _ => "ended: the container does not run",
    }
}

/// The line below a log that goes on no more.
fn state_line(subject: &Subject, log: &Log, desk: &Desk) -> Option<Line<'static>> {
    match &log.state {
        LogState::Ended => Some(Line::styled(ended(subject, desk), desk.theme.style(Role::Muted))),
        LogState::Failed(problem) => Some(Line::styled(problem.sentence.clone(), desk.theme.style(Role::Bad))),
        LogState::Opening | LogState::Following => None,
    }
}

impl Page for LogPage {
    fn title(&self) -> &'static str {
        "Logs"
    }

    fn wants(&self, subject: &Subject, _desk: &Desk, wants: &mut Wants) {
        wants.logs.insert(ContainerId::new(&subject.id));
    }

    fn turn(&mut self, _subject: &Subject) {
        *self = Self { wrap: self.wrap, stamps: self.stamps, ..Self::new() };
    }

    fn key(
        &mut self,
        intent: Option<Intent>,
        key: crossterm::event::KeyEvent,
        subject: &Subject,
        desk: &Desk,
    ) -> Outcome {
        self.on_key(intent, key, subject, desk)
    }

    fn is_typing(&self) -> bool {
        self.search.is_open()
    }

    fn paste(&mut self, text: &str) {
        if let Some(words) = self.search.paste(text) {
            self.finder = Some(Finder::new(&words));
        }
    }

    fn draw(&mut self, subject: &Subject, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        let (page, foot) = self.search.split(area);
        let Some(log) = log(subject, desk).filter(|log| !log.book.is_empty()) else {
            lines(nothing(subject, log(subject, desk), desk), page, buffer, desk);
            return self.search.draw(foot, buffer, &desk.theme);
        };
        let last = state_line(subject, log, desk).filter(|_| page.height > 1);
        let body = Rect { height: page.height - u16::from(last.is_some()), ..page };
        self.draw_book(&log.book, body, buffer, desk);
        lines(last.into_iter().collect(), Rect { y: body.bottom(), height: 1, ..page }, buffer, desk);
        self.search.draw(foot, buffer, &desk.theme)
    }

    fn remark(&self, subject: &Subject, desk: &Desk) -> String {
        let Some(log) = log(subject, desk) else { return String::new() };
        let mut words = Vec::new();
        match &self.finder {
            Some(finder) if !finder.is_whole() => words.push(format!("`{}` is not whole yet", finder.typed())),
            Some(finder) => words.push(match self.current.and_then(|line| finder.place(line)) {
                Some(place) => format!("match {place} of {}", finder.count()),
                None => format!("{} lines match", finder.count()),
            }),
            None => {}
        }
        words.push(match log.book.forgotten() {
            0 => format!("{} lines", log.book.len()),
            _ => format!("last {} lines", log.book.len()),
        });
        if self.is_following() && log.state == LogState::Following {
            words.push("following".into());
        }
        words.join(&format!(" {} ", desk.theme.glyphs().dot))
    }

    fn text(&self, subject: &Subject, desk: &Desk) -> Option<String> {
        let book = &log(subject, desk)?.book;
        let mut whole = String::new();
        for line in book.iter() {
            if let Some(at) = line.at.filter(|_| self.stamps) {
                whole.push_str(&desk.stamp(at));
                whole.push(' ');
            }
            whole.push_str(&plain(&line.text));
            whole.push('\n');
        }
        Some(whole)
    }
}

#[cfg(test)]
mod tests;
