//! A tab of the detail pane: everything about the one thing that is selected. Knows no dashboard.

use crossterm::event::KeyEvent;
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::Line,
};

use crate::{
    app::{desk::Desk, keys::Intent, theme::Role, view::Outcome, wants::Wants},
    model::{Fetch, Subject},
    views::kit::{table, text},
};

/// A tab of the detail pane.
pub trait Page {
    /// Its title.
    fn title(&self) -> &'static str;

    /// Says what it wants to know of the subject.
    fn wants(&self, _subject: &Subject, _desk: &Desk, _wants: &mut Wants) {}

    /// Another subject is selected: what was scrolled or searched belongs to the old one.
    fn turn(&mut self, _subject: &Subject) {}

    /// Answers a key while it has the whole screen.
    fn key(&mut self, _intent: Option<Intent>, _key: KeyEvent, _subject: &Subject, _desk: &Desk) -> Outcome {
        Outcome::Ignored
    }

    /// Whether keys are text for it, so that none of them means anything else.
    fn is_typing(&self) -> bool {
        false
    }

    /// Answers pasted text.
    fn paste(&mut self, _text: &str) {}

    /// Draws itself.
    fn draw(&mut self, subject: &Subject, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position>;

    /// A few words on how it stands, for the panel's border.
    fn remark(&self, _subject: &Subject, _desk: &Desk) -> String {
        String::new()
    }

    /// Its content as text, for `^s`.
    fn text(&self, _subject: &Subject, _desk: &Desk) -> Option<String> {
        None
    }
}

/// What a page of lines shows: the lines of a subject as it is on the desk.
pub type Lines = fn(&Subject, &Desk) -> Vec<Line<'static>>;

/// How far lines are scrolled, and what of them fits.
#[derive(Default)]
pub struct Scroll {
    offset: usize,
    height: usize,
    count: usize,
}

impl Scroll {
    /// Answers a key.
    pub fn key(&mut self, intent: Option<Intent>) -> Outcome {
        let Some(to) = intent.and_then(|i| scrolled(i, self.offset, self.count, self.height)) else {
            return Outcome::Ignored;
        };
        self.offset = to;
        Outcome::Handled
    }

    /// Scrolls no further than that this line is seen.
    pub fn show(&mut self, line: usize) {
        self.offset = self.offset.clamp((line + 1).saturating_sub(self.height.max(1)), line);
    }

    /// Draws what is seen of the lines.
    pub fn draw(&mut self, lines: Vec<Line<'static>>, area: Rect, buffer: &mut Buffer, desk: &Desk) {
        self.count = lines.len();
        self.height = area.height as usize;
        self.offset = self.offset.min(self.count.saturating_sub(self.height));
        let glyphs = desk.theme.glyphs();
        for (line, y) in lines.into_iter().skip(self.offset).zip(area.y..area.bottom()) {
            text::put_line(buffer, area.x + 1, y, line, area.width.saturating_sub(2), glyphs);
        }
        table::scroll_bar(self.offset, self.count, area, buffer, &desk.theme);
    }
}

/// A page of lines that can be scrolled.
pub struct LinesPage {
    title: &'static str,
    lines: Lines,
    wants: fn(&Subject, &Desk, &mut Wants),
    scroll: Scroll,
}

impl LinesPage {
    /// A page of these lines.
    pub fn new(title: &'static str, lines: Lines) -> Self {
        Self { title, lines, wants: |_, _, _| {}, scroll: Scroll::default() }
    }

    /// That wants this to be known.
    pub fn wanting(self, wants: fn(&Subject, &Desk, &mut Wants)) -> Self {
        Self { wants, ..self }
    }
}

impl Page for LinesPage {
    fn title(&self) -> &'static str {
        self.title
    }

    fn wants(&self, subject: &Subject, desk: &Desk, wants: &mut Wants) {
        (self.wants)(subject, desk, wants);
    }

    fn turn(&mut self, _subject: &Subject) {
        self.scroll = Scroll::default();
    }

    fn key(&mut self, intent: Option<Intent>, _key: KeyEvent, _subject: &Subject, _desk: &Desk) -> Outcome {
        self.scroll.key(intent)
    }

    fn draw(&mut self, subject: &Subject, area: Rect, buffer: &mut Buffer, desk: &Desk) -> Option<Position> {
        self.scroll.draw((self.lines)(subject, desk), area, buffer, desk);
        None
    }

    fn text(&self, subject: &Subject, desk: &Desk) -> Option<String> {
        Some(joined(&(self.lines)(subject, desk)))
    }
}

/// Lines as a text to save.
pub(crate) fn joined(lines: &[Line<'_>]) -> String {
    lines.iter().map(|line| text::plain(line) + "\n").collect()
}

/// Where scrolling by this intent leads; `None` when it is no scrolling.
pub fn scrolled(intent: Intent, offset: usize, count: usize, height: usize) -> Option<usize> {
    let last = count.saturating_sub(height);
    Some(offset.saturating_add_signed(intent.lines(height)?).min(last))
}

/// What stands in a page while its answer is not there: `None` when it is.
pub fn waiting(fetch: Option<&Fetch>, what: &str, desk: &Desk) -> Option<Vec<Line<'static>>> {
    let say = |role, text: String| Line::styled(text, desk.theme.style(role));
    match fetch {
        Some(Fetch::Known(_) | Fetch::Stale(_)) => None,
        Some(Fetch::Failed(problem, _)) => {
            let mut lines = vec![say(Role::Bad, problem.sentence.clone())];
            lines.extend(problem.hint.iter().map(|hint| say(Role::Muted, hint.clone())));
            Some(lines)
        }
        None | Some(Fetch::Never | Fetch::Loading) => Some(vec![say(Role::Muted, format!("reading {what} …"))]),
    }
}
