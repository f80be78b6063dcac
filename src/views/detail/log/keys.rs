//! What keys do in a log.

use crossterm::event::KeyEvent;

use super::{Finder, LogPage, log, total};
use crate::{
    app::{
        desk::{Desk, Log},
        keys::Intent,
        view::{Outcome, Wish},
    },
    model::{ContainerId, Subject},
    views::detail::search::Typed,
};

/// Columns that one press shifts.
const SHIFT: usize = 8;

impl LogPage {
    pub(super) fn on_key(&mut self, intent: Option<Intent>, key: KeyEvent, subject: &Subject, desk: &Desk) -> Outcome {
        let Some(log) = log(subject, desk) else { return Outcome::Ignored };
        if self.search.is_open() {
            match self.search.key(key) {
                Typed::Changed(words) => self.look_for(&words, log),
                Typed::Dropped => self.drop_search(),
                Typed::Kept | Typed::Nothing => {}
            }
            return Outcome::Handled;
        }
        let Some(intent) = intent else { return Outcome::Ignored };
        match intent {
            Intent::Top if self.shown.0 == log.book.forgotten() => return self.more(subject, log, desk),
            Intent::Top => self.go(log.book.forgotten()),
            Intent::Bottom => self.follow(),
            Intent::Follow if self.end.is_none() => self.go(self.shown.1),
            Intent::Follow => self.follow(),
            Intent::Wrap => self.wrap = !self.wrap,
            Intent::Stamps => self.stamps = !self.stamps,
            Intent::Left | Intent::Right if self.wrap => {
                return Outcome::refuse(
                    "long lines are wrapped, so there is nothing beside the page: `w` unwraps them",
                );
            }
            Intent::Left => self.left = self.left.saturating_sub(SHIFT),
            Intent::Right => self.left += SHIFT,
            Intent::Filter => self.search.open(self.finder.as_ref().map_or("", Finder::typed)),
            Intent::Next | Intent::Previous => return self.next(intent == Intent::Next, log),
            Intent::Back if self.finder.is_some() => self.drop_search(),
            Intent::Copy => return self.copy(log),
            _ => match intent.lines(self.height) {
                Some(by) => return self.scroll(by as i64, log),
                None => return Outcome::Ignored,
            },
        }
        Outcome::Handled
    }

    /// Goes up or down; who reaches the end follows it again.
    fn scroll(&mut self, by: i64, log: &Log) -> Outcome {
        let end = self.shown.1.saturating_add_signed(by);
        if end >= total(&log.book) && by > 0 {
            self.follow();
        } else if by > 0 || self.shown.0 > log.book.forgotten() || self.end.is_none() {
            self.go(end);
        }
        Outcome::Handled
    }

    fn go(&mut self, end: u64) {
        self.held = None;
        self.end = Some(end);
    }

    fn follow(&mut self) {
        self.held = None;
        self.end = None;
    }

    fn drop_search(&mut self) {
        self.finder = None;
        self.current = None;
    }

    /// Reads further back: twice as much each time, and all when it would not fit any more.
    fn more(&mut self, subject: &Subject, log: &Log, desk: &Desk) -> Outcome {
        let kept = desk.settings.log_lines;
        if log.book.forgotten() > 0 || log.book.len() >= kept {
            return Outcome::refuse(format!(
                "no more than {kept} lines of a log are kept, and these are the last ones"
            ));
        }
        let Some(tail) = log.tail.filter(|tail| log.book.len() as u64 >= u64::from(*tail)) else {
            return Outcome::refuse("this is the beginning of the log");
        };
        let more = tail.checked_mul(2).filter(|more| *more as usize <= kept);
        self.held = Some(total(&log.book) - self.shown.1);
        self.current = None;
        if let Some(finder) = &mut self.finder {
            finder.restart();
        }
        Outcome::Wish(Wish::MoreLog(ContainerId::new(&subject.id), more))
    }

    /// Searches from what is on screen upwards: what one looks for in a log has happened already.
    fn look_for(&mut self, words: &str, log: &Log) {
        let mut finder = Finder::new(words);
        finder.catch_up(&log.book);
        self.current = finder.previous(self.shown.1);
        self.finder = Some(finder);
        self.reveal(log);
    }

    fn next(&mut self, forward: bool, log: &Log) -> Outcome {
        let Some(finder) = &mut self.finder else {
            return Outcome::refuse("nothing is searched for yet: type `/` and what you look for");
        };
        finder.catch_up(&log.book);
        let from = self.current.unwrap_or(self.shown.1);
        let found = if forward { finder.next(from) } else { finder.previous(from) };
        if found.is_none() {
            return Outcome::refuse(format!("no line matches `{}`", finder.typed()));
        }
        self.current = found;
        self.reveal(log);
        Outcome::Handled
    }

    /// Scrolls so that the line the search stands at is seen.
    fn reveal(&mut self, log: &Log) {
        if let Some(line) = self.current
            && !(self.shown.0..self.shown.1).contains(&line)
        {
            self.go((line + 1 + self.height as u64 / 2).min(total(&log.book)));
        }
    }

    /// The line the search stands at, or else what is on screen.
    fn copy(&self, log: &Log) -> Outcome {
        let line = self.current.and_then(|line| line.checked_sub(log.book.forgotten()));
        let line = line.and_then(|index| log.book.get(index as usize));
        Outcome::Wish(Wish::Copy(match line {
            Some(line) => super::plain(&line.text).into_owned(),
            None => self.visible_text(&log.book),
        }))
    }
}
